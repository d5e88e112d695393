"""The gate: may this be done at this instant? Every rule is evaluated; the strictest answer wins.

DENY outranks DEFER outranks ALLOW. A deferral is the least fixed point over all rules: each may move the instant
forward, until none does; beyond the horizon there is no common window and the answer is DENY. (Regulation rules,
sections 1 and 2.) The gate is asked at the very instant of sending; that a timer fired is not permission.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import cycle

from domain.calendar import HORIZON
from domain.compliance.facts import Act, CandidateZone
from domain.compliance.profile import Profile, Rule, Selection
from domain.compliance.verdict import (
    ComputedValue,
    Decision,
    Effect,
    Fired,
    Precedence,
    RuleClass,
    Verdict,
)

__all__ = ["Fired", "Verdict", "check"]

UNKNOWN_JURISDICTION = "UNKNOWN-JURISDICTION"
NO_LOCATION = "NO-LOCATION"
NO_COMMON_WINDOW = "no_common_window"
LOCATION_UNKNOWN = "location_unknown"
COUNTRY = "country"
"""The basis of a zone that is taken because nothing is known of the person."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule and what it said."""

    rule: Rule
    fired: Fired


@dataclass(frozen=True, slots=True)
class Settled:
    """The earliest instant that no rule moves, and which rules stood in the way of an earlier one."""

    at: datetime
    moved: list[Hit]
    """Each rule that moved it, once and in that order, or that found no instant."""
    held: list[Hit]
    """Rules that would have held the act as proposed, had others not moved it past them."""


def check(act: Act, profile: Profile | None, *, tzdata: str, law_alone: bool = False) -> Verdict:
    """Whether the act may be done at its instant; without a profile for the jurisdiction, never.

    `law_alone` leaves out what is our own policy: house rules, and rules that a creditor keeps by choice.
    """
    if profile is None:
        why = f"no profile for jurisdiction {act.jurisdiction!r}: add it to config/jurisdictions"
        return _refusal(UNKNOWN_JURISDICTION, why, "", tzdata)
    if not act.zone_names and not profile.zones:
        why = "the person's time zone is not known, and the jurisdiction has too many: find out where he is"
        return _refusal(NO_LOCATION, why, _named(profile), tzdata, reason=LOCATION_UNKNOWN)
    act = _located(act, profile)
    selection = profile.select(act, law_alone=law_alone)
    return _verdict(act, selection, _settle(act, selection), profile=_named(profile), tzdata=tzdata)


def _located(act: Act, profile: Profile) -> Act:
    """The act in zones that the law knows: legal time, and all zones of the country for a person of none."""
    if not act.zone_names:
        return replace(act, zones=tuple(CandidateZone(name=name, basis=COUNTRY) for name in profile.zones))
    if profile.legal_time and not profile.legal_time.keys().isdisjoint(act.zone_names):
        known = profile.legal_time
        return replace(act, zones=tuple(replace(each, name=known.get(each.name, each.name)) for each in act.zones))
    return act


def _judge(act: Act, selection: Selection) -> list[Hit]:
    hits: list[Hit] = []
    for rule in selection.judging:
        answer = rule.terms.evaluate(rule, act)
        if answer is not None and rule.in_force(act.at, act.zone_names):
            hits += [Hit(rule, fired) for fired in (answer if isinstance(answer, tuple) else (answer,))]
    return hits


def _settle(act: Act, selection: Selection) -> Settled:
    """Ask the rules in turn until every one of them, one after the other, is content with the instant."""
    moved: dict[str, Hit] = {}
    instant, content = act.at, 0
    for rule in cycle(selection.moving):
        if content == len(selection.moving):
            break
        fired = rule.terms.next_allowed(rule, act, instant)
        if fired is None or not rule.in_force(act.at, act.zone_names):
            content += 1
            continue
        if fired.until is None or fired.until - act.at > HORIZON:
            return Settled(act.at, [Hit(rule, _never(rule, fired)), *moved.values()], [])
        moved.setdefault(fired.rule, Hit(rule, fired))
        instant, content = fired.until, 0
    return Settled(instant, list(moved.values()), _held(act, selection, moved) if moved else [])


def _held(act: Act, selection: Selection, moved: Mapping[str, Hit]) -> list[Hit]:
    known = {id(hit.rule) for hit in moved.values()}
    held: list[Hit] = []
    for rule in selection.moving:
        fired = None if id(rule) in known else rule.terms.next_allowed(rule, act, act.at)
        if fired is not None and fired.rule not in moved and rule.in_force(act.at, act.zone_names):
            held.append(Hit(rule, fired))
    return held


def _never(rule: Rule, fired: Fired) -> Fired:
    if fired.effect is Effect.DENY and fired.code:
        return fired
    return rule.denies(f"no common window: {fired.why}", code=NO_COMMON_WINDOW, rule=fired.rule)


def _verdict(act: Act, selection: Selection, settled: Settled, *, profile: str, tzdata: str) -> Verdict:
    hits = _judge(act, selection) + settled.moved + settled.held
    denials = sorted((hit for hit in hits if hit.fired.effect is Effect.DENY), key=lambda hit: hit.fired.precedence)
    decision: Decision = "deny" if denials else "defer" if settled.at > act.at else "allow"
    decided_by = denials[0] if denials else _mover(settled.moved)
    warnings = tuple(dict.fromkeys(hit.fired.code or hit.fired.rule for hit in hits if hit.fired.effect is Effect.WARN))
    return Verdict(
        decision=decision,
        until=settled.at if decision == "defer" else None,
        decided_by=decided_by.fired.rule if decided_by else "",
        fired=tuple(hit.fired for hit in hits),
        profile=profile,
        tzdata=tzdata,
        warnings=warnings,
        computed=_computed(act, selection),
        override_allowed=decided_by is not None and _may_be_overridden(act, decided_by, hits),
        reason=denials[0].fired.code if denials else "",
    )


def _mover(moved: Sequence[Hit]) -> Hit | None:
    """The first rule that moved the instant; the quiet hours only when no other did (section 2)."""
    others = (hit for hit in moved if hit.fired.precedence is not Precedence.QUIET_HOURS)
    return next(others, moved[0] if moved else None)


def _computed(act: Act, selection: Selection) -> tuple[tuple[str, ComputedValue], ...]:
    return tuple(
        pair
        for rule in selection.computing
        if rule.in_force(act.at, act.zone_names)
        for pair in rule.terms.computed(rule, act)
    )


def _may_be_overridden(act: Act, decided_by: Hit, hits: Sequence[Hit]) -> bool:
    """Whether a named approver with a reason may go on: only a presumption stands in the way at this instant."""
    if decided_by.rule.rule_class is not RuleClass.DEFAULT:
        return False
    if act.flags.rebuttal_factor in decided_by.rule.no_override_for:
        return False
    return not any(hit.rule.rule_class is RuleClass.HARD and _stands_now(act, hit) for hit in hits)


def _stands_now(act: Act, hit: Hit) -> bool:
    if hit.fired.effect is not Effect.DEFER:
        return hit.fired.effect is Effect.DENY
    return hit.rule.terms.next_allowed(hit.rule, act, act.at) is not None


def _refusal(rule: str, why: str, profile: str, tzdata: str, *, reason: str = "") -> Verdict:
    fired = Fired(rule=rule, citation="", why=why, precedence=Precedence.STAY, code=reason)
    return Verdict(
        decision="deny", until=None, decided_by=rule, fired=(fired,), profile=profile, tzdata=tzdata, reason=reason
    )


def _named(profile: Profile) -> str:
    return f"{profile.jurisdiction}@{profile.version}"
