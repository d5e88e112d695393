"""The law of each jurisdiction from `config/jurisdictions/*.yaml`; the numbers and their citations stand there.

A jurisdiction without a file has no profile, and the gate denies what it has no profile for. An overlay such as
US-MA is stricter than its base, so it never falls back to it: it needs a file of its own.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from config.documents import Document, read_document, read_model, refuse_all, rule_files
from config.fields import RuleModel, Text, WallTime, checked
from domain.calendar import Window
from domain.compliance.profile import ContactCap, ContactHours, Profile
from domain.errors import ConfigurationError
from domain.vocabulary import Channel

RuleId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$")]
JurisdictionCode = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z]{2,3})?$")]
Channels = Annotated[tuple[Channel, ...], Field(min_length=1)]
Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]


class OptOutFile(RuleModel):
    """The rule under which a person's no is obeyed."""

    rule: RuleId
    citation: Text


class HoursFile(RuleModel):
    """The hours of a local day in which a person may be contacted."""

    rule: RuleId
    citation: Text
    start: WallTime
    end: WallTime
    days: tuple[Weekday, ...] = (1, 2, 3, 4, 5, 6, 7)
    channels: Channels

    @model_validator(mode="after")
    def _opens(self) -> Self:
        checked(self.hours)
        return self

    def hours(self) -> ContactHours:
        """The rule as the core knows it."""
        window = Window(start=self.start, end=self.end, days=self.days)
        return ContactHours(rule=self.rule, citation=self.citation, window=window, channels=self.channels)


class CapFile(RuleModel):
    """How many contacts one person may get in how many days."""

    rule: RuleId
    citation: Text
    max_contacts: Annotated[int, Field(strict=True, ge=1, le=100)]
    days: Annotated[int, Field(strict=True, ge=1, le=366)]
    channels: Channels

    def cap(self) -> ContactCap:
        """The rule as the core knows it."""
        return ContactCap(
            rule=self.rule,
            citation=self.citation,
            max_contacts=self.max_contacts,
            days=self.days,
            channels=self.channels,
        )


class ProfileFile(RuleModel):
    """A whole file."""

    jurisdiction: JurisdictionCode
    opt_out: OptOutFile
    hours: HoursFile
    cap: CapFile


def load_profiles(directory: Path) -> dict[str, Profile]:
    """Every profile of the directory by its jurisdiction code.

    Raises ConfigurationError that lists every problem of every file, each with file, line, key and reason.
    """
    profiles: dict[str, Profile] = {}
    problems: list[str] = []
    for path in rule_files(directory):
        try:
            profile = _profile(read_document(path))
        except ConfigurationError as error:
            problems += str(error).splitlines()
        else:
            profiles[profile.jurisdiction] = profile
    refuse_all(problems)
    return profiles


def profile_for(profiles: Mapping[str, Profile], jurisdiction: str) -> Profile | None:
    """The profile of exactly that jurisdiction; None means that nothing may be sent there."""
    return profiles.get(jurisdiction)


def _profile(document: Document) -> Profile:
    file = read_model(document, ProfileFile)
    if file.jurisdiction.lower() != document.path.stem:
        reason = f"{file.jurisdiction} belongs in a file named {file.jurisdiction.lower()}.yaml"
        raise ConfigurationError(document.problem(("jurisdiction",), reason))
    return Profile(
        jurisdiction=file.jurisdiction,
        version=document.version,
        opt_out_rule=file.opt_out.rule,
        opt_out_citation=file.opt_out.citation,
        hours=file.hours.hours(),
        cap=file.cap.cap(),
    )
