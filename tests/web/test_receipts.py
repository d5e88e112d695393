"""The door for receipts, with messages that the sandbox really took and reported: what is stored, and who hears."""

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Condition
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.receipts import of_twilio_message
from casedb.inbox import unsignalled
from domain.errors import ConfigurationError, InvalidInput
from domain.vocabulary import Channel
from tests.activities.channels import reset, settle
from tests.sandbox.serving import RunningSandbox, running_sandbox
from tests.support.contacts import PERSONAL, Play, play_on
from tests.support.stage import stage_beside
from tests.web.doors import OPEN, Poster, free_address, open_door
from web.receipts import fact_of_sendgrid, fact_of_twilio
from web.sendgrid_events import LONGEST_BATCH_BYTES

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
PHONE, MAIL = "+12125550123", "ada@mail.example.com"


@dataclass
class Desk:
    """A play whose providers report to our door."""

    play: Play
    post: Poster
    connected: int = 0
    counting: Condition = field(default_factory=Condition)

    def count(self) -> None:
        """Somebody wanted to reach Temporal."""
        with self.counting:
            self.connected += 1
            self.counting.notify_all()

    def attempts(self, expected: int) -> int:
        """How often Temporal was wanted, once it was so often: cases are told after the answer went out."""
        with self.counting:
            self.counting.wait_for(lambda: self.connected >= expected, timeout=20)
            return self.connected

    def send(self, condition: str | None = None, *, by_mail: bool = False) -> Any:
        """One touch, and the touch as it stands when every receipt is in."""
        if by_mail:
            self.play.change("contact_point", channel="email", address=MAIL)
        self.play.stage.sandbox.network.set_condition(MAIL if by_mail else PHONE, condition)  # type: ignore[arg-type]
        self.play.contact(self.play.request())
        settle(self.play.stage.sandbox)
        return self.play.touch()

    def facts(self) -> list[Any]:
        """What is stored, in the order of ids."""
        return self.play.rows("inbox_event")

    def dead(self) -> bool:
        """Whether the address that was used is marked as dead."""
        point = self.play.touch().contact_point_id
        (found,) = [row for row in self.play.rows("contact_point") if row.contact_point_id == point]
        return found.undeliverable_since is not None

    def untold(self) -> int:
        """How many facts still have to be told."""
        return len(unsignalled(self.play.engine, datetime(2100, 1, 1, tzinfo=UTC), 100))


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def desk(sqlite_url: str, running: RunningSandbox) -> Iterator[Desk]:
    reset(running)
    with stage_beside(running, sqlite_url, web_url=free_address(), **OPEN) as stage:
        stage.add_account(email=None)
        play = play_on(stage)

        async def nobody() -> Client:
            made.count()
            raise ConfigurationError("no Temporal server in this test")

        with open_door(stage, nobody) as url:
            made = Desk(play=play, post=Poster(url=url, sandbox=running))
            yield made


@pytest.mark.parametrize(
    ("condition", "delivery", "code", "dead"),
    [
        (None, "delivered", "", False),
        ("30003", "failed", "30003", False),
        ("30005", "failed", "30005", True),
        ("30006", "failed", "30006", True),
    ],
)
def test_what_becomes_of_a_text_is_on_its_touch(
    desk: Desk, condition: str | None, delivery: str, code: str, dead: bool
) -> None:
    touch = desk.send(condition)
    assert (touch.status, touch.delivery, touch.code, desk.dead()) == ("sent", delivery, code, dead)
    assert [fact.source for fact in desk.facts()] == ["twilio"] * 3, "queued, sent and the end of it"


@pytest.mark.parametrize(
    ("condition", "delivery", "code", "dead"),
    [
        (None, "delivered", "", False),
        ("bounce", "failed", "bounce 5.1.1", True),
        ("blocked", "failed", "blocked 5.7.1", False),
        ("dropped", "failed", "dropped", True),
    ],
)
def test_what_becomes_of_a_mail_is_on_its_touch(
    desk: Desk, condition: str | None, delivery: str, code: str, dead: bool
) -> None:
    touch = desk.send(condition, by_mail=True)
    assert (touch.status, touch.delivery, touch.code, desk.dead()) == ("sent", delivery, code, dead)
    assert {fact.source for fact in desk.facts()} == {"sendgrid"}


