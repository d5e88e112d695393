"""A first score of an account: can the person pay, and does he want to. Whole numbers, with every reason beside them.

It looks at days past due, promises, payments, answers and holds, and at nothing personal. Points are added to a start
in the middle. It never forbids a contact nor allows one: strategies may be softer by it.
A model that learned would take the place of `PointScorer` behind `Scorer`, and owes reasons as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

MIDDLE, LEAST, MOST = 50, 0, 100


class Reason(StrEnum):
    """What moved a score."""

    LATE_30 = "late_30"
    LATE_60 = "late_60"
    LATE_90 = "late_90"
    PROMISES_KEPT = "promises_kept"
    PROMISES_BROKEN = "promises_broken"
    PAYMENTS = "payments"
    NO_PAYMENT = "no_payment"
    ANSWERS = "answers"
    HARD_TO_REACH = "hard_to_reach"
    """Few messages arrive: nobody can tell what he wants, and it costs no points."""
    HARDSHIP = "hardship"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of an account; counts of the last 90 days, but for promises, which are of all its cases."""

    days_past_due: int
    promises_kept: int = 0
    promises_broken: int = 0
    payments: int = 0
    sent: int = 0
    delivered: int = 0
    answers: int = 0
    hardship: bool = False
    """A hold for hardship, vulnerability or breathing space is in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """From 0 to 100 each, higher is better; the reasons in a stable order."""

    ability: int
    willingness: int
    reasons: tuple[Reason, ...] = ()

    @property
    def says(self) -> str:
        """In words."""
        why = f" ({', '.join(reason.value for reason in self.reasons)})" if self.reasons else ""
        return f"ability {self.ability}, willingness {self.willingness}{why}"


class Scorer(Protocol):
    """Whatever makes a score of a history."""

    def score(self, history: History) -> Score:
        """The score, with its reasons."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PointScorer:
    """Points that anybody can add up by hand."""

    def score(self, history: History) -> Score:
        """Each fact's points, up to a most."""
        ability = willingness = MIDDLE
        reasons: list[Reason] = []
        for reason, able, willing in _points(history):
            ability, willingness = ability + able, willingness + willing
            reasons.append(reason)
        return Score(ability=_within(ability), willingness=_within(willingness), reasons=tuple(reasons))


def _points(of: History) -> list[tuple[Reason, int, int]]:
    """Each reason with its points of ability and of willingness."""
    late = ((90, Reason.LATE_90, -30, -20), (60, Reason.LATE_60, -20, -10), (30, Reason.LATE_30, -10, 0))
    found = [(reason, able, willing) for days, reason, able, willing in late if of.days_past_due > days][:1]
    kept, broken, paid = min(of.promises_kept, 3), min(of.promises_broken, 3), min(of.payments, 3)
    if kept:
        found.append((Reason.PROMISES_KEPT, 5 * kept, 10 * kept))
    if broken:
        found.append((Reason.PROMISES_BROKEN, -5 * broken, -15 * broken))
    found.append((Reason.PAYMENTS, 10 * paid, 5 * paid) if paid else (Reason.NO_PAYMENT, -5, 0))
    if of.answers:
        found.append((Reason.ANSWERS, 0, 10))
    if of.sent and 2 * of.delivered < of.sent:
        found.append((Reason.HARD_TO_REACH, 0, 0))
    if of.hardship:
        found.append((Reason.HARDSHIP, -30, 0))
    return found


def _within(points: int) -> int:
    return max(LEAST, min(MOST, points))


class Measure(StrEnum):
    """What a condition of a strategy asks about a score."""

    ABILITY_BELOW = "ability_below"
    WILLINGNESS_BELOW = "willingness_below"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """If all of this holds of the score, the strategy is softer."""

    when: Mapping[Measure, int] = field(default_factory=dict)
    offer_after_days: int | None = None
    """The plan is offered from this day past due on; nothing before it is put off beyond that day."""
    gap_days_times: int = 1
    """The gaps between touches are so many times as long; not those of legal escalation."""

    def met_by(self, score: Score) -> bool:
        """Whether it holds."""
        found = {Measure.ABILITY_BELOW: score.ability, Measure.WILLINGNESS_BELOW: score.willingness}
        return all(found[measure] < bound for measure, bound in self.when.items())
