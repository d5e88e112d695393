"""A no, its confirmation and a number to text: what is decided at the very edge of each condition."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.compliance.facts import Content, PastContact
from domain.compliance.optout import OptOut
from domain.compliance.profile import Rule
from domain.compliance.verdict import Fired
from domain.compliance.vocabulary import Medium, Purpose
from domain.compliance.wishes import WishWords
from tests.domain.compliance.acts import PROFILES, act, ask, denied, fired, inbound, past

CONFIRM: dict[str, Any] = {"channel": "sms", "purpose": "optout_confirmation"}
STOP = inbound("2026-06-03T15:58:00Z", "STOP")


def rule_of(rule_id: str, kind: str) -> Rule:
    found = [each for each in PROFILES["US"].rules if each.id == rule_id and type(each.terms).__name__ == kind]
    return found[0]


@pytest.mark.parametrize(
    ("history", "rule", "fires"),
    [
        pytest.param([STOP], "US-MEDIA-2", False, id="the first confirmation"),
        pytest.param(
            [STOP, past("2026-06-03T15:58:00Z", "sms", "sent")], "US-MEDIA-2", True, id="confirmed in the same second"
        ),
        pytest.param(
            [STOP, past("2026-06-03T16:00:00Z", "sms", "sent")], "US-MEDIA-2", True, id="confirmed at this very instant"
        ),
        pytest.param(
            [past("2026-06-03T15:57:59Z", "sms", "sent"), STOP], "US-MEDIA-2", False, id="what went before is none"
        ),
        pytest.param(
            [STOP, past("2026-06-03T15:59:00Z", "email", "sent")], "US-MEDIA-2", False, id="an e-mail is none of a text"
        ),
        pytest.param(
            [
                inbound("2026-06-03T15:50:00Z", "STOP"),
                inbound("2026-06-03T15:59:00Z", "did you get my text?", channel="email"),
            ],
            "US-TCPA-2",
            True,
            id="an e-mail does not renew the five minutes of a text",
        ),
        pytest.param(
            [inbound("2026-06-03T15:55:00Z", "STOP")], "US-TCPA-2", False, id="the fifth minute is still in time"
        ),
    ],
)
def test_a_no_is_confirmed_once_and_soon_by_the_medium_it_came_by(
    history: list[dict[str, Any]], rule: str, fires: bool
) -> None:
    assert (rule in fired(ask(act("US", **CONFIRM, history=history)))) is fires


@pytest.mark.parametrize(
    ("content", "forbidden"),
    [
        pytest.param(Content(text="You are opted out."), False, id="nothing else in it"),
        pytest.param(Content(text="You are opted out. You still owe us."), True, id="a word about the debt"),
        pytest.param(Content(text="You are opted out of $5 alerts."), True, id="a mark alone"),
        pytest.param(Content(text="You are opted out.", readings=("you owe us",)), True, id="what a reading shows"),
    ],
)
def test_a_confirmation_says_nothing_else_in_any_reading(content: Content, forbidden: bool) -> None:
    asked = replace(act("US", **CONFIRM, history=[STOP]), content=content)
    assert ("US-MEDIA-2" in fired(ask(asked))) is forbidden


REACHING = OptOut(
    words=WishWords(keywords=frozenset({"stop"})),
    reaches=frozenset({Medium.SMS, Medium.AI_CALL}),
    reaches_from=date(2027, 1, 31),
)


@pytest.mark.parametrize(
    ("terms", "channel", "at", "reached"),
    [
        pytest.param(REACHING, "ai_call", "2027-01-31T16:00:00Z", True, id="from that day a no to a text closes calls"),
        pytest.param(REACHING, "ai_call", "2027-01-30T16:00:00Z", False, id="the day before it does not"),
        pytest.param(REACHING, "email", "2027-02-01T16:00:00Z", False, id="a medium outside stays open"),
        pytest.param(
            replace(REACHING, reaches_from=None), "ai_call", "2027-02-01T16:00:00Z", False, id="without a day, never"
        ),
    ],
)
def test_a_no_reaches_the_media_that_the_rule_joins_and_from_its_day(
    terms: OptOut, channel: str, at: str, reached: bool
) -> None:
    rule = replace(rule_of("US-TCPA-2", "OptOut"), terms=terms)
    asked = act("US", channel=channel, at=at, history=[inbound("2026-06-01T15:00:00Z", "STOP")])
    assert (terms.evaluate(rule, asked) is not None) is reached


def test_an_opt_out_is_denied_by_its_own_rule_and_no_other() -> None:
    rule = rule_of("US-TCPA-2", "OptOut")
    answer = rule.terms.evaluate(rule, act("US", channel="sms", history=[inbound("2026-06-01T15:00:00Z", "STOP")]))
    assert isinstance(answer, tuple)
    assert [each.rule for each in answer if isinstance(each, Fired)] == ["US-TCPA-2"]


TEXTED = {"type": "mobile", "procedure": "consumer_text"}
AGREED = {"type": "tcpa_express", "given_to": "collector"}


@pytest.mark.parametrize(
    ("address", "consents", "at", "zone", "stale"),
    [
        pytest.param({"last_inbound_text": "2026-06-03"}, [], "2026-06-03T16:00:00Z", "New_York", False, id="today"),
        pytest.param({}, [], "2026-06-03T16:00:00Z", "New_York", True, id="never"),
        pytest.param(
            {"procedure": "direct_consent"}, [], "2026-06-03T16:00:00Z", "New_York", False, id="never, but consented to"
        ),
        pytest.param(
            {"procedure": "direct_consent", "reassigned_check": "2026-01-01"},
            [],
            "2026-06-03T16:00:00Z",
            "New_York",
            True,
            id="long ago, though consented to",
        ),
        pytest.param(
            {"last_inbound_text": "2026-01-01", "reassigned_check": "2026-06-01"},
            [],
            "2026-06-03T16:00:00Z",
            "New_York",
            False,
            id="a check renews",
        ),
        pytest.param(
            {"last_inbound_text": "2026-01-01"},
            [AGREED | {"utc": "2026-05-01T16:00:00Z"}],
            "2026-06-03T16:00:00Z",
            "New_York",
            False,
            id="a consent renews",
        ),
        pytest.param(
            {"last_inbound_text": "2026-01-01"},
            [AGREED | {"utc": "2026-05-01T16:00:00Z", "given_to": "creditor"}],
            "2026-06-03T16:00:00Z",
            "New_York",
            True,
            id="a consent given to the creditor does not",
        ),
        pytest.param(
            {"last_inbound_text": "2026-01-01"},
            [AGREED | {"utc": "2026-05-01T16:00:00Z", "type": "call_back"}],
            "2026-06-03T16:00:00Z",
            "New_York",
            True,
            id="a consent to something else does not",
        ),
        pytest.param(
            {"last_inbound_text": "2026-01-01"},
            [AGREED | {"utc": "2026-06-03T16:00:01Z"}],
            "2026-06-03T16:00:00Z",
            "New_York",
            True,
            id="a consent that comes later does not",
        ),
        pytest.param(
            {},
            [AGREED | {"utc": "2026-04-04T05:00:00Z"}],
            "2026-06-03T16:00:00Z",
            "New_York",
            False,
            id="a consent of the sixtieth local day before",
        ),
        pytest.param(
            {},
            [AGREED | {"utc": "2026-04-04T03:00:00Z"}],
            "2026-06-03T16:00:00Z",
            "New_York",
            True,
            id="a consent of the evening before that, whatever the date in UTC",
        ),
        pytest.param(
            {"last_inbound_text": "2026-06-04"},
            [],
            "2026-06-03T22:30:00Z",
            "Guam",
            False,
            id="today where it is tomorrow already",
        ),
        pytest.param(
            {"last_inbound_text": "2026-06-05"}, [], "2026-06-03T16:00:00Z", "New_York", True, id="a date to come"
        ),
    ],
)
def test_a_number_to_text_was_confirmed_within_sixty_local_days(
    address: dict[str, Any], consents: list[dict[str, Any]], at: str, zone: str, stale: bool
) -> None:
    area = "Pacific" if zone == "Guam" else "America"
    asked = act("US", channel="sms", at=at, zones=[f"{area}/{zone}"], address=TEXTED | address, consents=consents)
    assert ("US-SMS-1" in fired(ask(asked))) is stale


def test_the_history_of_an_instant_is_in_order_and_includes_it() -> None:
    early, now, late = told(1), told(5), told(9)
    assert act("US").before(now.at) == ()
    assert replace(act("US"), history=(late, now, early)).before(now.at) == (early, now)


def told(minute: int, *, by: Medium = Medium.EMAIL, inward: bool = True) -> PastContact:
    return PastContact(
        at=datetime(2026, 6, 3, 15, minute, tzinfo=UTC),
        channel=by,
        outcome="received" if inward else "sent",
        inbound=inward,
    )


@pytest.mark.parametrize(
    ("history", "since", "waiting"),
    [
        pytest.param([told(1), told(2), told(3, inward=False)], None, 1, id="one reply answers one message"),
        pytest.param([told(1, inward=False), told(2)], None, 1, id="a reply cannot come first"),
        pytest.param([told(1), told(2, by=Medium.SMS, inward=False)], None, 1, id="another medium is no reply"),
        pytest.param([told(1, by=Medium.SMS), told(2)], None, 1, id="another medium before it hides nothing"),
        pytest.param([told(1), told(5)], 5, 1, id="what came before is past over, what came at the instant counts"),
        pytest.param([told(5)], 6, 0, id="all of it before"),
    ],
)
def test_each_message_of_the_person_earns_one_reply_by_its_medium(
    history: list[PastContact], since: int | None, waiting: int
) -> None:
    asked = replace(act("US", channel="email"), purpose=Purpose.REPLY, history=tuple(history))
    begins = None if since is None else datetime(2026, 6, 3, 15, since, tzinfo=UTC)
    assert asked.unanswered(asked.at, begins) == waiting


NOTICED = {
    "type": "public_email",
    "procedure": "creditor_notice",
    "notice_sent": "2026-04-01",
    "optout_by": "2026-06-03",
}


@pytest.mark.parametrize(
    ("address", "at", "decision"),
    [
        pytest.param(NOTICED, "2026-06-04T03:59:59Z", "defer", id="the last day to opt out"),
        pytest.param(NOTICED, "2026-06-04T12:00:00Z", "allow", id="the day after"),
        pytest.param(NOTICED | {"optout_by": None}, "2026-06-04T12:00:00Z", "deny", id="no day to opt out is known"),
        pytest.param(NOTICED | {"notice_sent": None}, "2026-06-04T12:00:00Z", "deny", id="no day of sending is known"),
        pytest.param(
            NOTICED | {"procedure": "consumer_used", "optout_by": "2026-07-01"},
            "2026-06-04T12:00:00Z",
            "allow",
            id="the consumer used it himself",
        ),
    ],
)
def test_an_address_of_the_creditor_is_free_after_its_notice(address: dict[str, Any], at: str, decision: str) -> None:
    assert ask(act("US", channel="email", at=at, address=address)).decision == decision


@pytest.mark.parametrize(
    ("at", "until"), [(datetime(2026, 6, 4, 3, 59, 59, tzinfo=UTC), True), (datetime(2026, 6, 4, 4, tzinfo=UTC), False)]
)
def test_the_time_to_opt_out_ends_with_its_last_local_day(at: datetime, until: bool) -> None:
    rule = rule_of("US-EMAIL-1", "NoticedAddress")
    answer = rule.terms.next_allowed(rule, act("US", channel="email", address=NOTICED), at)
    assert (answer.until if answer else None) == (datetime(2026, 6, 4, 4, tzinfo=UTC) if until else None)


ROBOT: dict[str, Any] = {"channel": "ai_call", "address": {"type": "mobile"}}
EXPRESS = {"type": "tcpa_express", "utc": "2026-05-01T15:00:00Z"}


@pytest.mark.parametrize(
    ("consents", "denials"),
    [
        pytest.param([], ["US-TCPA-1"], id="never given"),
        pytest.param([EXPRESS], [], id="given"),
        pytest.param([EXPRESS | {"debt_ids": ["D1"]}], [], id="given for this debt"),
        pytest.param([EXPRESS | {"debt_ids": ["D2"]}], ["US-TCPA-1"], id="given for another debt"),
        pytest.param([EXPRESS | {"utc": "2026-06-04T15:00:00Z"}], ["US-TCPA-1"], id="given later"),
        pytest.param(
            [EXPRESS | {"type": "call_back", "revoked_utc": "2026-05-02T15:00:00Z"}],
            ["US-TCPA-1"],
            id="something else was revoked",
        ),
        pytest.param(
            [EXPRESS | {"revoked_utc": "2026-06-03T16:00:00Z"}],
            ["US-TCPA-1", "US-TCPA-2"],
            id="revoked at this instant",
        ),
        pytest.param([EXPRESS | {"revoked_utc": "2026-06-03T16:00:01Z"}], [], id="revoked later"),
        pytest.param([EXPRESS | {"utc": "2026-06-03T16:00:00Z"}], [], id="given at this instant"),
    ],
)
def test_a_machine_calls_with_a_consent_that_stands_and_covers_the_debt(
    consents: list[dict[str, Any]], denials: list[str]
) -> None:
    assert denied(ask(act("US", **ROBOT, consents=consents))) == denials
