"""Nothing falls due on a public holiday of the person's country, nor on a closed day of the profile."""

from datetime import date
from pathlib import Path

import pytest

from config.closed_days import closed_days
from config.jurisdictions import load_profiles
from tests.config.conftest import CONFIG

FIRST, LAST = date(2027, 1, 1), date(2027, 12, 31)


@pytest.mark.parametrize(
    ("jurisdiction", "holiday"),
    [
        ("US", date(2027, 7, 5)),  # the fourth is a Sunday
        ("US-MA", date(2027, 11, 25)),
        ("UK", date(2027, 12, 27)),
        ("CN", date(2027, 10, 1)),
        ("IN", date(2027, 1, 26)),
        ("SG", date(2027, 8, 9)),
    ],
)
def test_a_public_holiday_is_closed(jurisdiction: str, holiday: date) -> None:
    assert holiday in closed_days(jurisdiction, None, FIRST, LAST)


def test_the_closed_days_of_a_profile_count_too_and_only_those_asked_for(tmp_path: Path) -> None:
    profile = load_profiles(CONFIG / "jurisdictions")["ID"]
    days = closed_days("ID", profile, date(2027, 8, 1), date(2027, 8, 31))
    assert date(2027, 8, 17) in days
    assert days == tuple(sorted(days))
    assert all(date(2027, 8, 1) <= day <= date(2027, 8, 31) for day in days)


def test_of_a_country_that_nobody_knows_no_day_is_closed() -> None:
    assert closed_days("EU", None, FIRST, LAST) == ()
    assert closed_days("XX", None, FIRST, LAST) == ()
