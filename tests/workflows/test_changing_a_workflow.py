"""docs/changing-workflows.md is true: the change it walks through, rolled out build by build on a real server."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.worker import Worker

import worker as worker_module
from bench.servers import real_clock_server
from casedb.inbox import InboundFact, InboundKind, receive
from console import replaying
from console.differing import Difference
from console.replaying import replayed
from tests.support.next_build import PLANS_FIRST, CarelessCollectionWorkflow, NextCollectionWorkflow
from tests.support.stage import Stage
from tests.support.sweep_builds import Build
from tests.support.sweeping import Sweeping, until
from tests.support.waiting import MISSED_SOON
from worker import create_worker
from workflows.collection import CollectionWorkflow
from workflows.messages import CollectionRequest, collection_workflow_id
from workflows.registry import WORKFLOWS
from workflows.sweep import INVARIANTS_CHECKED

pytestmark = pytest.mark.timeout(120)

HISTORIES = Path(__file__).parent / "histories"
OTHERS_ACTIVITY = "at event 17 the history has activity {had}, today's code wants activity {wants}"
REPORTED = OTHERS_ACTIVITY.format(had="report_overdue (overdue accounts)", wants="check_invariants")
CHECKED = OTHERS_ACTIVITY.format(had="check_invariants (invariants)", wants="report_overdue")
MARKED = "at event 17 the history has the patch invariants-checked, of which today's code says nothing"
DIFFERENCES = {
    (Build.BEFORE, Build.BEFORE): None,
    (Build.BEFORE, Build.PATCHED): MARKED,
    (Build.BEFORE, Build.DEPRECATED): CHECKED.replace("17", "19"),
    (Build.BEFORE, Build.DROPPED): CHECKED,
    (Build.PATCHED, Build.BEFORE): None,
    (Build.PATCHED, Build.PATCHED): None,
    (Build.PATCHED, Build.DEPRECATED): None,
    (Build.PATCHED, Build.DROPPED): CHECKED,
    (Build.DEPRECATED, Build.BEFORE): REPORTED,
    (Build.DEPRECATED, Build.PATCHED): None,
    (Build.DEPRECATED, Build.DEPRECATED): None,
    (Build.DEPRECATED, Build.DROPPED): None,
    (Build.DROPPED, Build.BEFORE): REPORTED,
    (Build.DROPPED, Build.PATCHED): MARKED,
    (Build.DROPPED, Build.DEPRECATED): None,
    (Build.DROPPED, Build.DROPPED): None,
}
"""The page's table: what the code of one build makes of a sweep that another one brought to its end."""
Roll = Callable[[type], None]


