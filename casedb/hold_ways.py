"""Doing the duties of a hold, and deciding about it: facts through the one door, in one transaction with the release.

A decision that only releases is followed by the release as a fact of its own, so that cases hear of it as of any other.
One that leaves a duty behind, such as a correction by the lender, keeps the silence until that duty is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, update

from casedb import complaints, duties
from casedb.duties import DutyRecord, Ruled
from casedb.engine import lock_person
from casedb.holds import HoldRecord, find_hold
from casedb.inbound import InboundFact, InboundKind, Receipt
from casedb.schema import duty, hold
from domain.duties import FOLLOW_UPS, Effect, Outcome
from domain.errors import InvalidInput

_DO = (
    update(duty)
    .where(duty.c.hold_id == bindparam("of"), duty.c.duty == bindparam("named"), duty.c.number == bindparam("nth"))
    .values(done_at=bindparam("at"), done_by=bindparam("by"), evidence=bindparam("reference"))
)
_DECIDE = (
    update(hold)
    .where(hold.c.hold_id == bindparam("id"))
    .values(
        outcome=bindparam("told"), decided_at=bindparam("at"), decided_by=bindparam("by"), decided_why=bindparam("why")
    )
)
_END = update(hold).where(hold.c.hold_id == bindparam("id")).values(ends_at=bindparam("at"))
DECIDE = "decide"
"""The duty that a decision does by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Who of our people says something about a hold, and when."""

    hold_id: str
    by: str
    at: datetime
    note: str = ""


def fulfilment(connection: Connection, word: Word, name: str, evidence: str) -> tuple[InboundFact, ...]:
    """The facts that a duty is done, and that its hold is over if nothing else kept it. Twice is once."""
    held = _locked(connection, word.hold_id)
    wanted = _wanted(duties.duties_of_hold(connection, word.hold_id), held, name, word.at)
    done = _fact(word, held, InboundKind.DUTY_DONE, f"duty:{wanted.key}", duty=name, evidence=evidence, note=word.note)
    return (done, _release(word, held)) if name in FOLLOW_UPS else (done,)


def decision(connection: Connection, word: Word, outcome: Outcome, reason: str) -> tuple[InboundFact, ...]:
    """The facts that somebody decided, and that the hold is over if nothing else follows. Twice is once.

    Raises InvalidInput for a decision that this kind of hold has not, or that differs from the first.
    """
    held = _locked(connection, word.hold_id)
    if held.outcome not in {"", outcome.value}:
        raise InvalidInput(f"hold {held.hold_id} was decided as {held.outcome} by {held.decided_by}: nothing changed")
    ruled = _ruled(connection, held)
    told = _fact(word, held, InboundKind.HOLD_DECIDED, f"decide:{held.hold_id}", outcome=outcome.value, reason=reason)
    known = {record.duty for record in duties.duties_of_hold(connection, held.hold_id)}
    effect = ruled.rule.way(outcome, known).effect
    return (told, _release(word, held)) if effect is Effect.RELEASE else (told,)


def take_done(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """Tick a duty off. Raises InvalidInput when it is not open, or its reference is missing."""
    held = _locked(connection, fact.hold)
    records = duties.duties_of_hold(connection, held.hold_id)
    wanted = _wanted(records, held, fact.duty, now)
    if not wanted.is_open:
        raise InvalidInput(f"duty {fact.duty} of hold {held.hold_id} was done or lapsed before: nothing changed")
    if wanted.needs_evidence and not fact.evidence:
        raise InvalidInput(
            f"duty {fact.duty} of hold {held.hold_id} needs --evidence: where can it be looked up?", field="evidence"
        )
    _do(connection, wanted, fact, now)
    complaints.duty_done(connection, held.hold_id, fact.duty, fact.evidence, fact.at)
    if fact.duty not in FOLLOW_UPS:
        _follow(connection, held, wanted, fact, now)
    return Receipt(fact=fact, account_ids=())


def _follow(connection: Connection, held: HoldRecord, wanted: DutyRecord, fact: InboundFact, now: datetime) -> None:
    """What a done duty brings: the hold's end, or its next time."""
    ruled = _ruled(connection, held)
    end = ruled.rule.end_by(fact.duty, fact.at, ruled.zone)
    if end is not None:
        connection.execute(_END, {"id": held.hold_id, "at": end})
        duties.lapse(connection, held.hold_id, now)
        return
    again = ruled.rule.again(fact.duty, fact.at, ruled.zone)
    if again is not None:
        duties.add(connection, held.hold_id, ruled.rule, again, now, number=wanted.number + 1)


