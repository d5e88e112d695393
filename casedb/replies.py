"""What somebody wrote back, stored and given its effect in one transaction: the reply, and a fact for each intent.

Each fact has an id of its own under the reply's, goes through the inbox like any other and is told to the case by
the same teller; a repeat of the reply finds it there. What only a human can tell becomes a task, never a guess. When
several people share an address, only what is safe for all of them has an effect: that it is left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from casedb import inbox, suppression
from casedb.engine import lock_person, writing
from casedb.inbound import InboundFact, InboundKind, Receipt
from casedb.reply_effects import About, Understood, Writer
from casedb.schema import account, case, contact_point, person, reply, touch
from casedb.task_raising import Need, raise_task
from domain.calendar import as_utc, local_date
from domain.errors import InvalidInput
from domain.replies.intent import Found, Intent, Reading
from domain.replies.place import writes_day_first
from domain.replies.reading import THRESHOLD, ReplyRules, read_reply
from domain.vocabulary import Channel, SuppressionReason, TaskKind

OWNER = "care"
LONGEST_TEXT = 20_000
_STORE: dict[str, Any] = {
    name: dialect.insert(reply).on_conflict_do_nothing(index_elements=["reply_id"]).returning(reply.c.reply_id)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
_AT_ADDRESS = (
    select(
        contact_point.c.contact_point_id,
        contact_point.c.channel,
        person.c.person_id,
        person.c.locale,
        person.c.jurisdiction,
        person.c.zones,
    )
    .join(person, person.c.person_id == contact_point.c.person_id)
    .where(contact_point.c.address.in_(bindparam("addresses", expanding=True)), person.c.erased_at.is_(None))
    .order_by(person.c.person_id, contact_point.c.contact_point_id)
)
_LATEST_TOUCHED = (
    select(touch.c.account_id)
    .where(touch.c.person_id == bindparam("person"), touch.c.contact_point_id.in_(bindparam("points", expanding=True)))
    .order_by(touch.c.at.desc(), touch.c.touch_id.desc())
    .limit(1)
)
_ACCOUNTS = (
    select(account.c.account_id, account.c.zone, account.c.currency, account.c.balance_minor)
    .where(account.c.person_id == bindparam("person"))
    .order_by(account.c.account_id)
)
_OPEN_CASE = select(case.c.case_id).where(case.c.account_id == bindparam("account"), case.c.closed_at.is_(None))
_READ_AS = update(reply).where(reply.c.reply_id == bindparam("id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingReply:
    """One message as its carrier brought it."""

    reply_id: str
    """Under which the carrier knows it: the same message twice has the same one."""
    source: str
    channel: Channel
    address: str
    """Of the writer; it only finds him and is not stored again."""
    at: datetime
    text: str
    attachments: int = 0
    evidence: str = ""
    told: Intent | None = None
    """What the carrier itself understood and has acted on, as Twilio does with STOP."""

    def check(self) -> None:
        """Refuse what cannot be stored. Raises InvalidInput that names the field and never repeats the text."""
        if not 1 <= len(self.reply_id) <= 150 or not self.reply_id.isprintable():
            raise InvalidInput("the id of a reply must have 1 to 150 printable characters", field="reply_id")
        if not self.address or not self.address.isprintable():
            raise InvalidInput(f"the sender of reply {self.reply_id} is missing", field="from")


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


def take_reply(
    engine: Engine, incoming: IncomingReply, rules: ReplyRules, *, received_at: datetime, threshold: float = THRESHOLD
) -> TakenReply:
    """Store a reply, read it, and give each certain intent its effect. A duplicate changes nothing."""
    incoming.check()
    now = as_utc(received_at)
    with writing(engine) as connection:
        if not _stored_first(connection, incoming, rules, now):
            return TakenReply(reply_id=incoming.reply_id, duplicate=True)
        understood = _understood(connection, incoming, rules, threshold)
        parked = inbox.take(connection, understood.reply, now).parked
        if parked:
            _remember_refusal(connection, incoming, understood.certain, now)
            return TakenReply(reply_id=incoming.reply_id, intents=understood.certain, parked=True)
        if not understood.writers:  # the book brought the writer meanwhile
            understood = _understood(connection, incoming, rules, threshold)
        owed = understood.answer_fact() if incoming.told is None else None
        facts = (*understood.facts(), *([owed] if owed else []))
        receipts = tuple(inbox.take(connection, fact, now) for fact in facts)
        answer = understood.answer() if owed else None
        _note(connection, understood, answer)
        if why := tuple(understood.reasons_for_a_human()):
            _ask_human(connection, understood, why, now)
    return TakenReply(reply_id=incoming.reply_id, receipts=receipts, intents=understood.certain, answer=answer)


def _understood(connection: Connection, incoming: IncomingReply, rules: ReplyRules, threshold: float) -> Understood:
    writers = _writers(connection, incoming)
    about = _about(connection, writers)
    return Understood(
        reply=_as_fact(incoming, writers),
        reading=_read(incoming, rules, writers, about),
        threshold=threshold,
        writers=writers,
        about=about,
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


def _writers(connection: Connection, incoming: IncomingReply) -> tuple[Writer, ...]:
    """Everybody who has this address, locked in the order of ids; those who have it for this channel come first."""
    spellings = sorted({incoming.address, incoming.address.casefold()})
    rows = connection.execute(_AT_ADDRESS, {"addresses": spellings}).all()
    found = [row for row in rows if row.channel == incoming.channel.value] or rows
    writers: dict[str, Writer] = {}
    for row in found:
        writer = writers.setdefault(
            row.person_id,
            Writer(
                person_id=row.person_id,
                points={},
                locale=row.locale,
                jurisdiction=row.jurisdiction,
                zone=next(iter(row.zones), "UTC"),
            ),
        )
        writer.points[row.contact_point_id] = Channel(row.channel)
    for person_id in writers:
        lock_person(connection, person_id)
    return tuple(writers.values())


def _about(connection: Connection, writers: Sequence[Writer]) -> About | None:
    """The account of the latest message to that address, or the only one that the person has."""
    if len(writers) != 1:
        return None
    writer = writers[0]
    accounts = {row.account_id: row for row in connection.execute(_ACCOUNTS, {"person": writer.person_id})}
    touched = connection.scalar(_LATEST_TOUCHED, {"person": writer.person_id, "points": list(writer.points)})
    chosen = accounts.get(touched) if touched else next(iter(accounts.values())) if len(accounts) == 1 else None
    if chosen is None:
        return None
    return About(
        account_id=chosen.account_id,
        case_id=connection.scalar(_OPEN_CASE, {"account": chosen.account_id}),
        zone=chosen.zone,
        currency=chosen.currency,
        balance_minor=chosen.balance_minor,
    )


def _read(incoming: IncomingReply, rules: ReplyRules, writers: Sequence[Writer], about: About | None) -> Reading:
    first = writers[0] if writers else None
    zone = about.zone if about else first.zone if first else "UTC"
    reading = read_reply(
        incoming.text,
        rules,
        today=local_date(incoming.at, zone),
        currency=about.currency if about else "USD",
        day_first=writes_day_first(first.locale, first.jurisdiction) if first else None,
    )
    if incoming.told is Intent.AUTOMATIC:
        return Reading(found=(Found(intent=incoming.told, confidence=1.0, why="said by the carrier"),))
    if incoming.told is None or incoming.told in reading.certain(1.0):
        return reading
    found = tuple(each for each in reading.found if each.intent is not incoming.told)
    return replace(reading, found=(Found(intent=incoming.told, confidence=1.0, why="said by the carrier"), *found))


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


def promise_refused(connection: Connection, promise: InboundFact, sentence: str, now: datetime) -> None:
    """Ask a human to speak with somebody whose promise the case could not take."""
    case_id = connection.scalar(_OPEN_CASE, {"account": promise.account_id})
    why = (
        f"promised {promise.amount_minor} minor units by {promise.promised_on} on account {promise.account_id}, "
        f"and that was not taken: {sentence}. Tell the person what is possible"
    )
    need = Need(kind=TaskKind.UNCLEAR_REPLY, key=promise.event_id, owner=OWNER, why=why)
    raise_task(connection, need, now, case_id=case_id)
