"""Running whole cases, ours and bare, and reading what one cost from its history."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psutil
from sqlalchemy import select
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from bench.bare import BareWorkflow, bare_step
from bench.ground import LONG_AGO, OPENED_AT, Ground, account_id
from bench.servers import time_skipping_server
from casedb import schema
from casedb.engine import reading
from config.settings import Settings
from domain.requests import ApprovalDecision, Decision
from domain.vocabulary import Clock
from worker import create_worker
from workflows.collection import CollectionWorkflow
from workflows.messages import CollectionRequest, CollectionResult, collection_workflow_id

BARE_QUEUE = "bench-bare"
BILLABLE = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: "start",
    EventType.EVENT_TYPE_TIMER_STARTED: "timer",
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "activity",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signal",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "update",
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: "upsert",
}
"""What Temporal Cloud bills one action for; the local activities of one workflow task are one action together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCost:
    """What one case cost, read from its history."""

    actions: Counter[str]
    events: int
    bytes: int

    @property
    def total_actions(self) -> int:
        """All billable actions."""
        return self.actions.total()


def our_worker(ground: Ground) -> Worker:
    """The real worker, from the one factory."""
    return create_worker(ground.env.client, ground.settings, ground.dependencies, fail_workflows_on_error=True)


def bare_worker(ground: Ground) -> Worker:
    """A worker of the bare workflow, with the same pollers, slots and cache as ours."""
    return bare_worker_of(ground.env.client, ground.settings)


def bare_worker_of(client: Client, settings: Settings) -> Worker:
    """The same for whoever has no ground."""
    threads = settings.max_concurrent_activities
    return Worker(
        client,
        task_queue=BARE_QUEUE,
        workflows=[BareWorkflow],
        activities=[bare_step],
        activity_executor=ThreadPoolExecutor(threads),
        max_concurrent_activities=threads,
        max_concurrent_local_activities=threads,
        max_cached_workflows=settings.max_cached_workflows,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
    )


async def start_case(
    ground: Ground, number: int, opened_at: datetime = OPENED_AT
) -> WorkflowHandle[CollectionWorkflow, CollectionResult]:
    """Start the nth account's workflow on a virtual clock."""
    request = CollectionRequest(
        account_id=account_id(number), strategy="wallet-standard", clock=Clock.VIRTUAL, opened_at=opened_at
    )
    return await ground.env.client.start_workflow(
        CollectionWorkflow.run,
        request,
        id=collection_workflow_id(request.account_id),
        task_queue=ground.settings.task_queue,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a round took: wall seconds, and CPU seconds of the server and of this process with its worker."""

    seconds: float
    cpu_seconds: float


class Meter:
    """Measures from its making to `spent()`."""

    def __init__(self) -> None:
        self._began, self._cpu = time.perf_counter(), _cpu_seconds()

    def spent(self) -> Spent:
        """What was spent so far."""
        return Spent(seconds=time.perf_counter() - self._began, cpu_seconds=_cpu_seconds() - self._cpu)


def _cpu_seconds() -> float:
    me = psutil.Process()
    return float(sum(sum(each.cpu_times()[:2]) for each in (me, *me.children(recursive=True))))


async def run_ours(ground: Ground, numbers: Iterable[int], *, waiting: bool) -> Spent:
    """Whole cases side by side, from the first start to the end of the last.

    Without waiting every step is due at once, and the machine is the limit. With waiting each case's virtual clock
    skips its timers; that has long idle tails on the development server, so there only the CPU seconds say anything.
    """
    clocks = nullcontext() if waiting else ground.env.with_time_skipping_disabled()
    async with our_worker(ground):
        meter = Meter()
        with clocks:
            opened_at = OPENED_AT if waiting else LONG_AGO
            handles = await asyncio.gather(*(start_case(ground, number, opened_at) for number in numbers))
        results = await asyncio.gather(*(handle.result() for handle in handles))
        spent = meter.spent()
    unpaid = [result for result in results if result.close_reason != "paid"]
    if unpaid:
        raise AssertionError(f"{len(unpaid)} cases did not end paid: the comparison is void: {unpaid[0]}")
    return spent


async def run_bare(ground: Ground, count: int, name: str, *, waiting: bool) -> Spent:
    """So many bare workflows of the same shape, side by side."""
    client = ground.env.client
    clocks = nullcontext() if waiting else ground.env.with_time_skipping_disabled()
    async with bare_worker(ground):
        meter = Meter()
        with clocks:
            handles = await asyncio.gather(
                *(
                    client.start_workflow(BareWorkflow.run, waiting, id=f"bare/{name}/{number}", task_queue=BARE_QUEUE)
                    for number in range(count)
                )
            )
        await asyncio.gather(*(handle.result() for handle in handles))
        return meter.spent()


async def cost_of_escalated_case(ground: Ground, number: int) -> CaseCost:
    """One whole case through all four stages to an approved escalation.

    On the time-skipping test server, whose histories hold nothing but the case: moving a virtual clock on the
    development server leaves marks and workflow tasks of its own.
    """
    async with time_skipping_server() as env, our_worker(replace(ground, env=env)):
        handle = await start_case(replace(ground, env=env), number)
        await env.sleep(OPENED_AT - await env.get_current_time())
        for _ in range(400):
            action = await asyncio.to_thread(_next_action, ground, number)
            if action == "rest":
                break
            await env.sleep(timedelta(hours=12))
        decision = ApprovalDecision(
            approval_id=f"{account_id(number)}-1/approval-1", decision=Decision.GRANT, by="bench-approver"
        )
        await handle.execute_update(CollectionWorkflow.decide_approval, decision)
        await handle.result()
        history = await handle.fetch_history()
    return cost_of(history.events)


def _next_action(ground: Ground, number: int) -> str | None:
    case = schema.case
    query = select(case.c.next_action).where(case.c.account_id == account_id(number))
    with reading(ground.dependencies.engine) as connection:
        return connection.execute(query).scalar()


def cost_of(events: Iterable[HistoryEvent]) -> CaseCost:
    """Count billable actions, events and bytes."""
    actions: Counter[str] = Counter()
    counted = size = 0
    recorded_in: set[int] = set()
    for event in events:
        counted += 1
        size += event.ByteSize()
        if event.event_type in BILLABLE:
            actions[BILLABLE[event.event_type]] += 1
        elif event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            recorded_in.add(event.marker_recorded_event_attributes.workflow_task_completed_event_id)
    actions["local activities"] = len(recorded_in)
    return CaseCost(actions=actions, events=counted, bytes=size)
