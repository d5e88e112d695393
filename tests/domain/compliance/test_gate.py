"""The gate: DENY over DEFER over ALLOW, the least fixed point, the rule that is reported, who is bound and when."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from domain.calendar import Window, at_local, local_date, start_of_day
from domain.compliance.facts import Act, CandidateZone, PastContact
from domain.compliance.flags import Flags
from domain.compliance.frequency import ContactCap
from domain.compliance.gate import check
from domain.compliance.profile import Profile
from domain.compliance.timing import ClosedDays, Hours
from domain.compliance.verdict import Effect, Precedence, Verdict
from domain.compliance.vocabulary import NOT_TIME_TESTED, Medium, Purpose, Role
from domain.errors import InvalidInput
from tests.domain.compliance.acts import PROFILES, TZDATA, act, ask, calls, denied, fired, inbound, past

US = PROFILES["US"]
NY, LA, GUAM, LONDON, SHANGHAI = (
    "America/New_York",
    "America/Los_Angeles",
    "Pacific/Guam",
    "Europe/London",
    "Asia/Shanghai",
)
ZONE_OF = {"US": NY, "CN": SHANGHAI, "UK": LONDON}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def live(
    now: datetime,
    *zones: str,
    profile: Profile | None = US,
    channel: Medium = Medium.SMS,
    opted_out: bool = False,
    contacts: tuple[PastContact, ...] = (),
) -> Verdict:
    """A message of ours, as the wallet asks about it: a creditor, with the house's own rules."""
    asked = Act(
        jurisdiction=profile.jurisdiction if profile else "US-TX",
        role=Role.CREDITOR,
        at=now,
        channel=channel,
        zones=tuple(CandidateZone(name=name) for name in zones),
        flags=Flags(opted_out=(channel.value,) if opted_out else ()),
        history=contacts,
    )
    return check(asked, profile, tzdata=TZDATA)


def sent(*days: str, hour: int = 17, channel: Medium = Medium.SMS) -> tuple[PastContact, ...]:
    return tuple(PastContact(at=utc(f"{day} {hour:02}:00"), channel=channel, outcome="sent") for day in days)


def only(profile: Profile, *rules: str) -> Profile:
    """The profile with these of its rules and no others."""
    return replace(profile, rules=tuple(rule for rule in profile.rules if rule.id in rules))


HOURS = [
    # 12 CFR 1006.6(b)(1)(i): not before 08:00, not from 21:00; half-open.
    ("US", "2026-06-03 11:59:59", NY, "2026-06-03 12:00"),
    ("US", "2026-06-03 12:00:00", NY, None),
    ("US", "2026-06-03 00:59:59", NY, None),
    ("US", "2026-06-03 01:00:00", NY, "2026-06-03 12:00"),
    ("US", "2026-06-03 04:30:00", NY, "2026-06-03 12:00"),  # after midnight: the same date
    ("US", "2026-03-08 05:30:00", NY, "2026-03-08 12:00"),  # the night the clock goes forward
    ("US", "2026-11-01 05:30:00", NY, "2026-11-01 13:00"),  # the night it goes back, first 01:30
    ("US", "2026-11-01 06:30:00", NY, "2026-11-01 13:00"),  # and second 01:30
    ("US", "2026-07-01 14:59:59", "America/Phoenix", "2026-07-01 15:00"),
    ("US", "2026-07-01 17:59:59", "Pacific/Honolulu", "2026-07-01 18:00"),
    ("US", "2026-12-31 23:00:00", "America/Puerto_Rico", None),
    # GB/T 45251-2025: 22:00 to 08:00 Beijing time is closed, Xinjiang too.
    ("CN", "2026-06-02 13:59:59", SHANGHAI, None),
    ("CN", "2026-06-02 14:00:00", SHANGHAI, "2026-06-03 00:00"),
    ("CN", "2026-06-03 00:00:00", "Asia/Urumqi", None),
    # FCA MCOB 13.5.4G by analogy, over both clock changes of 2026.
    ("UK", "2026-06-01 20:00:00", LONDON, "2026-06-02 07:00"),
    ("UK", "2026-03-28 22:00:00", LONDON, "2026-03-29 07:00"),
    ("UK", "2026-10-24 21:00:00", LONDON, "2026-10-25 08:00"),
]


