"""Where work waits, on a real server: answers first, enrolment last, campaigns in turn, providers at their rate."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio import activity, workflow
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.common import Priority
from temporalio.worker import Worker

from bench.servers import real_clock_server
from tests.support.stage import stage
from tests.support.sweeping import Sweeping, until
from worker import create_workers
from workflows import priorities

pytestmark = pytest.mark.asyncio(loop_scope="module")
IN_ORDER = {
    # With one partition a queue is one line; with the usual four it is four, each in order.
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
    "matching.enableFairness": "true",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    """A development server that keeps turns."""
    told = [part for name, value in IN_ORDER.items() for part in ("--dynamic-config-value", f"{name}={value}")]
    async with real_clock_server(told) as env:
        yield env.client


@workflow.defn(sandboxed=False)
class OneActivity:
    """Asks for one activity on a queue on which nobody works yet."""

    @workflow.run
    async def run(self, name: str) -> None:
        """Wait for its turn."""
        await workflow.execute_activity(
            "note", name, task_queue="one-line", start_to_close_timeout=timedelta(seconds=20)
        )


async def test_a_backlog_is_worked_off_by_priority_and_campaigns_take_turns(client: Client) -> None:
    order: list[str] = []

    @activity.defn
    async def note(name: str) -> None:
        order.append(name)

    async def start(name: str, priority: Priority) -> None:
        handles.append(await client.start_workflow(OneActivity.run, name, id=name, task_queue="w", priority=priority))

    handles = []
    async with Worker(client, task_queue="w", workflows=[OneActivity]):
        for number in range(12):
            await start(f"big-{number}", priorities.of_case("big"))
        for number in range(3):
            await start(f"small-{number}", priorities.of_case("small"))
        await start("enrolment", priorities.of_campaign("big"))
        await start("event", priorities.EVENTS)
        await start("answer", priorities.ANSWERS)

        async def all_wait() -> bool:
            """In the queue itself: a case knows of its task before the queue has it."""
            asked = DescribeTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name="one-line"),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
                report_stats=True,
            )
            told = await client.workflow_service.describe_task_queue(asked)
            return told.stats.approximate_backlog_count == len(handles)

        await until(all_wait)
        async with Worker(client, task_queue="one-line", activities=[note], max_concurrent_activities=1):
            await asyncio.gather(*(handle.result() for handle in handles))
    ranks = [{"answer": 1, "event": 2, "enrolment": 5}.get(name, 3) for name in order]
    assert ranks == sorted(ranks), order
    assert max(order.index(f"small-{number}") for number in range(3)) < 11, order


async def test_contacts_wait_on_the_queue_of_their_first_channel_and_go_at_its_rate(
    client: Client, tmp_path: Path
) -> None:
    # The law asks for the hour; an evening or a night would put the contacts off, which is not what this is about.
    with stage(tmp_path, task_queue="rated", provider_rates="email=4") as staged:
        sweeping = Sweeping(client=client, stage=staged)
        for number in range(12):
            sweeping.owes(f"acc-{number}", zones=(zone_of_noon(),))
        ids = [f"collection/acc-{number}" for number in range(12)]
        main, of_mail = create_workers(client, staged.settings, staged.dependencies, fail_workflows_on_error=True)
        polled = of_mail.config(active_config=True)
        assert polled["max_task_queue_activities_per_second"] == 4
        assert polled["disable_eager_activity_execution"], "what is taken eagerly is counted by nobody"
        async with main:
            await sweeping.sweep()

            async def all_wait() -> bool:
                described = [await client.get_workflow_handle(each).describe() for each in ids]
                return all(len(each.raw_description.pending_activities) == 1 for each in described)

            await until(all_wait)
            assert staged.touches() == [], "nobody polls its queue, so nothing is sent"
            async with of_mail:

                async def all_sent() -> bool:
                    return len(await asyncio.to_thread(staged.touches)) == 12

                await until(all_sent)
            history = await client.get_workflow_handle(ids[0]).fetch_history()
    scheduled = [event.activity_task_scheduled_event_attributes for event in history.events if event.event_type == 10]
    assert [each.task_queue.name for each in scheduled] == ["rated-email"]
    began = staged.touch_instants()
    # Twelve at four a second, of which the server lets a few through at once: on a quiet machine 2.6 s.
    assert max(began) - min(began) >= timedelta(seconds=1.5)


def zone_of_noon() -> str:
    """A zone in which it is about noon."""
    ahead = (12 - datetime.now(UTC).hour) % 24
    return f"Etc/GMT{-ahead:+d}" if ahead <= 12 else f"Etc/GMT{24 - ahead:+d}"
