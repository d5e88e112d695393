"""Stored replies, for a person of ours to read."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from casedb.schema import account, reply
from casedb.tasks import find_task
from domain.errors import NotKnown
from domain.vocabulary import Channel, TaskKind

_ALL = select(reply, account.c.zone, account.c.currency).outerjoin(account, account.c.account_id == reply.c.account_id)
_ONE = _ALL.where(reply.c.reply_id == bindparam("id"))
_OF_ACCOUNT = _ALL.where(reply.c.account_id == bindparam("account")).order_by(reply.c.at, reply.c.reply_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReply:
    """One reply as its row stands, with the calendar and the currency of its account."""

    reply_id: str
    person_id: str | None
    account_id: str | None
    channel: Channel
    at: datetime
    received_at: datetime
    text: str
    attachments: int
    intents: tuple[str, ...]
    doubtful: tuple[str, ...]
    amount_minor: int | None
    currency: str | None
    promised_on: date | None
    rules: str
    answer: str
    answer_status: str
    answer_why: str
    zone: str | None


def find_reply(connection: Connection, wanted: str) -> StoredReply:
    """The reply of that id, or the one that a task of that number is about. Raises NotKnown."""
    reply_id = wanted
    if wanted.isdecimal():
        task = find_task(connection, int(wanted))
        if task.kind is not TaskKind.UNCLEAR_REPLY and task.kind is not TaskKind.PARKED_FACT:
            raise NotKnown(f"task {wanted} is of kind {task.kind.value}: no reply belongs to it")
        reply_id = task.key.removesuffix(":promise").removesuffix(":plan")
    row = connection.execute(_ONE, {"id": reply_id}).mappings().first()
    if row is None:
        raise NotKnown(f"reply {reply_id} is not known: python starter.py task list --kind unclear_reply names them")
    return _stored(row)


def replies_of(connection: Connection, account_id: str) -> list[StoredReply]:
    """Everything that was written about an account, the oldest first."""
    return [_stored(row) for row in connection.execute(_OF_ACCOUNT, {"account": account_id}).mappings()]


def _stored(row: Any) -> StoredReply:
    told = {name: row[name] for name in StoredReply.__slots__}
    told |= {"channel": Channel(row["channel"]), "intents": tuple(row["intents"]), "doubtful": tuple(row["doubtful"])}
    return StoredReply(**told)
