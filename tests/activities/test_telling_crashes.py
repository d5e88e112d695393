"""A fact on its way to its cases when its process is killed, between any two lines, on both databases."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from datetime import timedelta
from multiprocessing.context import ForkServerContext

import pytest
from sqlalchemy import Engine, select
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.relay import Relay
from bench.servers import time_skipping_server
from casedb import schema
from casedb.engine import reading, writing
from casedb.inbox import InboundFact, InboundKind, receive, was_signalled
from domain.vocabulary import HoldKind
from tests.activities.test_telling import Listener
from tests.casedb.people import add_account, add_person
from tests.support.facts import CRASHES, WALL, take_in_this_process, teller_on
from workflows.messages import collection_workflow_id

pytestmark = pytest.mark.timeout(90)
KILLED = -9
SILENCE = InboundFact(
    event_id="E-1",
    source="console",
    kind=InboundKind.HOLD_PLACED,
    at=WALL,
    person_id="P-1",
    hold_id="H-1",
    hold_kind=HoldKind.HARDSHIP,
    owner="care",
)


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Where child processes come from: each is new, only the imports are shared."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.facts"])
    return context


@pytest.fixture
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with time_skipping_server() as env:
        yield env


async def signals(handle: WorkflowHandle[object, object]) -> int:
    return len([event async for event in handle.fetch_history_events() if event.event_type == 26])


def stored(engine: Engine) -> tuple[int, int]:
    with reading(engine) as connection:
        return (
            len(connection.execute(select(schema.inbox_event)).all()),
            len(connection.execute(select(schema.hold)).all()),
        )


@pytest.mark.parametrize("point", CRASHES)
async def test_a_process_killed_anywhere_loses_no_fact_and_gives_it_effect_once(
    processes: ForkServerContext, server: WorkflowEnvironment, any_engine: Engine, any_database: str, point: str
) -> None:
    with writing(any_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
        add_account(connection, "A-2", "P-1")
    handles = [
        await server.client.start_workflow(Listener.run, id=collection_workflow_id(account), task_queue="t")
        for account in ("A-1", "A-2")
    ]
    target = server.client.service_client.config.target_host
    child = processes.Process(target=take_in_this_process, args=(any_database, target, SILENCE, point))
    child.start()
    await asyncio.to_thread(child.join, 40)
    assert child.exitcode == KILLED

    teller = teller_on(any_engine, server.client)
    relay = Relay(teller=teller, every=timedelta(seconds=1), after=timedelta(seconds=5), batch=10)
    for hours in range(1, 4):  # a round that fails, as on a machine without breath, is made good by the next
        teller.now = lambda hours=hours: WALL + timedelta(hours=hours)
        done = await relay.round()
        if not (done.failed or done.away):
            break
    if point == CRASHES[0]:
        assert stored(any_engine) == (0, 0), "the sender was not answered, and tries again"
    else:
        assert was_signalled(any_engine, "E-1")
    again = await asyncio.to_thread(receive, any_engine, SILENCE, received_at=WALL)
    if not was_signalled(any_engine, "E-1"):
        await teller.tell(again)

    assert again.account_ids == ("A-1", "A-2")
    assert stored(any_engine) == (1, 1)
    heard = [await signals(handle) for handle in handles]
    assert all(1 <= times <= 2 for times in heard), "twice is once for a case; never is never"
    async with Worker(server.client, task_queue="t", workflows=[Listener], workflow_runner=UnsandboxedWorkflowRunner()):
        for handle in handles:
            assert {event.event_id for event in await handle.result()} == {"E-1"}
