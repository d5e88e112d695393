"""Days on which nothing falls due: the public holidays of a jurisdiction's country, and its profile's closed days."""

from datetime import date

import holidays

from domain.compliance.profile import Profile
from domain.compliance.timing import ClosedDays

_COUNTRIES = {"UK": "GB"}
"""Jurisdictions whose code is not their country's."""


def closed_days(jurisdiction: str, profile: Profile | None, first: date, last: date) -> tuple[date, ...]:
    """The closed dates from `first` to `last`, in order; of a country that nobody knows only those of the profile."""
    country = jurisdiction.partition("-")[0]
    country = _COUNTRIES.get(country, country)
    known: set[date] = set()
    if country in holidays.list_supported_countries():
        known |= set(holidays.country_holidays(country, years=range(first.year, last.year + 1)))
    for rule in profile.rules if profile else ():
        if isinstance(rule.terms, ClosedDays):
            known |= rule.terms.dates
    return tuple(sorted(on for on in known if first <= on <= last))
