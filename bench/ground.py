"""The ground on which everything is measured: one development server, one file database, one book of accounts."""

import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert, update
from temporalio.testing import WorkflowEnvironment

from activities.channel import Accepted, FindOutcome, NotFound, OutboundMessage, SendOutcome
from bench.servers import virtual_clock_server
from casedb import migrate, schema
from casedb.engine import writing
from config.rules import Rules
from config.settings import Settings, load_settings
from domain.vocabulary import Channel
from worker import Dependencies, create_dependencies

OPENED_AT = datetime(2031, 3, 3, 15, 0, tzinfo=UTC)
"""When cases that sleep are opened: no server's clock is there yet."""
LONG_AGO = datetime(2020, 3, 2, 15, 0, tzinfo=UTC)
"""When cases that must not wait are opened: every step of theirs is due at once."""
NOWHERE = "http://127.0.0.1:9"
"""The settings want the sandbox's address; the bench's provider is in this process and never calls it."""
SERVER_ARGS = (
    *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
    # Else a skipped timer fires up to a second late, and waiting would be what is measured.
    *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="50ms"'),
)
TOUCHES = 10
PHONE_PREFIX = "+1"
FIRST_PHONE = 2_125_550_000


@dataclass(frozen=True, slots=True)
class InProcessProvider:
    """A provider without a network, so that our own cost is what is measured."""

    name: str
    on_sent: Callable[[OutboundMessage], None] = lambda message: None

    @property
    def provider(self) -> str:
        """The provider's name as it is recorded with a touch."""
        return self.name

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Accept at once."""
        self.on_sent(message)
        return Accepted(provider_id=message.reference)

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """Nothing is ever in doubt here."""
        return NotFound()


class PaysAfterLastTouch:
    """Settles an account when its tenth message was taken, so that a whole case comes to an end.

    Accounts from `never_from` on are never paid: their cases go on to a human.
    """

    def __init__(self, engine: Engine, never_from: int) -> None:
        self._engine = engine
        self._never_from = never_from
        self._taken: Counter[str] = Counter()

    def __call__(self, message: OutboundMessage) -> None:
        """Count the message; pay after the last."""
        self._taken[message.to] += 1
        number = int(message.to.removeprefix(PHONE_PREFIX)) - FIRST_PHONE
        if self._taken[message.to] == TOUCHES and number < self._never_from:
            pay_in_full(self._engine, account_id(number))


def _handing_over(rules: Rules) -> Rules:
    """The usual ladder with one person's yes at its end: what is measured is the ladder, not the papers after it."""
    usual = replace(rules.strategies["wallet-standard"], escalation=None)
    return replace(rules, strategies={**rules.strategies, usual.name: usual})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Server, settings and dependencies with the in-process provider."""

    env: WorkflowEnvironment
    settings: Settings
    dependencies: Dependencies
    directory: Path


@contextmanager
def _directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="amicable-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


@asynccontextmanager
async def ground(accounts: int, *, overdue_long_ago: int = 0) -> AsyncIterator[Ground]:
    """Lay the ground with so many overdue accounts, each of its own person; everything is removed at the end.

    The first `overdue_long_ago` fell due before LONG_AGO, the others before OPENED_AT. The last one never pays.
    """
    with _directory() as directory:
        url = f"sqlite:///{directory}/cases.db"
        migrate.upgrade(url)
        settings = load_settings(
            None, database_url=url, twilio_base_url=NOWHERE, sendgrid_base_url=NOWHERE, task_queue="bench"
        )
        dependencies = create_dependencies(settings)
        engine = dependencies.engine
        pays = PaysAfterLastTouch(engine, never_from=accounts - 1)
        adapters = {Channel.SMS: InProcessProvider("in-process", pays)}
        add_accounts(engine, accounts, overdue_long_ago)
        async with virtual_clock_server(directory / "temporal.db", SERVER_ARGS) as env:
            yield Ground(
                env=env,
                settings=settings,
                dependencies=replace(dependencies, adapters=adapters, rules=_handing_over(dependencies.rules)),
                directory=directory,
            )
        engine.dispose()


def account_id(number: int) -> str:
    """The id of the bench's nth account."""
    return f"acc-{number:06d}"


def add_accounts(engine: Engine, count: int, overdue_long_ago: int) -> None:
    """Store overdue accounts, due two days before the bench opens their cases."""
    with writing(engine) as connection:
        for table, row in (
            (schema.person, _person),
            (schema.contact_point, _contact_point),
            (schema.account, _account),
        ):
            connection.execute(insert(table), [row(number) for number in range(count)])
        opened = (LONG_AGO if number < overdue_long_ago else OPENED_AT for number in range(count))
        due_on = ((at - timedelta(days=2)).date() for at in opened)
        connection.execute(insert(schema.obligation), [_obligation(*each) for each in enumerate(due_on)])


def pay_in_full(engine: Engine, account: str) -> None:
    """Settle an account, as a payment would."""
    with writing(engine) as connection:
        table = schema.account
        connection.execute(update(table).where(table.c.account_id == account).values(balance_minor=0, ledger_version=2))


def _person(number: int) -> dict[str, object]:
    return {
        "person_id": f"per-{number:06d}",
        "full_name": "Ada Invented",
        "locale": "en",
        "jurisdiction": "US",
        "zones": ["America/New_York"],
        "created_at": OPENED_AT,
    }


def _contact_point(number: int) -> dict[str, object]:
    return {
        "contact_point_id": f"per-{number:06d}:sms",
        "person_id": f"per-{number:06d}",
        "channel": "sms",
        "address": f"{PHONE_PREFIX}{FIRST_PHONE + number}",
        "line_type": "mobile",
        "preference": 0,
    }


def _account(number: int) -> dict[str, object]:
    return {
        "account_id": account_id(number),
        "person_id": f"per-{number:06d}",
        "creditor": "Lantern Wallet",
        "product": "pay_later",
        "currency": "USD",
        "zone": "America/New_York",
        "balance_minor": 12_345,
        "ledger_version": 1,
        "ledger_as_of": OPENED_AT,
    }


def _obligation(number: int, due_on: date) -> dict[str, object]:
    return {
        "obligation_id": f"{account_id(number)}:1",
        "account_id": account_id(number),
        "due_on": due_on,
        "amount_minor": 12_345,
    }
