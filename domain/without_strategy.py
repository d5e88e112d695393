"""What is next for a case whose strategy nobody knows any more: silence, a human, and an end when nothing is owed."""

from datetime import datetime, timedelta

from domain.calendar import days_past_due
from domain.case_state import CaseState
from domain.ladder import dpd_bucket
from domain.situation import CaseFacts
from domain.step import Close, NextStep, Rest
from domain.vocabulary import CloseReason, TaskKind

LOOKED_AT_EVERY = timedelta(days=1)


def step_without(case: CaseState, facts: CaseFacts, reference: str, why: str, now: datetime) -> NextStep:
    """The case ends when it is withdrawn or nothing is owed, unless a step to the outside world must be undone first.

    Everything else waits for a human, as any other strategy would be a silent switch.
    """
    at, action, says = now, _end(case, facts), why
    if case.is_closed:
        says = f"the case is closed: {case.close_reason}"
    elif isinstance(action, Close):
        says = "nothing is owed any more" if action.reason is CloseReason.PAID else "the lender took the account back"
    else:
        at = now + LOOKED_AT_EVERY
        action = Rest(task=TaskKind.STRATEGY_MISSING, task_key=reference, owner="engineering")
    days = days_past_due(case.due_on, now, case.zone, case.pauses())
    return NextStep(at=at, action=action, why=says, dpd_bucket=dpd_bucket(days))


def _end(case: CaseState, facts: CaseFacts) -> Close | Rest:
    newer = facts.ledger_version >= case.ledger_version
    owed = facts.balance_minor if newer else case.balance_minor
    if case.is_closed or case.outside:
        return Rest()
    if case.withdrawn:
        return Close(reason=CloseReason.WITHDRAWN)
    return Close(reason=CloseReason.PAID) if owed <= 0 else Rest()
