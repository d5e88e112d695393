"""The SendGrid adapter against a running sandbox: every end a call can have."""

import json
import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from activities.channel import Accepted, Busy, ChannelAdapter, NotFound, OutboundMessage, Refused, Unknown
from activities.email import SendGridEmail
from activities.wire import Limits
from tests.sandbox.serving import (
    RunningSandbox,
    SandboxConfig,
    borrower,
    controls,
    open_door,
    running_sandbox,
)

TO = "maria@example.com"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    with controls(running) as client:
        client.post("/reset")
    return running


def adapter(sandbox: RunningSandbox, **changes: object) -> SendGridEmail:
    values = {
        "api_key": sandbox.credentials.sendgrid_api_key,
        "from_email": "care@lender.example",
        "from_name": "Lender care",
        "base_url": sandbox.url,
        "limits": Limits(connect_seconds=2, read_seconds=10),
    }
    return SendGridEmail(**(values | changes))  # type: ignore[arg-type]


def mail(to: str = TO, reference: str = "ABCD-2345") -> OutboundMessage:
    return OutboundMessage(
        to=to, subject="关于您的账户", body=f"您好。Ref: {reference}", reference=reference, locale="zh-CN"
    )


def script_fault(sandbox: RunningSandbox, **fault: object) -> None:
    with controls(sandbox) as client:
        assert client.post("/faults", json={"api": "sendgrid", **fault}).status_code == 200


def test_an_accepted_mail_returns_the_providers_id_and_arrives_as_written(sandbox: RunningSandbox) -> None:
    channel: ChannelAdapter = adapter(sandbox)
    outcome = channel.send(mail())
    assert isinstance(outcome, Accepted)
    (message,) = sandbox.network.messages()
    assert message.message_id.partition(".")[0] == outcome.provider_id
    assert (message.to, message.subject, message.body) == (TO, mail().subject, mail().body)
    assert message.custom_args == {"reference": "ABCD-2345"}


def test_a_malformed_address_is_refused_as_dead(sandbox: RunningSandbox) -> None:
    outcome = adapter(sandbox).send(mail(to="nobody-at-nowhere"))
    assert isinstance(outcome, Refused)
    assert outcome.address_dead


def test_a_mail_that_is_too_large_is_refused_and_the_address_stays_good(sandbox: RunningSandbox) -> None:
    outcome = adapter(sandbox).send(OutboundMessage(to=TO, subject="s", body="x" * 31_500_000, reference="R"))
    assert outcome == Refused(code="413", why="the mail is too large")


def test_a_mail_without_text_is_refused_and_the_address_stays_good(sandbox: RunningSandbox) -> None:
    outcome = adapter(sandbox).send(OutboundMessage(to=TO, subject="s", body="", reference="R"))
    assert isinstance(outcome, Refused)
    assert not outcome.address_dead


def test_a_refused_key_is_never_held_against_the_borrower(sandbox: RunningSandbox) -> None:
    outcome = adapter(sandbox, api_key="SG.wrong").send(mail())
    assert isinstance(outcome, Busy)
    assert outcome.retry_after_seconds == 300
    assert "credentials" in outcome.why


def test_a_rate_limit_is_busy_for_as_long_as_the_provider_says(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, kind="rate_limited", delay_seconds=42)
    outcome = adapter(sandbox).send(mail())
    assert isinstance(outcome, Busy)
    assert outcome.retry_after_seconds == 42


def test_a_server_error_on_sending_is_unknown(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, kind="server_error")
    assert isinstance(adapter(sandbox).send(mail()), Unknown)


def test_a_lost_answer_is_unknown_and_the_mail_is_found_by_its_reference(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, kind="answer_lost")
    channel = adapter(sandbox)
    assert isinstance(channel.send(mail()), Unknown)
    channel.send(mail(reference="ELSE-2222"))
    found = channel.find(to=TO, reference="ABCD-2345", since=datetime.now(UTC))
    assert isinstance(found, Accepted)
    first = min(sandbox.network.messages(), key=lambda message: message.number)
    assert first.message_id.startswith(found.provider_id + ".")


def test_a_cut_connection_before_acceptance_is_unknown_and_nothing_is_found(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, kind="drop_before_accept")
    channel = adapter(sandbox)
    assert isinstance(channel.send(mail()), Unknown)
    assert channel.find(to=TO, reference="ABCD-2345", since=LONG_AGO) == NotFound()


