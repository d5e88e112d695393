"""One post for each door, signed as its sender signs, and the world that it comes into."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert
from stripe import WebhookSignature
from temporalio.client import Client

from casedb import parking, schema
from casedb.engine import writing
from casedb.inbox import InboundFact, InboundKind, receive, take_effect
from casedb.touches import Claim, insert_claim, mark_sent
from config.partners import SANDBOX_PARTNER_SECRETS, SANDBOX_STRIPE_SECRETS
from config.settings import SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY, SANDBOX_TWILIO_AUTH_TOKEN, load_settings
from domain.errors import ConfigurationError
from domain.vocabulary import Channel, HoldKind
from sandbox.credentials import SandboxCredentials
from sandbox.signatures import sign_sendgrid_events, sign_twilio_request
from tests.casedb.debts import add_case
from tests.casedb.people import add_account, add_person
from tests.config.conftest import SANDBOX_URLS
from tests.support.stage import rules_and_renderer
from tests.web.partners import signatures
from web.app import assemble

URL = "http://127.0.0.1:8080"
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
PHONE, LANDLINE, MAILBOX, REFERENCE = "+12125550142", "+12125550143", "wei@mail.example", "ABCD-2345"
MAIL_TOKEN = "a-secret-of-24-signs-or-more"  # opens only this test
LEDGER, STRIPE = SANDBOX_PARTNER_SECRETS[0], SANDBOX_STRIPE_SECRETS[0]
TOUCHES = {
    "reminder/reminder-1": (Channel.SMS, "P-1:sms:1", "twilio", "SM1"),
    "reminder/reminder-2": (Channel.EMAIL, "P-1:email:1", "sendgrid", "M1"),
    "reminder/reminder-3": (Channel.PUSH, "P-1:push:1", "wallet", "push-1"),
    "follow_up/follow-up-1": (Channel.VOICE, "P-1:voice:1", "twilio", "CA1"),
}

Post = Callable[[TestClient, Engine], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorPost:
    """What somebody tells us through one door; `atomic` when all of it is one transaction."""

    post: Post
    prepare: Callable[[Engine], None] = lambda engine: None
    atomic: bool = True
    tells: bool = True
    """Whether a case must hear of it."""


def create_world(engine: Engine) -> None:
    """A person who can be reached in every way, an overdue account with a case, and a message on each channel."""
    with writing(engine) as connection:
        add_person(connection, "P-1", phone=PHONE)
        for channel, address in (("email", MAILBOX), ("push", "user-1"), ("voice", LANDLINE)):
            point = {"contact_point_id": f"P-1:{channel}:1", "person_id": "P-1", "channel": channel}
            connection.execute(insert(schema.contact_point).values(**point, address=address, preference=0))
        add_account(connection, "A-1", "P-1", balance_minor=10_000, ledger_version=1, ledger_as_of=NOW)
        entry = {"entry_id": "A-1:1", "account_id": "A-1", "version": 1, "kind": "charge", "amount_minor": 10_000}
        connection.execute(insert(schema.ledger_entry).values(**entry, at=NOW, recorded_at=NOW))
        due = {"obligation_id": "A-1:1", "account_id": "A-1", "due_on": date(2026, 10, 1), "amount_minor": 10_000}
        connection.execute(insert(schema.obligation).values(**due))
        add_case(connection, "A-1", person_id="P-1", opened_at=NOW)
        for number, (key, (channel, point_id, provider, provider_id)) in enumerate(TOUCHES.items(), start=1):
            claim = Claim(
                case_id="A-1-1",
                account_id="A-1",
                person_id="P-1",
                touch_key=key,
                channel=channel,
                contact_point_id=point_id,
                reference=REFERENCE if channel is Channel.VOICE else f"REF-{number}",
                template="reminder_1",
                provider=provider,
                at=NOW,
                attempted_at=NOW,
                balance_minor=10_000,
            )
            insert_claim(connection, claim)
            mark_sent(connection, claim.touch_id, provider_id, NOW)


def create_door(engine: Engine, database_url: str, before_telling: Callable[[], None]) -> FastAPI:
    """The real application with every door open, and nobody at the other end of Temporal's line."""
    settings = load_settings(
        None,
        **SANDBOX_URLS,
        database_url=database_url,
        ledger_partners=f"ledger={LEDGER}",
        stripe_webhook_secrets=STRIPE,
        web_url=URL,
        voice_web_url=URL,
        sendgrid_webhook_public_key=SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY,
        reply_mail_tokens=MAIL_TOKEN,
        push_url="http://127.0.0.1:8025",
        push_receipt_secrets=",".join(SANDBOX_PARTNER_SECRETS),
    )

    async def nobody() -> Client:
        before_telling()
        raise ConfigurationError("no Temporal server in this test")

    return assemble(settings, engine, *rules_and_renderer(), nobody, now=lambda: NOW)