@pytest.mark.parametrize(("code", "now", "zone_name", "until"), HOURS)
@pytest.mark.parametrize("channel", [Medium.SMS, Medium.EMAIL])
def test_the_hours_of_each_law_hold_to_the_second(
    code: str, now: str, zone_name: str, until: str | None, channel: Medium
) -> None:
    verdict = live(utc(now), zone_name, profile=PROFILES[code], channel=channel)
    if until is None:
        assert (verdict.decision, verdict.until, verdict.fired) == ("allow", None, ())
    else:
        assert (verdict.decision, verdict.until, verdict.decided_by) == ("defer", utc(until), f"{code}-TIME-1")
        assert verdict.fired[0].citation


SEVERAL_ZONES = [
    # Comment 6(b)(1)(i)-2: convenient in all indicated zones.
    ("2026-06-03 14:59:59", (NY, LA), "2026-06-03 15:00"),
    ("2026-06-03 15:00:00", (NY, LA), None),
    ("2026-06-04 01:00:00", (NY, LA), "2026-06-04 15:00"),
    ("2026-07-01 21:00:00", (NY, GUAM), "2026-07-01 22:00"),
    ("2026-07-02 01:00:00", (NY, GUAM), "2026-07-02 22:00"),
    # The weeks in which only one side of the Atlantic has changed its clocks.
    ("2026-03-10 21:00:00", (NY, LONDON), "2026-03-11 12:00"),
    ("2026-04-10 20:30:00", (NY, LONDON), "2026-04-11 12:00"),
]


@pytest.mark.parametrize(("now", "zones", "until"), SEVERAL_ZONES)
def test_a_person_of_several_zones_is_contacted_only_when_all_allow_it(
    now: str, zones: tuple[str, ...], until: str | None
) -> None:
    for order in (zones, zones[::-1]):
        verdict = live(utc(now), *order)
        assert verdict.until == (utc(until) if until else None)
        assert verdict.decided_by == ("US-TIME-2" if until else "")
    assert live(utc("2026-06-03 03:00"), NY, NY).decided_by == "US-TIME-1", "one zone named twice is one"


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-07-01 12:00", "2026-07-01 18:00"),
        ("2026-07-02 01:00", "2026-07-02 18:00"),
        ("2026-07-02 00:59", None),
        ("2026-12-02 01:59", None),
        ("2026-12-02 02:00", "2026-12-02 18:00"),
    ],
)
def test_a_person_of_whom_no_zone_is_known_may_be_in_any_of_the_country(now: str, until: str | None) -> None:
    verdict = live(utc(now))
    assert (verdict.until, verdict.decided_by) == ((utc(until), "US-TIME-2") if until else (None, ""))


def test_without_zones_of_the_country_an_unknown_place_is_denied() -> None:
    verdict = live(utc("2026-06-03 15:00"), profile=replace(US, zones=()))
    assert (verdict.decision, verdict.decided_by, verdict.reason) == ("deny", "NO-LOCATION", "location_unknown")
    (fired,) = verdict.fired
    assert (fired.rule, fired.effect, fired.precedence) == ("NO-LOCATION", Effect.DENY, Precedence.STAY)
    assert "find out where he is" in verdict.why
    assert verdict.profile.startswith("US@")


def test_zones_that_share_no_hour_are_denied_and_not_put_off() -> None:
    profile = only(US, "US-TIME-1")
    hours = replace(profile.rules[0], terms=Hours(window=Window(start=time(9), end=time(12))))
    verdict = live(utc("2026-06-03 15:00"), LONDON, SHANGHAI, profile=replace(profile, rules=(hours,)))
    assert (verdict.decision, verdict.until, verdict.reason) == ("deny", None, "no_common_window")
    assert [fired.rule for fired in verdict.fired] == ["US-TIME-1"]
    assert verdict.fired[0].why.startswith("no common window: outside 09:00-12:00")


