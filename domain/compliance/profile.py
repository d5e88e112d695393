"""The law of one jurisdiction as plain values; config/jurisdictions/*.yaml is where the numbers stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.calendar import Window
from domain.errors import InvalidInput
from domain.vocabulary import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactHours:
    """The rule that says when a person may be contacted, in every zone he may be in."""

    rule: str
    citation: str
    window: Window
    channels: tuple[Channel, ...]
    """Channels that are time-tested; a letter is not."""
    rule_in_several_zones: str = ""
    """Under which the hours are reported for a person who may be in several zones; empty: the same rule."""

    def rule_in(self, zones: Sequence[str]) -> str:
        """The rule's name for a person who may be in these zones."""
        return self.rule_in_several_zones if self.rule_in_several_zones and len(set(zones)) > 1 else self.rule


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCap:
    """At most `max_contacts` to one person, over all accounts, in `days` calendar days; the day of one is day 1."""

    rule: str
    citation: str
    max_contacts: int
    days: int
    channels: tuple[Channel, ...]

    def __post_init__(self) -> None:
        """Refuse a cap that would never let anything pass."""
        if self.max_contacts < 1 or self.days < 1:
            raise InvalidInput(f"cap {self.rule}: max_contacts and days must be 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything the gate needs to know about one jurisdiction."""

    jurisdiction: str
    version: str
    opt_out_rule: str
    opt_out_citation: str
    hours: ContactHours
    cap: ContactCap
