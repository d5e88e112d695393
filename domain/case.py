"""A case: one overdue account on its way from a gentle reminder to a human's decision about law.

Theory of operation. A case changes only by facts: `apply(case, event)` looks up `TRANSITIONS[stage][type(event)]`,
lets that handler make a new case, and then `settle` makes true what must hold however we got there. Handlers never
look at a clock, a database or a strategy; what to do next is `domain.ladder`'s question, asked afterwards.

Facts are accepted in every stage and in any order, and twice is once: a payment may arrive in the middle of a
dispute, a hold's release before its placing, an approval after the case was paid. A fact that no longer matters
leaves the case as it is. Requests (promise, plan, decision on an approval) are different: `domain.requests` may
refuse them, and only a request that was admitted becomes a fact.

A stage only moves forward, when a touch of a later stage was made or forgone, and ends in `closed`. No name, phone,
e-mail, address or message text is ever here: this is what continue-as-new carries and what history shows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from domain.case_state import CaseState, ChannelWord
from domain.errors import IllegalTransition
from domain.escalation_facts import (
    approval_granted,
    approval_refused,
    approval_renewed,
    approval_requested,
    outside_put_off,
    outside_taken,
    outside_undone,
)
from domain.events import (
    EVENT_TYPES,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRenewed,
    ApprovalRequested,
    CaseClosed,
    CaseWithdrawn,
    ContactAllowed,
    ContactDeferred,
    ContactFailed,
    ContactForgone,
    ContactMade,
    ContactReported,
    ContactStopped,
    DisputeOpened,
    Event,
    Fact,
    HoldPlaced,
    HoldReleased,
    LedgerChanged,
    OutsidePutOff,
    OutsideTaken,
    OutsideUndone,
    PlanAccepted,
    PromiseMade,
    ReliefGranted,
    StrategyMoved,
)
from domain.holds import HoldState
from domain.negotiation.facts import plan_accepted, promise_made, relief_granted
from domain.vocabulary import Channel, DeliveryStatus, HoldKind, Stage

__all__ = ["TRANSITIONS", "CaseState", "ChannelWord", "Transition", "apply", "settle"]


def apply(case: CaseState, event: Event) -> CaseState:
    """The case after a fact; twice is once. Raises IllegalTransition for a type that is no fact of a case."""
    transition = TRANSITIONS[case.stage].get(type(event))
    if transition is None:
        raise IllegalTransition(f"case {case.case_id}: {type(event).__name__} is not a fact a case knows")
    return settle(transition.handler(case, event))


def settle(case: CaseState) -> CaseState:
    """What holds however we got here: a closed case waits for nothing, and its stage says closed."""
    if case.close_reason is None:
        return case
    return replace(
        case,
        stage=Stage.CLOSED,
        promise=None,
        plan=None,
        settlement=None,
        deferred_touch="",
        deferred_until=None,
        undelivered="",
    )


def _ledger_changed(case: CaseState, event: LedgerChanged) -> CaseState:
    if event.ledger_version <= case.ledger_version:
        return case
    return replace(case, balance_minor=event.balance_minor, ledger_version=event.ledger_version)


def _with_hold(case: CaseState, hold: HoldState) -> CaseState:
    others = tuple(known for known in case.holds if known.hold_id != hold.hold_id)
    return replace(case, holds=tuple(sorted((*others, hold), key=lambda each: each.hold_id)))


def _hold(case: CaseState, hold_id: str) -> HoldState | None:
    return next((hold for hold in case.holds if hold.hold_id == hold_id), None)


def _hold_placed(case: CaseState, event: HoldPlaced) -> CaseState:
    known = _hold(case, event.hold_id)
    if known is not None and known.starts_at is not None:
        return case
    placed = HoldState(
        hold_id=event.hold_id,
        kind=event.reason,
        owner=event.owner,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        released_at=known.released_at if known else None,
        pauses_dpd=event.pauses_dpd,
        obligation_due_on=event.obligation_due_on,
        review_at=event.review_at,
    )
    return _with_hold(case, placed)


def _dispute_opened(case: CaseState, event: DisputeOpened) -> CaseState:
    kind, of = HoldKind.DISPUTE, event
    placed = HoldPlaced(
        event_id=of.event_id, at=of.at, hold_id=of.hold_id, reason=kind, owner=of.owner, starts_at=of.at
    )
    return _hold_placed(case, placed)


def _hold_released(case: CaseState, event: HoldReleased) -> CaseState:
    known = _hold(case, event.hold_id)
    if known is None:
        return _with_hold(case, HoldState(hold_id=event.hold_id, released_at=event.at))
    return case if known.released_at is not None else _with_hold(case, replace(known, released_at=event.at))


def _channel_spoken_of(case: CaseState, event: ContactStopped | ContactAllowed) -> CaseState:
    """The later word counts; of two at one instant, the stop."""
    word = ChannelWord(channel=event.channel, at=event.at, stopped=isinstance(event, ContactStopped))
    known = {each.channel: each for each in case.words}
    before = known.get(word.channel)
    if before is not None and (before.at, before.stopped) >= (word.at, word.stopped):
        return case
    known[word.channel] = word
    return replace(case, words=tuple(known[channel] for channel in Channel if channel in known))


def _touch_finished(case: CaseState, event: ContactMade | ContactForgone, **more: Any) -> CaseState:
    return replace(
        case,
        done=case.done if event.touch_key in case.done else (*case.done, event.touch_key),
        stage=max(case.stage, event.stage, key=lambda each: each.rank),
        deferred_touch="",
        deferred_until=None,
        failing_touch="",
        failures=0,
        failed_before=(),
        undelivered="",
        **more,
    )


def _is_over(case: CaseState, key: str) -> bool:
    """Whether a touch was made and nothing brings it back."""
    return key in case.done and key not in case.forgone and key != case.undelivered


def _contact_made(case: CaseState, event: ContactMade) -> CaseState:
    if _is_over(case, event.touch_key):
        return case
    latest = event.at if case.last_touch_at is None else max(case.last_touch_at, event.at)
    forgone = tuple(key for key in case.forgone if key != event.touch_key)
    return _touch_finished(case, event, last_touch_at=latest, forgone=forgone)


def _contact_forgone(case: CaseState, event: ContactForgone) -> CaseState:
    key, known = event.touch_key, case.forgone_at
    heard = key in case.forgone and known is not None and event.at <= known
    if _is_over(case, key) or heard:
        return case
    forgone = case.forgone if key in case.forgone else (*case.forgone, key)
    return _touch_finished(case, event, forgone=forgone, forgone_at=max(known or event.at, event.at))


def _contact_reported(case: CaseState, event: ContactReported) -> CaseState:
    """A message that did not arrive is said again elsewhere, unless something else was said since."""
    key = event.touch_key
    if event.delivery is not DeliveryStatus.FAILED or event.made_at != case.last_touch_at or not _is_over(case, key):
        return case
    return replace(case, undelivered=key)


def _contact_deferred(case: CaseState, event: ContactDeferred) -> CaseState:
    key, told, until = event.touch_key, case.deferred_at, case.deferred_until
    if _is_over(case, key):
        return case
    old = told is not None and (event.at < told or (event.at == told and not case.deferred_touch))
    if old:
        return case
    if case.deferred_touch == key and until is not None and event.until <= until:
        return replace(case, deferred_at=event.at)
    return replace(case, deferred_touch=key, deferred_until=event.until, deferred_at=event.at)


def _contact_failed(case: CaseState, event: ContactFailed) -> CaseState:
    key, told = event.touch_key, case.failed_at
    if _is_over(case, key):
        return case
    old = told is not None and (event.at < told or (event.at == told and not case.failing_touch))
    if old:
        return case
    if case.failing_touch == key and event.attempt <= case.failures:
        return replace(case, failed_at=event.at)
    known, last = case.failed(key), case.failed(case.failing_touch)
    before = tuple(each for each in case.failed_before if each.key != key)
    return replace(
        case,
        failing_touch=key,
        failures=max(event.attempt, known.failures + 1 if known is not None else 1),
        failed_at=event.at,
        failed_before=(*before, last) if last is not None and last.key != key else before,
    )


def _strategy_moved(case: CaseState, event: StrategyMoved) -> CaseState:
    """The later move counts, in whatever order they are heard; of two at one instant the greater name."""
    before, told = case.moved_at, (event.at, event.strategy, event.strategy_version)
    if before is not None and told <= (before, case.strategy, case.strategy_version):
        return case
    return replace(
        case,
        strategy=event.strategy,
        strategy_version=event.strategy_version,
        terms=event.terms,
        moved_at=event.at,
    )


def _case_withdrawn(case: CaseState, event: CaseWithdrawn) -> CaseState:
    return replace(case, withdrawn=True)


def _case_closed(case: CaseState, event: CaseClosed) -> CaseState:
    return replace(case, close_reason=event.reason)


def _no_change(case: CaseState, event: Fact) -> CaseState:
    return case


@dataclass(frozen=True, slots=True)
class Transition:
    """How one fact changes a case of one stage, and every stage it may lead to."""

    handler: Callable[[CaseState, Any], CaseState]
    leads_to: tuple[Stage, ...]


_HANDLERS: dict[type[Fact], Callable[[CaseState, Any], CaseState]] = {
    LedgerChanged: _ledger_changed,
    DisputeOpened: _dispute_opened,
    HoldPlaced: _hold_placed,
    HoldReleased: _hold_released,
    ContactStopped: _channel_spoken_of,
    ContactAllowed: _channel_spoken_of,
    PromiseMade: promise_made,
    PlanAccepted: plan_accepted,
    ReliefGranted: relief_granted,
    ContactMade: _contact_made,
    ContactReported: _contact_reported,
    ContactDeferred: _contact_deferred,
    ContactForgone: _contact_forgone,
    ContactFailed: _contact_failed,
    ApprovalRequested: approval_requested,
    ApprovalGranted: approval_granted,
    ApprovalRefused: approval_refused,
    ApprovalRenewed: approval_renewed,
    OutsideTaken: outside_taken,
    OutsidePutOff: outside_put_off,
    OutsideUndone: outside_undone,
    CaseWithdrawn: _case_withdrawn,
    CaseClosed: _case_closed,
    StrategyMoved: _strategy_moved,
}


def _leads_to(stage: Stage, event: type[Fact]) -> tuple[Stage, ...]:
    if event in (ContactMade, ContactForgone):
        return tuple(later for later in Stage if stage.rank <= later.rank < Stage.CLOSED.rank)
    return (Stage.CLOSED,) if event is CaseClosed else (stage,)


def _open_stage(stage: Stage) -> dict[type[Fact], Transition]:
    return {event: Transition(_HANDLERS[event], _leads_to(stage, event)) for event in EVENT_TYPES}


def _closed_stage() -> dict[type[Fact], Transition]:
    return {
        event: Transition(_ledger_changed if event is LedgerChanged else _no_change, (Stage.CLOSED,))
        for event in EVENT_TYPES
    }


TRANSITIONS: dict[Stage, dict[type[Fact], Transition]] = {
    stage: _closed_stage() if stage is Stage.CLOSED else _open_stage(stage) for stage in Stage
}
"""Every stage times every fact: nothing is left to chance, and the diagram in docs/ is drawn from it."""
