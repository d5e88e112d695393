"""`consent give`, `consent withdraw`, `consent show`: what a person said about a channel or one address of it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from casedb.consents import Statement, statements_of
from casedb.engine import reading
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.people import find_whose
from console.output import plain, say, screen, table, wall_time, write_json
from console.session import session
from console.telling import heard, tell_cases
from domain.calendar import start_of_day
from domain.errors import InvalidInput
from domain.vocabulary import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStatement:
    """What somebody heard a person say, and where that can be looked up."""

    about: str
    """A person's id, or an account's."""
    channel: Channel
    contact_point_id: str | None
    source: str
    evidence: str
    by: str
    ends_on: date | None = None
    """The first day on which a permission no longer stands."""
    wrong_number: bool = False


def state(kind: InboundKind, new: NewStatement, *, as_json: bool) -> int:
    """Add it to the ledger; a withdrawal is in force at once, whether or not the running cases can be told.

    Raises InvalidInput for a permission that nobody could prove.
    """
    now = datetime.now(UTC)
    if kind is InboundKind.OPT_IN and not (new.source.strip() and new.evidence.strip()):
        raise InvalidInput("--source and --evidence of a consent must not be empty: it must be possible to look it up")
    with session() as opened:
        with reading(opened.engine) as connection:
            whose = find_whose(connection, new.about)
        fact = InboundFact(
            event_id=f"{kind.value}:{whose.person_id}:{new.channel.value}:{now:%Y%m%dT%H%M%S.%f}",
            source=new.source,
            kind=kind,
            at=now,
            person_id=whose.person_id,
            channel=new.channel,
            contact_point_id=new.contact_point_id,
            evidence=new.evidence,
            by=new.by,
            ends_at=start_of_day(new.ends_on, whose.zone) if new.ends_on else None,
            wrong_number=new.wrong_number,
        )
        receipt = receive(opened.engine, fact, received_at=now)
        told = tell_cases(opened, receipt, now)
    if as_json:
        write_json({"event_id": fact.event_id, "cases_told": list(told)})
        return 0
    address = f" at {new.contact_point_id}" if new.contact_point_id else ""
    says = "gave consent to" if kind is InboundKind.OPT_IN else "is out of"
    say(f"person {whose.person_id} {says} {new.channel.value}{address}; {heard(told)}")
    return 0


def show_statements(about: str, *, as_json: bool) -> int:
    """The ledger of a person, without the addresses themselves."""
    now = datetime.now(UTC)
    with session() as opened, reading(opened.engine) as connection:
        person_id = find_whose(connection, about).person_id
        statements = statements_of(connection, person_id)
    if as_json:
        write_json({"person_id": person_id, "statements": plain(statements)})
        return 0
    if not statements:
        say(f"person {person_id} said nothing about any channel")
        return 0
    columns = ("when", "channel", "address", "said", "by what and where to look it up")
    title = f"What person {person_id} said (times in UTC; of each channel and address the last counts)"
    screen().print(table(title, columns, (_row(each, now) for each in statements)))
    return 0


def _row(each: Statement, now: datetime) -> tuple[str, ...]:
    address = "all" if each.whole_channel else each.contact_point_id or "one that is gone"
    until = f" until {wall_time(each.expires_at)}" if each.expires_at else ""
    said = f"{each.permission.value}{until}" + ("" if each.stands_at(now) else ", which is over")
    source = f"{each.source}: {each.evidence}" if each.evidence else each.source
    return wall_time(each.at), each.channel.value, address, said, source