def take_decision(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """Put a decision on record: what is open lapses, and what it leaves to do is asked for.

    Raises InvalidInput for one that comes too early, or after another.
    """
    held = _locked(connection, fact.hold)
    if held.outcome or held.released_at is not None:
        raise InvalidInput(f"hold {held.hold_id} is {held.outcome or 'released'} already: nothing changed")
    ruled = _ruled(connection, held)
    records = duties.duties_of_hold(connection, held.hold_id)
    way = ruled.rule.way(Outcome(fact.outcome), {record.duty for record in records if record.done_at is not None})
    told = {"id": held.hold_id, "told": fact.outcome, "at": fact.at, "by": fact.by, "why": fact.reason}
    connection.execute(_DECIDE, told)
    for record in records:
        if record.duty == DECIDE and record.is_open:
            _do(connection, record, fact, now)
    duties.lapse(connection, held.hold_id, now)
    complaints.decided(connection, held.hold_id, fact.outcome)
    left = ruled.rule.follow_up(way, fact.at, ruled.zone)
    if left is not None:
        duties.add(connection, held.hold_id, ruled.rule, left, now)
    return Receipt(fact=fact, account_ids=())


def why_not_released(connection: Connection, held: HoldRecord) -> str:
    """Why a hold may not simply be released; empty when it may, and for one from before it had duties."""
    records = duties.duties_of_hold(connection, held.hold_id)
    if not any(record.is_open for record in records) or not _ruled(connection, held).rule.by_decision_only:
        return ""
    left = next((record.duty for record in records if record.is_open and record.duty in FOLLOW_UPS), "")
    if left:
        return f"it was decided as {held.outcome}, and {left} is to be done: python starter.py hold fulfil HOLD {left}"
    return f"a {held.kind} hold ends by a decision: python starter.py hold decide HOLD --outcome OUTCOME"


def _locked(connection: Connection, hold_id: str) -> HoldRecord:
    lock_person(connection, find_hold(connection, hold_id).person_id)
    return find_hold(connection, hold_id)


def _ruled(connection: Connection, held: HoldRecord) -> Ruled:
    ruled = duties.find_ruled(connection, held.account_id or held.person_id, held.kind, held.code)
    if ruled is None:
        raise InvalidInput(
            f"a {held.kind} hold has no duties and no ways out: python starter.py hold release {held.hold_id}"
        )
    return ruled


def _wanted(records: Sequence[DutyRecord], held: HoldRecord, name: str, now: datetime) -> DutyRecord:
    """The duty of that name: the one that is open, else, of one that comes back later, the last that was done."""
    mine = [record for record in records if record.duty == name]
    open_now = [record for record in mine if record.is_open and (record.opens_at <= now or record.number == 1)]
    if not mine:
        known = ", ".join(sorted({record.duty for record in records if record.is_open})) or "none"
        raise InvalidInput(f"hold {held.hold_id} has no duty {name}; open ones: {known}")
    return (open_now or [record for record in mine if not record.is_open])[-1]


def _do(connection: Connection, record: DutyRecord, fact: InboundFact, now: datetime) -> None:
    done = {"of": record.hold_id, "named": record.duty, "nth": record.number}
    connection.execute(_DO, done | {"at": fact.at, "by": fact.by, "reference": fact.evidence})
    duties.end_tasks(connection, [record], now)


def _release(word: Word, held: HoldRecord) -> InboundFact:
    return _fact(word, held, InboundKind.HOLD_RELEASED, f"release:{held.hold_id}")


def _fact(word: Word, held: HoldRecord, kind: InboundKind, event_id: str, **stated: str) -> InboundFact:
    return InboundFact(
        event_id=event_id,
        source="console",
        kind=kind,
        at=word.at,
        account_id=held.account_id,
        person_id=None if held.account_id else held.person_id,
        hold_id=held.hold_id,
        by=word.by,
        **stated,  # type: ignore[arg-type]  # words of the fact, each a string
    )