def _of_partner(path: str, told: Any) -> Post:
    body = json.dumps(told).encode()
    return lambda http, _: http.post(path, content=body, headers=signatures(body, LEDGER)).status_code


def _of_stripe(kind: str, told: dict[str, Any], **data: Any) -> Post:
    event = {"id": "evt_1", "type": kind, "created": 1_795_251_600, "livemode": False}
    body = json.dumps(event | {"data": {"object": told} | data})

    def post(http: TestClient, _: Engine) -> int:
        header = WebhookSignature.generate_signature_header(body, STRIPE, int(time.time()))
        headers = {"stripe-signature": header, "content-type": "application/json"}
        return http.post("/v1/payments/stripe", content=body, headers=headers).status_code

    return post


def _of_twilio(path: str, **form: str) -> Post:
    headers = {"X-Twilio-Signature": sign_twilio_request(f"{URL}{path}", form, SANDBOX_TWILIO_AUTH_TOKEN)}
    return lambda http, _: http.post(path, data=form, headers=headers).status_code


def _events(http: TestClient, _: Engine) -> int:
    """A mail that arrived, came back late, and whose reader wants no more."""
    told = [
        {"sg_event_id": f"E{number}", "sg_message_id": "M1.x", "event": name, "timestamp": 1_795_251_600}
        for number, name in enumerate(("delivered", "bounce", "unsubscribe"))
    ]
    body, at = json.dumps(told), str(int(time.time()))
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": sign_sendgrid_events(
            body, at, SandboxCredentials().event_signing_key()
        ),
        "X-Twilio-Email-Event-Webhook-Timestamp": at,
    }
    return http.post("/receipts/sendgrid", content=body, headers=headers).status_code


def _mail(http: TestClient, _: Engine) -> int:
    told = {
        "from": f"Wei <{MAILBOX}>",
        "subject": "Re: A friendly reminder",
        "text": "I do not owe this, I dispute it.",
        "headers": "Message-ID: <1@mail.example>",
        "envelope": json.dumps({"to": ["collections@wallet.example"], "from": MAILBOX}),
    }
    return http.post(f"/replies/sendgrid/{MAIL_TOKEN}", data=told).status_code


def _receive(*facts: InboundFact) -> Callable[[Engine], None]:
    def prepare(engine: Engine) -> None:
        for fact in facts:
            receive(engine, fact, received_at=NOW)

    return prepare


def _money(event_id: str, kind: InboundKind, **told: Any) -> InboundFact:
    stated = {"source": "ledger", "at": NOW, "amount_minor": 1_000, "currency": "USD"} | told
    return InboundFact(event_id=event_id, kind=kind, **stated)


def _moved(event_id: str, account_id: str = "A-1", kind: str = "payment") -> dict[str, Any]:
    told = {"event_id": event_id, "type": kind, "account_id": account_id, "amount_minor": 4_000, "currency": "USD"}
    return told | {"occurred_at": "2026-11-21T08:00:00Z"}


def _owed(event_id: str, account_id: str, **more: str) -> dict[str, Any]:
    told = {"event_id": event_id, "account_id": account_id, "occurred_at": "2026-11-21T08:30:00Z"}
    dated = {"as_of": "2026-11-20", "due_date": "2026-11-01", "currency": "USD"}
    return told | dated | {"principal_minor": 12_000, "interest_minor": 250} | more


def _stranger(number: int) -> dict[str, str]:
    return {
        "person_id": f"P-{number}",
        "creditor": "Lantern Wallet",
        "product": "pay_later",
        "full_name": "Robin Example",
        "locale": "en",
        "country": "US",
        "region": "GA",
        "time_zone": "America/New_York",
        "phone": f"+1404555010{number}",
        "email": f"robin{number}@mail.example.com",
    }


