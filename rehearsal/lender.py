"""The lender's ledger in a rehearsal: it posts what moved to our web door, signed, as a live one would.

The door is the whole application of `web`, served by this process: its clock must be ours, because what happens in a
rehearsal happens at instants that have not come yet.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine
from standardwebhooks.webhooks import Webhook
from temporalio.client import Client

from activities.clock import wall_clock
from config.messages import MessageRenderer
from config.partners import SANDBOX_PARTNER_SECRETS
from config.payloads import DATA_CONVERTER
from config.rules import load_rules
from config.settings import SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY, load_settings
from rehearsal.processes import RehearsalFailed
from rehearsal.servers import NAMESPACE, TASK_QUEUE, Places
from rehearsal.wire import HIS_CLOCK, ByTheirClock, SetAside, door_clock
from sandbox.serving import serving
from web.app import assemble

PARTNER, SECRET = "ledger", SANDBOX_PARTNER_SECRETS[0]
ANSWERS_WITHIN_SECONDS = 30.0
LINES = httpx.Limits(keepalive_expiry=2.0)
MAIL_TOKEN = "rehearsal-mail-token-of-a-door-on-this-machine"  # noqa: S105  # opens only a rehearsal's own door


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One movement of an account, in the words of the door."""

    event_id: str
    type: str
    account_id: str
    amount_minor: int
    currency: str
    at: datetime

    def body(self) -> bytes:
        """As it is posted."""
        told = {
            "event_id": self.event_id,
            "type": self.type,
            "account_id": self.account_id,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            "occurred_at": self.at.isoformat(),
        }
        return json.dumps(told).encode()


@dataclass(slots=True)
class LenderLedger:
    """Posts to our door."""

    http: httpx.AsyncClient
    aside: SetAside = field(default_factory=SetAside)
    """What the door has stored of whatever was posted, until its cases are told."""
    latest: datetime | None = None
    """The latest instant that was told of; the door's clock is never behind it."""
    _webhook: Webhook = field(default_factory=lambda: Webhook(SECRET), init=False)

    def now(self) -> datetime:
        """The door's clock."""
        return self.latest or wall_clock()

    async def post(self, movement: Movement) -> None:
        """Tell of one movement; once this returns, it stands in the case database.

        Raises httpx.HTTPStatusError when the door does not take it.
        """
        self.latest = max(movement.at, self.now())
        body, sent_at = movement.body(), wall_clock()
        headers = {
            HIS_CLOCK.decode(): movement.at.isoformat(),
            "content-type": "application/json",
            "webhook-id": movement.event_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": self._webhook.sign(movement.event_id, sent_at, body.decode()),
        }
        (await self.http.post("/v1/ledger-events", content=body, headers=headers)).raise_for_status()


@asynccontextmanager
async def open_ledger(places: Places, engine: Engine) -> AsyncIterator[LenderLedger]:
    """Serve our web door at its place, its facts put aside, and a ledger that posts to it."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=places.web, timeout=ANSWERS_WITHIN_SECONDS, trust_env=False, limits=LINES)
        )
        ledger = LenderLedger(http)
        app = await asyncio.to_thread(_application, places, engine, ledger.aside)
        try:
            stack.enter_context(serving(ByTheirClock(app), port=places.web_port))
        except OSError as error:
            raise RehearsalFailed(f"the web door cannot listen at {places.web}: {error.strerror}") from None
        yield ledger


def _application(places: Places, engine: Engine, aside: SetAside) -> FastAPI:
    settings = load_settings(
        None,
        mode="sandbox",
        database_url=places.database_url,
        task_queue=TASK_QUEUE,
        twilio_base_url=places.sandbox,
        sendgrid_base_url=places.sandbox,
        ledger_partners=f"{PARTNER}={SECRET}",
        web_url=places.web,
        push_url=places.sandbox,
        strategies_dir=places.strategies,
        push_receipt_secrets=SECRET,
        reply_mail_tokens=MAIL_TOKEN,
        sendgrid_webhook_public_key=SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY,
    )
    rules = load_rules(settings)
    renderer = MessageRenderer(settings.templates_dir, rules.template_names)
    connecting = partial(Client.connect, places.temporal, namespace=NAMESPACE, data_converter=DATA_CONVERTER)
    return assemble(settings, engine, rules, renderer, connecting, now=door_clock, tell=aside.tell)
