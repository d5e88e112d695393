"""Every run of a worker has the code with which the worker began; outside of runs nothing is remembered."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from temporalio.worker import Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from bench.servers import time_skipping_server
from config.payloads import DATA_CONVERTER
from config.workflow_runner import runner_for

PACKAGE, QUEUE = "of_a_worker", "keeps-its-code"
SOURCE = """
from temporalio import workflow
from of_a_worker.words import SAID

@workflow.defn(name="Changing")
class Changing:
    @workflow.run
    async def run(self) -> str:
        return SAID
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of a workflow and of what it imports, on the path."""
    package = tmp_path / PACKAGE
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "changing.py").write_text(SOURCE)
    (package / "words.py").write_text("SAID = 'as it began'\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield package
    for name in [each for each in sys.modules if each.startswith(PACKAGE)]:
        del sys.modules[name]


def deploy_over(files: Path) -> None:
    """Write over what a worker has read."""
    (files / "words.py").write_text("SAID = 'something else, of another deployment'\n")


async def two_runs(runner: WorkflowRunner, between: Callable[[], None]) -> list[str]:
    """What two runs of one worker return, one before and one after."""
    changing = importlib.import_module(f"{PACKAGE}.changing").Changing
    said: list[str] = []
    async with (
        time_skipping_server() as env,
        Worker(env.client, task_queue=QUEUE, workflows=[changing], workflow_runner=runner),
    ):
        for number in range(2):
            said.append(await env.client.execute_workflow(changing.run, id=f"run-{number}", task_queue=QUEUE))
            between()
    return said


@pytest.mark.parametrize(
    ("runner", "second"),
    [
        (lambda: runner_for(DATA_CONVERTER), "as it began"),
        (SandboxedWorkflowRunner, "something else, of another deployment"),
    ],
    ids=["ours", "the SDK's"],
)
async def test_files_that_change_under_a_worker_change_none_of_its_runs(
    files: Path, runner: Callable[[], WorkflowRunner], second: str
) -> None:
    assert await two_runs(runner(), lambda: deploy_over(files)) == ["as it began", second]


async def test_a_second_run_reads_no_file(files: Path) -> None:
    def delete() -> None:
        for each in files.glob("*.py"):
            each.unlink()

    assert await two_runs(runner_for(DATA_CONVERTER), delete) == ["as it began", "as it began"]


async def test_each_worker_begins_with_the_files_of_its_time(files: Path) -> None:
    assert await two_runs(runner_for(DATA_CONVERTER), lambda: deploy_over(files)) == ["as it began", "as it began"]
    later = await two_runs(runner_for(DATA_CONVERTER), lambda: None)
    assert later == ["something else, of another deployment"] * 2


def test_what_is_imported_outside_of_a_run_comes_from_its_file(files: Path) -> None:
    runner_for(DATA_CONVERTER)
    said = importlib.import_module(f"{PACKAGE}.words")
    assert said.SAID == "as it began"
    deploy_over(files)
    assert importlib.reload(said).SAID == "something else, of another deployment"
