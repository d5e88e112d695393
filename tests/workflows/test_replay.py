"""Histories replay: the committed ones under today's code, and a running case whose rules were changed."""

from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Worker

from bench.servers import time_skipping_server
from console.replaying import replayer
from domain.calendar import Window
from domain.compliance.timing import Hours
from tests.support.stage import Stage
from tests.workflows.conftest import Play
from worker import create_worker
from workflows.registry import WORKFLOWS

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def workflow_type_of(path: Path) -> str:
    started = WorkflowHistory.from_json(path.stem, path.read_text()).events[0]
    return started.workflow_execution_started_event_attributes.workflow_type.name


def test_every_workflow_that_a_worker_runs_has_a_committed_history() -> None:
    assert {workflow_type_of(path) for path in HISTORIES} == {workflow.__name__ for workflow in WORKFLOWS}


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_committed_history_replays_under_todays_code(path: Path) -> None:
    history = WorkflowHistory.from_json(path.stem, path.read_text())
    await replayer().replay_workflow(history)


async def test_a_history_whose_commands_differ_is_noticed() -> None:
    path = next(each for each in HISTORIES if each.stem == "ignored-then-granted")
    text = path.read_text().replace('"contact"', '"another_activity"')
    with pytest.raises(Exception, match=r"TMPRL1100|Nondeterminism|nondeterminism"):
        await replayer().replay_workflow(WorkflowHistory.from_json("changed", text))


def with_stricter_rules(staged: Stage) -> Stage:
    """The law's window shrinks to an hour in the evening and the strategy asks for twice the patience."""
    rules = staged.dependencies.rules
    us = rules.profiles["US"]
    evening = Window(start=time(18), end=time(19))
    law = tuple(
        replace(rule, terms=replace(rule.terms, window=evening)) if isinstance(rule.terms, Hours) else rule
        for rule in us.rules
    )
    strategy = rules.strategies["wallet-standard"]
    slower = replace(
        strategy, version="changed", stages=tuple(replace(plan, gap_days=plan.gap_days * 2) for plan in strategy.stages)
    )
    changed = replace(
        rules,
        profiles=rules.profiles | {"US": replace(us, version="changed", rules=law)},
        strategies=rules.strategies | {"wallet-standard": slower},
    )
    return replace(staged, dependencies=replace(staged.dependencies, rules=changed))


async def test_a_law_may_change_under_a_running_case_which_keeps_its_strategy_and_its_history_still_replays(
    staged: Stage,
) -> None:
    async with time_skipping_server() as env:
        play = Play(env=env, stage=staged)

        def worker(of: Stage) -> Worker:
            # Without a cache no task waits for the worker that is gone.
            settings = of.settings.model_copy(update={"max_cached_workflows": 0})
            return create_worker(env.client, settings, of.dependencies, fail_workflows_on_error=True)

        async with worker(staged):
            handle = await play.start()
            await play.until(lambda: len(staged.touches()) == 3)
        changed = with_stricter_rules(staged)
        async with worker(changed):
            await play.until(lambda: len(staged.touches()) == 6)
            history = await handle.fetch_history()
    await replayer().replay_workflow(history)
    contacted = [message.at for message in staged.sandbox.network.messages()]
    assert len(contacted) == 6
    under_new_law = staged.touch_instants()[3:]
    assert all(18 <= at.hour < 19 for at in under_new_law)
    gaps = [later - earlier for earlier, later in pairwise(under_new_law)]
    assert any(gap < timedelta(days=6) for gap in gaps), "the patience of the new file is for new cases"
