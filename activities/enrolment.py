"""Starting cases: one workflow per account however many triggers fire, alone or a page of a campaign at a time.

These activities are asynchronous, unlike the others: what they wait for is Temporal's client, not a provider's SDK.
A page is done batch by batch; each batch is on record before its heartbeat, so that a crash goes on after the last one.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Engine
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.backlog import AGAIN_SECONDS, Backlog
from activities.clock import now_of, wall_clock
from activities.pace import Pace
from casedb import campaigns
from casedb.arms import arms_of
from casedb.campaigns import Enrolment, Member, PendingMember
from casedb.steering import is_running
from domain.calendar import days_past_due
from domain.eligibility import exclusion
from domain.errors import NotKnown
from domain.events import Event
from domain.experiments.assignment import Arm
from domain.ladder import dpd_bucket
from domain.vocabulary import MemberStatus, Stage
from telemetry.tracing import span
from workflows import priorities, search_attributes
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
BATCH_SECONDS = 5.0
"""However slow the pace: so soon a pause holds."""
LONGEST_WAIT_SECONDS = 300.0
"""A page that finds no room later than that, beside the time of its pace, ends early; its activity has a time limit."""
ABOUT_ONE = frozenset({RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.ALREADY_EXISTS})
"""Answers of Temporal that are about this account alone; others are the server's trouble, and the page waits."""
_SO_FAR = TypeAdapter(EnrolledPage)
"""What a heartbeat carries, read back after a crash."""