@pytest.fixture
def roll_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Roll]:
    """Workers and replays run that workflow from now on, in place of the one of its name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def instead(made: type) -> None:
        others = [each for each in WORKFLOWS if name_of(each) != name_of(made)]
        for module in (worker_module, replaying):
            monkeypatch.setattr(module, "WORKFLOWS", (made, *others))

    yield instead
    for build in Build:
        sys.modules.pop(build.module, None)


def name_of(made: type) -> str:
    """The name under which a workflow runs."""
    name = workflow._Definition.must_from_class(made).name
    assert name is not None
    return name


async def difference(history: WorkflowHistory) -> Difference | None:
    """Where the code of the build that is rolled out leaves the history."""

    async def only() -> AsyncIterator[WorkflowHistory]:
        yield history

    (told,) = [each async for each in replayed(only())]
    return told.difference


def markers(history: WorkflowHistory) -> list[bytes]:
    """What every marker of a patch says."""
    recorded = [event.marker_recorded_event_attributes for event in history.events]
    return [each.details["patch-data"].payloads[0].data for each in recorded if each.marker_name == "core_patch"]


async def test_each_build_of_the_walk_through_does_with_older_and_newer_histories_what_the_page_says(
    staged: Stage, roll_out: Roll, tmp_path: Path
) -> None:
    histories: dict[Build, WorkflowHistory] = {}
    async with real_clock_server() as env:
        sweeping = Sweeping(client=env.client, stage=staged)
        for build in Build:
            roll_out(build.workflow(tmp_path))
            async with sweeping.worker(cached=0):
                handle = await sweeping.start()
                await handle.result()
                histories[build] = await handle.fetch_history()
    marked = [[b'"deprecated":true' in each for each in markers(histories[build])] for build in Build]
    assert marked == [[], [False], [True], []]
    found = {}
    for code in Build:
        roll_out(code.workflow(tmp_path))
        for made, history in histories.items():
            differs = await difference(history)
            found[code, made] = differs.says if differs else None
            assert differs is None or differs.rule == "TMPRL1100"
    assert found == DIFFERENCES


async def test_the_committed_histories_stand_for_before_and_since_the_change(roll_out: Roll, tmp_path: Path) -> None:
    before, since = (
        WorkflowHistory.from_json(name, (HISTORIES / f"{name}.json").read_text())
        for name in ("swept-with-an-orphan", "swept-and-checked")
    )
    assert (len(markers(before)), len(markers(since))) == (0, 1)
    broken = []
    for code in Build:
        roll_out(code.workflow(tmp_path))
        broken.append([await difference(each) is not None for each in (before, since)])
    assert broken == [[False, True], [False, False], [True, False], [True, True]]


@pytest.mark.parametrize("build", [Build.PATCHED, Build.DEPRECATED, Build.DROPPED])
async def test_a_sweep_of_before_that_has_not_come_to_the_place_goes_on_the_new_way_under_every_build(
    staged: Stage, roll_out: Roll, tmp_path: Path, build: Build
) -> None:
    async with real_clock_server() as env:
        sweeping = Sweeping(client=env.client, stage=staged)
        without_activities = Worker(
            env.client, task_queue=staged.settings.task_queue, workflows=[Build.BEFORE.workflow(tmp_path)]
        )
        async with without_activities:
            handle = await sweeping.start()
            await until(lambda: _has(handle, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED))
        roll_out(build.workflow(tmp_path))
        assert await difference(await handle.fetch_history()) is None
        async with sweeping.worker(cached=0):
            assert (await handle.result()).checked is not None
        assert await difference(await handle.fetch_history()) is None


async def test_a_case_that_a_careless_build_left_standing_goes_on_once_the_old_way_is_back_behind_a_patch(
    staged: Stage, roll_out: Roll
) -> None:
    """And the first answer of `patched` holds for the whole run, wherever its loop comes by again."""
    async with real_clock_server(MISSED_SOON) as env:
        sweeping = Sweeping(client=env.client, stage=staged)
        sweeping.owes("acc-2", days=1)
        handle = env.client.get_workflow_handle_for(CollectionWorkflow.run, collection_workflow_id("acc-2"))
        async with worker(env.client, staged):
            await env.client.start_workflow(
                CollectionWorkflow.run,
                CollectionRequest(account_id="acc-2", strategy="wallet-standard"),
                id=handle.id,
                task_queue=staged.settings.task_queue,
            )
            await sweeping.until_cases(1)
            await _pays(handle, staged, "pay-1", 2_345)
            await until(lambda: _took_in(handle, 1))

        roll_out(CarelessCollectionWorkflow)
        async with worker(env.client, staged):
            await _pays(handle, staged, "pay-2", 5_000)
            await until(lambda: _has(handle, EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED))

        roll_out(NextCollectionWorkflow)
        async with worker(env.client, staged):
            await until(lambda: _took_in(handle, 2), seconds=60)
            await _pays(handle, staged, "pay-3", 5_000)
            assert (await handle.result()).close_reason == "paid"
        told = b"".join(markers(await handle.fetch_history()))
        assert PLANS_FIRST.encode() not in told, "it took facts in before the change, so it does so the old way"


def worker(client: Client, staged: Stage) -> Worker:
    """As in production, where a task that fails waits for a mend; it keeps no workflow in memory."""
    changed = {"max_cached_workflows": 0, "graceful_shutdown_seconds": 0}
    return create_worker(client, staged.settings.model_copy(update=changed), staged.dependencies)


async def _has(handle: WorkflowHandle[Any, Any], kind: EventType.ValueType) -> bool:
    return any(event.event_type == kind for event in (await handle.fetch_history()).events)


async def _took_in(handle: WorkflowHandle[Any, Any], facts: int) -> bool:
    """Whether so many facts were told and a plan was made after the last; a query would wait for a task that fails."""
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    told = [place for place, kind in enumerate(kinds) if kind == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED]
    return len(told) == facts and EventType.EVENT_TYPE_MARKER_RECORDED in kinds[told[-1] :]


async def _pays(handle: WorkflowHandle[Any, Any], staged: Stage, event_id: str, amount_minor: int) -> None:
    at = datetime.now(UTC)
    fact = InboundFact(
        event_id=event_id,
        source="test",
        kind=InboundKind.PAYMENT,
        account_id="acc-2",
        at=at,
        amount_minor=amount_minor,
        currency="USD",
    )
    receipt = await asyncio.to_thread(receive, staged.engine, fact, received_at=at)
    await handle.signal(CollectionWorkflow.fact, receipt.event())


def test_the_page_shows_the_statement_that_the_code_has() -> None:
    page = (Path(__file__).parents[2] / "docs" / "changing-workflows.md").read_text()
    assert f"\n{Build.PATCHED.value}\n" in page
    assert f'\nINVARIANTS_CHECKED = "{INVARIANTS_CHECKED}"\n' in page
    for build in (Build.DEPRECATED, Build.DROPPED):
        assert "\n".join(line.strip() for line in build.value.splitlines()) in page
    rows = [line.strip("| ").split(" | ")[1:] for line in page.partition("| code, down;")[2].splitlines()[2:6]]
    assert [[cell.startswith("breaks") for cell in row] for row in rows] == [
        [DIFFERENCES[code, made] is not None for made in Build] for code in Build
    ]