def test_an_answer_slower_than_the_read_timeout_is_unknown_though_accepted(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, kind="slow", delay_seconds=3)
    quick = Limits(connect_seconds=2, read_seconds=1)
    assert isinstance(adapter(sandbox, limits=quick).send(mail()), Unknown)
    assert len(sandbox.network.messages()) == 1


def test_a_provider_that_nobody_answers_for_is_busy_because_nothing_left(sandbox: RunningSandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    outcome = adapter(sandbox, base_url=f"http://127.0.0.1:{port}").send(mail())
    assert isinstance(outcome, Busy)


def test_a_lookup_does_not_take_an_old_mail_for_a_new_one(sandbox: RunningSandbox) -> None:
    with controls(sandbox) as client:
        client.post("/borrowers", json=[borrower()])
        client.put("/clock", json={"borrower_id": "B1", "now": "2026-03-02T16:00:00Z"})
    channel = adapter(sandbox)
    channel.send(mail())
    assert channel.find(to=TO, reference="ABCD-2345", since=datetime(2026, 3, 9, tzinfo=UTC)) == NotFound()
    assert isinstance(channel.find(to=TO, reference="ABCD-2345", since=datetime(2026, 3, 2, 16, tzinfo=UTC)), Accepted)


def test_a_mail_to_somebody_else_is_not_found(sandbox: RunningSandbox) -> None:
    channel = adapter(sandbox)
    channel.send(mail(to="other@example.com"))
    assert channel.find(to=TO, reference="ABCD-2345", since=LONG_AGO) == NotFound()


@pytest.mark.parametrize("kind", ["server_error", "rate_limited", "drop_before_accept", "answer_lost"])
def test_a_lookup_that_fails_proves_nothing(sandbox: RunningSandbox, kind: str) -> None:
    script_fault(sandbox, kind=kind, operation="find")
    assert isinstance(adapter(sandbox).find(to=TO, reference="ABCD-2345", since=LONG_AGO), Unknown)


def test_an_account_without_email_activity_never_concludes_that_nothing_was_sent() -> None:
    with running_sandbox(SandboxConfig(has_email_activity=False)) as sandbox:
        found = adapter(sandbox).find(to=TO, reference="ABCD-2345", since=LONG_AGO)
    assert isinstance(found, Unknown)
    assert "Email Activity" in found.why


def test_many_threads_share_one_adapter(sandbox: RunningSandbox) -> None:
    channel = adapter(sandbox)
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda n: channel.send(mail(reference=f"R-{n}")), range(64)))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert {m.custom_args["reference"] for m in sandbox.network.messages()} == {f"R-{n}" for n in range(64)}


def test_events_carry_sendgrids_own_signature_and_the_reference(sandbox: RunningSandbox) -> None:
    with open_door() as door, controls(sandbox) as client:
        client.put("/webhooks", json={"sendgrid_event_url": door.url})
        outcome = adapter(sandbox).send(mail())
        posts = door.wait_for(2)
        client.put("/webhooks", json={"sendgrid_event_url": None})
        public_key = client.get("/credentials").json()["sendgrid_public_key"]
    assert isinstance(outcome, Accepted)
    webhook = EventWebhook(public_key)
    for post in posts:
        signature = post.headers[EventWebhookHeader.SIGNATURE.lower()]
        timestamp = post.headers[EventWebhookHeader.TIMESTAMP.lower()]
        assert webhook.verify_signature(post.body.decode(), signature, timestamp)
        assert not webhook.verify_signature(post.body.decode() + " ", signature, timestamp)
    events = [json.loads(post.body)[0] for post in posts]
    assert [event["event"] for event in events] == ["processed", "delivered"]
    assert {event["reference"] for event in events} == {"ABCD-2345"}
    assert all(event["sg_message_id"].startswith(outcome.provider_id) for event in events)


def test_neither_logs_nor_outcomes_contain_the_address(
    sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    channel = adapter(sandbox)
    with caplog.at_level(logging.DEBUG):
        outcomes = [channel.send(mail()), channel.send(mail(to="maria-at-example"))]
        outcomes.append(channel.find(to=TO, reference="ABCD-2345", since=LONG_AGO))
    spoken = caplog.text + repr(outcomes) + repr(channel)
    assert "maria" not in spoken
    assert sandbox.credentials.sendgrid_api_key not in spoken
