"""Steps to the outside world on record: taken once under their key, undone once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from casedb.schema import outside_step
from domain.escalation import OutsideKind, OutsideState, OutsideStatus

_FIND = select(outside_step).where(outside_step.c.key == bindparam("step"))
_OF_CASE = (
    select(outside_step)
    .where(outside_step.c.case_id == bindparam("case"))
    .order_by(outside_step.c.taken_at, outside_step.c.key)
)
_INSERT = insert(outside_step)
_UNDO = (
    update(outside_step)
    .where(outside_step.c.key == bindparam("step"), outside_step.c.status == OutsideStatus.TAKEN.value)
    .values(
        status=OutsideStatus.UNDONE.value,
        undone_at=bindparam("at"),
        undone_reference=bindparam("with_reference"),
        undone_why=bindparam("because"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideRecord:
    """A step as its row stands."""

    key: str
    case_id: str
    account_id: str
    step_id: str
    kind: OutsideKind
    approval_id: str
    taken_at: datetime
    reference: str
    why: str
    undone_at: datetime | None
    undone_reference: str
    undone_why: str

    @property
    def state(self) -> OutsideState:
        """The step as a case remembers it."""
        return OutsideState(
            key=self.key, step_id=self.step_id, kind=self.kind, taken_at=self.taken_at, undone_at=self.undone_at
        )


def find(connection: Connection, key: str) -> OutsideRecord | None:
    """The step of that key, if it was ever taken."""
    row = connection.execute(_FIND, {"step": key}).first()
    return _record(row) if row else None


def of_case(connection: Connection, case_id: str) -> list[OutsideRecord]:
    """Every step of a case in the order in which they were taken."""
    return [_record(row) for row in connection.execute(_OF_CASE, {"case": case_id})]


def record_taken(connection: Connection, taken: OutsideRecord) -> None:
    """Put a step on record; a second under one key is refused by the database."""
    connection.execute(
        _INSERT,
        {
            "key": taken.key,
            "case_id": taken.case_id,
            "account_id": taken.account_id,
            "step_id": taken.step_id,
            "kind": taken.kind.value,
            "approval_id": taken.approval_id,
            "status": OutsideStatus.TAKEN.value,
            "taken_at": taken.taken_at,
            "reference": taken.reference,
            "why": taken.why,
            "undone_at": None,
            "undone_reference": "",
            "undone_why": "",
        },
    )


def record_undone(connection: Connection, key: str, *, at: datetime, reference: str, why: str) -> None:
    """The step stands no more; the first time counts."""
    connection.execute(_UNDO, {"step": key, "at": at, "with_reference": reference, "because": why})


def _record(row: Any) -> OutsideRecord:
    return OutsideRecord(
        key=row.key,
        case_id=row.case_id,
        account_id=row.account_id,
        step_id=row.step_id,
        kind=OutsideKind(row.kind),
        approval_id=row.approval_id,
        taken_at=row.taken_at,
        reference=row.reference,
        why=row.why,
        undone_at=row.undone_at,
        undone_reference=row.undone_reference,
        undone_why=row.undone_why,
    )