def test_a_deferral_beyond_the_horizon_is_a_denial() -> None:
    profile = only(US, "HOUSE-CAP-1")
    cap = replace(profile.rules[0], terms=ContactCap(most=3, days=130, counted=frozenset({Medium.SMS})))
    verdict = live(
        utc("2026-06-03 15:00"), NY, profile=replace(profile, rules=(cap,)), contacts=sent(*["2026-06-03"] * 3)
    )
    assert (verdict.decision, verdict.decided_by, verdict.reason) == ("deny", "HOUSE-CAP-1", "no_common_window")


def test_days_that_are_all_closed_leave_no_common_window() -> None:
    closed = replace(only(US, "US-TIME-3").rules[0], terms=ClosedDays(weekdays=frozenset(range(1, 8))))
    verdict = live(utc("2026-06-03 15:00"), NY, profile=replace(US, rules=(closed,)))
    assert (verdict.decision, verdict.reason) == ("deny", "no_common_window")


@pytest.mark.parametrize("zones", [(), (NY,)])
def test_a_jurisdiction_without_a_profile_is_denied(zones: tuple[str, ...]) -> None:
    verdict = live(utc("2026-06-03 15:00"), *zones, profile=None)
    assert (verdict.decision, verdict.decided_by) == ("deny", "UNKNOWN-JURISDICTION")
    (fired,) = verdict.fired
    assert (fired.rule, fired.effect, fired.code) == ("UNKNOWN-JURISDICTION", Effect.DENY, "")
    assert "add it to config/jurisdictions" in verdict.why


def test_a_zone_that_is_none_is_an_error_and_not_a_permission() -> None:
    with pytest.raises(InvalidInput):
        live(utc("2026-06-03 15:00"), "Mars/Base")


@pytest.mark.parametrize(
    ("code", "rule"),
    [("US", "US-MEDIA-1"), ("CN", "CN-OPT-1"), ("UK", "UK-TIME-2"), ("EU", "HOUSE-OPT-1"), ("ID", "HOUSE-OPT-1")],
)
@pytest.mark.parametrize("now", ["2026-06-03 11:00", "2026-06-03 03:00"])
def test_an_opt_out_denies_everywhere_and_at_every_hour(code: str, rule: str, now: str) -> None:
    verdict = live(utc(now), LONDON, profile=PROFILES[code], opted_out=True)
    assert (verdict.decision, verdict.decided_by) == ("deny", rule)


CAP = [
    # Three in seven calendar days, the day of a contact is day 1: D..D+6 is blocked, D+7 00:00 is free.
    (("2026-06-01", "2026-06-02"), "2026-06-03 15:00", None),
    (("2026-06-01", "2026-06-02", "2026-06-03"), "2026-06-03 18:00", "2026-06-08 12:00"),
    (("2026-06-01", "2026-06-02", "2026-06-03"), "2026-06-07 18:00", "2026-06-08 12:00"),
    (("2026-06-01", "2026-06-02", "2026-06-03"), "2026-06-08 12:00", None),  # not 168 hours after 17:00
    (("2026-06-01", "2026-06-01", "2026-06-01"), "2026-06-01 18:00", "2026-06-08 12:00"),
    (("2026-06-01", "2026-06-03", "2026-06-04", "2026-06-05"), "2026-06-05 15:00", "2026-06-10 12:00"),
    # Over the night of the clock change the week has 167 hours, and over the other 169.
    (("2026-03-04", "2026-03-04", "2026-03-04"), "2026-03-10 18:00", "2026-03-11 12:00"),
    (("2026-10-28", "2026-10-28", "2026-10-28"), "2026-11-03 18:00", "2026-11-04 13:00"),
    # Another account of the person lives on a clock that is ahead.
    (("2026-06-05", "2026-06-06", "2026-06-07"), "2026-06-03 15:00", "2026-06-12 12:00"),
    (("2026-06-01", "2026-06-02", "2026-06-07"), "2026-06-03 15:00", "2026-06-08 12:00"),
    (("2026-08-01", "2026-08-02", "2026-08-03"), "2026-06-03 15:00", None),  # no seven days hold them all
]


@pytest.mark.parametrize(("days", "now", "until"), CAP)
def test_the_cap_counts_calendar_days_and_the_hours_come_on_top(
    days: tuple[str, ...], now: str, until: str | None
) -> None:
    verdict = live(utc(now), NY, contacts=sent(*days))
    assert verdict.until == (utc(until) if until else None)
    if until:
        assert verdict.decided_by == "HOUSE-CAP-1", "a rule that moved the instant outranks the hours"


