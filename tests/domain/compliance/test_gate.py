"""The gate: DENY over DEFER over ALLOW, to the second, in every zone, over the shipped laws."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.jurisdictions import load_profiles
from domain.calendar import Window, local_date, start_of_day
from domain.compliance.gate import ContactFacts, ProposedContact, Verdict, check
from domain.compliance.profile import ContactCap, Profile
from domain.errors import InvalidInput
from domain.vocabulary import Channel
from tests.domain.cases import CONFIG

PROFILES = load_profiles(CONFIG / "jurisdictions")
US = PROFILES["US"]
NY, LA, GUAM, LONDON, SHANGHAI = (
    "America/New_York",
    "America/Los_Angeles",
    "Pacific/Guam",
    "Europe/London",
    "Asia/Shanghai",
)
TZDATA = "2026f"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ask(
    now: datetime,
    *zones: str,
    profile: Profile | None = US,
    channel: Channel = Channel.SMS,
    opted_out: bool = False,
    contacts: tuple[tuple[Channel, datetime], ...] = (),
) -> Verdict:
    facts = ContactFacts(zones=zones, opted_out=opted_out, contacts=contacts)
    jurisdiction = profile.jurisdiction if profile else "US-MA"
    return check(ProposedContact(channel=channel, jurisdiction=jurisdiction), facts, profile, now, tzdata=TZDATA)


HOURS = [
    # 12 CFR 1006.6(b)(1)(i): not before 08:00, not from 21:00; section 1.2 of the rules: half-open.
    ("US", "2026-06-03 11:59:59", NY, "2026-06-03 12:00"),
    ("US", "2026-06-03 12:00:00", NY, None),
    ("US", "2026-06-03 00:59:30", NY, None),
    ("US", "2026-06-03 00:59:59", NY, None),
    ("US", "2026-06-03 01:00:00", NY, "2026-06-03 12:00"),
    ("US", "2026-06-03 03:30:00", NY, "2026-06-03 12:00"),
    ("US", "2026-06-03 04:30:00", NY, "2026-06-03 12:00"),  # after midnight: the same date
    ("US", "2026-03-08 05:30:00", NY, "2026-03-08 12:00"),  # the night the clock goes forward
    ("US", "2026-03-08 02:00:00", NY, "2026-03-08 12:00"),
    ("US", "2026-11-01 05:30:00", NY, "2026-11-01 13:00"),  # the night it goes back, first 01:30
    ("US", "2026-11-01 06:30:00", NY, "2026-11-01 13:00"),  # and second 01:30
    ("US", "2026-07-01 14:59:59", "America/Phoenix", "2026-07-01 15:00"),
    ("US", "2026-12-01 15:00:00", "America/Phoenix", None),
    ("US", "2026-07-01 17:59:59", "Pacific/Honolulu", "2026-07-01 18:00"),
    ("US", "2026-12-31 23:00:00", "America/Puerto_Rico", None),
    # GB/T 45251-2025: 22:00 to 08:00 Beijing time is closed, Xinjiang too.
    ("CN", "2026-06-02 13:59:59", SHANGHAI, None),
    ("CN", "2026-06-02 14:00:00", SHANGHAI, "2026-06-03 00:00"),
    ("CN", "2026-06-02 23:59:59", SHANGHAI, "2026-06-03 00:00"),
    ("CN", "2026-06-03 00:00:00", SHANGHAI, None),
    # FCA MCOB 13.5.4G by analogy, over both clock changes of 2026.
    ("UK", "2026-06-01 06:59:59", LONDON, "2026-06-01 07:00"),
    ("UK", "2026-06-01 20:00:00", LONDON, "2026-06-02 07:00"),
    ("UK", "2026-03-28 22:00:00", LONDON, "2026-03-29 07:00"),
    ("UK", "2026-10-24 21:00:00", LONDON, "2026-10-25 08:00"),
]


@pytest.mark.parametrize(("code", "now", "zone_name", "until"), HOURS)
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
def test_the_hours_of_each_law_hold_to_the_second(
    code: str, now: str, zone_name: str, until: str | None, channel: Channel
) -> None:
    profile = PROFILES[code]
    verdict = ask(utc(now), zone_name, profile=profile, channel=channel)
    if until is None:
        assert (verdict.decision, verdict.until, verdict.fired) == ("allow", None, ())
    else:
        assert (verdict.decision, verdict.until) == ("defer", utc(until))
        assert verdict.decided_by == profile.hours.rule
        assert verdict.fired[0].citation == profile.hours.citation


SEVERAL_ZONES = [
    # Comment 6(b)(1)(i)-2: convenient in all indicated zones.
    ("2026-06-03 14:59:59", (NY, LA), "2026-06-03 15:00"),
    ("2026-06-03 15:00:00", (NY, LA), None),
    ("2026-06-04 01:00:00", (NY, LA), "2026-06-04 15:00"),
    ("2026-07-01 21:00:00", (NY, GUAM), "2026-07-01 22:00"),
    ("2026-07-02 00:30:00", (NY, GUAM), None),
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
        verdict = ask(utc(now), *order)
        assert verdict.until == (utc(until) if until else None)


def test_the_hours_of_several_zones_are_reported_under_the_rule_that_the_profile_names() -> None:
    hours = replace(US.hours, rule_in_several_zones="US-TIME-2")
    profile = replace(US, hours=hours)
    night = utc("2026-06-03 03:00")
    assert ask(night, NY, LA, profile=profile).decided_by == "US-TIME-2"
    assert ask(night, NY, NY, profile=profile).decided_by == "US-TIME-1"
    full = contacts("2026-06-01", "2026-06-01", "2026-06-01")
    assert ask(night, NY, LA, profile=profile, contacts=full).decided_by == "HOUSE-CAP-1"


def test_zones_that_share_no_hour_are_denied_and_not_put_off() -> None:
    window = Window(start=time(9), end=time(12))
    profile = replace(US, hours=replace(US.hours, window=window))
    verdict = ask(utc("2026-06-03 15:00"), LONDON, SHANGHAI, profile=profile)
    assert (verdict.decision, verdict.until) == ("deny", None)
    assert "no common window" in verdict.why


def test_a_deferral_beyond_the_horizon_is_a_denial() -> None:
    profile = replace(US, cap=replace(US.cap, days=130))
    verdict = ask(utc("2026-06-03 15:00"), NY, profile=profile, contacts=contacts(*["2026-06-03"] * 3))
    assert (verdict.decision, verdict.decided_by) == ("deny", "HOUSE-CAP-1")


@pytest.mark.parametrize("zones", [(), (NY,)])
def test_a_jurisdiction_without_a_profile_is_denied(zones: tuple[str, ...]) -> None:
    verdict = ask(utc("2026-06-03 15:00"), *zones, profile=None)
    assert (verdict.decision, verdict.decided_by) == ("deny", "UNKNOWN-JURISDICTION")


def test_a_person_whose_zone_nobody_knows_is_denied() -> None:
    assert (ask(utc("2026-06-03 15:00")).decision, ask(utc("2026-06-03 15:00")).decided_by) == ("deny", "NO-LOCATION")


def test_a_zone_that_is_none_is_an_error_and_not_a_permission() -> None:
    with pytest.raises(InvalidInput):
        ask(utc("2026-06-03 15:00"), "Mars/Base")


@pytest.mark.parametrize("code", ["US", "CN", "UK"])
@pytest.mark.parametrize("now", ["2026-06-03 15:00", "2026-06-03 03:00"])
def test_an_opt_out_denies_at_every_hour(code: str, now: str) -> None:
    verdict = ask(utc(now), LONDON, profile=PROFILES[code], opted_out=True)
    assert (verdict.decision, verdict.decided_by) == ("deny", PROFILES[code].opt_out_rule)


def contacts(*days: str, hour: int = 17, channel: Channel = Channel.SMS) -> tuple[tuple[Channel, datetime], ...]:
    return tuple((channel, utc(f"{day} {hour:02}:00")) for day in days)


CAP = [
    # Three in seven calendar days, the day of a contact is day 1: D..D+6 is blocked, D+7 00:00 is free.
    (("2026-06-01", "2026-06-02"), "2026-06-03 15:00", None),
    (("2026-06-01", "2026-06-02", "2026-06-03"), "2026-06-03 18:00", "2026-06-08 12:00"),
    (("2026-06-01", "2026-06-02", "2026-06-03"), "2026-06-07 18:00", "2026-06-08 12:00"),
    (("2026-06-01", "2026-06-02", "2026-06-03"), "2026-06-08 12:00", None),  # not 168 hours after 17:00
    (("2026-06-01", "2026-06-01", "2026-06-01"), "2026-06-01 18:00", "2026-06-08 12:00"),
    (("2026-06-01", "2026-06-01", "2026-06-03", "2026-06-04"), "2026-06-05 15:00", "2026-06-08 12:00"),
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
    verdict = ask(utc(now), NY, contacts=contacts(*days))
    assert verdict.until == (utc(until) if until else None)
    if until:
        assert verdict.decided_by == "HOUSE-CAP-1", "a rule that moved the instant outranks the hours"


def test_a_day_is_the_person_s_day_and_the_strictest_of_his_zones_counts() -> None:
    late = contacts("2026-06-02", "2026-06-02", "2026-06-02", hour=2)  # the evening of the 1st in New York
    now = utc("2026-06-07 18:00")
    assert ask(now, NY, contacts=late).until == utc("2026-06-08 12:00")
    assert ask(now, LONDON, profile=PROFILES["UK"], contacts=late).until == utc("2026-06-09 07:00")
    assert ask(now, NY, LONDON, contacts=late).until == utc("2026-06-09 12:00")


def test_a_call_or_letter_is_not_counted_where_the_cap_counts_messages() -> None:
    letters = contacts("2026-06-01", "2026-06-02", "2026-06-03", channel=Channel.LETTER)
    assert ask(utc("2026-06-03 18:00"), NY, contacts=letters).decision == "allow"
    assert ask(utc("2026-06-03 03:00"), NY, channel=Channel.LETTER).decision == "allow", "letters have no hours"


def test_at_night_and_over_the_cap_every_rule_that_fired_is_told() -> None:
    verdict = ask(utc("2026-06-03 03:00"), NY, contacts=contacts("2026-06-01", "2026-06-01", "2026-06-01"))
    assert {each.rule for each in verdict.fired} == {"US-TIME-1", "HOUSE-CAP-1"}
    assert verdict.decided_by == "HOUSE-CAP-1"
    assert (verdict.tzdata, verdict.profile) == (TZDATA, f"US@{US.version}")


def test_a_cap_that_never_lets_anything_pass_is_refused() -> None:
    for most, days in ((0, 7), (3, 0)):
        with pytest.raises(InvalidInput):
            ContactCap(rule="X-CAP-1", citation="", max_contacts=most, days=days, channels=(Channel.SMS,))


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
    profile = replace(US, cap=replace(US.cap, max_contacts=most, days=days))
    verdict = ask(now, *zones, profile=profile, contacts=tuple((Channel.SMS, at) for at in before))
    allowed_at = verdict.until or now

    def fits(instant: datetime) -> bool:
        for name in zones:
            mine = local_date(instant, name)
            taken = [local_date(at, name) for at in before]
            near = [on for on in taken if abs((on - mine).days) < days]
            stretches = [mine - timedelta(days=back) for back in range(days)]
            if any(sum(0 <= (on - first).days < days for on in near) >= most for first in stretches):
                return False
        return all(US.hours.window.contains(instant, name) for name in zones)

    assert fits(allowed_at)
    if verdict.decision == "defer":
        edges = {
            edge
            for name in zones
            for ahead in range((allowed_at - now).days + 2)
            for edge in (
                start_of_day(local_date(now, name) + timedelta(days=ahead), name),
                US.hours.window.opens_at(start_of_day(local_date(now, name) + timedelta(days=ahead), name), name),
            )
        }
        assert not any(fits(edge) for edge in (now, *edges) if now <= edge < allowed_at)