async def start_collection(
    client: Client,
    task_queue: str,
    request: CollectionRequest,
    member: PendingMember,
    now: datetime,
    *,
    told: Event | None = None,
    priority: Priority | None = None,
    when_running: WorkflowIDConflictPolicy = WorkflowIDConflictPolicy.USE_EXISTING,
) -> WorkflowHandle[CollectionWorkflow, CollectionResult]:
    """Start the account's workflow, or find the one that runs; a later delinquency is a new run of the same id.

    `told` is a fact that the workflow hears in either case. Without a `priority` it is one of many. With `when_running`
    FAIL, one that runs already raises WorkflowAlreadyStartedError: for whoever must know which it was.
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
            priority=priority or priorities.of_case(request.campaign_id),
            start_signal=None if told is None else "fact",
            start_signal_args=[] if told is None else [told],
        )


@dataclass(frozen=True, slots=True)
class EnrolmentActivities:
    """Enrols the members of a campaign."""

    engine: Engine
    client: Client
    task_queue: str
    backlog: Backlog

    @activity.defn(name=ENROL_PAGE)
    async def enrol_page(self, page: EnrolPage) -> EnrolledPage:
        """Start the cases of the next members; run twice, the same answer: what was started is found, not repeated.

        A crash goes on after the members of the last heartbeat. A campaign that is not running any more ends the page
        early, and so do workers that have been behind for minutes.
        """
        told = activity.info().heartbeat_details
        done = _SO_FAR.validate_python(told[0]) if told else EnrolledPage(enrolled=0, excluded=0)
        pace = Pace(page.starts_per_second) if page.starts_per_second > 0 else None
        members = await self._members(page, page.limit - done.seen, done)
        until = asyncio.get_running_loop().time() + LONGEST_WAIT_SECONDS + _seconds_by_pace(page)
        for some in _batches(members, page.starts_per_second, self.backlog):
            ready = await self._with_room(page, some, until, done)
            if ready is None:
                return replace(done, held=True)
            enrolments = await self._enrol(page, ready, pace, done)
            at = now_of(page.opened_at)
            await asyncio.to_thread(campaigns.mark_members, self.engine, page.campaign_id, enrolments, at)
            done = _counted(done, ready, enrolments)
            activity.heartbeat(done)
        return done

    async def _members(self, page: EnrolPage, most: int, done: EnrolledPage) -> list[Member]:
        """The next ones after those that were done, as they stand now."""
        after, now = done.last_account_id or page.after, now_of(page.opened_at)
        return await asyncio.to_thread(campaigns.page_of_members, self.engine, page.campaign_id, after, most, now)

    async def _with_room(
        self, page: EnrolPage, members: Sequence[Member], until: float, done: EnrolledPage
    ) -> Sequence[Member] | None:
        """The members as they stand once there is room for their cases.

        None when the campaign is held meanwhile, or there was no room until then.
        """
        waited = False
        while await asyncio.to_thread(is_running, self.engine, page.campaign_id):
            starts = sum(_is_to_start(member) for member in members)
            if starts == 0 or await self.backlog.has_room(starts):
                return await self._members(page, len(members), done) if waited else members
            if asyncio.get_running_loop().time() > until:
                self._tell_of_waiting(page.campaign_id)
                return None
            activity.heartbeat(done)
            await asyncio.sleep(AGAIN_SECONDS)
            waited = True
        return None

    def _tell_of_waiting(self, campaign_id: str) -> None:
        if self.backlog.is_behind:
            activity.logger.warning(
                "campaign %s waits: the oldest task on %s has waited %.0f s; are there enough workers?",
                campaign_id,
                self.task_queue,
                self.backlog.oldest_seconds,
            )

    async def _enrol(
        self, page: EnrolPage, members: Sequence[Member], pace: Pace | None, done: EnrolledPage
    ) -> list[Enrolment]:
        """What becomes of those that nobody looked at yet."""
        fresh = [(member, _enrolment(member)) for member in members if member.status is MemberStatus.PENDING]
        failed = await self._start_all(page, [member for member, _ in fresh if _is_to_start(member)], pace, done)
        return [failed.get(each.account_id, each) for _, each in fresh]

    async def _start_all(
        self, page: EnrolPage, members: Sequence[Member], pace: Pace | None, done: EnrolledPage
    ) -> dict[str, Enrolment]:
        """Those whose start Temporal refused, with its word. Raises RPCError for trouble that is not about one."""
        arms = await asyncio.to_thread(arms_of, self.engine, page.campaign_id)
        in_flight, failed = asyncio.Semaphore(STARTS_IN_FLIGHT), dict[str, Enrolment]()
        now = now_of(page.opened_at)

        async def start(enrolled: Member) -> None:
            member = enrolled.pending
            request = _request(page, member.account_id, arms.get(enrolled.arm))
            try:
                async with in_flight:
                    await start_collection(self.client, self.task_queue, request, member, now)
            except RPCError as error:
                if error.status not in ABOUT_ONE:
                    raise
                failed[member.account_id] = Enrolment(
                    account_id=member.account_id, status=MemberStatus.FAILED, why=error.message
                )

        try:
            async with asyncio.TaskGroup() as group:
                for number, member in enumerate(members):
                    if pace is not None:
                        await pace.turn()
                    if pace is not None or number % STARTS_IN_FLIGHT == 0:
                        activity.heartbeat(done)
                    group.create_task(start(member))
        except* RPCError as errors:
            raise first_of(errors) from None
        return failed

    @activity.defn(name=FINISH_CAMPAIGN)
    async def finish_campaign(self, campaign_id: str) -> None:
        """Every member was looked at. Raises a lasting error for a campaign that nobody created."""
        try:
            await asyncio.to_thread(campaigns.finish_campaign, self.engine, campaign_id, wall_clock())
        except NotKnown as error:
            raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from None


def _request(page: EnrolPage, account_id: str, arm: Arm | None) -> CollectionRequest:
    """A case of the person's arm, in the version of the campaign's start."""
    return CollectionRequest(
        account_id=account_id,
        strategy=arm.strategy if arm else page.strategy,
        campaign_id=page.campaign_id,
        clock=page.clock,
        opened_at=page.opened_at,
        strategy_version=arm.version if arm else None,
    )


def _seconds_by_pace(page: EnrolPage) -> float:
    return page.limit / page.starts_per_second if page.starts_per_second > 0 else 0.0


def _batches(members: Sequence[Member], per_second: float, backlog: Backlog) -> Iterator[Sequence[Member]]:
    """By the pace that was wanted, and the speed as it is then: between two batches a pause is looked for."""
    first = 0
    while first < len(members):
        size = backlog.at_once if per_second <= 0 else max(1, min(backlog.at_once, int(per_second * BATCH_SECONDS)))
        yield members[first : first + size]
        first += size


def _is_to_start(member: Member) -> bool:
    """Whether nobody looked at it yet, and a case of its own is due to it."""
    if member.status is not MemberStatus.PENDING or member.has_case_here:
        return False
    return _enrolment(member).status is MemberStatus.ENROLLED


def _enrolment(member: Member) -> Enrolment:
    """Whether a case may be opened at all; whether it is, the case's own first step decides.

    A case that this campaign opened before a crash is an enrolment as well. That another campaign waits for the account
    too does not keep this one from starting: whichever comes first, the other one finds an open case.
    """
    account_id = member.candidate.account_id
    excluded = None if member.has_case_here else exclusion(member.candidate, (), whoever_else_enrols=True)
    if excluded is None:
        return Enrolment(account_id=account_id, status=MemberStatus.ENROLLED)
    return Enrolment(account_id=account_id, status=MemberStatus.EXCLUDED, why=excluded.why)


def _counted(done: EnrolledPage, members: Sequence[Member], enrolments: Sequence[Enrolment]) -> EnrolledPage:
    """The page so far with a batch more; what became of a member before counts as well."""
    made = {each.account_id: each.status for each in enrolments}
    statuses = [made.get(each.candidate.account_id, each.status) for each in members]
    return EnrolledPage(
        last_account_id=members[-1].candidate.account_id,
        enrolled=done.enrolled + statuses.count(MemberStatus.ENROLLED),
        excluded=done.excluded + statuses.count(MemberStatus.EXCLUDED),
        failed=done.failed + statuses.count(MemberStatus.FAILED),
    )


def first_of(errors: BaseExceptionGroup[RPCError]) -> BaseException:
    """One of many equal troubles: a group would only say how many there were."""
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