def test_a_day_is_the_person_s_day_and_the_strictest_of_his_zones_counts() -> None:
    late = sent("2026-06-02", "2026-06-02", "2026-06-02", hour=2)  # the evening of the 1st in New York
    now = utc("2026-06-07 18:00")
    assert live(now, NY, contacts=late).until == utc("2026-06-08 12:00")
    assert live(now, LONDON, profile=PROFILES["UK"], contacts=late).until == utc("2026-06-09 07:00")
    assert live(now, NY, LONDON, contacts=late).until == utc("2026-06-09 12:00")


def test_a_letter_is_not_counted_where_the_cap_counts_messages() -> None:
    letters = sent("2026-06-01", "2026-06-02", "2026-06-03", channel=Medium.LETTER)
    assert live(utc("2026-06-03 18:00"), NY, contacts=letters).decision == "allow"
    assert live(utc("2026-06-03 03:00"), NY, channel=Medium.LETTER).decision == "allow", "letters have no hours"


def test_at_night_and_over_the_cap_every_rule_that_fired_is_told() -> None:
    verdict = live(utc("2026-06-03 03:00"), NY, contacts=sent("2026-06-01", "2026-06-01", "2026-06-01"))
    assert fired(verdict) == {"US-TIME-1", "HOUSE-CAP-1"}
    assert verdict.decided_by == "HOUSE-CAP-1"
    assert (verdict.tzdata, verdict.profile) == (TZDATA, f"US@{US.version}")


def test_a_cap_that_never_lets_anything_pass_is_refused() -> None:
    for most, days in ((0, 7), (3, 0)):
        with pytest.raises(InvalidInput):
            ContactCap(most=most, days=days)


STACKED = {
    "flags": {
        "bankrupt": {"stage": "stay"},
        "deceased": True,
        "cease": {"received_utc": "2026-06-01T15:00:00Z"},
        "attorney": {"known": True},
        "dispute": {"received_utc": "2026-06-01T15:00:00Z", "in_writing": True},
        "opted_out": ["email"],
        "home_inconvenient": True,
        "known_at_home": True,
    },
    "channel": "email",
    "address": {"type": "work_email"},
}
ORDER = ["bankrupt", "deceased", "cease", "attorney", "dispute", "opted_out", "home_inconvenient"]
DECIDES = ["US-BK-1", "US-DECEASED-1", "US-CEASE-1", "US-ATTY-1", "US-DISP-1", "US-MEDIA-1", "US-EMAIL-2", "US-PLACE-1"]


def test_of_several_denials_the_one_that_ranks_first_is_reported() -> None:
    facts: dict[str, Any] = dict(STACKED["flags"])  # type: ignore[call-overload]
    for gone, rule in zip([None, *ORDER[:6]], DECIDES, strict=False):
        facts.pop(gone, None) if gone else None
        verdict = ask(act("US", channel="email", address=STACKED["address"], flags=facts))
        assert (verdict.decision, verdict.decided_by) == ("deny", rule)
    assert denied(ask(act("US", channel="email", flags=facts)))[0] == "US-PLACE-1"


def test_a_denial_outranks_a_deferral_and_both_are_told() -> None:
    verdict = ask(act("US", at="2026-06-03T03:00:00Z", flags={"deceased": True}))
    assert (verdict.decision, verdict.until, verdict.decided_by) == ("deny", None, "US-DECEASED-1")
    assert fired(verdict) == {"US-DECEASED-1", "US-TIME-1"}


def test_a_closed_day_outranks_the_hours_and_is_outranked_by_nothing_that_did_not_move() -> None:
    verdict = ask(act("ID", at="2026-08-15T13:00:00Z"))
    assert (verdict.until, verdict.decided_by) == (utc("2026-08-18 01:00"), "ID-TIME-2")


def test_a_moratorium_outranks_frequency_among_deferrals() -> None:
    space = {"type": "standard", "start": "2026-06-01", "days": 60}
    verdict = ask(act("UK", flags={"breathing_space": space, "debt_advice_hold": {"start": "2026-06-01"}}))
    assert (verdict.until, verdict.decided_by) == (utc("2026-07-31 07:00"), "UK-BS-1")


