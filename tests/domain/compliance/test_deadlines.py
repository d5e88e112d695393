"""What the law counts comes out as the law's own examples say, and never earlier for a later start."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.compliance.deadlines import (
    anniversary,
    assumed_receipt,
    business_days_after,
    earliest_purge,
    free_after_reply_time,
    free_after_wait,
    last_of_period,
    limitation_expired,
    months_after,
    validation_end,
)

FEDERAL = frozenset(
    {
        date(2026, 6, 19),
        date(2026, 7, 3),
        date(2026, 7, 4),
        date(2026, 11, 11),
        date(2026, 11, 26),
        date(2026, 12, 25),
        date(2027, 1, 1),
    }
)
DATES = st.dates(date(2020, 1, 1), date(2060, 12, 31))
COUNTS = st.integers(0, 400)


@pytest.mark.parametrize(
    ("provided", "received", "ends"),
    [
        (date(2026, 6, 1), date(2026, 6, 8), date(2026, 7, 8)),
        (date(2026, 11, 20), date(2026, 11, 30), date(2026, 12, 30)),
        (date(2026, 12, 24), date(2027, 1, 4), date(2027, 2, 3)),
        (date(2026, 6, 15), date(2026, 6, 23), date(2026, 7, 23)),
        (date(2026, 6, 30), date(2026, 7, 8), date(2026, 8, 7)),
        (date(2026, 6, 6), date(2026, 6, 12), date(2026, 7, 12)),
    ],
)
def test_a_validation_notice_is_received_after_five_days_that_count_and_the_period_is_thirty_more(
    provided: date, received: date, ends: date
) -> None:
    assert assumed_receipt(provided, FEDERAL) == received
    assert validation_end(received) == ends


def test_the_day_of_sending_is_the_first_day_of_the_wait_before_credit_reporting() -> None:
    assert free_after_wait(date(2026, 5, 11), days=14) == date(2026, 5, 25)


@pytest.mark.parametrize(
    ("reply", "free"),
    [
        (None, date(2026, 7, 2)),
        (date(2026, 6, 20), date(2026, 7, 21)),
        (date(2026, 6, 1), date(2026, 7, 2)),
    ],
)
def test_a_letter_of_claim_gives_thirty_days_and_a_reply_thirty_from_its_date(reply: date | None, free: date) -> None:
    assert free_after_reply_time(date(2026, 6, 1), days=30, reply_on=reply, more_days=30) == free


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 1, 31), 3, date(2028, 4, 30)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
    ],
)
def test_a_months_end_is_clamped(start: date, months: int, end: date) -> None:
    assert months_after(start, months) == end


def test_the_day_of_receipt_is_day_one() -> None:
    assert last_of_period(date(2026, 1, 31), days=45) == date(2026, 3, 16)
    assert last_of_period(date(2026, 1, 31), days=90) == date(2026, 4, 30)


def test_a_record_is_purged_on_the_day_after_its_anniversary() -> None:
    assert earliest_purge(date(2024, 1, 15), years=3) == date(2027, 1, 16)
    assert earliest_purge(date(2024, 2, 29), years=3) == date(2027, 3, 2)
    assert earliest_purge(date(2024, 2, 29), years=4) == date(2028, 3, 1)


@pytest.mark.parametrize(
    ("interrupted", "today", "expired"),
    [
        (None, date(2025, 1, 1), False),
        (None, date(2025, 1, 2), True),
        (date(2025, 3, 1), date(2026, 6, 15), False),
        (date(2025, 3, 1), date(2028, 3, 1), False),
        (date(2025, 3, 1), date(2028, 3, 2), True),
    ],
)
def test_the_time_to_sue_runs_from_default_or_its_interruption(
    interrupted: date | None, today: date, expired: bool
) -> None:
    assert limitation_expired(date(2022, 1, 1), today, years=3, interrupted_on=interrupted) is expired


@given(DATES, DATES, st.integers(1, 60))
def test_a_later_start_never_ends_earlier(one: date, other: date, count: int) -> None:
    early, late = sorted((one, other))
    assert business_days_after(early, count, FEDERAL) <= business_days_after(late, count, FEDERAL)
    assert months_after(early, count) <= months_after(late, count)
    assert anniversary(early, count) <= anniversary(late, count)
    assert free_after_reply_time(early, days=count) <= free_after_reply_time(late, days=count)


@given(DATES, COUNTS)
def test_more_days_never_end_earlier(on: date, count: int) -> None:
    assert business_days_after(on, count, FEDERAL) < business_days_after(on, count + 1, FEDERAL)
    assert last_of_period(on, days=count) < last_of_period(on, days=count + 1)


@given(DATES, st.integers(1, 12))
def test_a_record_is_kept_strictly_past_its_anniversary(on: date, years: int) -> None:
    assert earliest_purge(on, years=years) > anniversary(on, years)
    assert anniversary(on, years) - on >= timedelta(days=365 * years)


@given(DATES, st.integers(0, 240))
def test_a_deadline_in_months_stays_in_its_month(on: date, months: int) -> None:
    end = months_after(on, months)
    assert (end.year * 12 + end.month) - (on.year * 12 + on.month) == months
    assert end.day <= on.day
