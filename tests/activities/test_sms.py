"""The Twilio adapter against a running sandbox: every end a call can have."""

import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

from activities.channel import Accepted, Busy, ChannelAdapter, NotFound, OutboundMessage, Refused, Unknown
from activities.sms import TwilioSms, create
from activities.wire import Limits
from config.settings import load_settings
from tests.sandbox.serving import RunningSandbox, borrower, controls, open_door, running_sandbox

TO = "+15125550111"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
QUICK = Limits(connect_seconds=2, read_seconds=1)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    with controls(running) as client:
        client.post("/reset")
    return running


def adapter(sandbox: RunningSandbox, **changes: object) -> TwilioSms:
    values = {
        "account_sid": sandbox.credentials.twilio_account_sid,
        "auth_token": sandbox.credentials.twilio_auth_token,
        "from_number": "+15005550006",
        "base_url": sandbox.url,
        "limits": Limits(connect_seconds=2, read_seconds=10),
    }
    return TwilioSms(**(values | changes))  # type: ignore[arg-type]


def text(to: str = TO, reference: str = "ABCD-2345") -> OutboundMessage:
    return OutboundMessage(to=to, body=f"Your wallet is overdue. Ref: {reference}", reference=reference)


def script_fault(sandbox: RunningSandbox, **fault: object) -> None:
    with controls(sandbox) as client:
        assert client.post("/faults", json={"api": "twilio", **fault}).status_code == 200


def test_an_accepted_text_returns_the_providers_id(sandbox: RunningSandbox) -> None:
    channel: ChannelAdapter = adapter(sandbox)
    outcome = channel.send(text())
    assert isinstance(outcome, Accepted)
    message = sandbox.network.message(outcome.provider_id)
    assert message is not None
    assert (message.to, message.body) == (TO, text().body)
    assert outcome.status == "queued"


def test_a_messaging_service_may_stand_in_for_a_number(sandbox: RunningSandbox) -> None:
    outcome = adapter(sandbox, from_number=None, messaging_service_sid="MG" + "0" * 32).send(text())
    assert isinstance(outcome, Accepted)
    assert outcome.status == "accepted"


def test_a_channel_without_a_sender_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="send from"):
        TwilioSms(account_sid="AC", auth_token="x")


@pytest.mark.parametrize("code", ["21211", "21612", "21614"])
def test_a_number_that_cannot_take_texts_is_refused_as_dead(sandbox: RunningSandbox, code: str) -> None:
    sandbox.network.set_condition(TO, code)  # type: ignore[arg-type]
    outcome = adapter(sandbox).send(text())
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.address_dead, outcome.opted_out) == (code, True, False)


def test_a_malformed_number_is_refused_as_dead(sandbox: RunningSandbox) -> None:
    outcome = adapter(sandbox).send(text(to="12"))
    assert isinstance(outcome, Refused)
    assert outcome.address_dead


def test_a_recipient_who_replied_stop_is_refused_as_opted_out(sandbox: RunningSandbox) -> None:
    sandbox.network.stop(TO, datetime.now(UTC))
    outcome = adapter(sandbox).send(text())
    assert isinstance(outcome, Refused)
    assert (outcome.opted_out, outcome.address_dead) == (True, False)


def test_a_text_that_is_too_long_is_refused_and_the_address_stays_good(sandbox: RunningSandbox) -> None:
    outcome = adapter(sandbox).send(OutboundMessage(to=TO, body="x" * 1601, reference="R"))
    assert outcome == Refused(code="21617", why="the text is too long")


@pytest.mark.parametrize("change", [{"auth_token": "wrong"}, {"account_sid": "AC" + "f" * 32}])
def test_refused_credentials_are_never_held_against_the_borrower(
    sandbox: RunningSandbox, change: dict[str, str]
) -> None:
    outcome = adapter(sandbox, **change).send(text())
    assert isinstance(outcome, Busy)
    assert outcome.retry_after_seconds == 300
    assert "credentials were refused" in outcome.why


def test_a_rate_limit_is_busy_for_as_long_as_the_provider_says(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, kind="rate_limited", delay_seconds=17)
    outcome = adapter(sandbox).send(text())
    assert isinstance(outcome, Busy)
    assert outcome.retry_after_seconds == 17
    assert sandbox.network.messages() == ()


def test_a_server_error_on_sending_is_unknown(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, kind="server_error")
    assert isinstance(adapter(sandbox).send(text()), Unknown)


def test_a_lost_answer_is_unknown_and_the_text_is_found_by_its_reference(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, kind="answer_lost")
    channel = adapter(sandbox)
    assert isinstance(channel.send(text()), Unknown)
    found = channel.find(to=TO, reference="ABCD-2345", since=datetime.now(UTC))
    assert isinstance(found, Accepted)
    assert [m.message_id for m in sandbox.network.messages()] == [found.provider_id]


def test_a_cut_connection_before_acceptance_is_unknown_and_nothing_is_found(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, kind="drop_before_accept")
    channel = adapter(sandbox)
    assert isinstance(channel.send(text()), Unknown)
    assert channel.find(to=TO, reference="ABCD-2345", since=LONG_AGO) == NotFound()