def test_a_rule_is_in_force_by_the_local_date_of_the_act() -> None:
    capped = {"role": "creditor", "history": calls(26, 27, 28, month=8), "zones": [NY]}
    before = act("US-NYC", at="2026-09-01T03:00:00Z", **capped)
    after = act("US-NYC", at="2026-09-01T14:00:00Z", **capped)
    assert "US-NYC-FREQ-1" not in fired(ask(before)), "still 31 August in New York"
    assert ask(after).decided_by == "US-NYC-FREQ-1"


def test_a_creditor_is_bound_by_choice_only_and_never_by_what_a_collector_must_say_of_himself() -> None:
    talked = act("US", role="creditor", history=calls(2, outcome="conversation"))
    assert ask(talked).decision == "allow", "Regulation F does not bind it"
    assert ask(talked, law_alone=False).decided_by == "US-FREQ-2", "by our choice it does"
    overdue = act("US", role="creditor", flags={"initial_communication": "2026-05-01"})
    assert ask(overdue, law_alone=False).decision == "allow"
    assert ask(replace(overdue, role=Role.THIRD_PARTY)).decided_by == "US-VAL-1"


def test_the_house_cap_is_no_law() -> None:
    full = act("CN", channel="sms", history=calls(1, 1, 2, channel="sms", outcome="sent", hour=4))
    assert ask(full).decision == "allow"
    assert ask(full, law_alone=False).decided_by == "HOUSE-CAP-1"


def test_only_a_presumption_may_be_overridden_and_not_for_a_reason_of_one_s_own_making() -> None:
    talked = calls(1, outcome="conversation")
    assert ask(act("US", history=talked, flags={"rebuttal_factor": "active_litigation"})).override_allowed
    assert not ask(act("US", history=talked, flags={"rebuttal_factor": "discount_offer"})).override_allowed
    at_night = act("US", at="2026-06-03T03:00:00Z", history=talked, flags={"rebuttal_factor": "active_litigation"})
    assert not ask(at_night).override_allowed, "the hours are law, and it is night"
    assert not ask(act("US", flags={"bankrupt": {"stage": "stay"}})).override_allowed


def test_warnings_are_told_and_change_nothing() -> None:
    late = {"dispute": {"received_utc": "2026-06-02T15:00:00Z", "in_writing": True}, "validation_end": "2026-06-01"}
    verdict = ask(act("US", flags=late))
    assert (verdict.decision, verdict.warnings, verdict.decided_by) == ("allow", ("MARK_DISPUTED",), "")
    assert [each.precedence for each in verdict.fired] == [Precedence.WARNING]
    unsure = ask(act("US", channel="sms", history=[inbound("2026-06-01T15:00:00Z", "when does the interest stop?")]))
    assert (unsure.decision, unsure.warnings) == ("allow", ("HUMAN_REVIEW",))


def test_a_superseded_zone_is_not_asked() -> None:
    given = {"at": "2026-06-03T03:30:00Z", "superseded_zones": [{"tz": NY, "basis": "mobile_area_code"}]}
    assert ask(act("US", zones=[LA], **given)).decision == "allow"


def test_a_reply_inside_a_designated_time_goes_by_the_same_medium_and_once() -> None:
    asked = {"purpose": "reply", "inconvenient": [{"tz": NY, "days": [3], "from": "11:00", "to": "13:00"}]}
    wrote = inbound("2026-06-03T15:30:00Z", channel="email")
    answered = past("2026-06-03T15:31:00Z", "email", "sent", purpose="reply")
    again = inbound("2026-06-03T15:40:00Z", channel="email")
    assert ask(act("US", channel="email", history=[wrote], **asked)).decision == "allow"
    assert ask(act("US", channel="sms", history=[wrote], **asked)).until == utc("2026-06-03 17:00")
    assert ask(act("US", channel="email", history=[wrote, answered], **asked)).decision == "defer"
    assert ask(act("US", channel="email", history=[wrote, answered, again], **asked)).decision == "allow"
    earlier = inbound("2026-06-03T14:59:00Z", channel="email")
    assert ask(act("US", channel="email", history=[earlier], **asked)).decision == "defer", "written before it began"


