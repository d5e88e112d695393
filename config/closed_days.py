"""Days on which nothing falls due: the public holidays of a jurisdiction's country, and its profile's closed days."""

from datetime import date
from functools import lru_cache

import holidays

from domain.compliance.profile import Profile
from domain.compliance.timing import ClosedDays

_COUNTRIES = {"UK": "GB"}
"""Jurisdictions whose code is not their country's."""


def closed_days(jurisdiction: str, profile: Profile | None, first: date, last: date) -> tuple[date, ...]:
    """The closed dates from `first` to `last`, in order; of a country that nobody knows only those of the profile."""
    country = jurisdiction.partition("-")[0]
    known = set(_public_holidays(_COUNTRIES.get(country, country), first.year, last.year))
    for rule in profile.rules if profile else ():
        if isinstance(rule.terms, ClosedDays):
            known |= rule.terms.dates
    return tuple(sorted(on for on in known if first <= on <= last))


@lru_cache(maxsize=64)
def _public_holidays(country: str, first_year: int, last_year: int) -> frozenset[date]:
    if country not in holidays.list_supported_countries():
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=range(first_year, last_year + 1)))
