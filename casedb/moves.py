"""Moving a case to another strategy: its row says so at once, so that the next contact goes by it already."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, update

from casedb.engine import lock_person
from casedb.inbound import InboundFact, Receipt
from casedb.schema import campaign, case, decision, touch
from casedb.snapshot import LEFT
from domain.errors import IllegalTransition
from domain.moving import Sent
from domain.vocabulary import Clock, TouchStatus

_PERSON_OF = select(case.c.person_id).where(case.c.case_id == bindparam("of"))
_MOVE = (
    update(case)
    .where(case.c.case_id == bindparam("of"), case.c.closed_at.is_(None))
    .values(strategy=bindparam("to_strategy"), strategy_version=bindparam("to_version"))
)
_MAY_HAVE_LEFT = select(touch.c.touch_key, touch.c.template, touch.c.status, touch.c.code).where(
    touch.c.case_id == bindparam("of"),
    touch.c.status.in_([TouchStatus.CLAIMED.value, TouchStatus.SENT.value, TouchStatus.UNKNOWN.value]),
)
_LAST_DECIDED = select(func.max(decision.c.at)).where(decision.c.case_id == bindparam("of"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MovableCase:
    """An open case, with what it runs under."""

    case_id: str
    account_id: str
    strategy: str
    version: str
    clock: Clock


def movable_cases(
    connection: Connection,
    *,
    account_id: str | None = None,
    campaign_id: str | None = None,
    strategy: str | None = None,
    version: str | None = None,
) -> list[MovableCase]:
    """The open cases of an account, of a campaign, or under a strategy, in the order of their ids."""
    wanted = {
        case.c.account_id: account_id,
        case.c.campaign_id: campaign_id,
        case.c.strategy: strategy,
        case.c.strategy_version: version,
    }
    found = (
        select(case.c.case_id, case.c.account_id, case.c.strategy, case.c.strategy_version, campaign.c.clock)
        .outerjoin(campaign, campaign.c.campaign_id == case.c.campaign_id)
        .where(case.c.closed_at.is_(None), *(column == value for column, value in wanted.items() if value is not None))
        .order_by(case.c.case_id)
    )
    return [
        MovableCase(
            case_id=row.case_id,
            account_id=row.account_id,
            strategy=row.strategy,
            version=row.strategy_version,
            clock=Clock(row.clock) if row.clock else Clock.REAL,
        )
        for row in connection.execute(found)
    ]


def instant_of(connection: Connection, wanted: MovableCase, now: datetime) -> datetime:
    """Of the wall; a rehearsed case lives at the instant of its last decision."""
    if wanted.clock is Clock.REAL:
        return now
    found: datetime | None = connection.scalar(_LAST_DECIDED, {"of": wanted.case_id})
    return found or now


def take(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """Let the case run under the strategy from now on. Raises IllegalTransition for one that is not open."""
    move = fact.move
    assert move is not None, "checked at the door"
    person_id = connection.scalar(_PERSON_OF, {"of": move.case_id})
    if person_id is not None:
        lock_person(connection, person_id)
    moved = connection.execute(
        _MOVE, {"of": move.case_id, "to_strategy": move.strategy, "to_version": move.version}
    ).rowcount
    if moved != 1:
        raise IllegalTransition(f"case {move.case_id} is not open: nothing is moved")
    return Receipt(fact=fact, account_ids=(str(fact.account_id),))


def sent_touches(connection: Connection, case_id: str) -> list[Sent]:
    """Every touch of the case that went out or may have; one that was let go for good is as good as sent."""
    return [
        Sent(
            touch_key=row.touch_key,
            template=row.template,
            certain=row.status == TouchStatus.SENT.value or row.code == LEFT,
        )
        for row in connection.execute(_MAY_HAVE_LEFT, {"of": case_id})
    ]
