"""What is said in a call, written when somebody has picked it up: from the ledger, the holds and the words of now.

A call rings for half a minute, and a debt may be paid in that time. So nothing is taken from the moment of dialling
but which touch it was; where the person owes nothing any more or may not be written to, there is no statement.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine

from activities.agreed_words import agreement_words
from activities.agreeing import remembered
from activities.composing import Composer
from activities.planning import Planner
from activities.remembering import new_case
from casedb import cases
from casedb.calls import CallOnRecord, find_call
from casedb.engine import reading
from casedb.snapshot import Snapshot, read_snapshot
from config.messages import AgreementWords
from domain.case import CaseState
from domain.errors import AmicableError
from domain.obligations import earliest_unpaid

log = logging.getLogger(__name__)

PARTS = "\n---\n"
"""What parts the greeting, which names no debt, from the statement, in a rendered call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """The words of one call at one moment, in the person's language."""

    call: CallOnRecord
    locale: str
    greeting: str
    statement: str
    """Empty when there is nothing to be said (any more): paid, closed, held, withdrawn, or the text breaks a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Writes what is said in a call."""

    engine: Engine
    planner: Planner
    composer: Composer

    def words(self, reference: str, number: str, now: datetime) -> Spoken | None:
        """The words of the call of that reference to that number; None when we made no such call."""
        with reading(self.engine) as connection:
            call = find_call(connection, reference, number)
            if call is None:
                return None
            snapshot = read_snapshot(connection, call.account_id, call.case_id, call.touch_key, now, lock=False)
            case = self._case(connection, call, snapshot)
            agreed = agreement_words(connection, case, snapshot, call.touch_key) if case is not None else None
        body = self._body(call, case, snapshot, now, agreed) if case is not None else ""
        greeting, _, statement = body.partition(PARTS)
        return Spoken(call=call, locale=snapshot.locale, greeting=greeting.strip(), statement=statement.strip())

    def _case(self, connection: Connection, call: CallOnRecord, snapshot: Snapshot) -> CaseState | None:
        """The case as far as a message needs it; None when it is closed or nothing is owed."""
        opened = cases.find_open_case(connection, call.account_id)
        due_on = earliest_unpaid(cases.obligations_of(connection, call.account_id), snapshot.balance_minor)
        if opened is None or opened.case_id != call.case_id or due_on is None:
            return None
        try:
            strategy = self.planner.version(opened.strategy, opened.strategy_version)
        except AmicableError as error:  # as below: he hears less, and we hear why
            log.warning("call %s: no statement is made: %s", call.reference, error)
            return None
        case = new_case(snapshot, strategy, call.case_id, due_on, opened.opened_at)
        return remembered(connection, replace(case, campaign_id=opened.campaign_id))

    def _body(
        self, call: CallOnRecord, case: CaseState, snapshot: Snapshot, now: datetime, agreed: AgreementWords | None
    ) -> str:
        """Greeting and statement; empty when a text breaks a rule or must not be said now."""
        open_points = [each for each in snapshot.points if not each.opted_out]
        point = next((each for each in open_points if each.contact_point_id == call.contact_point_id), None)
        if point is None or any(hold.active_at(now) for hold in snapshot.holds):
            return ""
        try:
            message = self.composer.compose(
                case,
                snapshot,
                point,
                template=call.template,
                reference=call.reference,
                now=now,
                agreement=agreed,
            )
        except AmicableError as error:  # somebody holds the line: he hears less, and we hear why
            log.warning("call %s: no statement is made: %s", call.reference, error)
            return ""
        return message.body
