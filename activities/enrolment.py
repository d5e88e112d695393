"""Starting cases: one workflow per account however many triggers fire, alone or a page of a campaign at a time.

These activities are asynchronous, unlike the others: what they wait for is Temporal's client, not a provider's SDK.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.clock import now_of
from casedb import campaigns
from casedb.campaigns import Enrolment, PendingMember
from domain.calendar import days_past_due
from domain.ladder import dpd_bucket
from domain.vocabulary import MemberStatus, Stage
from workflows import search_attributes
from workflows.collection import CollectionWorkflow
from workflows.messages import (
    ENROL_PAGE,
    FINISH_CAMPAIGN,
    CollectionRequest,
    CollectionResult,
    EnrolledPage,
    EnrolPage,
    collection_workflow_id,
)

STARTS_IN_FLIGHT = 50
HEARTBEAT_EVERY = 50


async def start_collection(
    client: Client, task_queue: str, request: CollectionRequest, member: PendingMember, now: datetime
) -> WorkflowHandle[CollectionWorkflow, CollectionResult]:
    """Start the account's workflow, or find the one that runs; a later delinquency is a new run of the same id."""
    days = days_past_due(member.due_on, now, member.zone) if member.due_on else 0
    return await client.start_workflow(
        CollectionWorkflow.run,
        request,
        id=collection_workflow_id(request.account_id),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=f"collect {request.account_id} by {request.strategy}",
        search_attributes=search_attributes.at_start(
            stage=Stage.REMINDER.value,
            dpd_bucket=dpd_bucket(days),
            jurisdiction=member.jurisdiction,
            campaign_id=request.campaign_id,
            strategy=request.strategy,
        ),
    )


@dataclass(frozen=True, slots=True)
class EnrolmentActivities:
    """Enrols the members of a campaign."""

    engine: Engine
    client: Client
    task_queue: str

    @activity.defn(name=ENROL_PAGE)
    async def enrol_page(self, page: EnrolPage) -> EnrolledPage:
        """Start the cases of the next members. Safe to run twice: a started workflow is found, not started again."""
        members = await asyncio.to_thread(campaigns.pending_page, self.engine, page.campaign_id, page.after, page.limit)
        if not members:
            return EnrolledPage(last_account_id=None, enrolled=0, excluded=0)
        wanted = [member for member in members if member.due_on is not None and member.balance_minor > 0]
        await self._start_all(page, wanted)
        enrolments = list(_enrolments(members, {member.account_id for member in wanted}))
        await asyncio.to_thread(campaigns.mark_members, self.engine, page.campaign_id, enrolments)
        return EnrolledPage(
            last_account_id=members[-1].account_id, enrolled=len(wanted), excluded=len(members) - len(wanted)
        )

    async def _start_all(self, page: EnrolPage, members: list[PendingMember]) -> None:
        in_flight = asyncio.Semaphore(STARTS_IN_FLIGHT)
        started = 0

        async def start(member: PendingMember) -> None:
            nonlocal started
            request = CollectionRequest(
                account_id=member.account_id,
                strategy=page.strategy,
                campaign_id=page.campaign_id,
                clock=page.clock,
                opened_at=page.opened_at,
            )
            async with in_flight:
                await start_collection(self.client, self.task_queue, request, member, now_of(page.opened_at))
            started += 1
            if started % HEARTBEAT_EVERY == 0:
                activity.heartbeat(started)

        async with asyncio.TaskGroup() as group:
            for member in members:
                group.create_task(start(member))

    @activity.defn(name=FINISH_CAMPAIGN)
    async def finish_campaign(self, campaign_id: str) -> None:
        """Every member was looked at."""
        await asyncio.to_thread(campaigns.finish_campaign, self.engine, campaign_id)


def _enrolments(members: Iterable[PendingMember], enrolled: set[str]) -> Iterable[Enrolment]:
    for member in members:
        if member.account_id in enrolled:
            yield Enrolment(account_id=member.account_id, status=MemberStatus.ENROLLED)
        else:
            yield Enrolment(account_id=member.account_id, status=MemberStatus.EXCLUDED, why="nothing is due")
