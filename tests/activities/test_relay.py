"""The relay brings what nobody else could, whoever is away meanwhile, and one bad fact stops none of the others."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities import promising
from activities.relay import Relay
from activities.telling import Teller
from bench.servers import time_skipping_server
from casedb import schema
from casedb.engine import reading, writing
from casedb.inbox import InboundFact, InboundKind, receive
from domain.errors import ConfigurationError
from tests.activities.test_telling import Listener
from tests.casedb.people import NOW, add_account, add_person
from workflows.messages import collection_workflow_id

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with time_skipping_server() as env:
        yield env


def holds(engine: Engine, count: int) -> None:
    """So many untold facts, each about an account of its own."""
    with writing(engine) as connection:
        add_person(connection, "P-1")
        for number in range(count):
            add_account(connection, f"A-{number}", "P-1")
    for number in range(count):
        fact = InboundFact(
            event_id=f"E-{number}",
            source="console",
            kind=InboundKind.DISPUTE,
            at=NOW,
            account_id=f"A-{number}",
            owner="disputes",
        )
        receive(engine, fact, received_at=NOW + timedelta(microseconds=number))


def untold(engine: Engine) -> list[str]:
    event = schema.inbox_event
    with reading(engine) as connection:
        return list(connection.scalars(select(event.c.event_id).where(event.c.signalled_at.is_(None))))


def relay_on(engine: Engine, client: Client | None, *, batch: int = 100) -> Relay:
    async def connected() -> Client:
        if client is None:
            raise ConfigurationError("no Temporal server answered")
        return client

    teller = Teller(engine, connected, "t", "wallet-standard", lambda: LATER)
    return Relay(teller=teller, every=timedelta(milliseconds=50), after=timedelta(seconds=5), batch=batch)


async def test_running_cases_are_told_and_those_who_need_not_know_are_done_with(
    server: WorkflowEnvironment, any_engine: Engine
) -> None:
    await asyncio.to_thread(holds, any_engine, 3)
    relay = relay_on(any_engine, server.client)
    async with Worker(server.client, task_queue="t", workflows=[Listener], workflow_runner=UnsandboxedWorkflowRunner()):
        case = await server.client.start_workflow(Listener.run, id=collection_workflow_id("A-1"), task_queue="t")
        done = await relay.round()
        (told,) = await case.result()
    assert told.event_id == "E-1"
    assert (done.told, done.failed, done.away) == (3, 0, False)
    assert untold(any_engine) == []
    assert (await relay.round()).told == 0


async def test_two_relays_at_once_tell_each_fact_once(server: WorkflowEnvironment, any_engine: Engine) -> None:
    await asyncio.to_thread(holds, any_engine, 8)
    handles = [
        await server.client.start_workflow(Listener.run, id=collection_workflow_id(f"A-{number}"), task_queue="t")
        for number in range(8)
    ]
    first, second = relay_on(any_engine, server.client), relay_on(any_engine, server.client)
    rounds = await asyncio.gather(first.round(), second.round(), first.round(), second.round())
    assert sum(each.told for each in rounds) == 8
    for handle in handles:
        signals = [event async for event in handle.fetch_history_events() if event.event_type == 26]
        assert len(signals) == 1


async def test_while_nobody_answers_nothing_counts_as_failed_and_the_relay_goes_on_by_itself(
    server: WorkflowEnvironment, sqlite_engine: Engine
) -> None:
    await asyncio.to_thread(holds, sqlite_engine, 3)
    relay = relay_on(sqlite_engine, None)
    done = await relay.round()
    assert (done.told, done.failed, done.away) == (0, 0, True)
    back = relay_on(sqlite_engine, server.client)
    stopping = asyncio.Event()
    running = asyncio.create_task(back.run(stopping))
    async with asyncio.timeout(20):
        while await asyncio.to_thread(untold, sqlite_engine):
            await asyncio.sleep(0.02)
        stopping.set()
        await running


async def test_a_fact_that_nobody_can_read_rests_while_the_others_are_told(
    server: WorkflowEnvironment, any_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(holds, any_engine, 3)
    event = schema.inbox_event
    with writing(any_engine) as connection:
        connection.execute(update(event).where(event.c.event_id == "E-0").values(payload={"fact": {}}))
    done = await relay_on(any_engine, server.client, batch=1).round()
    assert (done.told, done.failed) == (0, 1)
    assert "fact E-0 could not be told (TypeError)" in caplog.text
    rest = await relay_on(any_engine, server.client).round()
    assert (rest.told, rest.failed) == (2, 0)
    assert untold(any_engine) == ["E-0"]


async def test_a_case_that_does_not_answer_a_promise_holds_up_its_own_facts_alone(
    server: WorkflowEnvironment, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promising, "PATIENCE", timedelta(seconds=1))
    await asyncio.to_thread(holds, sqlite_engine, 2)
    promise = InboundFact(
        event_id="R-1:promise",
        source="twilio",
        kind=InboundKind.PROMISE,
        at=NOW,
        account_id="A-0",
        amount_minor=500,
        currency="USD",
        promised_on=NOW.date() + timedelta(days=3),
    )
    await asyncio.to_thread(receive, sqlite_engine, promise, received_at=NOW - timedelta(minutes=1))
    # No worker runs it: its case is as silent as one whose task fails again and again.
    await server.client.start_workflow(Listener.run, id=collection_workflow_id("A-0"), task_queue="t")
    done = await relay_on(sqlite_engine, server.client).round()
    assert (done.told, done.failed, done.away) == (2, 1, False)
    assert untold(sqlite_engine) == ["R-1:promise"]


async def test_a_parked_fact_that_nobody_can_read_does_not_end_the_relay(
    server: WorkflowEnvironment, any_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(holds, any_engine, 2)
    event = schema.inbox_event
    with writing(any_engine) as connection:
        broken = update(event).where(event.c.event_id == "E-0")
        connection.execute(broken.values(payload={"fact": {}}, parked_for="account:A-0", signalled_at=LATER))
    done = await relay_on(any_engine, server.client).round()
    assert (done.told, done.failed, done.away) == (1, 0, False)
    assert "one cannot be read (TypeError)" in caplog.text


async def test_the_log_says_how_many_wait_and_for_how_long(
    sqlite_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(holds, sqlite_engine, 2)
    relay = relay_on(sqlite_engine, None)
    with caplog.at_level(logging.INFO, "activities.relay"):
        for _ in range(3):
            await relay.round()
    said = [record.message for record in caplog.records if "wait to be told" in record.message]
    assert said == ["2 facts wait to be told, the oldest for 60 s"]


async def test_what_the_door_may_still_be_telling_is_left_to_it(sqlite_engine: Engine) -> None:
    await asyncio.to_thread(holds, sqlite_engine, 1)
    relay = relay_on(sqlite_engine, None)
    relay.after = timedelta(minutes=2)
    assert not (await relay.round()).away


async def test_it_goes_on_when_the_database_comes_back(server: WorkflowEnvironment, sqlite_engine: Engine) -> None:
    await asyncio.to_thread(holds, sqlite_engine, 1)
    relay, stopping = relay_on(sqlite_engine, server.client), asyncio.Event()
    with writing(sqlite_engine) as connection:
        connection.exec_driver_sql("ALTER TABLE inbox_event RENAME TO away")
    running = asyncio.create_task(relay.run(stopping))
    await asyncio.sleep(0.2)
    assert not running.done()
    with writing(sqlite_engine) as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO inbox_event")
    async with asyncio.timeout(20):
        while await asyncio.to_thread(untold, sqlite_engine):
            await asyncio.sleep(0.02)
    stopping.set()
    await running
