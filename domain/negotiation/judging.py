"""How agreements are judged, on money alone: a promise or a settlement after its grace, a plan as it goes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.agreements import PlanState, PromiseState, SettlementState
from domain.calendar import start_of_day
from domain.events import Instalment
from domain.strategy import NegotiationTerms


class Judgement(StrEnum):
    """How an agreement stands."""

    OPEN = "open"
    """Nobody can tell yet; of a plan: it performs."""
    KEPT = "kept"
    PARTLY_KEPT = "partly_kept"
    """Some money came in time, and not all of it."""
    BROKEN = "broken"
    REPLACED = "replaced"
    """Another agreement took its place before its day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What was paid on an account since an agreement, by its ledger: payments less what was taken back."""

    agreed_as: str
    total_minor: int
    in_time_minor: int
    """Without payments made after the grace; what was taken back counts whenever that was."""


def judged_at(due_on: date, grace_days: int, zone: str) -> datetime:
    """The first instant at which money for this day is too late."""
    return start_of_day(due_on + timedelta(days=grace_days + 1), zone)


def judge_promise(promise: PromiseState, received: Received, *, now: datetime, at: datetime) -> Judgement:
    """Kept as soon as all of it is here; else open until its instant."""
    return _by_day(promise.amount_minor, received, now=now, at=at)


def judge_settlement(settlement: SettlementState, received: Received, *, now: datetime, at: datetime) -> Judgement:
    """As a promise; what came in part is no settlement."""
    found = _by_day(settlement.amount_minor, received, now=now, at=at)
    return Judgement.BROKEN if found is Judgement.PARTLY_KEPT else found


def _by_day(amount_minor: int, received: Received, *, now: datetime, at: datetime) -> Judgement:
    if received.in_time_minor >= amount_minor:
        return Judgement.KEPT
    if now < at:
        return Judgement.OPEN
    return Judgement.PARTLY_KEPT if received.in_time_minor > 0 else Judgement.BROKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStanding:
    """How a plan stands at an instant."""

    judgement: Judgement
    missed: tuple[Instalment, ...]
    """Unpaid after their grace."""
    next: Instalment | None
    """The first that is neither paid nor missed."""
    next_number: int
    """Its number in the plan, from 1; 0 without one."""
    next_minor: int
    """What is still to be paid by its day: all that is due until then and not here."""
    judged_at: datetime | None
    """When the next one counts as missed."""


def judge_plan(plan: PlanState, received_minor: int, terms: NegotiationTerms, zone: str, now: datetime) -> PlanStanding:
    """Money covers the oldest instalment first; with too many missed the plan is broken until they are paid."""
    missed: list[Instalment] = []
    expected = 0
    for number, instalment in enumerate(plan.instalments, start=1):
        expected += instalment.amount_minor
        if received_minor >= expected:
            continue
        at = judged_at(instalment.due_on, terms.plan_grace_days, zone)
        if now >= at:
            missed.append(instalment)
            continue
        broken = len(missed) >= max(1, terms.plan_misses_max)
        return PlanStanding(
            judgement=Judgement.BROKEN if broken else Judgement.OPEN,
            missed=tuple(missed),
            next=instalment,
            next_number=number,
            next_minor=expected - received_minor,
            judged_at=at,
        )
    # With its last day over, one missed instalment is enough: there is none left in which to make it good.
    ended = Judgement.BROKEN if missed else Judgement.KEPT
    return PlanStanding(judgement=ended, missed=tuple(missed), next=None, next_number=0, next_minor=0, judged_at=None)
