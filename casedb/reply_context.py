"""A reply as its carrier brought it, whom it comes from, what it is about, and by which calendar its words are read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, select

from casedb.answers import MAY_HAVE_LEFT
from casedb.engine import lock_person
from casedb.reply_effects import About, Writer
from casedb.schema import account, case, contact_point, person, reply, touch
from domain.calendar import local_date
from domain.errors import InvalidInput
from domain.replies.intent import Found, Intent, Reading
from domain.replies.place import writes_day_first
from domain.replies.reading import ReplyRules, read_reply
from domain.vocabulary import Channel

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
_OFFERED_FROM = (
    select(reply.c.promised_on)
    .where(
        reply.c.account_id == bindparam("account"),
        reply.c.person_id == bindparam("person"),
        reply.c.answer == Intent.PLAN.value,
        reply.c.answer_status.in_(MAY_HAVE_LEFT),
        reply.c.promised_on >= bindparam("today", type_=reply.c.promised_on.type),
    )
    .order_by(reply.c.at.desc(), reply.c.reply_id.desc())
    .limit(1)
)
OPEN_CASE = select(case.c.case_id).where(case.c.account_id == bindparam("account"), case.c.closed_at.is_(None))


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
    proven: bool = True
    """Whether the carrier vouches for the address: anybody can write another's name on a mail."""

    def check(self) -> None:
        """Refuse what cannot be stored. Raises InvalidInput that names the field and never repeats the text."""
        if not 1 <= len(self.reply_id) <= 150 or not self.reply_id.isprintable():
            raise InvalidInput("the id of a reply must have 1 to 150 printable characters", field="reply_id")
        if not self.address or not self.address.isprintable():
            raise InvalidInput(f"the sender of reply {self.reply_id} is missing", field="from")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBy:
    """What the words of a reply depend on besides themselves."""

    today: date
    """The day of the reply in the account's calendar."""
    currency: str
    day_first: bool | None


def find_writers(connection: Connection, incoming: IncomingReply, *, lock: bool) -> tuple[Writer, ...]:
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
    if lock:
        for person_id in writers:
            lock_person(connection, person_id)
    return tuple(writers.values())


def find_about(connection: Connection, writers: Sequence[Writer], at: datetime) -> About | None:
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
        case_id=connection.scalar(OPEN_CASE, {"account": chosen.account_id}),
        zone=chosen.zone,
        currency=chosen.currency,
        balance_minor=chosen.balance_minor,
        offered_from=connection.scalar(
            _OFFERED_FROM,
            {"account": chosen.account_id, "person": writer.person_id, "today": local_date(at, chosen.zone)},
        ),
    )


def read_by(incoming: IncomingReply, writers: Sequence[Writer], about: About | None) -> ReadBy:
    """By which calendar, currency and order of day and month this reply is read."""
    first = writers[0] if writers else None
    zone = about.zone if about else first.zone if first else "UTC"
    return ReadBy(
        today=local_date(incoming.at, zone),
        currency=about.currency if about else "USD",
        day_first=writes_day_first(first.locale, first.jurisdiction) if first else None,
    )


def read_words(incoming: IncomingReply, rules: ReplyRules, by: ReadBy) -> Reading:
    """What the reply says; what its carrier has understood stands whatever the rules say."""
    reading = read_reply(incoming.text, rules, today=by.today, currency=by.currency, day_first=by.day_first)
    told = incoming.told
    if told is None:
        return reading
    said = Found(intent=told, confidence=1.0, certain_from=1.0, why="said by the carrier")
    if told is Intent.AUTOMATIC:
        return Reading(found=(said,))
    return replace(reading, found=(said, *(each for each in reading.found if each.intent is not told)))
