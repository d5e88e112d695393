"""What borrowers write reaches the customer as the carriers post it: signed, from the right address, in their words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from standardwebhooks.webhooks import Webhook
from twilio.request_validator import RequestValidator

from sandbox.serving import RunningSandbox, running_sandbox, serving
from tests.sandbox.serving import controls

AT = datetime(2027, 1, 5, 17, tzinfo=UTC)
PHONE, MAILBOX = "+12125550177", "wei@mail.example.com"


@dataclass
class Customer:
    """Keeps what is posted to it."""

    url: str = ""
    posted: list[tuple[str, dict[str, str], dict[str, Any], bytes]] = field(default_factory=list)
    status: int = 200


@pytest.fixture
def customer() -> Iterator[Customer]:
    kept, app = Customer(), FastAPI()

    @app.post("/{path:path}")
    async def take(path: str, request: Request) -> Response:
        body = await request.body()
        is_form = "form" in request.headers["content-type"]
        form = {name: str(value) for name, value in (await request.form()).items()} if is_form else {}
        kept.posted.append((f"/{path}", dict(request.headers), form, body))
        return Response(status_code=kept.status)

    with serving(app) as kept.url:
        yield kept


@pytest.fixture
def sandbox(customer: Customer) -> Iterator[RunningSandbox]:
    with running_sandbox() as running, controls(running) as client:
        urls = {
            "twilio_inbound_url": f"{customer.url}/texts",
            "sendgrid_parse_url": f"{customer.url}/mails",
            "wallet_receipt_url": f"{customer.url}/receipts",
        }
        client.put("/webhooks", json=urls).raise_for_status()
        yield running


def lives(sandbox: RunningSandbox, script: Any, *, channel: str = "sms") -> None:
    """Somebody with a telephone, a mailbox and the wallet, whom one message has reached."""
    account = {"account_id": "A-1", "currency": "USD", "balance_minor": 10_000}
    borrower = {"borrower_id": "B-1", "name": "Wei", "phones": [PHONE], "emails": [MAILBOX], "push_ids": ["user-1"]}
    more = {"country": "US", "zones": ["America/New_York"], "script": script, "accounts": [account]}
    with controls(sandbox) as client:
        client.post("/borrowers", json=[borrower | more]).raise_for_status()
        client.put("/clock", json={"borrower_id": "B-1", "now": AT.isoformat()}).raise_for_status()
    to = PHONE if channel == "sms" else MAILBOX
    sandbox.network.accept(message_id="M-1", channel=channel, to=to, sender="us", body="hello", status="delivered")


def write(sandbox: RunningSandbox, action_id: str = "B-1:A-1:0") -> httpx.Response:
    with controls(sandbox) as client:
        return client.post("/borrowers/B-1/write", json={"action_id": action_id})


def test_a_text_is_posted_as_twilio_signs_it_with_his_clock_and_under_the_same_id_each_time(
    customer: Customer, sandbox: RunningSandbox
) -> None:
    lives(sandbox, {"writes": {"words": "enough"}})
    assert [write(sandbox).json(), write(sandbox).json()] == [{"posted": True}] * 2
    (path, headers, form, _), again = customer.posted
    validator = RequestValidator(sandbox.credentials.twilio_auth_token)
    assert validator.validate(f"{customer.url}/texts", form, headers["x-twilio-signature"])
    assert (path, form["From"], form["Body"]) == ("/texts", PHONE, "please stop texting me")
    assert "OptOutType" not in form, "Twilio understands keywords alone"
    assert again[2]["MessageSid"] == form["MessageSid"]
    assert datetime.fromisoformat(headers["x-sandbox-now"]) == AT


def test_a_keyword_is_posted_as_one_that_twilio_has_acted_on(customer: Customer, sandbox: RunningSandbox) -> None:
    lives(sandbox, "replies_stop")
    write(sandbox)
    form = customer.posted[0][2]
    assert (form["Body"], form["OptOutType"]) == ("STOP", "STOP")


def test_a_promise_is_written_by_mail_with_its_amount_and_the_day_of_his_own_calendar(
    customer: Customer, sandbox: RunningSandbox
) -> None:
    lives(sandbox, {"promises_and_keeps": {"n": 1, "keep_days": 5}}, channel="email")
    assert write(sandbox).json() == {"posted": True}
    path, _, form, _ = customer.posted[0]
    assert (path, form["from"], form["text"]) == ("/mails", MAILBOX, "I will pay $100.00 on 2027-01-11")
    assert form["dkim"] == "{@mail.example.com : pass}"


def test_who_was_reached_by_nothing_has_no_way_to_write(customer: Customer, sandbox: RunningSandbox) -> None:
    lives(sandbox, {"writes": {"words": "who", "channel": "sms"}})
    with controls(sandbox) as client:
        client.put("/webhooks", json={}).raise_for_status()
    assert write(sandbox).json() == {"posted": False}
    assert customer.posted == []


def test_what_the_customer_does_not_take_and_what_nobody_is_about_to_do_is_told(
    customer: Customer, sandbox: RunningSandbox
) -> None:
    lives(sandbox, {"writes": {"words": "who"}})
    assert write(sandbox, "B-1:A-1:7").status_code == 409
    customer.status = 503
    assert write(sandbox).status_code == 502


def test_the_wallet_posts_a_signed_receipt_of_what_it_delivered(customer: Customer, sandbox: RunningSandbox) -> None:
    lives(sandbox, "never_answers")
    message = sandbox.network.accept(
        message_id="push-1", channel="push", to="user-1", sender="wallet", body="hello", status="queued",
        custom_args={"reference": "ABCD-2345", "digest": ""},
    )  # fmt: skip
    from sandbox.postman import Postman  # only this test delivers by hand
    from sandbox.wallet_api import WalletApi

    wallet = WalletApi(sandbox.network, Postman(), sandbox.credentials)
    wallet.receipt_url = f"{customer.url}/receipts"
    request = wallet._deliver(message.message_id)
    assert request is not None
    httpx.Client(trust_env=False).send(request).raise_for_status()
    _, headers, _, body = customer.posted[0]
    told = Webhook(sandbox.credentials.receipt_secret).verify(body, headers)
    assert (told["push_id"], told["status"], told["reference"]) == ("push-1", "delivered", "ABCD-2345")
    assert datetime.fromisoformat(told["occurred_at"]) == AT
