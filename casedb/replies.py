"""What somebody wrote back, stored and given its effect in one transaction: the reply, and a fact for each intent.

Each fact has an id of its own under the reply's, goes through the inbox like any other and is told to the case by
the same teller; a repeat of the reply finds it there. What only a human can tell becomes a task, never a guess. When
several people share an address, only what is safe for all of them has an effect: that it is left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from casedb import inbox, suppression
from casedb.engine import reading, writing
from casedb.inbound import InboundFact, InboundKind, Receipt
from casedb.reply_context import OPEN_CASE, IncomingReply, ReadBy, find_about, find_writers, read_by, read_words
from casedb.reply_effects import Understood, Writer
from casedb.schema import reply
from casedb.task_raising import Need, raise_task
from domain.calendar import as_utc
from domain.money import in_words
from domain.replies.intent import Intent, Reading
from domain.replies.reading import ReplyRules
from domain.vocabulary import SuppressionReason, TaskKind

__all__ = ["IncomingReply", "TakenReply", "plan_unanswered", "request_refused", "take_reply"]

OWNER = "care"
LONGEST_TEXT = 20_000
_STORE: dict[str, Any] = {
    name: dialect.insert(reply).on_conflict_do_nothing(index_elements=["reply_id"]).returning(reply.c.reply_id)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
_KNOWN = select(reply.c.reply_id).where(reply.c.reply_id == bindparam("id"))
_READ_AS = update(reply).where(reply.c.reply_id == bindparam("id"))


class _ReadAnew(Exception):  # no error: a book came in between, and the words are read by its calendar
    """Nothing is stored yet: the words must be read by another calendar first, and never inside a transaction."""

    def __init__(self, by: ReadBy) -> None:
        super().__init__("read anew")
        self.by = by


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenReply:
    """What became of a reply."""

    reply_id: str
    receipts: tuple[Receipt, ...] = ()
    """Of the facts that followed from it; cases are told of these."""
    intents: tuple[Intent, ...] = ()
    answer: Intent | None = None
    """Which answer the person gets."""
    duplicate: bool = False
    parked: bool = False


def take_reply(engine: Engine, incoming: IncomingReply, rules: ReplyRules, *, received_at: datetime) -> TakenReply:
    """Store a reply, read it, and give each certain intent its effect. A duplicate changes nothing.

    The words are read before the transaction opens, as that takes a while and others wait for its locks.
    """
    incoming.check()
    now = as_utc(received_at)
    with reading(engine) as connection:
        if connection.scalar(_KNOWN, {"id": incoming.reply_id}) is not None:
            return TakenReply(reply_id=incoming.reply_id, duplicate=True)
        writers = find_writers(connection, incoming, lock=False)
        by = read_by(incoming, writers, find_about(connection, writers, incoming.at))
    read: dict[ReadBy, Reading] = {}
    while True:
        read[by] = read_words(incoming, rules, by)
        try:
            with writing(engine) as connection:
                return _taken(connection, incoming, rules, read, now)
        except _ReadAnew as anew:
            by = anew.by


def _taken(
    connection: Connection, incoming: IncomingReply, rules: ReplyRules, read: Mapping[ReadBy, Reading], now: datetime
) -> TakenReply:
    if not _stored_first(connection, incoming, rules, now):
        return TakenReply(reply_id=incoming.reply_id, duplicate=True)
    understood = _understood(connection, incoming, read)
    parked = inbox.take(connection, understood.reply, now).parked
    if parked:
        _remember_refusal(connection, incoming, understood.certain, now)
        return TakenReply(reply_id=incoming.reply_id, intents=understood.certain, parked=True)
    if not understood.writers:  # the book brought the writer meanwhile
        understood = _understood(connection, incoming, read)
    owed = understood.answer_fact() if incoming.told is None else None
    facts = (*understood.facts(), *([owed] if owed else []))
    receipts = tuple(inbox.take(connection, fact, now) for fact in facts)
    answer = understood.answer() if owed else None
    _note(connection, understood, answer)
    if why := tuple(understood.reasons_for_a_human()):
        _ask_human(connection, understood, why, now)
    return TakenReply(reply_id=incoming.reply_id, receipts=receipts, intents=understood.certain, answer=answer)


def _understood(connection: Connection, incoming: IncomingReply, read: Mapping[ReadBy, Reading]) -> Understood:
    """Raises _ReadAnew when the words were not read by this writer's calendar yet."""
    writers = find_writers(connection, incoming, lock=True)
    about = find_about(connection, writers, incoming.at)
    by = read_by(incoming, writers, about)
    if by not in read:
        raise _ReadAnew(by)
    return Understood(
        reply=_as_fact(incoming, writers), reading=read[by], writers=writers, about=about, proven=incoming.proven
    )


