"""The ground on which everything is measured: one development server, one file database, one book of accounts."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert, update
from temporalio.client import Client
from temporalio.service import ServiceClient
from temporalio.testing import WorkflowEnvironment

from activities.channel import Accepted, FindOutcome, NotFound, OutboundMessage, SendOutcome
from bench.servers import virtual_clock_server
from casedb import migrate, schema
from casedb.engine import writing
from config.connection import compression
from config.garbage import leave_out_what_is_loaded
from config.rules import Rules
from config.settings import Settings, load_settings
from domain.reference import reference_code
from domain.strategy import Strategy
from domain.vocabulary import Channel
from worker import Dependencies, create_dependencies

OPENED_AT = datetime(2031, 3, 3, 15, 0, tzinfo=UTC)
"""When cases that sleep are opened: no server's clock is there yet."""
LONG_AGO = datetime(2020, 3, 2, 15, 0, tzinfo=UTC)
"""When cases that must not wait are opened: every step of theirs is due at once."""
NOWHERE = "http://127.0.0.1:9"
"""The settings want the sandbox's address; the bench's provider is in this process and never calls it."""
SERVER_ARGS = ("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal")
TOUCHES = 10
PHONE_PREFIX = "+1"
FIRST_PHONE = 2_125_550_000
BOOK, SAMPLE = "book", "sample"
"""Segments of the accounts."""
_AT_ONCE = 10_000


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
    """Settles an account when its last message was taken, so that a whole case comes to an end.

    It knows that message by its reference, whichever process sends it. Only accounts of the range are ever paid; the
    cases of the others go on to a human.
    """

    def __init__(self, engine: Engine, strategy: Strategy, numbers: range) -> None:
        self._engine = engine
        last = strategy.stages[-1].keys[-1]
        self._last = {reference_code(f"{account_id(number)}-1", last): account_id(number) for number in numbers}

    def __call__(self, message: OutboundMessage) -> None:
        """Pay after the last message."""
        account = self._last.get(message.reference)
        if account is not None:
            pay_in_full(self._engine, account)


def _handing_over(rules: Rules) -> Rules:
    """The usual ladder with one person's yes at its end: what is measured is the ladder, not the papers after it."""
    usual = replace(rules.strategies["wallet-standard"], escalation=None)
    return replace(rules, strategies={**rules.strategies, usual.name: usual})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Server, settings and dependencies with the in-process provider."""

    env: WorkflowEnvironment
    """Its client is as the SDK comes."""
    client: Client
    """As ours is made."""
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
async def ground(
    accounts: int, *, overdue_long_ago: int = 0, sample: int = 0, opened_at: datetime = OPENED_AT
) -> AsyncIterator[Ground]:
    """Lay the ground with so many overdue accounts, each of its own person; everything is removed at the end.

    The first `overdue_long_ago` fell due before LONG_AGO, the others before `opened_at`. The last one never pays. The
    last `sample` are of a segment of their own, so that a campaign may be about them alone.
    """
    with _directory() as directory:
        url = f"sqlite:///{directory}/cases.db"
        migrate.upgrade(url)
        settings = load_settings(
            None, database_url=url, twilio_base_url=NOWHERE, sendgrid_base_url=NOWHERE, task_queue="bench"
        )
        dependencies = create_dependencies(settings)
        engine = dependencies.engine
        strategy = dependencies.rules.strategies["wallet-standard"]
        pays = PaysAfterLastTouch(engine, strategy, range(accounts - 1))
        adapters = {Channel.SMS: InProcessProvider("in-process", pays)}
        add_accounts(engine, accounts, overdue_long_ago, sample_from=accounts - sample, opened_at=opened_at)
        leave_out_what_is_loaded()
        async with virtual_clock_server(directory / "temporal.db", SERVER_ARGS) as env:
            yield Ground(
                env=env,
                client=await client_as_ours(env, settings),
                settings=settings,
                dependencies=replace(dependencies, adapters=adapters, rules=_handing_over(dependencies.rules)),
                directory=directory,
            )
        engine.dispose()


async def client_as_ours(env: WorkflowEnvironment, settings: Settings) -> Client:
    """A client of that server as `config.connection` makes it, with what the environment adds to run its clock."""
    as_it_comes = env.client.service_client.config
    service = await ServiceClient.connect(replace(as_it_comes, grpc_compression=compression(settings)))
    made = env.client.config()
    made["service_client"] = service
    return Client(**made)


def account_id(number: int) -> str:
    """The id of the bench's nth account."""
    return f"acc-{number:06d}"


def add_accounts(
    engine: Engine,
    count: int,
    overdue_long_ago: int,
    sample_from: int | None = None,
    opened_at: datetime = OPENED_AT,
) -> None:
    """Store overdue accounts, due two days before the bench opens their cases."""
    book_ends = count if sample_from is None else sample_from
    for first in range(0, count, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, count))
        with writing(engine) as connection:
            for table, row in ((schema.person, _person), (schema.contact_point, _contact_point)):
                connection.execute(insert(table), [row(number) for number in numbers])
            segments = [BOOK if number < book_ends else SAMPLE for number in numbers]
            accounts = [_account(*each) for each in zip(numbers, segments, strict=True)]
            connection.execute(insert(schema.account), accounts)
            opened = (LONG_AGO if number < overdue_long_ago else opened_at for number in numbers)
            due_on = ((at - timedelta(days=2)).date() for at in opened)
            rows = [_obligation(*each) for each in zip(numbers, due_on, strict=True)]
            connection.execute(insert(schema.obligation), rows)


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


def _account(number: int, segment: str) -> dict[str, object]:
    return {
        "segment": segment,
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
