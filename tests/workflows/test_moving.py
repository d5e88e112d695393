"""A running case keeps the version of its strategy when the file changes, and moves only by the command."""

import asyncio
from dataclasses import replace

from sqlalchemy import select
from temporalio.worker import Worker

from bench.servers import time_skipping_server
from casedb import schema
from casedb.engine import reading
from config.strategies import read_strategy
from tests.domain.cases import STANDARD
from tests.support.moving import move_the_case
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
            # Claimed is not sent: a case whose touch is on its way is not moved.
            await play.until(lambda: [how for _, _, how in staged.touches()] == ["sent", "sent"])
            assert [at.hour for at in staged.touch_instants()] == [10, 10], "the old hours, under the new file"
            told = await asyncio.to_thread(move_the_case, staged.engine, EVENING, await play.now())
            await handle.signal(CollectionWorkflow.fact, told)
            await play.until(lambda: len(staged.touches()) == 4)
            case = await play.learned(handle, lambda case: case if len(case.done) == 4 else None)
            history = await handle.fetch_history()
    assert case.strategy_version == EVENING.version
    keys = [key for key, _, _ in staged.touches()]
    assert keys == ["reminder/reminder-1", "reminder/reminder-2", "reminder/reminder-3", "follow_up/follow-up-1"]
    assert staged.touch_instants()[3].hour == 15
    with reading(staged.engine) as connection:
        because = connection.execute(select(schema.decision.c.because)).scalars().all()
    assert "strategy_moved" in because
    await replayer().replay_workflow(history)
