"""A roll-out on a real server: a case that began on build a goes on under build b, and a is not needed any more."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Replayer, Worker

import worker as worker_module
from bench.servers import real_clock_server
from config.payloads import DATA_CONVERTER
from console.replaying import replayer
from starter import main
from tests.console.conftest import Ran
from tests.support.next_build import NextCollectionWorkflow
from tests.support.stage import Stage, stage
from tests.support.sweeping import Sweeping, until
from worker import create_worker
from workflows.collection import CollectionWorkflow
from workflows.messages import collection_workflow_id
from workflows.registry import WORKFLOWS

pytestmark = pytest.mark.timeout(180)
QUEUE = "versioned"
PATIENCE = 60.0
"""The server keeps its builds in workflows of its own, which a busy machine delays."""
DRAINS_SOON = (
    "--dynamic-config-value",
    'matching.wv.VersionDrainageStatusRefreshInterval="1s"',
    "--dynamic-config-value",
    'matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"',
)
Command = Callable[..., Awaitable[Ran]]


@pytest.fixture
def staged(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, task_queue=QUEUE) as made:
        yield made


@pytest_asyncio.fixture
async def client(staged: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    async with real_clock_server(DRAINS_SOON) as env:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("AMICABLE_DATABASE_URL", staged.settings.database_url.get_secret_value())
        monkeypatch.setenv("AMICABLE_TASK_QUEUE", QUEUE)
        monkeypatch.setenv("TEMPORAL_ADDRESS", env.client.service_client.config.target_host)
        yield env.client


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    async def run(*arguments: str) -> Ran:
        code = await asyncio.to_thread(main, list(arguments))
        written = capsys.readouterr()
        return Ran(code, written.out, written.err)

    return run


def build(client: Client, staged: Stage, build_id: str) -> Worker:
    """A worker of one build, which keeps no workflow in memory."""
    changed: dict[str, Any] = {"versioning": True, "build_id": build_id}
    changed |= {"max_cached_workflows": 0, "graceful_shutdown_seconds": 0}
    return create_worker(client, staged.settings.model_copy(update=changed), staged.dependencies)


async def build_of(handle: WorkflowHandle[Any, Any]) -> str:
    """The build that did the latest task of a workflow."""
    described = await handle.describe()
    return str(described.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id)


async def known(command: Command, build_id: str) -> None:
    """Wait until the server has heard of a build."""

    async def heard() -> bool:
        shown = await command("deployment", "show", "--json")
        return shown.code == 0 and build_id in {each["build_id"] for each in json.loads(shown.out)["builds"]}

    await until(heard, seconds=PATIENCE)


async def test_a_case_that_began_on_one_build_goes_on_under_the_next(
    staged: Stage, client: Client, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeping = Sweeping(client=client, stage=staged)
    for number in (1, 2):
        sweeping.owes(f"acc-{number}", days=1)
    first, second = (
        client.get_workflow_handle_for(CollectionWorkflow.run, collection_workflow_id(f"acc-{number}"))
        for number in (1, 2)
    )
    nothing = await command("deployment", "show")
    assert (nothing.code, nothing.err.startswith("no versioned worker of deployment amicable ever polled")) == (2, True)

    async with build(client, staged, "a"):
        await known(command, "a")
        assert "no build is current" in (await command("deployment", "show")).out
        assert "no worker of build 'z'" in (await command("deployment", "promote", "z")).err
        assert "build a is current" in (await command("deployment", "promote", "a")).out
        await command("trigger", "acc-1")
        await sweeping.until_cases(1)
        await _until(first, "a")
        await until(lambda: _sleeps(first), seconds=PATIENCE)

        monkeypatch.setattr(worker_module, "WORKFLOWS", (NextCollectionWorkflow, *WORKFLOWS[1:]))
        async with build(client, staged, "b"):
            await known(command, "b")
            for percent in (25, 0, 100):
                ramped = await command("deployment", "ramp", "b", "--percent", str(percent), "--json")
                shares = {each["build_id"]: each["share"] for each in json.loads(ramped.out)["builds"]}
                assert shares == {"a": 100.0 - percent, "b": float(percent)}
            await command("trigger", "acc-2")
            await sweeping.until_cases(2)
            await _until(second, "b")
            assert await build_of(first) == "a", "it sleeps, and nobody woke it"
            assert "build b is current" in (await command("deployment", "promote", "b")).out

    async with build(client, staged, "b"):
        pay = ("--amount", "23.45", "--currency", "USD", "--event-id")
        assert "its case was told" in (await command("record-payment", "acc-1", *pay, "pay-1")).out
        await _until(first, "b")
        await command("record-payment", "acc-1", "--amount", "100", "--currency", "USD", "--event-id", "pay-2")
        assert (await first.result()).close_reason == "paid"

        async def drained() -> bool:
            shown = json.loads((await command("deployment", "show", "--json")).out)["builds"]
            return {each["build_id"]: each["status"] for each in shown} == {"a": "drained", "b": "current"}

        await until(drained, seconds=PATIENCE)
    history = await first.fetch_history()
    story = [event for event in history.events if event.HasField("marker_recorded_event_attributes")]
    assert any(b"plans-first" in event.SerializeToString() for event in story), "b asked for the command that is new"
    under_b = Replayer(workflows=[NextCollectionWorkflow], data_converter=DATA_CONVERTER)
    await under_b.replay_workflow(history)
    back = await replayer().replay_workflow(history, raise_on_replay_failure=False)
    assert "TMPRL1100" in str(back.replay_failure), "there is no way back to a build without the patch"


async def _until(handle: WorkflowHandle[Any, Any], build_id: str) -> None:
    async def done() -> bool:
        return await build_of(handle) == build_id

    await until(done, seconds=PATIENCE)


async def _sleeps(handle: WorkflowHandle[Any, Any]) -> bool:
    """Whether the last thing it did was to set a timer that does not fire while this test runs."""
    last = (await handle.fetch_history()).events[-1]
    timeout = last.timer_started_event_attributes.start_to_fire_timeout
    return last.event_type == EventType.EVENT_TYPE_TIMER_STARTED and timeout.ToTimedelta() > timedelta(minutes=5)
