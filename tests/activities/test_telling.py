"""Stored facts reach the running case or start one, and an account that owes nothing overdue need not know."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from temporalio import workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.telling import Teller
from bench.servers import time_skipping_server
from casedb import schema
from casedb.cases import GONE_FOR_GOOD
from casedb.engine import writing
from casedb.inbox import InboundFact, InboundKind, Receipt, receive, unsignalled
from domain.errors import ConfigurationError
from domain.events import ContactStopped, Event
from domain.vocabulary import Channel
from tests.casedb.people import add_account, add_person
from workflows.messages import CollectionRequest, collection_workflow_id

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@workflow.defn(name="CollectionWorkflow")
class Listener:
    """Ends with the first fact that it is told, which stands in for the whole life of a case."""

    def __init__(self) -> None:
        self._told: list[Event] = []

    @workflow.run
    async def run(self, request: CollectionRequest | None = None) -> list[Event]:
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


def teller(engine: Engine, connect: Callable[[], Awaitable[Client]]) -> Teller:
    return Teller(engine, connect, "t", "wallet-standard", lambda: NOW)


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
        await teller(sqlite_engine, connected).tell(receipt)
        (told,) = await case.result()
    assert told == ContactStopped(event_id=receipt.event_id, at=NOW, channel=Channel.VOICE)
    assert untold(sqlite_engine) == 0


async def test_a_case_that_does_not_run_need_not_know(server: WorkflowEnvironment, sqlite_engine: Engine) -> None:
    async def connected() -> Client:
        return server.client

    await teller(sqlite_engine, connected).tell(opted_out(sqlite_engine))
    assert untold(sqlite_engine) == 0


async def test_without_a_server_the_fact_stays_for_the_relay(sqlite_engine: Engine) -> None:
    async def nobody() -> Client:
        raise ConfigurationError("no Temporal server answered")

    await teller(sqlite_engine, nobody).tell(opted_out(sqlite_engine))
    assert untold(sqlite_engine) == 1


def case_row(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "case_id": f"A-1-{number}",
        "account_id": "A-1",
        "person_id": "P-1",
        "strategy": "wallet-gentle",
        "strategy_version": "v",
        "stage": "closed",
        "opened_at": NOW - timedelta(days=40 - number),
        "closed_at": NOW - timedelta(days=30 - number),
        "close_reason": "paid",
        "opening_balance_minor": 5_000,
        "decisions": 0,
    } | changed


def owing(engine: Engine, kind: InboundKind, *cases: dict[str, Any], due_on: date = date(2026, 11, 1)) -> Receipt:
    """An account that was paid; a fact of this kind, which makes it owe when it is about money."""
    with writing(engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
        connection.execute(
            insert(schema.obligation),
            {"obligation_id": "O-1", "account_id": "A-1", "due_on": due_on, "amount_minor": 5_000},
        )
        for row in cases:
            connection.execute(insert(schema.case), row)
    details: dict[str, Any] = {"amount_minor": 5_000, "currency": "USD"}
    if kind is InboundKind.DISPUTE:
        details = {"owner": "disputes"}
    fact = InboundFact(event_id="E-1", source="ledger", kind=kind, at=NOW, account_id="A-1", **details)
    return receive(engine, fact, received_at=NOW)


async def started_by(server: WorkflowEnvironment, engine: Engine, receipt: Receipt) -> CollectionRequest | None:
    """With what the fact started the account's workflow; None when it started none."""

    async def connected() -> Client:
        return server.client

    heard = await teller(engine, connected).bring(receipt)
    assert untold(engine) == 0
    if not heard:
        return None
    handle = server.client.get_workflow_handle(collection_workflow_id("A-1"))
    started, *_, signalled = (await handle.fetch_history()).events
    decode = server.client.data_converter.decode
    (request,) = await decode(started.workflow_execution_started_event_attributes.input.payloads, [CollectionRequest])
    (told,) = await decode(signalled.workflow_execution_signaled_event_attributes.input.payloads, [Event])  # type: ignore[list-item]  # a union is a type to the decoder
    assert told == receipt.event()
    return request  # type: ignore[no-any-return]  # the server speaks without types


async def test_a_reversal_after_the_cure_starts_a_case_by_the_strategy_of_the_last_one_and_tells_it(
    server: WorkflowEnvironment, sqlite_engine: Engine
) -> None:
    receipt = owing(sqlite_engine, InboundKind.REVERSAL, case_row(1, strategy="another"), case_row(2))
    request = await started_by(server, sqlite_engine, receipt)
    assert request == CollectionRequest(account_id="A-1", strategy="wallet-gentle")


async def test_an_account_without_a_case_is_collected_by_the_default_strategy(
    server: WorkflowEnvironment, sqlite_engine: Engine
) -> None:
    request = await started_by(server, sqlite_engine, owing(sqlite_engine, InboundKind.FEE))
    assert request == CollectionRequest(account_id="A-1", strategy="wallet-standard")


@pytest.mark.parametrize("reason", sorted(GONE_FOR_GOOD))
async def test_what_went_to_law_or_back_to_the_lender_is_not_collected_again(
    server: WorkflowEnvironment, sqlite_engine: Engine, reason: str
) -> None:
    receipt = owing(sqlite_engine, InboundKind.REVERSAL, case_row(1), case_row(2, close_reason=reason))
    assert await started_by(server, sqlite_engine, receipt) is None


async def test_what_is_due_today_or_later_is_not_collected_yet(
    server: WorkflowEnvironment, sqlite_engine: Engine
) -> None:
    receipt = owing(sqlite_engine, InboundKind.FEE, due_on=date(2026, 11, 21))
    assert await started_by(server, sqlite_engine, receipt) is None


async def test_what_somebody_says_starts_no_case_but_brings_back_a_lost_workflow(
    server: WorkflowEnvironment, sqlite_engine: Engine
) -> None:
    receipt = owing(sqlite_engine, InboundKind.DISPUTE)
    assert await started_by(server, sqlite_engine, receipt) is None
    with writing(sqlite_engine) as connection:
        open_one = case_row(3, stage="reminder", closed_at=None, close_reason=None)
        connection.execute(insert(schema.case), open_one)
    assert await started_by(server, sqlite_engine, receipt) is not None
