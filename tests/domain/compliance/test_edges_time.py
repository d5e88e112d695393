"""Consents to calls, agreed hours, closed days: what holds at their first and last instant."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from domain.compliance.consents import next_consented_day
from domain.compliance.deadlines import free_after_reply_time
from domain.compliance.facts import Consent
from domain.compliance.frequency import ContactCap
from domain.compliance.timing import ClosedDays, agreement
from domain.compliance.verdict import Effect
from domain.errors import InvalidInput
from tests.domain.compliance.acts import PROFILES, act, ask, calls, fired, inbound, past

TODAY = calls(*[3] * 7, hour=13)
ASKED = {"type": "call_back", "debt_ids": ["D1"]}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("consent", "given", "decision"),
    [
        pytest.param({"utc": "2026-05-28T16:00:00Z"}, {}, "allow", id="the seventh day after asking"),
        pytest.param({"utc": "2026-05-27T16:00:00Z"}, {}, "defer", id="the eighth"),
        pytest.param({"utc": "2026-06-03T16:00:00Z"}, {}, "allow", id="asked at this very instant"),
        pytest.param({"utc": "2026-06-03T16:00:01Z"}, {}, "defer", id="asks later"),
        pytest.param(
            {"utc": "2026-06-01T16:00:00Z", "debt_ids": ["D2"]}, {}, "defer", id="asked to be called about another debt"
        ),
        pytest.param(
            {"utc": "2026-06-01T16:00:00Z", "debt_ids": ["D2"]},
            {"debt_groups": {"D1": "A", "D2": "A"}},
            "allow",
            id="about another debt of the same account",
        ),
        pytest.param(
            {"utc": "2026-06-01T16:00:00Z"},
            {"debt_ids": ["D1", "D2"], "debt_groups": {"D1": "A", "D2": "B"}},
            "defer",
            id="about one of two debts",
        ),
    ],
)
def test_a_call_that_the_person_asked_for_is_outside_the_count(
    consent: dict[str, Any], given: dict[str, Any], decision: str
) -> None:
    debts = given.get("debt_ids", ["D1"])
    history = [each | {"debt_ids": debts} for each in TODAY]
    assert ask(act("US", history=history, consents=[ASKED | consent], **given)).decision == decision


def test_a_consent_given_in_a_conversation_is_not_used_up_by_it() -> None:
    talk = past("2026-06-01T16:00:00Z", outcome="conversation")
    given = [ASKED | {"utc": "2026-06-01T16:00:00Z"}]
    assert ask(act("US", history=[talk], consents=given)).decision == "allow"
    again = past("2026-06-01T16:00:01Z", outcome="conversation")
    assert ask(act("US", history=[talk, again], consents=given)).decision == "defer"


def test_the_conversation_that_was_asked_for_is_itself_outside_the_count() -> None:
    history = [*calls(1, 1, 1, 2, 2, 2, hour=13), past("2026-06-03T14:00:00Z", outcome="conversation")]
    assert "US-FREQ-1" in fired(ask(act("US", history=history)))
    verdict = ask(act("US", history=history, consents=[ASKED | {"utc": "2026-06-02T16:00:00Z"}]))
    assert fired(verdict) & {"US-FREQ-1", "US-FREQ-2"} == {"US-FREQ-2"}


@pytest.mark.parametrize(
    ("at", "day"),
    [("2026-06-04T03:59:59", "2026-06-04T04:00:00"), ("2026-06-04T04:00:00", None), ("2026-06-04T12:00:00", None)],
)
def test_the_next_day_that_the_person_named_is_never_the_one_that_has_begun(at: str, day: str | None) -> None:
    named = act("US", consents=[ASKED | {"utc": "2026-06-02T16:00:00Z", "on_date": "2026-06-04"}])
    assert next_consented_day(named, "call_back", utc(at)) == (utc(day) if day else None)


HOURS = {"type": "quiet_hours_agreement", "utc": "2026-05-01T02:00:00Z"}
SHANGHAI, TOKYO = {"tz": "Asia/Shanghai"}, {"tz": "Asia/Tokyo"}


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        pytest.param({"from": "22:00", "to": "23:00"}, "2026-06-02T14:30:00", None, id="in the zones of the person"),
        pytest.param(SHANGHAI | {"from": "22:00", "to": "06:00"}, "2026-06-02T14:00:00", None, id="over midnight"),
        pytest.param(SHANGHAI | {"from": "22:00", "to": "06:00"}, "2026-06-02T21:59:59", None, id="its last second"),
        pytest.param(
            SHANGHAI | {"from": "22:00", "to": "06:00"}, "2026-06-02T22:00:00", "2026-06-03T00:00:00", id="its end"
        ),
        pytest.param(TOKYO | {"from": "23:30", "to": "23:59"}, "2026-06-02T14:30:00", None, id="another zone's hours"),
        pytest.param(
            SHANGHAI | {"from": "06:00", "to": "07:00"},
            "2026-06-02T21:00:00",
            "2026-06-02T22:00:00",
            id="to the agreed opening",
        ),
        pytest.param(
            TOKYO | {"from": "06:00", "to": "07:00"},
            "2026-06-02T20:00:00",
            "2026-06-02T21:00:00",
            id="to the opening in the agreement's own zone",
        ),
        pytest.param(
            {"from": "06:00", "to": "07:00"}, "2026-06-02T21:00:00", "2026-06-02T22:00:00", id="to it without a zone"
        ),
        pytest.param({}, "2026-06-02T19:00:00", None, id="at any hour when it names none"),
        pytest.param(SHANGHAI | {"from": "00:00", "to": "24:00"}, "2026-06-02T19:00:00", None, id="the whole day"),
        pytest.param(
            SHANGHAI | {"from": "22:00", "to": "22:00"},
            "2026-06-02T19:00:00",
            "2026-06-03T00:00:00",
            id="an hour that ends as it begins is none",
        ),
        pytest.param(
            SHANGHAI | {"to": "02:00"}, "2026-06-02T17:59:59", None, id="from midnight when it has an end only"
        ),
        pytest.param(
            SHANGHAI | {"to": "02:00"},
            "2026-06-02T18:00:00",
            "2026-06-03T00:00:00",
            id="and no longer than to that end",
        ),
        pytest.param(
            SHANGHAI | {"to": "02:00"},
            "2026-06-02T15:00:00",
            "2026-06-02T16:00:00",
            id="to midnight when it has an end only",
        ),
    ],
)
def test_agreed_hours_hold_where_and_as_long_as_they_say(hours: dict[str, Any], at: str, until: str | None) -> None:
    verdict = ask(act("CN", at=f"{at}Z", consents=[HOURS | hours]))
    assert (verdict.decision, verdict.until) == (("defer", utc(until)) if until else ("allow", None))


HOME = {"tz": "Asia/Jakarta", "basis": "address"}
EAST = {"tz": "Asia/Jayapura", "basis": "mobile_area_code"}


@pytest.mark.parametrize(
    ("zones", "by_address", "at", "until"),
    [
        pytest.param([HOME], True, "2026-06-06T16:59:59", None, id="Saturday night at home"),
        pytest.param([HOME], True, "2026-06-06T17:00:00", "2026-06-07T17:00:00", id="Sunday has begun there"),
        pytest.param([HOME, EAST], True, "2026-06-06T15:00:00", None, id="Sunday only where the telephone is from"),
        pytest.param([EAST, HOME], True, "2026-06-07T15:30:00", "2026-06-07T17:00:00", id="still Sunday at home"),
        pytest.param([EAST], True, "2026-06-06T15:00:00", "2026-06-07T15:00:00", id="no address is known"),
        pytest.param([HOME, EAST], False, "2026-06-06T15:00:00", "2026-06-07T15:00:00", id="every zone counts"),
    ],
)
def test_a_closed_day_is_that_of_the_address_where_the_rule_says_so(
    zones: list[dict[str, Any]], by_address: bool, at: str, until: str | None
) -> None:
    rule = next(each for each in PROFILES["ID"].rules if each.id == "ID-TIME-2")
    assert isinstance(rule.terms, ClosedDays)
    answer = replace(rule.terms, by_address=by_address).next_allowed(rule, act("ID", zones=zones), utc(at))
    assert (answer.until if answer else None) == (utc(until) if until else None)


def test_a_message_written_as_the_named_time_begins_earns_its_reply() -> None:
    wishes = [{"tz": "America/New_York", "days": [3], "from": "11:00", "to": "13:00"}]
    first = inbound("2026-06-03T15:00:00Z", channel="email")
    asked = act("US", channel="email", purpose="reply", inconvenient=wishes, history=[first])
    assert ask(asked).decision == "allow"


TUESDAY = {"tz": "America/New_York", "days": [2], "from": "09:00", "to": "09:00"}


@pytest.mark.parametrize(
    ("days", "at", "until"),
    [
        pytest.param([2], "2026-06-02T12:59:59", None, id="before it begins"),
        pytest.param([2], "2026-06-02T13:00:00", "2026-06-03T13:00:00", id="its first second"),
        pytest.param([2], "2026-06-03T12:59:59", "2026-06-03T13:00:00", id="its last second, on the next day"),
        pytest.param([2], "2026-06-03T13:00:00", None, id="its end"),
        pytest.param([2, 3], "2026-06-03T13:00:00", "2026-06-04T13:00:00", id="the next one begins as it ends"),
    ],
)
def test_a_named_time_that_ends_at_the_hour_it_began_lasts_a_day(days: list[int], at: str, until: str | None) -> None:
    rule = next(each for each in PROFILES["US"].rules if each.id == "US-TIME-3")
    answer = rule.terms.next_allowed(rule, act("US", inconvenient=[TUESDAY | {"days": days}]), utc(at))
    assert (answer.until if answer else None) == (utc(until) if until else None)


@pytest.mark.parametrize(("most", "days"), [(0, 7), (7, 0), (-1, 7)])
def test_a_cap_that_lets_nothing_pass_says_what_it_needs(most: int, days: int) -> None:
    with pytest.raises(InvalidInput, match=r"^a cap needs most and days of 1 or more$"):
        ContactCap(most=most, days=days)
    assert ContactCap(most=1, days=1).most == 1


def test_a_reply_to_a_letter_gives_no_more_days_unless_the_rule_says_so() -> None:
    letter, reply = date(2026, 6, 1), date(2026, 7, 1)
    assert free_after_reply_time(letter, days=30, reply_on=reply) == date(2026, 7, 2)
    assert free_after_reply_time(letter, days=30, reply_on=reply, more_days=30) == date(2026, 8, 1)


@pytest.mark.parametrize(
    ("code", "given", "rules"),
    [
        ("US", {}, {"US-TIME-3"}),
        ("US", {"purpose": "reply"}, {"US-TIME-3", "US-TIME-4"}),
        ("US", {"channel": "push"}, {"US-TIME-3", "US-TIME-4"}),
        ("UK", {"purpose": "reply"}, {"UK-TIME-2"}),
    ],
)
def test_at_a_named_time_only_what_is_of_his_own_is_reported_under_the_rule_of_replies(
    code: str, given: dict[str, Any], rules: set[str]
) -> None:
    noon = [{"tz": "Europe/London" if code == "UK" else "America/New_York", "from": "11:00", "to": "13:00"}]
    assert fired(ask(act(code, **({"channel": "email", "inconvenient": noon} | given)))) == rules


@pytest.mark.parametrize(("at", "covered"), [("2026-06-02T14:00:00", True), ("2026-06-02T13:59:59", False)])
def test_agreed_hours_without_an_end_go_to_midnight(at: str, covered: bool) -> None:
    agreed = Consent(type="quiet_hours_agreement", at=utc("2026-05-01T00:00:00"), start=time(22))
    asked = replace(act("CN"), consents=(agreed,))
    assert (agreement(asked, "quiet_hours_agreement", utc(at)) is agreed) is covered
    assert agreement(asked, "quiet_hours_agreement", utc("2026-06-02T16:00:00")) is None, "midnight"


def test_zones_without_a_common_hour_are_denied_by_the_rule_of_hours_itself() -> None:
    apart = ["America/New_York", "Asia/Shanghai", "Europe/London", "Pacific/Auckland"]
    [hours] = [each for each in ask(act("US", channel="sms", zones=apart)).fired if "TIME" in each.rule]
    assert (hours.effect, hours.until) == (Effect.DENY, None)
