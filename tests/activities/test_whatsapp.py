"""The WhatsApp adapter against a running sandbox: what is its own; the rest is the texts' (see test_sms)."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from activities.channel import Accepted, Busy, ChannelAdapter, NotFound, OutboundMessage, Refused, SendOutcome, Unknown
from activities.sms import TwilioSms
from activities.twilio_api import outcome_of
from activities.whatsapp import CODES, TwilioWhatsApp, create
from config.settings import load_settings
from tests.activities.channels import PATIENT, reset, script_fault, settle
from tests.config.conftest import SANDBOX_URLS
from tests.sandbox.serving import RunningSandbox, running_sandbox

TO, FROM = "+15125550111", "+15005550006"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    return reset(running)


def adapter(sandbox: RunningSandbox) -> TwilioWhatsApp:
    return TwilioWhatsApp(
        account_sid=sandbox.credentials.twilio_account_sid,
        auth_token=sandbox.credentials.twilio_auth_token,
        from_number=FROM,
        base_url=sandbox.url,
        limits=PATIENT,
    )


def message(to: str = TO, reference: str = "ABCD-2345") -> OutboundMessage:
    return OutboundMessage(to=to, body=f"A note about your account. Ref: {reference}", reference=reference)


def send_to(sandbox: RunningSandbox, to: str) -> SendOutcome:
    return adapter(sandbox).send(message(to))


def test_a_message_is_accepted_delivered_and_found(sandbox: RunningSandbox) -> None:
    channel: ChannelAdapter = adapter(sandbox)
    outcome = channel.send(message())
    assert isinstance(outcome, Accepted)
    settle(sandbox)
    (arrived,) = sandbox.network.messages()
    assert (arrived.channel, arrived.to, arrived.status) == ("social_private", TO, "delivered")
    found = channel.find(to=TO, reference="ABCD-2345", since=LONG_AGO)
    assert isinstance(found, Accepted)
    assert found.provider_id == outcome.provider_id


@pytest.mark.parametrize("to", ["", "5125550111", "whatsapp:+15125550111", "maria@example.com", "+1 512 555 0111"])
def test_an_address_that_is_no_e164_number_is_refused_without_asking(sandbox: RunningSandbox, to: str) -> None:
    outcome = send_to(sandbox, to)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.address_dead) == ("not_e164", True)
    assert adapter(sandbox).find(to=to, reference="ABCD-2345", since=LONG_AGO) == NotFound()
    assert sandbox.network.messages() == ()


def test_a_number_that_is_not_on_whatsapp_is_refused_as_dead(sandbox: RunningSandbox) -> None:
    sandbox.network.set_condition(TO, "63003")
    outcome = send_to(sandbox, TO)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.address_dead) == ("63003", True)


def test_whatsapps_own_rate_limit_is_busy(sandbox: RunningSandbox) -> None:
    sandbox.network.set_condition(TO, "63018")
    assert isinstance(send_to(sandbox, TO), Busy)


@pytest.mark.parametrize(("code", "dead"), [(63016, False), (63024, True), (63013, False)])
def test_a_code_that_is_told_at_once_ends_the_attempt(code: int, dead: bool) -> None:
    outcome = outcome_of(400, code, CODES)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.address_dead) == (str(code), dead)


def test_a_sender_that_is_not_set_up_is_never_held_against_the_borrower() -> None:
    for code in (63001, 63007, 21910, 20003):
        assert isinstance(outcome_of(400, code, CODES), Busy)


def test_who_stopped_texts_may_still_have_agreed_to_whatsapp_and_the_other_way_round(sandbox: RunningSandbox) -> None:
    sandbox.network.stop(TO, datetime.now(UTC), "sms")
    assert isinstance(send_to(sandbox, TO), Accepted)
    sandbox.network.stop(TO, datetime.now(UTC), "social_private")
    outcome = send_to(sandbox, TO)
    assert isinstance(outcome, Refused)
    assert outcome.opted_out


def test_a_text_with_the_same_reference_is_not_taken_for_the_message(sandbox: RunningSandbox) -> None:
    texts = TwilioSms(
        account_sid=sandbox.credentials.twilio_account_sid,
        auth_token=sandbox.credentials.twilio_auth_token,
        from_number=FROM,
        base_url=sandbox.url,
    )
    assert isinstance(texts.send(message()), Accepted)
    assert adapter(sandbox).find(to=TO, reference="ABCD-2345", since=LONG_AGO) == NotFound()
    assert isinstance(texts.find(to=TO, reference="ABCD-2345", since=LONG_AGO), Accepted)


def test_a_lost_answer_is_unknown_and_the_message_is_found_by_its_reference(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, "twilio", kind="answer_lost")
    assert isinstance(send_to(sandbox, TO), Unknown)
    assert isinstance(adapter(sandbox).find(to=TO, reference="ABCD-2345", since=LONG_AGO), Accepted)


def test_the_channel_is_on_once_it_has_a_sender(sandbox: RunningSandbox) -> None:
    assert create(load_settings(None, **SANDBOX_URLS)) is None
    made = create(load_settings(None, **SANDBOX_URLS, social_private_from_number=FROM))
    assert isinstance(made, TwilioWhatsApp)
    assert sandbox.credentials.twilio_auth_token not in repr(made)


def test_with_a_door_of_ours_messages_are_reported_under_their_reference(sandbox: RunningSandbox) -> None:
    urls = {"twilio_base_url": sandbox.url, "sendgrid_base_url": sandbox.url, "web_url": "http://127.0.0.1:9"}
    channel = create(load_settings(None, **urls, social_private_from_number=FROM))
    assert channel is not None
    assert isinstance(channel.send(message()), Accepted)
    (taken,) = sandbox.network.messages()
    assert taken.callback_url == "http://127.0.0.1:9/receipts/twilio/ABCD-2345"
