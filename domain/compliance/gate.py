"""The gate: may this contact be made now? Every rule is evaluated; the strictest answer wins.

DENY outranks DEFER outranks ALLOW. A deferral is the least fixed point over all rules: each may move the instant
forward, until none does; beyond the horizon there is no common window and the answer is DENY. (Regulation rules,
section 1.) The gate is asked at the very instant of sending; that a timer fired is not permission.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.calendar import HORIZON, common_opening, local_date, start_of_day
from domain.compliance.profile import ContactCap, Profile
from domain.vocabulary import Channel

UNKNOWN_JURISDICTION = "UNKNOWN-JURISDICTION"
NO_LOCATION = "NO-LOCATION"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedContact:
    """The contact about to be made."""

    channel: Channel
    jurisdiction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFacts:
    """What the gate must know about the person, fresh from the case database."""

    zones: tuple[str, ...]
    opted_out: bool
    """Of this channel, or of this address on it."""
    contacts: tuple[tuple[Channel, datetime], ...]
    """Contacts to the person over all accounts that count: sent, claimed or unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """One rule that did not let the contact pass as proposed."""

    rule: str
    citation: str
    why: str
    until: datetime | None = None
    """None: it denies; else it defers to that instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, with every rule that fired and the one that decided."""

    decision: Literal["allow", "defer", "deny"]
    until: datetime | None
    decided_by: str
    fired: tuple[Fired, ...]
    profile: str
    tzdata: str

    @property
    def why(self) -> str:
        """A sentence for a human."""
        if not self.fired:
            return "no rule forbids it"
        return "; ".join(f"{each.rule}: {each.why}" for each in self.fired)


def check(
    contact: ProposedContact, facts: ContactFacts, profile: Profile | None, now: datetime, *, tzdata: str
) -> Verdict:
    """Whether the contact may be made at `now`; without a profile for the jurisdiction, never."""
    if profile is None or not facts.zones:
        return _no_ground(contact, profile, tzdata)
    fired: list[Fired] = []
    if facts.opted_out:
        why = f"the person opted out of {contact.channel.value}"
        fired.append(Fired(rule=profile.opt_out_rule, citation=profile.opt_out_citation, why=why))
    until = _earliest(contact.channel, facts, profile, now, fired)
    denying = [each for each in fired if each.until is None]
    decision: Literal["allow", "defer", "deny"] = "deny" if denying else "defer" if until else "allow"
    return Verdict(
        decision=decision,
        until=until if decision == "defer" else None,
        decided_by=_decided_by(denying or fired, profile),
        fired=tuple(fired),
        profile=f"{profile.jurisdiction}@{profile.version}",
        tzdata=tzdata,
    )


def _no_ground(contact: ProposedContact, profile: Profile | None, tzdata: str) -> Verdict:
    if profile is None:
        fired = Fired(
            rule=UNKNOWN_JURISDICTION,
            citation="",
            why=f"no profile for jurisdiction {contact.jurisdiction!r}: add it to config/jurisdictions",
        )
    else:
        fired = Fired(rule=NO_LOCATION, citation="", why="the person's time zone is not known")
    version = f"{profile.jurisdiction}@{profile.version}" if profile else ""
    return Verdict(decision="deny", until=None, decided_by=fired.rule, fired=(fired,), profile=version, tzdata=tzdata)


def _decided_by(fired: Sequence[Fired], profile: Profile) -> str:
    """A rule that moved the instant outranks the quiet hours (regulation rules, section 2)."""
    others = [each.rule for each in fired if each.rule != profile.hours.rule]
    return others[0] if others else (fired[0].rule if fired else "")


def _earliest(
    channel: Channel, facts: ContactFacts, profile: Profile, now: datetime, fired: list[Fired]
) -> datetime | None:
    """The instant to defer to, or None when `now` will do; notes each rule that moved it."""
    instant = now
    noted: set[str] = set()
    while True:
        moved = _after_hours_rule(channel, facts, profile, instant, fired, noted)
        if moved is None:
            return None
        moved = _after_cap(channel, facts, profile.cap, moved, fired, noted)
        if moved - now > HORIZON:
            fired.append(Fired(rule=profile.cap.rule, citation=profile.cap.citation, why="no common window"))
            return None
        if moved == instant:
            return None if instant == now else instant
        instant = moved


def _after_hours_rule(
    channel: Channel, facts: ContactFacts, profile: Profile, instant: datetime, fired: list[Fired], noted: set[str]
) -> datetime | None:
    hours = profile.hours
    if channel not in hours.channels:
        return instant
    opening = common_opening(instant, hours.window, facts.zones)
    if opening is None:
        why = f"no hour is allowed in all of {', '.join(facts.zones)}"
        fired.append(Fired(rule=hours.rule, citation=hours.citation, why=why))
        return None
    if opening != instant and hours.rule not in noted:
        noted.add(hours.rule)
        window = f"{hours.window.start:%H:%M}-{hours.window.end:%H:%M}"
        why = f"outside {window} in {', '.join(facts.zones)}"
        fired.append(Fired(rule=hours.rule, citation=hours.citation, why=why, until=opening))
    return opening


def _after_cap(
    channel: Channel, facts: ContactFacts, cap: ContactCap, instant: datetime, fired: list[Fired], noted: set[str]
) -> datetime:
    if channel not in cap.channels:
        return instant
    free_at = max(_cap_free_at(facts, cap, instant, name) for name in facts.zones)
    if free_at > instant and cap.rule not in noted:
        noted.add(cap.rule)
        why = f"{cap.max_contacts} contacts to this person within {cap.days} calendar days"
        fired.append(Fired(rule=cap.rule, citation=cap.citation, why=why, until=free_at))
    return max(instant, free_at)


def _cap_free_at(facts: ContactFacts, cap: ContactCap, instant: datetime, zone_name: str) -> datetime:
    """When one more contact fits: the day of a contact is day 1, so it counts through day D + days - 1, local.

    Contacts on later days count as well: two accounts of one person must not meet in the middle of a window.
    """
    today = local_date(instant, zone_name)
    first = today - timedelta(days=cap.days - 1)
    days = sorted(
        on for channel, at in facts.contacts if channel in cap.channels and (on := local_date(at, zone_name)) >= first
    )
    if len(days) < cap.max_contacts:
        return instant
    leaves = days[len(days) - cap.max_contacts]
    return start_of_day(leaves + timedelta(days=cap.days), zone_name)