def test_the_case_hears_of_what_did_not_arrive_and_of_nothing_else(desk: Desk) -> None:
    desk.send()
    assert (desk.connected, desk.untold()) == (0, 0)


def test_what_did_not_arrive_waits_for_the_relay_while_the_case_cannot_be_told(desk: Desk) -> None:
    desk.send("30003")
    assert (desk.attempts(1), desk.untold()) == (1, 1)


def test_a_status_that_is_posted_again_is_one_fact_and_is_told_until_it_was_told(desk: Desk) -> None:
    sid = desk.send("30003").provider_id
    before = desk.facts()
    form = {"MessageSid": sid, "MessageStatus": "undelivered", "ErrorCode": "30003", "To": PHONE}
    assert [desk.post.status(form) for _ in range(2)] == [204, 204]
    assert desk.facts() == before
    assert desk.attempts(3) == 3


def test_a_message_that_is_none_of_ours_is_kept_without_effect(desk: Desk) -> None:
    touch = desk.send()
    assert desk.post.status({"MessageSid": "SM9", "MessageStatus": "failed", "To": "+12125550999"}) == 204
    assert desk.post.batch({"sg_event_id": "E9", "sg_message_id": "M9.x", "event": "bounce", "email": MAIL}) == 204
    assert [fact.payload["parked"] for fact in desk.facts()].count(True) == 2
    assert desk.play.touch() == touch
    assert desk.connected == 0


def test_a_receipt_that_overtakes_the_answer_finds_its_touch_by_reference_and_number(desk: Desk) -> None:
    touch = desk.send()
    desk.play.change("touch", provider_id=None, status="claimed", delivery="none")
    form = {"MessageSid": "SM7", "MessageStatus": "undelivered", "ErrorCode": "30003", "To": PHONE}
    assert desk.post.status(form, reference=touch.reference) == 204
    assert desk.play.touch().delivery == "failed"


def test_a_mail_whose_answer_was_lost_is_proved_sent_by_its_receipts(desk: Desk) -> None:
    desk.play.stage.sandbox.network.set_condition(MAIL, None)
    desk.play.fault("sendgrid", "answer_lost")
    desk.play.change("contact_point", channel="email", address=MAIL)
    request = desk.play.request()
    with pytest.raises(ApplicationError, match="reminder/reminder-1"):
        desk.play.contact(request)
    settle(desk.play.stage.sandbox)
    touch = desk.play.touch()
    assert (touch.status, touch.delivery, touch.provider_id is None) == ("sent", "delivered", False)
    outcome = desk.play.contact(request)
    assert outcome.event is not None
    assert outcome.event.kind == "contact_made"
    assert len(desk.play.received()) == 1


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ({"token": "wrong"}, 401),
        ({"token": "sandbox-tokem"}, 401),
        ({"signed": "http://127.0.0.1:1/receipts/twilio/R"}, 401),
        ({}, 204),
    ],
)
def test_a_status_counts_with_twilios_signature_over_our_address_alone(
    desk: Desk, told: dict[str, str], answer: int
) -> None:
    sid = desk.send().provider_id
    before = desk.facts()
    form = {"MessageSid": sid, "MessageStatus": "failed", "ErrorCode": "30006", "To": PHONE}
    assert desk.post.status(form, **told) == answer  # type: ignore[arg-type]
    assert (desk.facts() == before, desk.dead()) == (answer == 401, answer == 204)


def test_a_status_that_names_no_message_is_refused(desk: Desk) -> None:
    assert desk.post.status({"MessageStatus": "failed", "To": PHONE}) == 422
    assert desk.post.status({"MessageSid": "S" * 300, "MessageStatus": "failed"}) == 422
    assert desk.post.status({"MessageSid": "SM1\0", "MessageStatus": "failed"}) == 422
    assert desk.facts() == []


def test_a_whatsapp_address_is_looked_for_as_the_number_that_it_is() -> None:
    told = {"MessageSid": "SM1", "MessageStatus": "read", "To": f"whatsapp:{PHONE}"}
    fact = fact_of_twilio(of_twilio_message(told), "ABCD-2345", told, NOW)
    assert (fact.address, fact.event_id, fact.channel) == (PHONE, "twilio:SM1:read", Channel.SOCIAL_PRIVATE)
    assert fact.report is not None
    assert fact.report.reference == "ABCD-2345"


