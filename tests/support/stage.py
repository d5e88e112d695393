"""A stage on which one case is played for real: sandbox, case database, rules, adapters, no stand-ins."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select

from casedb import migrate, schema
from casedb.engine import open_engine, reading, writing
from config.messages import MessageRenderer
from config.rules import Rules, load_rules
from config.settings import Settings, load_settings
from domain.calendar import zone
from sandbox.serving import RunningSandbox, running_sandbox
from worker import Dependencies, create_adapters, create_dependencies, dependencies_by

OPENED_AT = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)
"""A Monday, 10:00 in New York."""
_OF_RULES = ("strategies_dir", "jurisdictions_dir", "roles_file", "holds_dir", "templates_dir", "role", "agency_name")
"""The settings that rules and messages are made by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything a worker needs, and the world that it reaches."""

    settings: Settings
    dependencies: Dependencies
    sandbox: RunningSandbox

    @property
    def engine(self) -> Engine:
        """The case database."""
        return self.dependencies.engine

    def touches(self) -> list[tuple[str, str, str]]:
        """Key, channel and status of every touch, in order."""
        touch = schema.touch
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(touch.c.touch_key, touch.c.channel, touch.c.status).order_by(touch.c.at, touch.c.touch_key)
            )
            return [(row.touch_key, row.channel, row.status) for row in rows]

    def touch_instants(self) -> list[datetime]:
        """When each touch was claimed, in New York's wall time."""
        touch = schema.touch
        with reading(self.engine) as connection:
            instants = connection.execute(select(touch.c.at).order_by(touch.c.at)).scalars()
            return [at.astimezone(zone("America/New_York")) for at in instants]

    def add_account(
        self,
        account_id: str = "acc-1",
        *,
        person_id: str = "per-1",
        balance_minor: int = 12_345,
        due_on: date = date(2027, 1, 3),
        jurisdiction: str = "US",
        zones: tuple[str, ...] = ("America/New_York",),
        phone: str | None = "+12125550123",
        email: str | None = "ada@mail.example.com",
        currency: str = "USD",
    ) -> str:
        """Store an overdue account of an invented person; a person may be given several accounts."""
        with writing(self.engine) as connection:
            known = connection.execute(select(schema.person).where(schema.person.c.person_id == person_id)).first()
            if known is None:
                connection.execute(
                    insert(schema.person),
                    {
                        "person_id": person_id,
                        "full_name": "Ada Invented",
                        "locale": "en",
                        "jurisdiction": jurisdiction,
                        "zones": list(zones),
                        "created_at": OPENED_AT,
                    },
                )
                for channel, address, line in (("sms", phone, "mobile"), ("email", email, "mailbox")):
                    if address is not None:
                        connection.execute(
                            insert(schema.contact_point),
                            {
                                "contact_point_id": f"{person_id}:{channel}",
                                "person_id": person_id,
                                "channel": channel,
                                "address": address,
                                "line_type": line,
                                "preference": 0,
                            },
                        )
            connection.execute(
                insert(schema.account),
                {
                    "account_id": account_id,
                    "person_id": person_id,
                    "creditor": "Lantern Wallet",
                    "product": "pay_later",
                    "currency": currency,
                    "zone": zones[0],
                    "balance_minor": balance_minor,
                    "ledger_version": 1,
                    "ledger_as_of": OPENED_AT,
                },
            )
            connection.execute(
                insert(schema.ledger_entry),
                {
                    "entry_id": f"{account_id}:opening",
                    "account_id": account_id,
                    "version": 1,
                    "kind": "charge",
                    "amount_minor": balance_minor,
                    "at": OPENED_AT,
                    "recorded_at": OPENED_AT,
                },
            )
            connection.execute(
                insert(schema.obligation),
                {
                    "obligation_id": f"{account_id}:1",
                    "account_id": account_id,
                    "due_on": due_on,
                    "amount_minor": balance_minor,
                },
            )
        return account_id


def handing_over(rules: Rules) -> Rules:
    """The rules with the usual ladder as it is without `escalation`: one person's yes hands a case over."""
    usual = replace(rules.strategies["wallet-standard"], escalation=None)
    return replace(rules, strategies={**rules.strategies, usual.name: usual})


@cache
def rules_and_renderer() -> tuple[Rules, MessageRenderer]:
    """Ours, read and proved once per process; what the conditions of going to law come to, `law_play` shows."""
    rules = handing_over(load_rules(_settings("", "http://127.0.0.1:9")))
    return rules, MessageRenderer(_settings("", "http://127.0.0.1:9").templates_dir, rules.template_names)


def _settings(url: str, sandbox_url: str, **setting: Any) -> Settings:
    given = {"database_url": url} if url else {}
    return load_settings(None, **given, twilio_base_url=sandbox_url, sendgrid_base_url=sandbox_url, **setting)


@contextmanager
def stage_beside(sandbox: RunningSandbox, database_url: str, **setting: Any) -> Iterator[Stage]:
    """Set the stage on a migrated database, beside a sandbox that outlives it: quick, for many small tests."""
    settings = _settings(database_url, sandbox.url, **setting)
    rules, renderer = rules_and_renderer()
    engine = open_engine(database_url)
    dependencies = Dependencies(engine=engine, rules=rules, renderer=renderer, adapters=create_adapters(settings))
    try:
        yield Stage(settings=settings, dependencies=dependencies, sandbox=sandbox)
    finally:
        engine.dispose()


def _dependencies(settings: Settings) -> Dependencies:
    """As a worker makes them; our own rules are read and proved once per process, a test's own each time."""
    ours = load_settings(None, twilio_base_url="http://127.0.0.1:9", sendgrid_base_url="http://127.0.0.1:9")
    if any(getattr(settings, name) != getattr(ours, name) for name in _OF_RULES):
        return create_dependencies(settings)
    return dependencies_by(settings, *rules_and_renderer())


@cache
def _template() -> Path:
    """A migrated SQLite file of this process, to be copied."""
    directory = Path(tempfile.mkdtemp(prefix="amicable-template-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    migrate.upgrade(f"sqlite:///{directory}/cases.db")
    return directory / "cases.db"


@contextmanager
def stage(directory: Path, *, database_url: str = "", task_queue: str = "tests", **setting: Any) -> Iterator[Stage]:
    """Set the stage on a fresh SQLite file, or on the database of a URL (already migrated or empty)."""
    url = database_url or f"sqlite:///{directory}/cases.db"
    if not database_url:
        shutil.copyfile(_template(), directory / "cases.db")
    elif migrate.current_revision(url) != migrate.head_revision():
        migrate.upgrade(url)
    with running_sandbox() as sandbox:
        settings = load_settings(
            None,
            database_url=url,
            twilio_base_url=sandbox.url,
            sendgrid_base_url=sandbox.url,
            task_queue=task_queue,
            **setting,
        )
        dependencies = _dependencies(settings)
        try:
            yield Stage(settings=settings, dependencies=dependencies, sandbox=sandbox)
        finally:
            dependencies.engine.dispose()
