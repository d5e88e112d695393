"""Closed cases of which something stands outside that should not: suspects, since only the core decides."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, exists, or_, select

from casedb.schema import account, case, hold, outside_step
from domain.escalation import IN_OUR_BOOKS, OutsideKind, OutsideStatus
from domain.vocabulary import CloseReason

_IN_BOOKS = [kind.value for kind in IN_OUR_BOOKS]
_NOW = bindparam("at", type_=outside_step.c.taken_at.type)
_HELD = exists(
    select(hold.c.hold_id).where(
        hold.c.person_id == account.c.person_id,
        or_(hold.c.account_id.is_(None), hold.c.account_id == account.c.account_id),
        hold.c.obligation_due_on.is_(None),
        hold.c.starts_at <= _NOW,
        or_(hold.c.ends_at.is_(None), hold.c.ends_at > _NOW),
        or_(hold.c.released_at.is_(None), hold.c.released_at > _NOW),
    )
)
_PAID = and_(
    account.c.balance_minor <= 0,
    or_(outside_step.c.kind.not_in(_IN_BOOKS), case.c.close_reason != CloseReason.WRITTEN_OFF.value),
)
_SUSPECTS = (
    select(case.c.case_id, case.c.account_id, case.c.strategy, case.c.strategy_version)
    .distinct()
    .join(outside_step, outside_step.c.case_id == case.c.case_id)
    .join(account, account.c.account_id == case.c.account_id)
    .where(
        case.c.case_id > bindparam("after"),
        case.c.closed_at.is_not(None),
        outside_step.c.status == OutsideStatus.TAKEN.value,
        outside_step.c.kind != OutsideKind.WRITE_OFF.value,
        outside_step.c.taken_at <= _NOW,
        or_(_PAID, and_(outside_step.c.kind.not_in(_IN_BOOKS), _HELD)),
    )
    .order_by(case.c.case_id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A closed case with something outside."""

    case_id: str
    account_id: str
    strategy: str
    strategy_version: str


def suspects(connection: Connection, now: datetime, *, after: str = "", limit: int) -> list[Suspect]:
    """The next of them by the case's id; steps of a rehearsal, which lie in the future, are not looked at."""
    rows = connection.execute(_SUSPECTS, {"at": now, "after": after, "most": limit})
    return [Suspect(**row) for row in rows.mappings()]
