"""Moving cases to another strategy: looked at under the person's lock, and put on record with who did it and why."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine

from activities.agreeing import with_money
from activities.planning import Planner
from activities.remembering import remember
from casedb import cases, moves
from casedb.engine import writing
from casedb.histories import read_history
from casedb.inbox import InboundFact, InboundKind, Receipt, take
from casedb.move_event import MoveTo
from casedb.moves import MovableCase
from casedb.snapshot import read_snapshot
from domain.errors import ConfigurationError, NotKnown
from domain.moving import Move, consider
from domain.obligations import earliest_unpaid
from domain.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One case with what a move would do to it."""

    case: MovableCase
    move: Move
    zone: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """Moves cases to one strategy in one version."""

    engine: Engine
    planner: Planner
    new: Strategy

    def consider(self, connection: Connection, wanted: MovableCase, now: datetime, *, lock: bool = False) -> Considered:
        """What the move would do, by what the case database knows. Raises NotKnown when the case is closed."""
        snapshot = read_snapshot(connection, wanted.account_id, wanted.case_id, "", now, lock=lock)
        known = cases.find_open_case(connection, wanted.account_id)
        if known is None or known.case_id != wanted.case_id:
            raise NotKnown(f"case {wanted.case_id} is not open any more: nothing is moved")
        old = self._old(known.strategy, known.strategy_version)
        due_on = earliest_unpaid(cases.obligations_of(connection, wanted.account_id), snapshot.balance_minor)
        case = remember(connection, known, snapshot, old or self.new, due_on)
        case = replace(case, strategy=known.strategy, strategy_version=known.strategy_version)
        snapshot = with_money(connection, case, snapshot, now)
        # Either strategy may ask for a score; what is read and not asked for changes nothing.
        snapshot = replace(snapshot, history=read_history(connection, case, snapshot.holds, now))
        sent = moves.sent_touches(connection, case.case_id)
        facts = self.planner.facts(snapshot)
        move = consider(case, facts, old=old, new=self.new, sent=sent, now=now)
        fresh = replace(wanted, strategy=known.strategy, version=known.strategy_version)
        return Considered(case=fresh, move=move, zone=case.zone, currency=case.currency)

    def move(self, wanted: MovableCase, *, by: str, why: str, now: datetime) -> tuple[Considered, Receipt | None]:
        """Move it in one transaction, unless that is refused; a case that runs under the version already stays."""
        with writing(self.engine) as connection:
            at = moves.instant_of(connection, wanted, now)
            found = self.consider(connection, wanted, at, lock=True)
            if found.move.refusal or self.runs_already(found.case):
                return found, None
            fact = InboundFact(
                event_id=f"move:{wanted.case_id}:{self.new.version}:{at.isoformat()}",
                source="console",
                kind=InboundKind.STRATEGY_MOVED,
                at=at,
                account_id=wanted.account_id,
                by=by,
                note=why,
                move=MoveTo(
                    case_id=wanted.case_id,
                    strategy=self.new.name,
                    version=self.new.version,
                    terms=self.new.terms_in(found.currency),
                ),
            )
            return found, take(connection, fact, now)

    def runs_already(self, case: MovableCase) -> bool:
        """Whether there is nothing to move."""
        return (case.strategy, case.version) == (self.new.name, self.new.version)

    def _old(self, name: str, version: str) -> Strategy | None:
        try:
            return self.planner.version(name, version)
        except (NotKnown, ConfigurationError):
            return None  # what it still owed cannot be told; the preview says so
