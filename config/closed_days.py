"""Days on which nothing falls due: the public holidays of a jurisdiction's country, and its profile's closed days."""

from datetime import date
from functools import lru_cache

import holidays
from holidays.registry import COUNTRIES

from domain.compliance.profile import Profile
from domain.compliance.timing import ClosedDays

_COUNTRIES = {"UK": "GB"}
"""Jurisdictions whose code is not their country's."""


def closed_days(jurisdiction: str, profile: Profile | None, first: date, last: date) -> tuple[date, ...]:
    """The closed dates from `first` to `last`, in order; of a country that nobody knows only those of the profile."""
    country = jurisdiction.partition("-")[0]
    own = _COUNTRIES.get(country, country)
    known = set(public_holidays(own, first.year, last.year)) if is_known_country(own) else set()
    for rule in profile.rules if profile else ():
        if isinstance(rule.terms, ClosedDays):
            known |= rule.terms.dates
    return tuple(sorted(on for on in known if first <= on <= last))


def is_known_country(country: str) -> bool:
    """Whether the `holidays` package knows a country by its code.

    Asked of the package's register: its own list of countries loads the calendar of each.
    """
    return any(country in codes for _, *codes in COUNTRIES.values())


@lru_cache(maxsize=64)
def public_holidays(country: str, first_year: int, last_year: int) -> frozenset[date]:
    """Every public holiday of a known country in those years."""
    return frozenset(holidays.country_holidays(country, years=range(first_year, last_year + 1)))