def agreed(start: str, end: str) -> dict[str, Any]:
    consent = {"type": "quiet_hours_agreement", "utc": "2026-05-01T02:00:00Z", "tz": SHANGHAI}
    return {"consents": [consent | {"from": start, "to": end}]}


def test_agreed_hours_open_the_night_and_no_more_than_agreed() -> None:
    evening, morning = agreed("22:00", "23:00"), agreed("06:00", "07:00")
    assert ask(act("CN", at="2026-06-02T14:30:00Z", **evening)).decision == "allow"
    assert ask(act("CN", at="2026-06-02T15:00:00Z", **evening)).until == utc("2026-06-03 00:00")
    assert ask(act("CN", at="2026-06-02T20:00:00Z", **morning)).until == utc("2026-06-02 22:00")
    assert ask(act("CN", at="2026-06-02T23:00:00Z", **morning)).until == utc("2026-06-03 00:00")


MOMENTS = st.datetimes(datetime(2026, 2, 20), datetime(2026, 4, 10), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    MOMENTS,
    st.lists(MOMENTS, max_size=8),
    st.lists(st.sampled_from([NY, LA, LONDON]), min_size=1, max_size=2, unique=True),
    st.integers(1, 3),
    st.integers(1, 8),
)
@example(utc("2026-03-08 17:00"), [utc("2026-03-07 04:30")] * 2, [NY, LONDON], 2, 2)
def test_what_the_gate_lets_through_keeps_the_cap_and_nothing_earlier_would_have(
    now: datetime, before: list[datetime], zones: list[str], most: int, days: int
) -> None:
    profile = only(US, "US-TIME-1", "HOUSE-CAP-1")
    cap = ContactCap(most=most, days=days, counted=frozenset({Medium.SMS}))
    profile = replace(profile, rules=(profile.rules[0], replace(profile.rules[1], terms=cap)))
    contacts = tuple(PastContact(at=at, channel=Medium.SMS, outcome="sent") for at in before)
    verdict = live(now, *zones, profile=profile, contacts=contacts)
    allowed_at = verdict.until or now
    hours = Window(start=time(8), end=time(21))

    def fits(instant: datetime) -> bool:
        for name in zones:
            mine = local_date(instant, name)
            taken = [local_date(at, name) for at in before]
            near = [on for on in taken if abs((on - mine).days) < days]
            stretches = [mine - timedelta(days=back) for back in range(days)]
            if any(sum(0 <= (on - first).days < days for on in near) >= most for first in stretches):
                return False
        return all(hours.contains(instant, name) for name in zones)

    assert fits(allowed_at)
    if verdict.decision == "defer":
        edges = {
            edge
            for name in zones
            for ahead in range((allowed_at - now).days + 2)
            for edge in (
                start_of_day(local_date(now, name) + timedelta(days=ahead), name),
                hours.opens_at(start_of_day(local_date(now, name) + timedelta(days=ahead), name), name),
            )
        }
        assert not any(fits(edge) for edge in (now, *edges) if now <= edge < allowed_at)


OUTCOMES = st.sampled_from(["no_answer", "conversation", "busy", "in_flight", "voicemail_left"])
HISTORY = st.lists(
    st.builds(
        PastContact,
        at=st.datetimes(datetime(2026, 2, 20), datetime(2026, 3, 15), timezones=st.just(UTC)),  # noqa: DTZ001
        channel=st.sampled_from([Medium.CALL, Medium.SMS, Medium.EMAIL, Medium.AI_CALL]),
        outcome=OUTCOMES,
        debt_ids=st.sampled_from([("D1",), ("D2",), ("D1", "D2")]),
    ),
    max_size=14,
)
ASKED = st.builds(
    Act,
    jurisdiction=st.sampled_from(["US", "US-MA", "US-NYC", "CN", "UK"]),
    role=st.sampled_from([Role.THIRD_PARTY, Role.CREDITOR]),
    at=st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 15), timezones=st.just(UTC)),  # noqa: DTZ001
    channel=st.sampled_from([Medium.CALL, Medium.SMS, Medium.EMAIL]),
    zones=st.sampled_from([(NY,), (NY, LA), (LONDON,), (SHANGHAI,)]).map(
        lambda names: tuple(CandidateZone(name=name, basis="address") for name in names)
    ),
    debt_ids=st.just(("D1",)),
    history=HISTORY,
)
RANK = {"allow": 0, "defer": 1, "deny": 2}


