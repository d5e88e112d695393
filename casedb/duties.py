"""The duties of holds on record: begun with the hold, asked of people when they open, done or lapsed.

The rules come with the engine (`open_engine(hold_rules=...)`); without them a hold has no duties. What an open duty
asks for is a human task without a case: it outlives the case, and stands once for all accounts of a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, update

from casedb.engine import HOLD_RULES
from casedb.inbound import InboundFact
from casedb.people import find_jurisdiction, find_whose
from casedb.schema import account, duty, hold, human_task
from casedb.task_raising import Need, raise_task
from domain.duties import HoldRule, HoldRules, PlannedDuty
from domain.errors import InvalidInput
from domain.vocabulary import HoldKind, TaskKind

_ADD = insert(duty)
_IS_OPEN = and_(duty.c.done_at.is_(None), duty.c.lapsed_at.is_(None))
_ASKED = (
    update(duty)
    .where(duty.c.hold_id == bindparam("of"), duty.c.duty == bindparam("named"), duty.c.number == bindparam("nth"))
    .values(asked_at=bindparam("at"))
)
_LAPSE = update(duty).where(duty.c.hold_id == bindparam("of"), _IS_OPEN).values(lapsed_at=bindparam("at"))
_TASKS_DONE = (
    update(human_task)
    .where(
        human_task.c.kind == TaskKind.HOLD_DUTY.value,
        human_task.c.key.in_(bindparam("keys", expanding=True)),
        human_task.c.case_id.is_(None),
        human_task.c.done_at.is_(None),
    )
    .values(done_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """The rule of a hold, and the calendar in which its days are counted."""

    rule: HoldRule
    zone: str

    def end_of(self, fact: InboundFact, starts_at: datetime) -> datetime | None:
        """The hold's end: as stated, else by law. Raises InvalidInput where only a decision ends it."""
        if self.rule.by_decision_only and fact.ends_at is not None:
            raise InvalidInput(
                f"ends_at of {fact.kind} {fact.event_id}: a {self.rule.kind} hold ends by a decision alone, "
                "never by a day; leave its end out",
                field="ends_at",
            )
        return fact.ends_at or self.rule.end(starts_at, self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRecord:
    """A duty as its row stands, with its hold."""

    hold_id: str
    kind: HoldKind
    account_id: str | None
    person_id: str
    duty: str
    number: int
    what: str
    owner: str
    opens_at: datetime
    due_on: date
    due_at: datetime
    needs_evidence: bool
    asked_at: datetime | None
    done_at: datetime | None
    done_by: str
    evidence: str
    lapsed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether somebody still must do it."""
        return self.done_at is None and self.lapsed_at is None

    @property
    def key(self) -> str:
        """What its task is about."""
        return task_key(self.hold_id, self.duty, self.number)

    def overdue_at(self, now: datetime) -> bool:
        """Whether its day has passed and it is not done."""
        return self.is_open and self.due_at <= now


_RECORDS = select(duty, hold.c.kind, hold.c.account_id, hold.c.person_id).join(hold, hold.c.hold_id == duty.c.hold_id)
_OF_HOLD = _RECORDS.where(duty.c.hold_id == bindparam("of")).order_by(duty.c.due_at, duty.c.duty, duty.c.number)
_TO_ASK = _RECORDS.where(
    hold.c.person_id == bindparam("person"), duty.c.asked_at.is_(None), _IS_OPEN, duty.c.opens_at <= bindparam("now")
)


def task_key(hold_id: str, name: str, number: int) -> str:
    """What the task of a duty is about."""
    return f"{hold_id}/{name}/{number}"


def find_ruled(connection: Connection, about: str, kind: HoldKind, code: str) -> Ruled | None:
    """The rule for a hold on that account or person; None for a kind without duties, or a process without rules.

    Raises InvalidInput for a code that the rule does not know.
    """
    rules: HoldRules | None = connection.get_execution_options().get(HOLD_RULES)
    if rules is None:
        return None
    whose = find_whose(connection, about)
    rule = rules.find(find_jurisdiction(connection, whose.person_id), kind, code)
    return Ruled(rule=rule, zone=whose.zone) if rule else None


def begin(connection: Connection, ruled: Ruled, hold_id: str, starts_at: datetime, now: datetime) -> None:
    """Put the duties of a new hold on record, and ask for those that are open."""
    for planned in ruled.rule.plan(starts_at, ruled.zone):
        add(connection, hold_id, ruled.rule, planned, now)


def add(
    connection: Connection, hold_id: str, rule: HoldRule, planned: PlannedDuty, now: datetime, *, number: int = 1
) -> None:
    """Put one duty on record, and ask for it if it is open."""
    opened = planned.opens_at <= now
    connection.execute(
        _ADD,
        {
            "hold_id": hold_id,
            "duty": planned.duty,
            "number": number,
            "what": planned.what,
            "owner": rule.owner,
            "opens_at": planned.opens_at,
            "due_on": planned.due_on,
            "due_at": planned.due_at,
            "needs_evidence": planned.needs_evidence,
            "asked_at": now if opened else None,
            "done_at": None,
            "done_by": "",
            "evidence": "",
            "lapsed_at": None,
        },
    )
    if opened:
        key = task_key(hold_id, planned.duty, number)
        need = _need(key, rule.owner, _words(hold_id, rule.kind, planned), planned.due_at)
        raise_task(connection, need, now)


def ask_for_opened(connection: Connection, person_id: str, now: datetime) -> None:
    """Raise the tasks of a person's duties that have opened since somebody looked."""
    for record in map(_record, connection.execute(_TO_ASK, {"person": person_id, "now": now}).mappings().all()):
        connection.execute(_ASKED, {"of": record.hold_id, "named": record.duty, "nth": record.number, "at": now})
        words = _words(record.hold_id, record.kind, record)
        raise_task(connection, _need(record.key, record.owner, words, record.due_at), now)


def lapse(connection: Connection, hold_id: str, now: datetime) -> None:
    """Nothing more is to be done about a hold: what is open lapses, and its tasks end."""
    lapsing = [record for record in duties_of_hold(connection, hold_id) if record.is_open]
    if lapsing:
        connection.execute(_LAPSE, {"of": hold_id, "at": now})
        end_tasks(connection, lapsing, now)


def end_tasks(connection: Connection, records: Iterable[DutyRecord], now: datetime) -> None:
    """Nobody needs to do these any more."""
    connection.execute(_TASKS_DONE, {"keys": [record.key for record in records], "at": now})


def duties_of_hold(connection: Connection, hold_id: str) -> list[DutyRecord]:
    """Every duty of a hold, the first one due first."""
    return [_record(row) for row in connection.execute(_OF_HOLD, {"of": hold_id}).mappings()]


def list_duties(connection: Connection, about: str | None = None, *, everything: bool = False) -> list[DutyRecord]:
    """Open duties, the first one due first; of a hold, an account with its person, or a person. All: done ones too."""
    wanted = _RECORDS.order_by(duty.c.due_at, duty.c.hold_id, duty.c.duty, duty.c.number)
    if about is not None:
        owner = select(account.c.person_id).where(account.c.account_id == about).scalar_subquery()
        of_owner = and_(hold.c.person_id == owner, hold.c.account_id.is_(None))
        named = (hold.c.hold_id == about, hold.c.account_id == about, hold.c.person_id == about)
        wanted = wanted.where(or_(*named, of_owner))
    if not everything:
        wanted = wanted.where(_IS_OPEN)
    return [_record(row) for row in connection.execute(wanted).mappings()]


def _words(hold_id: str, kind: HoldKind, planned: PlannedDuty | DutyRecord) -> str:
    return f"{planned.what}, by {planned.due_on}: {kind.value} {hold_id}, duty {planned.duty}"


def _need(key: str, owner: str, why: str, due_at: datetime) -> Need:
    return Need(kind=TaskKind.HOLD_DUTY, key=key, owner=owner, why=why, due_at=due_at)


def _record(row: Any) -> DutyRecord:
    return DutyRecord(**{**row, "kind": HoldKind(row["kind"])})
