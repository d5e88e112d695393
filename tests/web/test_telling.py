"""Stored facts reach the running case, and a case that has ended need not know."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from temporalio import workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.servers import time_skipping_server
from casedb.engine import writing
from casedb.inbox import InboundFact, InboundKind, Receipt, receive, unsignalled
from domain.errors import ConfigurationError
from domain.events import ContactStopped, Event
from domain.vocabulary import Channel
from tests.casedb.people import add_account, add_person
from web.telling import Teller
from workflows.messages import collection_workflow_id

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@workflow.defn(name="CollectionWorkflow")
class Listener:
    """Ends with the first fact that it is told, which stands in for the whole life of a case."""

    def __init__(self) -> None:
        self._told: list[Event] = []

    @workflow.run
    async def run(self) -> list[Event]:
        """The facts told."""
        await workflow.wait_condition(lambda: bool(self._told))
        return self._told

    @workflow.signal
    def fact(self, event: Event) -> None:
        """One fact."""
        self._told.append(event)


@pytest.fixture
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with time_skipping_server() as env:
        yield env


def opted_out(engine: Engine) -> Receipt:
    with writing(engine) as connection:
        add_person(connection, "P-1", phone="+12025550101")
        add_account(connection, "A-1", "P-1")
    fact = InboundFact(
        event_id="voice:CA1:opt_out:R",
        source="voice_keypad",
        kind=InboundKind.OPT_OUT,
        at=NOW,
        person_id="P-1",
        channel=Channel.VOICE,
    )
    return receive(engine, fact, received_at=NOW)


def untold(engine: Engine) -> int:
    return len(unsignalled(engine, datetime.now(UTC) + timedelta(days=365), 10))


async def test_a_running_case_is_told_and_that_is_remembered(
    server: WorkflowEnvironment, sqlite_engine: Engine
) -> None:
    async def connected() -> Client:
        return server.client

    receipt = opted_out(sqlite_engine)
    async with Worker(server.client, task_queue="t", workflows=[Listener], workflow_runner=UnsandboxedWorkflowRunner()):
        case = await server.client.start_workflow(Listener.run, id=collection_workflow_id("A-1"), task_queue="t")
        await Teller(sqlite_engine, connected).tell(receipt)
        (told,) = await case.result()
    assert told == ContactStopped(event_id=receipt.event_id, at=NOW, channel=Channel.VOICE)
    assert untold(sqlite_engine) == 0


async def test_a_case_that_does_not_run_need_not_know(server: WorkflowEnvironment, sqlite_engine: Engine) -> None:
    async def connected() -> Client:
        return server.client

    await Teller(sqlite_engine, connected).tell(opted_out(sqlite_engine))
    assert untold(sqlite_engine) == 0


async def test_without_a_server_the_fact_stays_for_the_relay(sqlite_engine: Engine) -> None:
    async def nobody() -> Client:
        raise ConfigurationError("no Temporal server answered")

    await Teller(sqlite_engine, nobody).tell(opted_out(sqlite_engine))
    assert untold(sqlite_engine) == 1