BOUNCE = {"sg_event_id": "E1", "sg_message_id": "M1.x", "event": "bounce", "type": "bounce", "email": MAIL}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"signed": "[]"},
        {"timestamp": "1"},
        {"X-Twilio-Email-Event-Webhook-Signature": ""},
        {"X-Twilio-Email-Event-Webhook-Signature": "bm90IGEgc2lnbmF0dXJl"},
        {"X-Twilio-Email-Event-Webhook-Signature": "?"},
        {"X-Twilio-Email-Event-Webhook-Timestamp": ""},
    ],
)
def test_a_batch_without_sendgrids_signature_over_this_very_body_is_refused(desk: Desk, spoilt: Any) -> None:
    assert desk.post.events(json.dumps([BOUNCE]), **spoilt) == 401
    assert desk.facts() == []


def test_one_bad_event_does_not_lose_the_others(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    touch = desk.send(by_mail=True)
    good = BOUNCE | {"sg_message_id": f"{touch.provider_id}.x"}
    bad = [
        None,
        "open",
        {},
        {"sg_event_id": 7},
        {"sg_event_id": "E2", "email": MAIL},
        BOUNCE | {"sg_event_id": "E" * 300},
    ]
    with caplog.at_level(logging.DEBUG, "web"):
        assert desk.post.batch(*bad, good) == 204
    assert desk.play.touch().delivery == "failed"
    assert sum("is left out" in line for line in caplog.messages) == len(bad)
    assert not any(word in caplog.text for word in PERSONAL)


def test_an_event_that_is_posted_again_is_one_fact(desk: Desk) -> None:
    assert [desk.post.batch(BOUNCE, BOUNCE), desk.post.batch(BOUNCE)] == [204, 204]
    assert [fact.event_id for fact in desk.facts()] == ["sendgrid:E1"]


@pytest.mark.parametrize("body", ["{}", "7", "[", ""])
def test_a_signed_body_that_is_no_list_is_refused(desk: Desk, body: str) -> None:
    assert desk.post.events(body) == 422


def test_a_batch_that_is_too_long_is_refused_unread(desk: Desk) -> None:
    assert desk.post.events(" " * (LONGEST_BATCH_BYTES + 1)) == 413


@pytest.mark.parametrize("by_mail", [True, False])
def test_nothing_personal_is_stored_or_logged(desk: Desk, by_mail: bool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "web"):
        desk.send("bounce" if by_mail else "30006", by_mail=by_mail)
    stored = json.dumps([fact.payload for fact in desk.facts()]) + str([fact.event_id for fact in desk.facts()])
    assert len(desk.facts()) >= 2
    assert not any(word in stored + caplog.text for word in PERSONAL)


def test_an_event_keeps_the_senders_instant_when_it_can_be_read() -> None:
    assert fact_of_sendgrid(BOUNCE | {"timestamp": 1_800_000_000}, NOW).at == datetime(2027, 1, 15, 8, tzinfo=UTC)
    for unreadable in (None, "soon", 10**30, float("inf"), []):
        assert fact_of_sendgrid(BOUNCE | {"timestamp": unreadable}, NOW).at == NOW


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = ["event", "reason", "status", "type", "timestamp", "email", "reference", "sg_message_id", "sg_event_id"]


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING) | ANYTHING)
def test_whatever_an_event_is_it_is_a_fact_or_refused_with_a_sentence(event: Any) -> None:
    with suppress(InvalidInput):
        fact = fact_of_sendgrid(event, NOW)
        assert fact.event_id == f"sendgrid:{event['sg_event_id']}"
        assert fact.report is not None


@pytest.mark.parametrize("told", ["S 1", "S\t1", "Sé", "S" * 201])
def test_an_id_that_must_not_stand_in_a_log_is_refused_by_the_senders_name_of_the_field(told: str) -> None:
    report = replace(of_twilio_message({"MessageSid": "SM1", "MessageStatus": "sent"}), provider_id=told)
    for form, name in (({"To": PHONE}, "MessageSid"), ({"To": PHONE, "CallSid": told}, "CallSid")):
        with pytest.raises(InvalidInput) as caught:
            fact_of_twilio(report, "R", form, NOW)
        assert (caught.value.field, told in str(caught.value)) == (name, False)
    with pytest.raises(InvalidInput) as caught:
        fact_of_sendgrid({"sg_event_id": told, "sg_message_id": "M1", "event": "open"}, NOW)
    assert caught.value.field == "sg_event_id"
