"""The wallet's push messages against a running sandbox: every end a call can have."""

import json
import logging
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from activities.channel import Accepted, Busy, ChannelAdapter, NotFound, OutboundMessage, Refused, Unknown
from activities.push import SANDBOX_SECRET, WalletPush, create, signature
from activities.wire import Limits
from config.settings import load_settings
from tests.activities.channels import PATIENT, QUICK, reset, script_fault, settle
from tests.config.conftest import SANDBOX_URLS
from tests.sandbox.serving import RunningSandbox, running_sandbox

USER = "wallet-user-4711"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    return reset(running)


def adapter(sandbox: RunningSandbox, *, secret: str = SANDBOX_SECRET, limits: Limits = PATIENT) -> WalletPush:
    return WalletPush(base_url=sandbox.url, secret=secret, limits=limits)


def note(reference: str = "ABCD-2345", body: str = "A note about your account is in the app.") -> OutboundMessage:
    return OutboundMessage(to=USER, subject="A note for you", body=body, reference=reference)


def test_the_secret_is_the_sandboxs(sandbox: RunningSandbox) -> None:
    assert sandbox.credentials.push_secret == SANDBOX_SECRET


def test_an_accepted_push_returns_the_wallets_id_and_arrives(sandbox: RunningSandbox) -> None:
    channel: ChannelAdapter = adapter(sandbox)
    outcome = channel.send(note())
    assert isinstance(outcome, Accepted)
    settle(sandbox)
    (message,) = sandbox.network.messages(channel="push")
    assert (message.message_id, message.to, message.subject) == (outcome.provider_id, USER, "A note for you")
    assert message.status == "delivered"


def test_the_same_push_twice_is_one(sandbox: RunningSandbox) -> None:
    first, second = adapter(sandbox).send(note()), adapter(sandbox).send(note())
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first.provider_id == second.provider_id
    assert len(sandbox.network.messages()) == 1


def test_another_text_under_a_known_reference_is_unknown_and_found(sandbox: RunningSandbox) -> None:
    channel = adapter(sandbox)
    first = channel.send(note())
    assert isinstance(channel.send(note(body="Less is owed by now.")), Unknown)
    found = channel.find(to=USER, reference="ABCD-2345", since=LONG_AGO)
    assert isinstance(first, Accepted)
    assert isinstance(found, Accepted)
    assert found.provider_id == first.provider_id


@pytest.mark.parametrize(
    ("code", "dead", "opted_out"),
    [("unknown_user", True, False), ("app_uninstalled", True, False), ("push_disabled", False, True)],
)
def test_a_refusal_says_what_it_means_for_the_address(
    sandbox: RunningSandbox, code: str, dead: bool, opted_out: bool
) -> None:
    sandbox.network.set_condition(USER, code)  # type: ignore[arg-type]
    outcome = adapter(sandbox).send(note())
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.address_dead, outcome.opted_out) == (code, dead, opted_out)
    assert sandbox.network.messages() == ()


def test_a_text_that_is_too_long_is_refused_and_the_address_stays_good(sandbox: RunningSandbox) -> None:
    outcome = adapter(sandbox).send(note(body="x" * 501))
    assert outcome == Refused(code="message_too_long", why="the text is too long for a notification")


def test_a_wrong_secret_is_never_held_against_the_borrower(sandbox: RunningSandbox) -> None:
    outcome = adapter(sandbox, secret="wrong").send(note())
    assert isinstance(outcome, Busy)
    assert outcome.retry_after_seconds == 300
    assert isinstance(adapter(sandbox, secret="wrong").find(to=USER, reference="R", since=LONG_AGO), Unknown)


@pytest.mark.parametrize(("age_seconds", "status"), [(0, 202), (290, 202), (310, 401), (-310, 401)])
def test_a_call_that_was_recorded_and_played_again_later_is_refused(
    sandbox: RunningSandbox, age_seconds: int, status: int
) -> None:
    body = json.dumps({"reference": "R", "user_id": USER, "body": "x"}).encode()
    timestamp = str(int(time.time()) - age_seconds)
    headers = {
        "X-Timestamp": timestamp,
        "X-Signature": signature(SANDBOX_SECRET, timestamp, "/v1/pushes", body),
        "Idempotency-Key": "R",
    }
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        assert client.post("/v1/pushes", content=body, headers=headers).status_code == status
        elsewhere = client.post("/v1/pushes/lookup", content=body, headers=headers)
    assert elsewhere.status_code == 401


def test_a_rate_limit_is_busy_for_as_long_as_the_wallet_says(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, "wallet", kind="rate_limited", delay_seconds=17)
    outcome = adapter(sandbox).send(note())
    assert isinstance(outcome, Busy)
    assert outcome.retry_after_seconds == 17
    assert sandbox.network.messages() == ()


def test_a_lost_answer_is_unknown_and_the_push_is_found_by_its_reference(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, "wallet", kind="answer_lost")
    channel = adapter(sandbox)
    assert isinstance(channel.send(note()), Unknown)
    found = channel.find(to=USER, reference="ABCD-2345", since=LONG_AGO)
    assert isinstance(found, Accepted)
    assert [m.message_id for m in sandbox.network.messages()] == [found.provider_id]


@pytest.mark.parametrize("kind", ["server_error", "drop_before_accept"])
def test_what_may_not_have_arrived_is_unknown_and_not_found(sandbox: RunningSandbox, kind: str) -> None:
    script_fault(sandbox, "wallet", kind=kind)
    channel = adapter(sandbox)
    assert isinstance(channel.send(note()), Unknown)
    assert channel.find(to=USER, reference="ABCD-2345", since=LONG_AGO) == NotFound()


def test_an_answer_slower_than_the_read_timeout_is_unknown_though_accepted(sandbox: RunningSandbox) -> None:
    script_fault(sandbox, "wallet", kind="slow", delay_seconds=3)
    assert isinstance(adapter(sandbox, limits=QUICK).send(note()), Unknown)
    assert len(sandbox.network.messages()) == 1


@pytest.mark.parametrize("kind", ["server_error", "rate_limited", "drop_before_accept", "answer_lost"])
def test_a_lookup_that_fails_proves_nothing(sandbox: RunningSandbox, kind: str) -> None:
    script_fault(sandbox, "wallet", kind=kind, operation="find")
    assert isinstance(adapter(sandbox).find(to=USER, reference="R", since=LONG_AGO), Unknown)


def test_a_wallet_that_nobody_answers_for_is_busy_because_nothing_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    channel = WalletPush(base_url=f"http://127.0.0.1:{port}", secret="x", limits=QUICK)
    assert isinstance(channel.send(note()), Busy)


def test_neither_logs_nor_outcomes_contain_the_user_or_the_secret(
    sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    channel = adapter(sandbox)
    with caplog.at_level(logging.DEBUG):
        outcomes = [channel.send(note()), channel.find(to=USER, reference="ABCD-2345", since=LONG_AGO)]
    spoken = caplog.text + repr(outcomes) + repr(channel)
    assert USER not in spoken
    assert SANDBOX_SECRET not in spoken


def test_the_channel_is_on_once_the_wallets_endpoint_is_known(sandbox: RunningSandbox) -> None:
    assert create(load_settings(None, **SANDBOX_URLS)) is None
    assert isinstance(create(load_settings(None, **SANDBOX_URLS, push_url=sandbox.url)), WalletPush)
