"""Receipts as the sandbox really posts them, and what they mean for the touch and its address."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest

from activities.channel import Accepted, OutboundMessage
from activities.email import SendGridEmail
from activities.receipts import of_sendgrid, of_twilio_call, of_twilio_message
from activities.sms import TwilioSms
from activities.voice import TwilioVoice
from activities.whatsapp import TwilioWhatsApp
from casedb.deliveries import DeliveryReport
from domain.errors import InvalidInput
from domain.vocabulary import DeliveryStatus
from tests.activities.channels import reset
from tests.sandbox.serving import Door, RunningSandbox, controls, open_door, running_sandbox

PHONE, MAIL, FROM = "+15125550111", "maria@example.com", "+15005550006"
NONE, SENT, DELIVERED, FAILED = DeliveryStatus


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    return reset(running)


@pytest.fixture
def door() -> Iterator[Door]:
    with open_door() as opened:
        yield opened


def forms(door: Door, count: int) -> list[dict[str, str]]:
    return [dict(parse_qsl(post.body.decode())) for post in door.wait_for(count)]


def twilio(sandbox: RunningSandbox) -> dict[str, str]:
    return {
        "account_sid": sandbox.credentials.twilio_account_sid,
        "auth_token": sandbox.credentials.twilio_auth_token,
        "from_number": FROM,
        "base_url": sandbox.url,
    }


def told(report: DeliveryReport) -> tuple[DeliveryStatus, str, bool, bool]:
    return report.status, report.code, report.address_dead, report.opted_out


@pytest.mark.parametrize(
    ("condition", "last"),
    [
        (None, (DELIVERED, "delivered", False, False)),
        ("30003", (FAILED, "30003", False, False)),
        ("30005", (FAILED, "30005", True, False)),
        ("30006", (FAILED, "30006", True, False)),
    ],
)
def test_texts(sandbox: RunningSandbox, door: Door, condition: str | None, last: tuple[object, ...]) -> None:
    sandbox.network.set_condition(PHONE, condition)  # type: ignore[arg-type]
    channel = TwilioSms(**twilio(sandbox), status_callback=door.url)
    taken = channel.send(OutboundMessage(to=PHONE, body="Hello", reference="R"))
    reports = [of_twilio_message(form) for form in forms(door, 3)]
    assert isinstance(taken, Accepted)
    assert {(report.provider, report.provider_id) for report in reports} == {("twilio", taken.provider_id)}
    assert [told(report) for report in reports] == [
        (NONE, "queued", False, False),
        (SENT, "sent", False, False),
        last,
    ]


@pytest.mark.parametrize(
    ("condition", "last"),
    [
        (None, (DELIVERED, "delivered", False, False)),
        ("63016", (FAILED, "63016", False, False)),
        ("63024", (FAILED, "63024", True, False)),
    ],
)
def test_whatsapp(sandbox: RunningSandbox, door: Door, condition: str | None, last: tuple[object, ...]) -> None:
    sandbox.network.set_condition(PHONE, condition)  # type: ignore[arg-type]
    TwilioWhatsApp(**twilio(sandbox), status_callback=door.url).send(
        OutboundMessage(to=PHONE, body="Hello", reference="R")
    )
    assert told(of_twilio_message(forms(door, 3)[-1])) == last


@pytest.mark.parametrize(
    ("condition", "statuses", "last"),
    [
        (None, 3, (DELIVERED, "completed", False, False)),
        ("machine", 3, (FAILED, "machine_start", False, False)),
        ("busy", 2, (FAILED, "busy", False, False)),
        ("no-answer", 2, (FAILED, "no-answer", False, False)),
        ("failed", 2, (FAILED, "failed", False, False)),
    ],
)
def test_calls(
    sandbox: RunningSandbox, door: Door, condition: str | None, statuses: int, last: tuple[object, ...]
) -> None:
    sandbox.network.set_condition(PHONE, condition)  # type: ignore[arg-type]
    client = TwilioVoice(**twilio(sandbox), web_url="http://127.0.0.1:9")._client
    call = client.calls.create(
        to=PHONE,
        from_=FROM,
        url=door.url,
        status_callback=door.url,
        status_callback_event=["initiated", "answered", "completed"],
        machine_detection="Enable",
    )
    told_of = "AnsweredBy" if condition in (None, "machine") else "CallStatus"
    reports = [form for form in forms(door, statuses + (told_of == "AnsweredBy")) if "CallbackSource" in form]
    assert of_twilio_call(reports[0]).status is NONE
    assert {of_twilio_call(form).provider_id for form in reports} == {call.sid}
    assert told(of_twilio_call(reports[-1])) == last


@pytest.mark.parametrize(
    ("condition", "events"),
    [
        (None, [(SENT, "processed", False, False), (DELIVERED, "delivered", False, False)]),
        ("bounce", [(SENT, "processed", False, False), (FAILED, "bounce 5.1.1", True, False)]),
        ("blocked", [(SENT, "processed", False, False), (FAILED, "blocked 5.7.1", False, False)]),
        ("dropped", [(FAILED, "dropped", True, False)]),
    ],
)
def test_mail(sandbox: RunningSandbox, door: Door, condition: str | None, events: list[tuple[object, ...]]) -> None:
    sandbox.network.set_condition(MAIL, condition)  # type: ignore[arg-type]
    reports = mail_reports(sandbox, door, len(events))
    assert [told(report) for report in reports] == events


def test_mail_to_somebody_who_unsubscribed_is_an_opt_out(sandbox: RunningSandbox, door: Door) -> None:
    sandbox.network.stop(MAIL, sandbox.network.now_at(MAIL))
    (report,) = mail_reports(sandbox, door, 1)
    assert told(report) == (FAILED, "dropped", False, True)


def mail_reports(sandbox: RunningSandbox, door: Door, count: int) -> list[DeliveryReport]:
    with controls(sandbox) as client:
        client.put("/webhooks", json={"sendgrid_event_url": door.url})
    channel = SendGridEmail(
        api_key=sandbox.credentials.sendgrid_api_key,
        from_email="a@wallet.example",
        from_name="A",
        base_url=sandbox.url,
    )
    taken = channel.send(OutboundMessage(to=MAIL, subject="S", body="Hello", reference="ABCD-2345"))
    reports = [of_sendgrid(event) for post in door.wait_for(count) for event in json.loads(post.body)]
    assert isinstance(taken, Accepted)
    assert {(r.provider, r.provider_id, r.reference) for r in reports} == {("sendgrid", taken.provider_id, "ABCD-2345")}
    return reports


@pytest.mark.parametrize("name", ["spamreport", "unsubscribe", "group_unsubscribe"])
def test_a_reader_who_complains_or_unsubscribes_opted_out_of_a_mail_that_he_had(name: str) -> None:
    assert told(of_sendgrid({"sg_message_id": "m.f-1", "event": name})) == (DELIVERED, name, False, True)


def test_a_word_that_we_do_not_know_is_kept_and_moves_nothing() -> None:
    assert told(of_twilio_message({"MessageSid": "SM1", "MessageStatus": "teleported"})) == (
        NONE,
        "teleported",
        False,
        False,
    )
    assert of_twilio_call({"CallSid": "CA1", "CallStatus": "hummed"}).status is NONE
    assert of_sendgrid({"sg_message_id": "m", "event": "sung"}).status is NONE


def test_the_mail_systems_own_sentence_is_never_kept() -> None:
    event = {"sg_message_id": "m", "event": "bounce", "status": "maria@example.com", "reason": "no maria@example.com"}
    assert "maria" not in repr(of_sendgrid(event))


def test_a_receipt_that_names_nothing_is_refused() -> None:
    for read in (of_twilio_message, of_twilio_call, of_sendgrid):
        with pytest.raises(InvalidInput, match="is missing"):
            read({})
