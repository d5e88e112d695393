"""A reply that was parked comes to life when a book brings its writer: a human reads it, as it may be old by then."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, update

from casedb.inbound import InboundFact
from casedb.schema import reply
from casedb.task_raising import Need, raise_task
from domain.vocabulary import TaskKind

OWNER = "care"
_WHOSE = update(reply).where(reply.c.reply_id == bindparam("id")).values(person_id=bindparam("whose"))


def wake_reply(connection: Connection, fact: InboundFact, persons: Sequence[str], now: datetime) -> None:
    """Say whose it is, if that is sure, and ask a human; a refusal in it was on the suppression list at once."""
    if len(persons) == 1:
        connection.execute(_WHOSE, {"id": fact.event_id, "whose": persons[0]})
    why = (
        f"a reply by {fact.channel}, written before we knew its writer. "
        f"Read it: python starter.py replies show {fact.event_id}"
    )
    raise_task(connection, Need(kind=TaskKind.UNCLEAR_REPLY, key=fact.event_id, owner=OWNER, why=why), now)
