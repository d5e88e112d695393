"""For how long the record of a collection is kept, from the retention rules of the jurisdictions."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.compliance.profile import Profile
from domain.compliance.requests import Retention

LONGEST_KNOWN = 10
"""Where no law gives a figure: as long as the longest of those that do (Anti-Money-Laundering Law 2024 art 34)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many years after the last activity, and why."""

    years: int
    source: str


def retention_in(jurisdiction: str, profiles: Mapping[str, Profile]) -> Kept:
    """What counts for a person as a whole: of all classes of his records the one that is kept longest."""
    profile = profiles.get(jurisdiction)
    kept = [
        Kept(years=max(rule.terms.years, *rule.terms.from_record_date.values(), 0), source=rule.citation)
        for rule in (profile.rules if profile else ())
        if isinstance(rule.terms, Retention)
    ]
    unknown = Kept(years=LONGEST_KNOWN, source=f"no law of {jurisdiction} gives a figure, so ours is the longest known")
    return max(kept, key=lambda each: each.years, default=unknown)
