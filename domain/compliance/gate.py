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
    if profile is None:
        why = f"no profile for jurisdiction {contact.jurisdiction!r}: add it to config/jurisdictions"
        return _verdict([Fired(rule=UNKNOWN_JURISDICTION, citation="", why=why)], profile, now, now, tzdata)
    if not facts.zones:
        why = "the person's time zone is not known"
        return _verdict([Fired(rule=NO_LOCATION, citation="", why=why)], profile, now, now, tzdata)
    fired: list[Fired] = []
    if facts.opted_out:
        why = f"the person opted out of {contact.channel.value}"
        fired.append(Fired(rule=profile.opt_out_rule, citation=profile.opt_out_citation, why=why))
    allowed_at, moved_by = _fixed_point(contact.channel, facts, profile, now)
    return _verdict(fired + moved_by, profile, now, allowed_at, tzdata)


def _verdict(fired: list[Fired], profile: Profile | None, now: datetime, allowed_at: datetime, tzdata: str) -> Verdict:
    denying = [each for each in fired if each.until is None]
    decision: Literal["allow", "defer", "deny"] = "deny" if denying else "defer" if allowed_at > now else "allow"
    return Verdict(
        decision=decision,
        until=allowed_at if decision == "defer" else None,
        decided_by=_decided_by(denying or fired, profile),
        fired=tuple(fired),
        profile=f"{profile.jurisdiction}@{profile.version}" if profile else "",
        tzdata=tzdata,
    )


def _decided_by(fired: Sequence[Fired], profile: Profile | None) -> str:
    """A rule that moved the instant outranks the quiet hours (regulation rules, section 2)."""
    quiet = (profile.hours.rule, profile.hours.rule_in_several_zones) if profile else ()
    others = [each.rule for each in fired if each.rule not in quiet]
    return others[0] if others else (fired[0].rule if fired else "")


def _fixed_point(
    channel: Channel, facts: ContactFacts, profile: Profile, now: datetime
) -> tuple[datetime, list[Fired]]:
    """The earliest instant that no rule moves, and each rule that moved it (once), or that found no instant."""
    moved_by: dict[str, Fired] = {}
    instant, settled = now, False
    while not settled:
        settled = True
        for rule in (_hours, _cap):
            fired = rule(channel, facts, profile, instant)
            if fired is None:
                continue
            moved_by.setdefault(fired.rule, fired)
            if fired.until is None or fired.until - now > HORIZON:
                never = Fired(rule=fired.rule, citation=fired.citation, why=f"no common window: {fired.why}")
                return now, [never]
            instant, settled = fired.until, False
    return instant, list(moved_by.values())


def _hours(channel: Channel, facts: ContactFacts, profile: Profile, instant: datetime) -> Fired | None:
    hours = profile.hours
    if channel not in hours.channels:
        return None
    opening = common_opening(instant, hours.window, facts.zones)
    if opening == instant:
        return None
    why = f"outside {hours.window.start:%H:%M}-{hours.window.end:%H:%M} in {', '.join(facts.zones)}"
    return Fired(rule=hours.rule_in(facts.zones), citation=hours.citation, why=why, until=opening)


def _cap(channel: Channel, facts: ContactFacts, profile: Profile, instant: datetime) -> Fired | None:
    cap = profile.cap
    if channel not in cap.channels:
        return None
    free_at = max(_cap_free_at(facts, cap, instant, name) for name in facts.zones)
    if free_at <= instant:
        return None
    why = f"{cap.max_contacts} contacts to this person within {cap.days} calendar days"
    return Fired(rule=cap.rule, citation=cap.citation, why=why, until=free_at)


def _cap_free_at(facts: ContactFacts, cap: ContactCap, instant: datetime, zone_name: str) -> datetime:
    """When one more contact fits: the day of a contact is day 1, so it counts through day D + days - 1, local.

    Later contacts count as well, as far as one stretch of `days` holds them and this one: another account of the
    person may live on a clock that is ahead, and the two must not meet in the middle of a stretch.
    """
    today = on = local_date(instant, zone_name)
    taken = sorted(local_date(at, zone_name) for channel, at in facts.contacts if channel in cap.channels)
    for first, last in zip(taken, taken[cap.max_contacts - 1 :], strict=False):
        if (max(on, last) - min(on, first)).days < cap.days:
            on = first + timedelta(days=cap.days)
    return instant if on == today else start_of_day(on, zone_name)
