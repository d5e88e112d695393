"""A running case keeps the version of its strategy when the file changes, and moves only by the command."""

import asyncio
from dataclasses import replace

from sqlalchemy import select
from temporalio.worker import Worker

from activities.kept_strategies import KeptStrategies
from activities.moving_cases import Mover
from activities.planning import Planner
from bench.servers import time_skipping_server
from casedb import schema
from casedb.engine import reading
from casedb.moves import movable_cases
from config.strategies import read_strategy
from tests.domain.cases import STANDARD
from tests.support.stage import Stage
from tests.workflows.conftest import Play
from tests.workflows.test_replay import replayer
from worker import create_worker
from workflows.collection import CollectionWorkflow

EVENING = read_strategy(STANDARD.name, STANDARD.document.replace('at: "10:00"', 'at: "15:00"'))
"""The file of tomorrow: the same touches in the afternoon."""


def with_new_file(staged: Stage) -> Stage:
    rules = staged.dependencies.rules
    rules = replace(rules, strategies=rules.strategies | {EVENING.name: EVENING})
    return replace(staged, dependencies=replace(staged.dependencies, rules=rules))


async def test_a_running_case_keeps_its_version_and_moves_only_by_the_command(staged: Stage) -> None:
    async with time_skipping_server() as env:
        play, changed = Play(env=env, stage=staged), with_new_file(staged)

        def worker(of: Stage) -> Worker:
            # Without a cache no task waits for the worker that is gone.
            settings = of.settings.model_copy(update={"max_cached_workflows": 0})
            return create_worker(env.client, settings, of.dependencies, fail_workflows_on_error=True)

        async with worker(staged):
            handle = await play.start()
            await play.until(lambda: len(staged.touches()) == 1)
        async with worker(changed):
            await play.until(lambda: len(staged.touches()) == 2)
            assert [at.hour for at in staged.touch_instants()] == [10, 10], "the old hours, under the new file"
            await move(play, handle)
            await play.until(lambda: len(staged.touches()) == 4)
            view = await handle.query(CollectionWorkflow.view)
            history = await handle.fetch_history()
    assert view.case is not None
    assert (view.case.strategy_version, len(view.case.done)) == (EVENING.version, 4)
    keys = [key for key, _, _ in staged.touches()]
    assert keys == ["reminder/reminder-1", "reminder/reminder-2", "reminder/reminder-3", "follow_up/follow-up-1"]
    assert staged.touch_instants()[3].hour == 15
    with reading(staged.engine) as connection:
        because = connection.execute(select(schema.decision.c.because)).scalars().all()
    assert "strategy_moved" in because
    await replayer().replay_workflow(history)


async def move(play: Play, handle) -> None:  # type: ignore[no-untyped-def]
    """As `strategy move` does it: the case's row and the fact in one transaction, and then the signal."""
    engine, now = play.stage.engine, await play.now()
    kept = KeptStrategies(engine)
    mover = Mover(engine=engine, planner=Planner({}, frozenset(), kept=kept), new=EVENING)
    with reading(engine) as connection:
        (case,) = movable_cases(connection)
    found, receipt = await asyncio.to_thread(mover.move, case, by="dana", why="new hours", now=now)
    assert receipt is not None, found.move.refusal
    await handle.signal(CollectionWorkflow.fact, receipt.event())
