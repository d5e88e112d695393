"""`hold place`, `hold release`, `hold list`: silence for a person, an account or one amount due, and its end."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from casedb.duties import find_ruled
from casedb.engine import reading
from casedb.hold_ways import why_not_released
from casedb.holds import HoldRecord, find_hold, free_id, list_holds
from casedb.inbox import InboundFact, InboundKind, Receipt, receive
from casedb.people import Whose, find_whose
from console.output import plain, say, screen, table, wall_time, write_json
from console.session import session
from console.telling import heard, tell_cases
from domain.calendar import start_of_day
from domain.errors import InvalidInput
from domain.vocabulary import HoldKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """What `hold place` was asked for; dates are days of the account's calendar."""

    about: str
    """An account's id, or a person's."""
    kind: HoldKind
    reason: str
    owner: str
    by: str
    due_on: date | None
    starts_on: date | None
    """In the past it is backdated; None: from now on."""
    ends_on: date | None
    """The first day that is not held."""
    review_on: date | None
    pauses_dpd: bool
    code: str = ""


def place_hold(new: NewHold, *, as_json: bool) -> int:
    """Place the hold and tell the running cases; the same command again on the same day is safe."""
    now = datetime.now(UTC)
    with session() as opened:
        with reading(opened.engine) as connection:
            whose = find_whose(connection, new.about)
            fact = _placed(connection, new, whose, now)
        receipt = receive(opened.engine, fact, received_at=now)
        _require_same(receipt, fact)
        told = tell_cases(opened, receipt, now)
    if as_json:
        write_json({"hold_id": fact.hold, "duplicate": receipt.duplicate, "cases_told": list(told)})
        return 0
    verb = "was placed before, nothing changed" if receipt.duplicate else "is placed"
    until = f"until {wall_time(receipt.fact.ends_at, whose.zone)}" if receipt.fact.ends_at else "without an end"
    say(f"hold {fact.hold} {verb}: {whose.words} held for {new.kind.value} {until}; {heard(told)}")
    return 0


def _placed(connection: Connection, new: NewHold, whose: Whose, now: datetime) -> InboundFact:
    """The hold as a fact. Its id says what is held, why and from which day, so that twice is once."""
    if new.due_on is not None and whose.account_id is None:
        raise InvalidInput(f"--due-on needs an account, and {new.about} is a person: name the account")
    starts_at = start_of_day(new.starts_on, whose.zone) if new.starts_on else now
    ends_at = start_of_day(new.ends_on, whose.zone) if new.ends_on else None
    review_at = start_of_day(new.review_on, whose.zone) if new.review_on else None
    ruled = find_ruled(connection, new.about, new.kind, new.code)
    forgotten = ruled is None if review_at is None else review_at <= now
    if ends_at is None and forgotten:
        raise InvalidInput("a hold without --until needs --review, a day to come: nobody may forget it")
    if ends_at is not None and review_at is not None:
        raise InvalidInput("--until and --review exclude each other: what ends by itself needs no review")
    on = new.starts_on or now.date()
    hold_id = free_id(connection, ":".join(filter(None, (new.about, _day(new.due_on), new.kind.value, _day(on)))))
    return InboundFact(
        event_id=f"place:{hold_id}",
        source="console",
        kind=InboundKind.HOLD_PLACED,
        at=now,
        account_id=whose.account_id,
        person_id=None if whose.account_id else whose.person_id,
        hold_id=hold_id,
        hold_kind=new.kind,
        owner=new.owner,
        reason=new.reason,
        by=new.by,
        starts_at=starts_at,
        ends_at=ends_at,
        review_at=review_at,
        obligation_due_on=new.due_on,
        pauses_dpd=new.pauses_dpd,
        code=new.code,
    )


def _day(on: date | None) -> str:
    return on.isoformat() if on else ""


def _require_same(receipt: Receipt, fact: InboundFact) -> None:
    """A hold of today that was placed otherwise is another decision, not a repetition."""
    first = receipt.fact
    same_end = fact.ends_at is None or first.ends_at == fact.ends_at
    if not receipt.duplicate or (same_end and (first.owner, first.review_at) == (fact.owner, fact.review_at)):
        return
    raise InvalidInput(
        f"hold {fact.hold} was placed before with another owner, end or review: nothing changed; release it first"
    )


def release_hold(hold_id: str, by: str, *, as_json: bool) -> int:
    """End a hold now and tell the running cases; a second time changes nothing."""
    now = datetime.now(UTC)
    with session() as opened:
        with reading(opened.engine) as connection:
            known = find_hold(connection, hold_id)
            if why := why_not_released(connection, known):
                raise InvalidInput(f"hold {hold_id} is not released: {why.replace('HOLD', hold_id, 1)}")
        fact = InboundFact(
            event_id=f"release:{hold_id}",
            source="console",
            kind=InboundKind.HOLD_RELEASED,
            at=now,
            account_id=known.account_id,
            person_id=None if known.account_id else known.person_id,
            hold_id=hold_id,
            by=by,
        )
        receipt = receive(opened.engine, fact, received_at=now)
        told = tell_cases(opened, receipt, now)
    if as_json:
        write_json({"hold_id": hold_id, "duplicate": receipt.duplicate, "cases_told": list(told)})
    else:
        verb = "was released before, nothing changed" if receipt.duplicate else "is released"
        say(f"hold {hold_id} {verb}; {heard(told)}")
    return 0


def show_holds(about: str | None, *, everything: bool, as_json: bool) -> int:
    """The holds in force and to come, of everybody or of one person or account."""
    now = datetime.now(UTC)
    with session() as opened, reading(opened.engine) as connection:
        holds = list_holds(connection, now, about=about, everything=everything)
    if as_json:
        write_json([plain(hold) | {"review_due": hold.review_due_at(now)} for hold in holds])
        return 0
    if not holds:
        say("no hold is in force: python starter.py hold place puts one in place")
        return 0
    columns = ("hold", "owner", "from", "until or review", "about")
    screen().print(table("Holds (times in UTC)", columns, (_row(hold, now) for hold in holds)))
    late = sum(hold.review_due_at(now) for hold in holds)
    if late:
        say(f"{late} of them wait for a review: release each, or leave it to its owner's task")
    return 0


def _row(hold: HoldRecord, now: datetime) -> tuple[str, ...]:
    return hold.hold_id, hold.owner, wall_time(hold.starts_at), _end(hold, now), _about(hold)


def _end(hold: HoldRecord, now: datetime) -> str:
    if hold.released_at is not None:
        return f"released {wall_time(hold.released_at)}"
    if hold.ends_at is not None:
        return wall_time(hold.ends_at)
    late = ", now" if hold.review_due_at(now) else ""
    return f"review {wall_time(hold.review_at)}{late}" if hold.review_at else f"review{late or ' at once'}"


def _about(hold: HoldRecord) -> str:
    whose = f"account {hold.account_id}" if hold.account_id else f"person {hold.person_id}"
    only = f", only what fell due {hold.obligation_due_on}" if hold.obligation_due_on else ""
    counts = "" if hold.pauses_dpd else "; its days count"
    placed = f"; placed {wall_time(hold.placed_at)} by {hold.placed_by}" if hold.placed_by else ""
    return f"{whose}{only}: {hold.reason or hold.kind.value}{counts}{placed}"