@settings(max_examples=150)
@given(ASKED, st.booleans())
def test_at_the_end_of_a_deferral_the_act_is_allowed_and_just_before_it_is_not(asked: Act, law_alone: bool) -> None:
    asked = replace(asked, history=tuple(each for each in asked.history if each.at <= asked.at))
    verdict = ask(asked, law_alone=law_alone)
    assume(verdict.until is not None)
    assert verdict.until is not None
    assert ask(replace(asked, at=verdict.until), law_alone=law_alone).decision == "allow"
    for minutes in (1, 7, 60):
        earlier = max(asked.at, verdict.until - timedelta(minutes=minutes))
        again = ask(replace(asked, at=earlier), law_alone=law_alone)
        assert (again.decision, again.until) == ("defer", verdict.until)


@settings(max_examples=150)
@given(ASKED, HISTORY.filter(bool))
def test_a_further_contact_of_ours_never_allows_more(asked: Act, more: list[PastContact]) -> None:
    known = replace(asked, history=tuple(each for each in asked.history if each.at <= asked.at))
    added = tuple(each for each in more if each.at <= asked.at)
    one, other = ask(known, law_alone=False), ask(replace(known, history=known.history + added), law_alone=False)
    assert RANK[one.decision] <= RANK[other.decision]
    if one.until and other.until:
        assert one.until <= other.until


def _zones_and_hours() -> list[tuple[str, str, Hours]]:
    found = []
    for code, profile in PROFILES.items():
        hours = next(rule for rule in profile.rules if isinstance(rule.terms, Hours) and not rule.scope.purposes)
        assert isinstance(hours.terms, Hours)
        found += [(code, name, hours.terms) for name in profile.zones]
    return found


def _clock_changes(name: str, year: int) -> list[date]:
    days = [date(year, 1, 1) + timedelta(days=ahead) for ahead in range(365)]
    lengths = {day: start_of_day(day + timedelta(days=1), name) - start_of_day(day, name) for day in days}
    return [day for day, length in lengths.items() if length != timedelta(hours=24)]


@pytest.mark.parametrize(("code", "name", "hours"), _zones_and_hours(), ids=lambda value: str(value)[:24])
def test_the_hours_are_half_open_on_the_days_of_every_clock_change(code: str, name: str, hours: Hours) -> None:
    for day in [*_clock_changes(name, 2026), date(2026, 6, 3), date(2028, 2, 29)]:
        if day.isoweekday() not in hours.window.days:
            continue
        first, last = at_local(day, hours.window.start, name), at_local(day, hours.window.end, name)
        edges = (first - timedelta(seconds=1), first, last - timedelta(seconds=1), last)
        decisions = [_by_hours(code, name, at).decision for at in edges]
        assert decisions == ["defer", "allow", "allow", "defer"], (code, name, day)


def _by_hours(code: str, name: str, at: datetime) -> Verdict:
    profile = PROFILES[code]
    hours = tuple(rule for rule in profile.rules if isinstance(rule.terms, Hours))
    asked = Act(
        jurisdiction=code,
        role=Role.THIRD_PARTY,
        at=at,
        channel=Medium.CALL,
        zones=(CandidateZone(name=name, basis="address"),),
    )
    return check(asked, replace(profile, rules=hours), tzdata=TZDATA, law_alone=True)


@pytest.mark.parametrize("channel", sorted(NOT_TIME_TESTED))
@pytest.mark.parametrize("code", sorted(PROFILES))
def test_no_hour_of_the_day_is_asked_of_what_is_not_time_tested(code: str, channel: Medium) -> None:
    asked = Act(
        jurisdiction=code,
        role=Role.THIRD_PARTY,
        at=utc("2026-06-03 03:00"),
        channel=channel,
        purpose=Purpose.LEGALLY_REQUIRED,
        zones=(CandidateZone(name=LA, basis="address"),),
    )
    assert not [each for each in ask(asked).fired if each.effect is Effect.DEFER]
