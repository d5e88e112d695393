"""How an agreement that was made changes a case; `domain.case` has the table of all facts."""

from dataclasses import replace

from domain.agreements import PlanState, PromiseState, SettlementState
from domain.authority import ReliefKind
from domain.case_state import CaseState
from domain.events import PlanAccepted, PromiseMade, ReliefGranted
from domain.holds import HoldState
from domain.vocabulary import HoldKind


def promise_made(case: CaseState, event: PromiseMade) -> CaseState:
    """A promise is in force; one that was made before changes nothing."""
    key = event.agreed_as
    if key in case.agreed:
        return case
    promise = PromiseState(
        promise_id=event.promise_id,
        amount_minor=event.amount_minor,
        due_on=event.due_on,
        made_at=event.at,
        baseline_minor=case.balance_minor,
        baseline_version=case.ledger_version,
    )
    return replace(case, promise=promise, agreed=(*case.agreed, key))


def plan_accepted(case: CaseState, event: PlanAccepted) -> CaseState:
    """A plan takes the place of a promise; one that was accepted before changes nothing."""
    key = event.agreed_as
    if key in case.agreed:
        return case
    plan = PlanState(
        plan_id=event.plan_id,
        instalments=event.instalments,
        down_payment_minor=event.down_payment_minor,
        interest_minor=event.interest_minor,
        accepted_at=event.at,
        baseline_minor=case.balance_minor,
        baseline_version=case.ledger_version,
    )
    return replace(case, plan=plan, promise=None, agreed=(*case.agreed, key))


def relief_granted(case: CaseState, event: ReliefGranted) -> CaseState:
    """A waiver has moved the ledger, a deferral is a hold, a settlement takes the place of promise and plan.

    Granted before, it changes nothing.
    """
    key = event.agreed_as
    if key in case.agreed:
        return case
    case = replace(case, agreed=(*case.agreed, key))
    if event.relief is ReliefKind.DEFERRAL:
        return replace(case, holds=_with_deferral(case, event))
    if event.relief is ReliefKind.SETTLEMENT:
        return replace(case, promise=None, plan=None, settlement=_settlement(event))
    if event.ledger_version <= case.ledger_version:
        return case
    return replace(case, balance_minor=event.balance_minor, ledger_version=event.ledger_version)


def _with_deferral(case: CaseState, event: ReliefGranted) -> tuple[HoldState, ...]:
    """A release that came first stays."""
    hold_id = deferral_hold(event.relief_id)
    known = {hold.hold_id: hold for hold in case.holds}
    before = known.get(hold_id)
    known[hold_id] = HoldState(
        hold_id=hold_id,
        kind=HoldKind.DEFERRAL,
        owner=DEFERRAL_OWNER,
        starts_at=event.at,
        ends_at=event.ends_at,
        released_at=before.released_at if before else None,
    )
    return tuple(known[each] for each in sorted(known))


def _settlement(event: ReliefGranted) -> SettlementState:
    assert event.until is not None, "a settlement has a day"
    return SettlementState(
        relief_id=event.relief_id,
        amount_minor=event.amount_minor,
        due_on=event.until,
        accepted_at=event.at,
        baseline_minor=event.balance_minor,
        baseline_version=event.ledger_version,
    )


DEFERRAL_OWNER = "operations"


def deferral_hold(relief_id: str) -> str:
    """The id of the hold that a deferral is."""
    return f"relief:{relief_id}"
