"""Whether an account may be reminded before it falls due: the strategy wants to, and nothing speaks against it."""

from datetime import date, datetime

from sqlalchemy import Connection

from casedb.courtesy import courtesy_refusal
from casedb.snapshot import Snapshot
from domain.calendar import local_date
from domain.strategy import Strategy
from domain.vocabulary import Channel

NOT_OVERDUE = "nothing is overdue"


def no_courtesy(
    connection: Connection,
    snapshot: Snapshot,
    due_on: date,
    *,
    strategy: Strategy,
    supported: frozenset[Channel],
    now: datetime,
) -> str:
    """Why nothing is said before this due date; empty when the strategy wants to and nothing speaks against it.

    That the message may really go out, the gate decides at its instant, as for every other.
    """
    touch = strategy.courtesy
    if touch is None or (due_on - local_date(now, snapshot.zone)).days > -touch.offset_days:
        return NOT_OVERDUE
    if set(touch.channels).isdisjoint(snapshot.usable_channels(supported)):
        return f"{NOT_OVERDUE}, and no channel is open for a reminder before the due date"
    why = courtesy_refusal(
        connection,
        snapshot.account_id,
        due_on=due_on,
        zone=snapshot.zone,
        key=strategy.stages[0].key_of(touch),
        days=-touch.offset_days,
        now=now,
    )
    return f"{NOT_OVERDUE}, and {why}" if why else ""