def _becomes_known(engine: Engine) -> None:
    """Two payments are parked, and then their account comes in behind the back of the book."""
    _receive(*(_money(f"parked-{each}", InboundKind.PAYMENT, account_id="A-7") for each in (1, 2)))(engine)
    with writing(engine) as connection:
        add_account(connection, "A-7", "P-1")


def _wake(_: TestClient, engine: Engine) -> int:
    parking.wake_known(engine, take_effect, NOW)
    return 200


_CHARGED_BACK = _money(
    "stripe:dp_1:withdrawn", InboundKind.REVERSAL, source="stripe", payment="stripe:pi_1", amount_minor=4_000
)
_PAID = {"id": "pi_1", "currency": "usd", "amount_received": 4_000, "metadata": {"account_id": "A-1"}}
_voice = partial(_of_twilio, CallSid="CA1", To=LANDLINE, From="+15005550006")

DOORS: dict[str, DoorPost] = {
    "ledger": DoorPost(post=_of_partner("/v1/ledger-events", _moved("pay-1"))),
    "ledger, unknown account": DoorPost(post=_of_partner("/v1/ledger-events", _moved("pay-1", "A-9")), tells=False),
    "ledger batch": DoorPost(
        post=_of_partner(
            "/v1/ledger-events/batch",
            {"events": [_moved("pay-1"), _moved("fee-1", kind="fee"), _moved("pay-2", "A-9")]},
        ),
        atomic=False,
    ),
    "delinquency": DoorPost(
        post=_of_partner("/v1/delinquencies", _owed("dq-2", "A-2", **_stranger(2))),
        prepare=_receive(_money("early", InboundKind.PAYMENT, account_id="A-2")),
    ),
    "delinquency batch": DoorPost(
        post=_of_partner(
            "/v1/delinquencies/batch",
            {"delinquencies": [_owed("dq-1", "A-1"), _owed("dq-3", "A-3", **_stranger(3))]},
        ),
        atomic=False,
    ),
    "stripe payment that ends a silence and wakes its chargeback": DoorPost(
        post=_of_stripe("payment_intent.succeeded", _PAID),
        prepare=_receive(
            _CHARGED_BACK,
            InboundFact(
                event_id="stripe:pi_1:processing:1",
                source="stripe",
                kind=InboundKind.HOLD_PLACED,
                at=NOW,
                account_id="A-1",
                payment="stripe:pi_1",
                hold_id="stripe:pi_1:processing:1",
                hold_kind=HoldKind.CUSTOM,
                owner="ops",
            ),
        ),
    ),
    "stripe refund without its payment": DoorPost(
        post=_of_stripe(
            "charge.refunded",
            {"id": "ch_2", "currency": "usd", "amount_refunded": 500, "payment_intent": "pi_2"},
            previous_attributes={"amount_refunded": 0},
        ),
        tells=False,
    ),
    "twilio status": DoorPost(
        post=_of_twilio(
            "/receipts/twilio/REF-1", MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30006", To=PHONE
        )
    ),
    "inbound text": DoorPost(
        post=_of_twilio("/replies/twilio", MessageSid="SM9", From=PHONE, To="+15005550006", Body="please stop")
    ),
    "inbound text with a promise": DoorPost(
        post=_of_twilio(
            "/replies/twilio", MessageSid="SM9", From=PHONE, To="+15005550006", Body="I will pay $50 tomorrow"
        )
    ),
    "inbound mail": DoorPost(post=_mail),
    "call: somebody else is there": DoorPost(post=_voice(f"/voice/{REFERENCE}/identified", Digits="9"), tells=False),
    "call: a human is wanted": DoorPost(post=_voice(f"/voice/{REFERENCE}/choice", Digits="1"), tells=False),
    "call status": DoorPost(post=_voice(f"/voice/{REFERENCE}/status", CallStatus="no-answer")),
    "sendgrid events": DoorPost(post=_events, atomic=False),
    "push receipt": DoorPost(
        post=_of_partner(
            "/v1/receipts/push",
            {"event_id": "r-1", "push_id": "push-1", "status": "push_disabled", "occurred_at": "2026-11-21T08:30:00Z"},
        )
    ),
    "relay that wakes what is parked": DoorPost(post=_wake, prepare=_becomes_known),
}
