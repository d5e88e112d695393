"""Running whole cases, ours and bare, and reading what one cost from its history."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import PollerBehaviorAutoscaling, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from bench.bare import BareWorkflow, bare_step
from bench.ground import LONG_AGO, OPENED_AT, Ground, account_id
from bench.servers import time_skipping_server
from casedb import schema
from casedb.engine import reading
from config.settings import Settings
from config.workflow_runner import runner_for
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
    return create_worker(ground.client, ground.settings, ground.dependencies, fail_workflows_on_error=True)


def bare_worker(ground: Ground, *, as_ours: bool = False) -> Worker:
    """A worker of the bare workflow, with the same pollers, slots and cache as ours.

    Its client and runner are the SDK's, which is what Temporal costs as it comes; or ours, as if those were part of
    Temporal.
    """
    if as_ours:
        return bare_worker_of(ground.client, ground.settings, runner_for(ground.client.data_converter))
    return bare_worker_of(ground.env.client, ground.settings)


def bare_worker_of(client: Client, settings: Settings, runner: WorkflowRunner | None = None) -> Worker:
    """The same for whoever has no ground."""
    threads = settings.max_concurrent_activities
    return Worker(
        client,
        task_queue=BARE_QUEUE,
        workflows=[BareWorkflow],
        workflow_runner=runner or SandboxedWorkflowRunner(),
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
    return await ground.client.start_workflow(
        CollectionWorkflow.run,
        request,
        id=collection_workflow_id(request.account_id),
        task_queue=ground.settings.task_queue,
    )


async def run_ours(ground: Ground, numbers: Iterable[int]) -> float:
    """Wall seconds of whole cases side by side, from the first start to the end of the last, every step due at once."""
    async with our_worker(ground):
        began = time.perf_counter()
        with ground.env.with_time_skipping_disabled():
            handles = await asyncio.gather(*(start_case(ground, number, LONG_AGO) for number in numbers))
        for result in await asyncio.gather(*(handle.result() for handle in handles)):
            must_be_paid(result)
        return time.perf_counter() - began


def must_be_paid(result: CollectionResult) -> None:
    """A case that ends otherwise makes the comparison void."""
    if result.close_reason != "paid":
        raise AssertionError(f"a case did not end paid, so the comparison is void: {result}")


async def run_bare(ground: Ground, count: int, name: str) -> float:
    """The same of bare workflows of the same shape."""
    async with bare_worker(ground):
        began = time.perf_counter()
        with ground.env.with_time_skipping_disabled():
            handles = await asyncio.gather(
                *(start_bare(ground, f"{name}/{number}", waiting=False) for number in range(count))
            )
        await asyncio.gather(*(handle.result() for handle in handles))
        return time.perf_counter() - began


async def start_bare(ground: Ground, name: str, *, waiting: bool = True) -> WorkflowHandle[BareWorkflow, str]:
    """Start a bare workflow, with the timers of a whole case or without any."""
    return await ground.env.client.start_workflow(BareWorkflow.run, waiting, id=f"bare/{name}", task_queue=BARE_QUEUE)


async def cost_of_escalated_case(ground: Ground, number: int) -> CaseCost:
    """One whole case through all four stages to an approved escalation.

    On the time-skipping test server, whose histories hold nothing but the case: moving a virtual clock on the
    development server leaves marks and workflow tasks of its own.
    """
    async with time_skipping_server() as env, our_worker(there := replace(ground, env=env, client=env.client)):
        handle = await start_case(there, number)
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
