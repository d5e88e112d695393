"""Local dates and hours are right on every day of the year, the two nights of a clock change included."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import tzdata
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.calendar import (
    HORIZON,
    Pause,
    Window,
    as_utc,
    at_local,
    common_opening,
    days_past_due,
    local_date,
    start_of_day,
    zone,
)
from domain.errors import InvalidInput

NEW_YORK, LONDON, SHANGHAI = "America/New_York", "Europe/London", "Asia/Shanghai"
HOURS = Window(start=time(8), end=time(21))
ZONES = st.sampled_from(
    [
        NEW_YORK,
        LONDON,
        SHANGHAI,
        "America/Los_Angeles",
        "America/Phoenix",
        "Pacific/Honolulu",
        "Pacific/Guam",
        "America/St_Johns",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Africa/Cairo",
        "Pacific/Chatham",
        "UTC",
    ]
)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "zone_name", "instant"),
    [
        ("2026-03-07 08:00", NEW_YORK, "2026-03-07 13:00"),
        ("2026-03-08 08:00", NEW_YORK, "2026-03-08 12:00"),  # the clock went forward in the night
        ("2026-03-08 02:30", NEW_YORK, "2026-03-08 07:30"),  # a gap: read as 03:30 summer time
        ("2026-11-01 01:30", NEW_YORK, "2026-11-01 05:30"),  # twice: the first
        ("2026-11-01 08:00", NEW_YORK, "2026-11-01 13:00"),
        ("2026-03-29 01:30", LONDON, "2026-03-29 01:30"),  # a gap: read as 02:30 summer time
        ("2026-03-29 08:00", LONDON, "2026-03-29 07:00"),
        ("2026-10-25 01:30", LONDON, "2026-10-25 00:30"),  # twice: the first
        ("2026-10-25 08:00", LONDON, "2026-10-25 08:00"),
        ("2026-06-01 08:00", "America/Phoenix", "2026-06-01 15:00"),
        ("2026-12-01 08:00", "America/Phoenix", "2026-12-01 15:00"),
        ("2026-06-01 08:00", "Pacific/Honolulu", "2026-06-01 18:00"),
        ("2026-06-01 08:00", SHANGHAI, "2026-06-01 00:00"),
        ("2028-02-29 08:00", NEW_YORK, "2028-02-29 13:00"),
    ],
)
def test_an_edge_is_built_from_the_date_it_belongs_to(wall: str, zone_name: str, instant: str) -> None:
    on = datetime.fromisoformat(wall)
    assert at_local(on.date(), on.time(), zone_name) == utc(instant)


def test_a_day_that_begins_in_a_gap_begins_after_it() -> None:
    # Santiago goes forward at midnight, 2026-09-06: the day's first hour does not exist.
    first = start_of_day(date(2026, 9, 6), "America/Santiago")
    assert first == utc("2026-09-06 04:00")
    assert local_date(first - timedelta(seconds=1), "America/Santiago") == date(2026, 9, 5)


@given(INSTANTS, ZONES)
def test_an_instant_lies_in_the_day_that_its_local_date_names(instant: datetime, zone_name: str) -> None:
    on = local_date(instant, zone_name)
    assert start_of_day(on, zone_name) <= instant < start_of_day(on + timedelta(days=1), zone_name)


def test_a_wall_time_read_in_the_second_of_two_hours_means_the_same_on_any_other_day() -> None:
    second = utc("2026-11-01 06:30").astimezone(zone(NEW_YORK)).time()
    assert second == time(1, 30)
    assert second.fold == 1
    assert at_local(date(2026, 11, 1), second, NEW_YORK) == utc("2026-11-01 05:30")
    assert at_local(date(2027, 3, 14), second.replace(hour=2), NEW_YORK) == utc("2027-03-14 07:30"), "after the gap"


@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)), st.times(), ZONES)
@example(date(2028, 9, 3), time(0, fold=1), "America/Santiago")
def test_a_wall_time_that_exists_is_read_back(on: date, at: time, zone_name: str) -> None:
    instant = at_local(on, at, zone_name)
    wall = instant.astimezone(ZoneInfo(zone_name)).replace(tzinfo=None)
    asked = datetime.combine(on, at)
    in_gap = wall != asked
    assert not in_gap or timedelta(0) < wall - asked <= timedelta(hours=1)


@pytest.mark.parametrize("name", ["", "Mars/Base", "America", "../etc/passwd", "EST5EDT,M3", "New York", "/UTC", "\0"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        zone(name)


def test_zones_come_from_the_pinned_package_and_not_from_the_machine() -> None:
    assert zoneinfo.TZPATH == ()
    assert zone(NEW_YORK) is zone(NEW_YORK)
    assert tzdata.IANA_VERSION


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInput):
        as_utc(datetime(2026, 1, 1))  # noqa: DTZ001
    assert as_utc(datetime.fromisoformat("2026-01-01T08:00:00+08:00")) == utc("2026-01-01 00:00")


def pause(first: str, last: str | None) -> Pause:
    return Pause(starts_at=utc(first), ends_at=utc(last) if last else None)


NOON = "17:00"
"""Noon in New York, in winter."""


@pytest.mark.parametrize(
    ("pauses", "days"),
    [
        ([], 30),
        ([pause("2027-01-10 17:00", "2027-01-15 17:00")], 25),
        ([pause("2027-01-10 17:00", "2027-01-10 23:00")], 30),  # set and released on one day
        ([pause("2027-01-10 17:00", "2027-01-15 17:00"), pause("2027-01-12 17:00", "2027-01-20 17:00")], 20),
        ([pause("2027-01-10 17:00", "2027-01-15 17:00"), pause("2027-01-11 17:00", "2027-01-12 17:00")], 25),
        ([pause("2026-12-01 17:00", "2027-01-08 17:00")], 25),  # began before the due date
        ([pause("2026-12-01 17:00", "2026-12-20 17:00")], 30),  # was over before the due date
        ([pause("2027-01-23 17:00", None)], 20),  # still running
        ([pause("2027-03-01 17:00", "2027-03-10 17:00")], 30),  # has not begun
        ([pause("2027-01-23 17:00", "2027-04-01 17:00")], 20),  # ends after today
        ([pause("2027-01-15 17:00", "2027-01-10 17:00")], 30),  # a release backdated to before the start
        ([pause("2026-01-01 17:00", None)], 0),
        # Local days, not UTC days: 04:00 UTC is still the evening before in New York.
        ([pause("2027-01-11 04:00", "2027-01-13 04:00")], 28),
    ],
)
def test_days_past_due_leave_out_paused_days_once(pauses: list[Pause], days: int) -> None:
    assert days_past_due(date(2027, 1, 3), utc(f"2027-02-02 {NOON}"), NEW_YORK, pauses) == days


def test_days_past_due_turn_over_at_local_midnight() -> None:
    due_on = date(2026, 3, 7)
    assert days_past_due(due_on, utc("2026-03-08 04:59:59"), NEW_YORK) == 0
    assert days_past_due(due_on, utc("2026-03-08 05:00"), NEW_YORK) == 1
    # The short day has 23 hours: 04:00 UTC is midnight already.
    assert days_past_due(due_on, utc("2026-03-09 04:00"), NEW_YORK) == 2
    assert days_past_due(date(2026, 11, 2), utc("2026-10-01 12:00"), NEW_YORK) == 0


@given(INSTANTS, st.lists(st.tuples(INSTANTS, st.none() | INSTANTS), max_size=4), ZONES)
def test_days_past_due_are_never_negative_and_never_shrink_by_waiting(
    now: datetime, pauses: list[tuple[datetime, datetime | None]], zone_name: str
) -> None:
    due_on = date(2026, 6, 1)
    running = [Pause(starts_at=first, ends_at=last) for first, last in pauses]
    today = days_past_due(due_on, now, zone_name, running)
    tomorrow = days_past_due(due_on, now + timedelta(days=1), zone_name, running)
    assert 0 <= today <= max(0, (local_date(now, zone_name) - due_on).days)
    assert today <= tomorrow <= today + 2  # two when a clock change makes 24 hours span two midnights


@pytest.mark.parametrize(
    ("instant", "inside"),
    [
        ("2026-06-03 11:59:59", False),
        ("2026-06-03 12:00:00", True),
        ("2026-06-04 00:59:59", True),
        ("2026-06-04 01:00:00", False),
    ],
)
def test_the_start_of_a_window_is_inside_and_its_end_is_not(instant: str, inside: bool) -> None:
    assert HOURS.contains(utc(instant), NEW_YORK) is inside


def test_a_window_that_never_opens_is_refused() -> None:
    for start, end, days in [(time(8), time(8), (1,)), (time(21), time(8), (1,)), (time(8), time(21), ())]:
        with pytest.raises(InvalidInput):
            Window(start=start, end=end, days=days)


def test_a_closed_day_is_passed_over_to_the_same_hour_of_the_next_open_one() -> None:
    weekdays = Window(start=time(9), end=time(17), days=(1, 2, 3, 4, 5))
    friday_evening = utc("2026-06-05 22:00")
    assert weekdays.opens_at(friday_evening, NEW_YORK) == utc("2026-06-08 13:00")
    mondays = Window(start=time(9), end=time(17), days=(1,))
    assert mondays.opens_at(utc("2026-06-08 21:00"), NEW_YORK) == utc("2026-06-15 13:00")


MINUTE = timedelta(minutes=1)


def by_minutes(start: datetime, window: Window, zones: list[str]) -> datetime | None:
    """The first whole minute inside everywhere, by looking at each for nine days."""
    return next(
        (
            instant
            for instant in (start + count * MINUTE for count in range(9 * 24 * 60))
            if all(window.contains(instant, name) for name in zones)
        ),
        None,
    )


DAYS = st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days)))
WINDOWS = st.builds(
    lambda start, length, days: Window(start=time(start), end=time(start + length), days=days),
    st.integers(5, 12),
    st.integers(2, 10),
    DAYS,
)


@settings(max_examples=30)
@given(INSTANTS, WINDOWS, st.lists(ZONES, min_size=1, max_size=3))
@example(utc("2026-03-08 03:00"), HOURS, [NEW_YORK, "Pacific/Guam"])
@example(utc("2026-11-01 05:30"), HOURS, [NEW_YORK, LONDON])
@example(utc("2026-10-24 21:00"), HOURS, [LONDON])
def test_the_common_opening_is_the_first_minute_that_lies_in_every_window(
    instant: datetime, window: Window, zones: list[str]
) -> None:
    minute = instant.replace(second=0, microsecond=0)
    expected = by_minutes(minute, window, zones)
    found = common_opening(minute, window, zones)
    if expected is None:  # none in nine days: it must be a far or an impossible one
        assert found is None or found - minute >= timedelta(days=9)
    else:
        assert found == expected


def test_zones_without_a_common_hour_have_no_opening() -> None:
    office = Window(start=time(9), end=time(12))
    assert common_opening(utc("2026-06-01 00:00"), office, [LONDON, SHANGHAI]) is None
    assert common_opening(utc("2026-06-01 00:00"), office, []) is None
    assert timedelta(days=120) == HORIZON


def test_an_instant_inside_every_window_stays_as_it_is_to_the_microsecond() -> None:
    instant = utc("2026-06-03 15:00:00.000001")
    assert common_opening(instant, HOURS, [NEW_YORK, "America/Los_Angeles"]) == instant