def test_an_answer_slower_than_the_read_timeout_is_unknown_though_accepted(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, kind="slow", delay_seconds=3)
    assert isinstance(adapter(sandbox, limits=QUICK).send(text()), Unknown)
    assert len(sandbox.network.messages()) == 1


def test_a_provider_that_nobody_answers_for_is_busy_because_nothing_left(sandbox: RunningSandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    outcome = adapter(sandbox, base_url=f"http://127.0.0.1:{port}").send(text())
    assert isinstance(outcome, Busy)


def test_no_call_is_retried_inside(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, kind="answer_lost", times=1)
    adapter(sandbox).send(text())
    assert len(sandbox.network.messages()) == 1


def test_a_text_still_in_the_queue_is_found_though_it_has_no_date_of_sending(sandbox: RunningSandbox) -> None:
    sandbox.network.set_condition(TO, "held")
    channel = adapter(sandbox)
    channel.send(text())
    assert isinstance(channel.find(to=TO, reference="ABCD-2345", since=datetime.now(UTC)), Accepted)


def test_a_lookup_reads_past_the_first_page(sandbox: RunningSandbox) -> None:
    channel = adapter(sandbox)
    channel.send(text(reference="WANT-ED22"))
    for number in range(105):
        channel.send(text(reference=f"OTHR-{number}"))
    found = channel.find(to=TO, reference="WANT-ED22", since=datetime.now(UTC) - timedelta(hours=1))
    assert isinstance(found, Accepted)


def test_a_lookup_does_not_take_an_old_text_for_a_new_one(sandbox: RunningSandbox) -> None:
    with controls(sandbox) as client:
        client.post("/borrowers", json=[borrower()])
        client.put("/clock", json={"borrower_id": "B1", "now": "2026-03-02T16:00:00Z"})
    channel = adapter(sandbox)
    channel.send(text())
    assert channel.find(to=TO, reference="ABCD-2345", since=datetime(2026, 3, 9, tzinfo=UTC)) == NotFound()
    assert isinstance(channel.find(to=TO, reference="ABCD-2345", since=datetime(2026, 3, 2, 16, tzinfo=UTC)), Accepted)


def test_a_text_to_somebody_else_is_not_found(sandbox: RunningSandbox) -> None:
    channel = adapter(sandbox)
    channel.send(text(to="+15125550199"))
    assert channel.find(to=TO, reference="ABCD-2345", since=LONG_AGO) == NotFound()


@pytest.mark.parametrize("kind", ["server_error", "rate_limited", "drop_before_accept", "answer_lost"])
def test_a_lookup_that_fails_proves_nothing(sandbox: RunningSandbox, kind: str) -> None:
    script_fault(sandbox, kind=kind, operation="find")
    assert isinstance(adapter(sandbox).find(to=TO, reference="ABCD-2345", since=LONG_AGO), Unknown)


def test_a_lookup_with_refused_credentials_proves_nothing(sandbox: RunningSandbox) -> None:
    found = adapter(sandbox, auth_token="wrong").find(to=TO, reference="R", since=LONG_AGO)
    assert isinstance(found, Unknown)


def test_many_threads_share_one_adapter(sandbox: RunningSandbox) -> None:
    channel = adapter(sandbox)
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda n: channel.send(text(reference=f"R-{n}")), range(64)))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert len({outcome.provider_id for outcome in outcomes if isinstance(outcome, Accepted)}) == 64


def test_status_callbacks_carry_twilios_own_signature(sandbox: RunningSandbox) -> None:
    with open_door() as door:
        outcome = adapter(sandbox, status_callback=door.url).send(text())
        posts = door.wait_for(3)
    assert isinstance(outcome, Accepted)
    validator = RequestValidator(sandbox.credentials.twilio_auth_token)
    for post in posts:
        params = dict(parse_qsl(post.body.decode()))
        assert params["MessageSid"] == outcome.provider_id
        assert validator.validate(door.url, params, post.headers["x-twilio-signature"])


def test_with_a_door_of_ours_each_text_is_reported_under_its_own_reference(sandbox: RunningSandbox) -> None:
    with open_door() as door:
        base = door.url.removesuffix("/hook")
        urls = {"twilio_base_url": sandbox.url, "sendgrid_base_url": sandbox.url}
        with_door = create(load_settings(None, **urls, web_url=f"{base}/"))
        without = create(load_settings(None, **urls))
        for channel, reference in ((with_door, "ABCD-2345"), (without, "EFGH-2345")):
            assert isinstance(channel.send(text(reference=reference)), Accepted)
    told = [message.callback_url for message in sandbox.network.messages()]
    assert told == [f"{base}/receipts/twilio/ABCD-2345", None]


def test_neither_logs_nor_outcomes_contain_the_number(
    sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    channel = adapter(sandbox, from_number="+15005550006")
    with caplog.at_level(logging.DEBUG):
        outcomes = [channel.send(text(to="+1512555")), channel.send(text())]
        channel.find(to=TO, reference="ABCD-2345", since=LONG_AGO)
    spoken = caplog.text + repr(outcomes) + repr(channel)
    assert "512555" not in spoken
    assert sandbox.credentials.twilio_auth_token not in spoken
