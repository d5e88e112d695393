"""Partners of ours who post to the real application, signed as Standard Webhooks has it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from standardwebhooks.webhooks import Webhook
from temporalio.client import Client

from casedb import schema
from casedb.engine import open_engine, reading
from config.partners import SANDBOX_PARTNER_SECRETS
from config.settings import load_settings
from domain.errors import ConfigurationError
from tests.config.conftest import SANDBOX_URLS
from tests.support.stage import rules_and_renderer
from web.app import assemble

FIRST, SECOND = SANDBOX_PARTNER_SECRETS
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
STRANGER = "whsec_c3RyYW5nZXItc2VjcmV0LW9mLXNvbWVib2R5LWVsc2U="


def payment(**changed: Any) -> dict[str, Any]:
    """A payment that the ledger tells."""
    told = {
        "event_id": "pay-1",
        "type": "payment",
        "account_id": "A-1",
        "amount_minor": 4_000,
        "currency": "USD",
        "occurred_at": "2026-11-21T08:00:00Z",
    }
    return told | changed


def signatures(body: bytes, *secrets: str, age: timedelta = timedelta(0)) -> dict[str, str]:
    """The three headers over a body, with a signature for each secret."""
    at = datetime.now(UTC) - age
    made = [Webhook(secret).sign("msg_1", at, body.decode()) for secret in secrets]
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(made),
        "content-type": "application/json",
    }


@dataclass
class Counter:
    """The application, and somebody who posts to it."""

    http: TestClient
    engine: Engine
    connected: int = 0

    def post(self, path: str, body: Any, *secrets: str, **headers: str) -> httpx.Response:
        """A signed post; text and bytes go as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.http.post(path, content=raw, headers=signatures(raw, *(secrets or (FIRST,))) | headers)

    def rows(self, table: str) -> list[Any]:
        """Everything in a table, in the order of its key."""
        told = getattr(schema, table)
        with reading(self.engine) as connection:
            return list(connection.execute(select(told).order_by(*told.primary_key)))

    def balance(self, account_id: str = "A-1") -> int:
        """What the account owes."""
        return next(int(row.balance_minor) for row in self.rows("account") if row.account_id == account_id)


@contextmanager
def counter(url: str, *, partners: str = f"ledger={FIRST}", **setting: Any) -> Iterator[Counter]:
    """The real application on a migrated database, with nobody at the other end of Temporal's line."""
    settings = load_settings(None, **SANDBOX_URLS, database_url=url, ledger_partners=partners, **setting)
    engine = open_engine(url)

    async def nobody() -> Client:
        made.connected += 1
        raise ConfigurationError("no Temporal server in this test")

    app = assemble(settings, engine, *rules_and_renderer(), nobody, now=lambda: NOW)
    with TestClient(app, raise_server_exceptions=False) as http:
        made = Counter(http, engine)
        yield made
    engine.dispose()


def no_value_of(answer: httpx.Response, *values: str) -> bool:
    """Whether an answer repeats none of these."""
    return not any(value in answer.text for value in values)
