"""Starting cases: one workflow per account however many triggers fire, alone or a page of a campaign at a time.

These activities are asynchronous, unlike the others: what they wait for is Temporal's client, not a provider's SDK.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.clock import now_of
from casedb import campaigns
from casedb.campaigns import Enrolment, PendingMember
from domain.calendar import days_past_due, local_date
from domain.errors import NotKnown
from domain.events import Event
from domain.ladder import dpd_bucket
from domain.vocabulary import MemberStatus, Stage
from telemetry.tracing import span
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
    client: Client,
    task_queue: str,
    request: CollectionRequest,
    member: PendingMember,
    now: datetime,
    *,
    told: Event | None = None,
    when_running: WorkflowIDConflictPolicy = WorkflowIDConflictPolicy.USE_EXISTING,
) -> WorkflowHandle[CollectionWorkflow, CollectionResult]:
    """Start the account's workflow, or find the one that runs; a later delinquency is a new run of the same id.

    `told` is a fact that the workflow hears in either case. With `when_running` FAIL, one that runs already raises
    WorkflowAlreadyStartedError: for whoever must know which it was.
    """
    days = days_past_due(member.due_on, now, member.zone) if member.due_on else 0
    # A campaign starts very many: each has a trace of its own. Whoever is told a fact goes on in the fact's.
    with span("start case", "producer", apart=told is None, account_id=request.account_id):
        return await client.start_workflow(
            CollectionWorkflow.run,
            request,
            id=collection_workflow_id(request.account_id),
            task_queue=task_queue,
            id_conflict_policy=when_running,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            search_attributes=search_attributes.at_start(
                stage=Stage.REMINDER.value,
                dpd_bucket=dpd_bucket(days),
                jurisdiction=member.jurisdiction,
                campaign_id=request.campaign_id,
                strategy=request.strategy,
            ),
            start_signal=None if told is None else "fact",
            start_signal_args=[] if told is None else [told],
        )


@dataclass(frozen=True, slots=True)
class EnrolmentActivities:
    """Enrols the members of a campaign."""

    engine: Engine
    client: Client
    task_queue: str

    @activity.defn(name=ENROL_PAGE)
    async def enrol_page(self, page: EnrolPage) -> EnrolledPage:
        """Start the cases of the next members; run twice, the same answer: what was started is found, not repeated."""
        members = await asyncio.to_thread(
            campaigns.page_of_members, self.engine, page.campaign_id, page.after, page.limit
        )
        if not members:
            return EnrolledPage(last_account_id=None, enrolled=0, excluded=0)
        now = now_of(page.opened_at)
        fresh = [_enrolment(member, now) for member in members if member.status is MemberStatus.PENDING]
        wanted = {each.account_id for each in fresh if each.status is MemberStatus.ENROLLED}
        try:
            await self._start_all(page, [member for member in members if member.account_id in wanted], now)
        except* RPCError as errors:
            raise first_of(errors) from None
        await asyncio.to_thread(campaigns.mark_members, self.engine, page.campaign_id, fresh)
        enrolled = len(wanted) + sum(1 for member in members if member.status is MemberStatus.ENROLLED)
        return EnrolledPage(last_account_id=members[-1].account_id, enrolled=enrolled, excluded=len(members) - enrolled)

    async def _start_all(self, page: EnrolPage, members: list[PendingMember], now: datetime) -> None:
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
                await start_collection(self.client, self.task_queue, request, member, now)
            started += 1
            if started % HEARTBEAT_EVERY == 0:
                activity.heartbeat(started)

        async with asyncio.TaskGroup() as group:
            for member in members:
                group.create_task(start(member))

    @activity.defn(name=FINISH_CAMPAIGN)
    async def finish_campaign(self, campaign_id: str) -> None:
        """Every member was looked at. Raises a lasting error for a campaign that nobody created."""
        try:
            await asyncio.to_thread(campaigns.finish_campaign, self.engine, campaign_id)
        except NotKnown as error:
            raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from None


def _enrolment(member: PendingMember, now: datetime) -> Enrolment:
    """Whether a case may be opened at all; whether it is, the case's own first step decides."""
    if member.balance_minor <= 0:
        why = "nothing is owed"
    elif member.due_on is None:
        why = "no due date is known"
    elif member.due_on >= local_date(now, member.zone):
        why = "nothing is overdue yet"
    elif member.shielded_by:
        why = member.shielded_by
    else:
        return Enrolment(account_id=member.account_id, status=MemberStatus.ENROLLED)
    return Enrolment(account_id=member.account_id, status=MemberStatus.EXCLUDED, why=why)


def first_of(errors: BaseExceptionGroup[RPCError]) -> BaseException:
    """One of many equal troubles: a group would only say how many there were."""
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