def _stored_first(connection: Connection, incoming: IncomingReply, rules: ReplyRules, now: datetime) -> bool:
    stored = connection.execute(
        _STORE[connection.dialect.name],
        {
            "reply_id": incoming.reply_id,
            "person_id": None,
            "account_id": None,
            "contact_point_id": None,
            "channel": incoming.channel.value,
            "written_from": suppression.fingerprint_of(connection, (incoming.channel.value, incoming.address)),
            "at": incoming.at,
            "received_at": now,
            "text": incoming.text.replace("\0", "")[:LONGEST_TEXT],
            "attachments": incoming.attachments,
            "intents": [],
            "doubtful": [],
            "amount_minor": None,
            "promised_on": None,
            "rules": rules.version,
            "answer": "",
            "answer_status": "",
            "answer_why": "",
            "answer_provider_id": None,
            "answered_at": None,
        },
    )
    return stored.first() is not None


def _as_fact(incoming: IncomingReply, writers: Sequence[Writer]) -> InboundFact:
    """The reply itself in the inbox, without a word of it; nobody we know parks it."""
    return InboundFact(
        event_id=incoming.reply_id,
        source=incoming.source,
        kind=InboundKind.REPLY,
        at=incoming.at,
        channel=incoming.channel,
        address=incoming.address,
        person_id=writers[0].person_id if writers else None,
        evidence=incoming.evidence,
    )


def _remember_refusal(
    connection: Connection, incoming: IncomingReply, certain: Sequence[Intent], now: datetime
) -> None:
    """Whoever he is, he is not written to there: the address is refused before a book brings it."""
    if {Intent.STOP, Intent.CEASE, Intent.WRONG_PERSON} & set(certain):
        address = (incoming.channel.value, incoming.address)
        suppression.suppress(connection, [address], SuppressionReason.OPT_OUT, now)


def _note(connection: Connection, understood: Understood, answer: Intent | None) -> None:
    writer, about, reading = understood.writer, understood.about, understood.reading
    connection.execute(
        _READ_AS.values(
            person_id=writer.person_id if writer else None,
            account_id=about.account_id if about else None,
            contact_point_id=understood.answer_point,
            intents=[each.value for each in understood.certain],
            doubtful=[each.value for each in understood.doubtful],
            amount_minor=reading.amount.of(about.balance_minor) if reading.amount and about else None,
            promised_on=reading.on,
            answer=answer.value if answer else "",
        ),
        {"id": understood.reply.event_id},
    )


def _ask_human(connection: Connection, understood: Understood, why: Sequence[str], now: datetime) -> None:
    reply_id, channel, about = understood.reply.event_id, understood.reply.channel, understood.about
    sentence = f"a reply by {channel}: {'; '.join(why)}. Read it: python starter.py replies show {reply_id}"
    need = Need(kind=TaskKind.UNCLEAR_REPLY, key=reply_id, owner=OWNER, why=sentence)
    raise_task(connection, need, now, case_id=about.case_id if about else None)


def request_refused(connection: Connection, asked: InboundFact, sentence: str, now: datetime) -> None:
    """Ask a human to speak with somebody whose promise or plan the case could not take."""
    case_id = connection.scalar(OPEN_CASE, {"account": asked.account_id})
    if asked.kind is InboundKind.PLAN:
        what = f"took the plan of {asked.instalments} from {asked.promised_on}"
    else:
        what = f"promised {in_words(asked.amount_minor or 0, str(asked.currency))} by {asked.promised_on}"
    why = f"{what} on account {asked.account_id}, and that was not taken: {sentence}. Tell the person what is possible"
    need = Need(kind=TaskKind.UNCLEAR_REPLY, key=asked.event_id, owner=OWNER, why=why)
    raise_task(connection, need, now, case_id=case_id)


def plan_unanswered(connection: Connection, reply_id: str, case_id: str | None, sentence: str, now: datetime) -> None:
    """Ask a human to speak with somebody who asked for smaller payments and was told of none."""
    why = f"asks for smaller payments, and was told of none: {sentence}. Offer what is possible"
    need = Need(kind=TaskKind.UNCLEAR_REPLY, key=reply_id, owner=OWNER, why=why)
    raise_task(connection, need, now, case_id=case_id)
