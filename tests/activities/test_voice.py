"""The adapter of calls against a running sandbox: what leaves the house, and how a call is found again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from activities.channel import Accepted, Busy, ChannelAdapter, NotFound, OutboundMessage, Refused, SendOutcome, Unknown
from activities.twilio_api import outcome_of
from activities.voice import CODES, TwilioVoice, create
from config.settings import load_settings
from tests.activities.channels import PATIENT, reset, script_fault, settle
from tests.config.conftest import SANDBOX_URLS
from tests.sandbox.serving import RunningSandbox, SandboxConfig, running_sandbox

TO, FROM, DEAD_DOOR = "+15125550111", "+15005550006", "http://127.0.0.1:9"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(SandboxConfig(webhook_pause_seconds=0.01)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    return reset(running)


def adapter(sandbox: RunningSandbox, **changes: str) -> TwilioVoice:
    values = {
        "account_sid": sandbox.credentials.twilio_account_sid,
        "auth_token": sandbox.credentials.twilio_auth_token,
        "from_number": FROM,
        "web_url": DEAD_DOOR,
        "base_url": sandbox.url,
    }
    return TwilioVoice(**(values | changes), limits=PATIENT)


def call(reference: str = "ABCD-2345", to: str = TO) -> OutboundMessage:
    return OutboundMessage(to=to, body="If you are Maria, press 1.\n---\nYou owe $12.", reference=reference)


def dial(sandbox: RunningSandbox, reference: str = "ABCD-2345") -> SendOutcome:
    return adapter(sandbox).send(call(reference))


def test_a_call_is_taken_and_tells_the_provider_nothing_but_where_to_ask(sandbox: RunningSandbox) -> None:
    channel: ChannelAdapter = adapter(sandbox)
    outcome = channel.send(call())
    assert isinstance(outcome, Accepted)
    assert outcome.provider_id.startswith("CA")
    settle(sandbox)
    (made,) = sandbox.network.messages()
    assert (made.channel, made.to) == ("voice", TO)
    assert [urlsplit(url).path for url in made.requested] == [
        "/voice/ABCD-2345/status",
        "/voice/ABCD-2345/status",
        "/voice/ABCD-2345/greeting",
        "/voice/ABCD-2345/status",
    ]
    assert "Maria" not in repr(made)
    assert "$12" not in repr(made)


@pytest.mark.parametrize("condition", [None, "busy", "no-answer", "failed", "machine"])
def test_a_call_is_found_by_its_reference_however_it_ended(sandbox: RunningSandbox, condition: str | None) -> None:
    sandbox.network.set_condition(TO, condition)  # type: ignore[arg-type]
    outcome = dial(sandbox)
    dial(sandbox, "OTHR-2345")
    settle(sandbox)
    found = adapter(sandbox).find(to=TO, reference="ABCD-2345", since=LONG_AGO)
    assert isinstance(outcome, Accepted)
    assert isinstance(found, Accepted)
    assert found.provider_id == outcome.provider_id


def test_another_call_to_the_number_is_not_taken_for_ours(sandbox: RunningSandbox) -> None:
    dial(sandbox, "OTHR-2345")
    settle(sandbox)
    assert adapter(sandbox).find(to=TO, reference="ABCD-2345", since=LONG_AGO) == NotFound()


def test_a_call_that_cannot_be_told_yet_proves_nothing(sandbox: RunningSandbox) -> None:
    sandbox.network.set_condition(TO, "held")
    dial(sandbox)
    assert isinstance(adapter(sandbox).find(to=TO, reference="ABCD-2345", since=LONG_AGO), Unknown)


def test_an_old_call_is_not_searched(sandbox: RunningSandbox) -> None:
    sandbox.network.assign("B1", [TO])
    sandbox.network.set_clock("B1", datetime(2026, 3, 2, 16, tzinfo=UTC))
    dial(sandbox)
    settle(sandbox)
    channel = adapter(sandbox)
    assert channel.find(to=TO, reference="ABCD-2345", since=datetime(2026, 3, 9, tzinfo=UTC)) == NotFound()
    assert isinstance(channel.find(to=TO, reference="ABCD-2345", since=datetime(2026, 3, 2, tzinfo=UTC)), Accepted)


def test_a_lost_answer_is_unknown_and_the_call_is_found(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, "twilio", kind="answer_lost")
    assert isinstance(dial(sandbox), Unknown)
    settle(sandbox)
    assert isinstance(adapter(sandbox).find(to=TO, reference="ABCD-2345", since=LONG_AGO), Accepted)


@pytest.mark.parametrize("code", ["21211", "21214"])
def test_a_number_that_cannot_be_called_is_refused_as_dead(sandbox: RunningSandbox, code: str) -> None:
    sandbox.network.set_condition(TO, code)  # type: ignore[arg-type]
    outcome = dial(sandbox)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.address_dead) == (code, True)


def test_faults_of_our_own_account_are_never_held_against_the_borrower(sandbox: RunningSandbox) -> None:
    assert isinstance(adapter(sandbox, auth_token="wrong").send(call()), Busy)
    for code in (21205, 21210, 21212, 21215, 10004):
        assert isinstance(outcome_of(400, code, CODES), Busy)


@pytest.mark.parametrize("kind", ["server_error", "rate_limited", "drop_before_accept"])
def test_a_lookup_that_fails_proves_nothing(sandbox: RunningSandbox, kind: str) -> None:
    script_fault(sandbox, "twilio", kind=kind, operation="find")
    assert isinstance(adapter(sandbox).find(to=TO, reference="ABCD-2345", since=LONG_AGO), Unknown)


def test_the_channel_is_on_once_twilio_can_reach_our_door(sandbox: RunningSandbox) -> None:
    assert create(load_settings(None, **SANDBOX_URLS)) is None
    made = create(load_settings(None, **SANDBOX_URLS, voice_web_url=DEAD_DOOR))
    assert isinstance(made, TwilioVoice)
    assert made.from_number == FROM
    own = create(load_settings(None, **SANDBOX_URLS, voice_web_url=DEAD_DOOR, voice_from_number="+15005550007"))
    assert isinstance(own, TwilioVoice)
    assert own.from_number == "+15005550007"
