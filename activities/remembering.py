"""An open case whose workflow is not at hand: what the case database remembers of it."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from activities.agreeing import remembered
from casedb import cases, outside
from casedb.campaigns import terms_of
from casedb.cases import OpenCase
from casedb.snapshot import Snapshot
from domain.calendar import local_date
from domain.case import CaseState, apply
from domain.strategy import Strategy


def new_case(
    snapshot: Snapshot, strategy: Strategy, case_id: str, due_on: date | None, opened_at: datetime
) -> CaseState:
    """A case at its opening, before anything was said or agreed."""
    return CaseState(
        case_id=case_id,
        account_id=snapshot.account_id,
        person_id=snapshot.person_id,
        strategy=strategy.name,
        strategy_version=strategy.version,
        jurisdiction=snapshot.jurisdiction,
        currency=snapshot.currency,
        zone=snapshot.zone,
        due_on=due_on or local_date(opened_at, snapshot.zone),
        opened_at=opened_at,
        terms=strategy.terms_in(snapshot.currency),
        balance_minor=snapshot.balance_minor,
        ledger_version=snapshot.ledger_version,
        holds=snapshot.holds,
    )


def remember(
    connection: Connection, known: OpenCase, snapshot: Snapshot, strategy: Strategy, due_on: date | None
) -> CaseState:
    """The case with its touches, its approval, what was agreed and what was done to the outside world.

    What never went out and what was put off is not on record: the ladder finds that again.
    """
    case = new_case(snapshot, strategy, known.case_id, due_on, known.opened_at)
    terms = terms_of(connection, known.campaign_id)
    case = replace(case, campaign_id=known.campaign_id, spread_minutes=terms.spread_minutes)
    for made in cases.contacts_made(connection, known.case_id):
        case = apply(case, made)
    approvals = cases.approvals_of(connection, known.case_id)
    for asked, _ in approvals:
        case = apply(case, asked)
    approval = approvals[-1][1] if approvals else None
    return replace(
        remembered(connection, case),
        stage=known.stage,
        approval=approval,
        outside=tuple(step.state for step in outside.of_case(connection, known.case_id)),
    )
