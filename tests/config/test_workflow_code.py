"""Every run of a worker has the code with which the worker began; outside of runs nothing is remembered."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from config.payloads import DATA_CONVERTER
from config.workflow_runner import runner_for

MODULE, PACKAGE = "of_a_worker.changing", "of_a_worker"
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


def what_a_run_says(runner: WorkflowRunner, monkeypatch: pytest.MonkeyPatch) -> str:
    """The word of the module as the next run has it."""
    made: list[Any] = []
    create = SandboxedWorkflowRunner.create_instance

    def creating(self: SandboxedWorkflowRunner, details: WorkflowInstanceDetails) -> WorkflowInstance:
        made.append(create(self, details))
        return made[-1]  # type: ignore[no-any-return]

    with monkeypatch.context() as patched:
        patched.setattr(SandboxedWorkflowRunner, "create_instance", creating)
        runner.prepare_workflow(
            workflow._Definition.must_from_class(importlib.import_module(MODULE).Changing),
        )
    words = made[-1].importer.new_modules[f"{PACKAGE}.words"]
    assert words is not sys.modules[f"{PACKAGE}.words"], "each run has a module of its own"
    assert words.__file__ == sys.modules[f"{PACKAGE}.words"].__file__
    return str(words.SAID)


async def test_files_that_change_under_a_worker_change_none_of_its_runs(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = runner_for(DATA_CONVERTER)
    assert what_a_run_says(ours, monkeypatch) == "as it began"
    (files / "words.py").write_text("SAID = 'something else, of another deployment'\n")
    assert what_a_run_says(ours, monkeypatch) == "as it began"
    assert what_a_run_says(SandboxedWorkflowRunner(), monkeypatch) == "something else, of another deployment"


async def test_a_second_run_reads_no_file(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = runner_for(DATA_CONVERTER)
    what_a_run_says(ours, monkeypatch)
    for each in files.glob("*.py"):
        each.unlink()
    assert what_a_run_says(ours, monkeypatch) == "as it began"


def test_what_is_imported_outside_of_a_run_comes_from_its_file(files: Path) -> None:
    runner_for(DATA_CONVERTER)
    said = importlib.import_module(f"{PACKAGE}.words")
    assert said.SAID == "as it began"
    (files / "words.py").write_text("SAID = 'something else, of another deployment'\n")
    assert importlib.reload(said).SAID == "something else, of another deployment"
