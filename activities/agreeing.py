"""Agreements between the core and the case database: what was paid since, and how each stands, on record."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from casedb import agreements, reliefs
from casedb.snapshot import Snapshot
from domain.agreements import PlanState, PromiseState, SettlementState
from domain.calendar import local_date
from domain.case import CaseState, apply
from domain.events import Event, PlanAccepted, PromiseMade
from domain.negotiation.judging import Judgement
from domain.negotiation.standing import Standing, too_late_at
from domain.vocabulary import CloseReason

_PAID = frozenset({CloseReason.PAID, CloseReason.IMMATERIAL, CloseReason.SETTLED})


def _in_force(case: CaseState) -> list[PromiseState | PlanState | SettlementState]:
    return [each for each in (case.promise, case.plan, case.settlement) if each is not None]


def with_money(connection: Connection, case: CaseState, snapshot: Snapshot, now: datetime) -> Snapshot:
    """The snapshot with what was paid since each agreement; a case without one asks the database nothing."""
    found = []
    for each in _in_force(case):
        if each.baseline_version is not None:
            by = now if isinstance(each, PlanState) else too_late_at(case, each)
            found.append(
                agreements.received(
                    connection, case.account_id, each.agreed_as, since_version=each.baseline_version, by=by
                )
            )
    return replace(snapshot, received=tuple(found)) if found else snapshot


def charge_interest(connection: Connection, case: CaseState, now: datetime) -> bool:
    """Post what a plan's interest has come to; whether the ledger moved."""
    return agreements.charge_interest(connection, case, local_date(now, case.zone), now)


def keep_on_record(connection: Connection, case: CaseState, snapshot: Snapshot, now: datetime) -> None:
    """Promise and plan with their judgement; a case that never made one writes nothing."""
    if any(agreed.startswith(("promise:", "plan:")) for agreed in case.agreed):
        fresh = replace(case, balance_minor=snapshot.balance_minor)
        standing = Standing(case=fresh, received=snapshot.received, now=now)
        agreements.record(connection, case, standing.judged(), now)


def end_on_record(connection: Connection, case: CaseState, reason: CloseReason, now: datetime) -> None:
    """What is still open when the case ends was kept if the debt is gone, and else replaced by what came after."""
    if any(agreed.startswith(("promise:", "plan:")) for agreed in case.agreed):
        agreements.end(connection, case.case_id, Judgement.KEPT if reason in _PAID else Judgement.REPLACED, now)


def remembered(connection: Connection, case: CaseState) -> CaseState:
    """The case with all that it agreed on and was granted, in the order in which that happened."""
    made = agreements.made_facts(connection, case.case_id)
    facts: list[tuple[Event, dict[str, Any]]] = [(fact, based) for fact, based in made]
    facts += [(fact, {}) for fact in reliefs.granted_facts(connection, case.case_id)]
    for fact, based in sorted(facts, key=lambda each: each[0].at):
        case = apply(case, fact)
        if isinstance(fact, PromiseMade) and case.promise is not None:
            case = replace(case, promise=replace(case.promise, **based))
        elif isinstance(fact, PlanAccepted) and case.plan is not None:
            case = replace(case, plan=replace(case.plan, **based))
    return case
