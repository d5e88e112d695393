"""`hold duties`, `hold fulfil`, `hold decide`: what a hold obliges us to, and the ways out of it."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from casedb.duties import DutyRecord, list_duties
from casedb.engine import reading
from casedb.hold_ways import Word, decision, fulfilment
from casedb.holds import find_hold
from casedb.inbox import InboundFact, Receipt, receive_all
from casedb.people import find_whose
from console.output import plain, say, screen, table, wall_time, write_json
from console.session import Session, session
from console.telling import heard, tell_cases
from domain.calendar import start_of_day
from domain.duties import Outcome
from domain.errors import InvalidInput


def show_duties(about: str | None, *, everything: bool, as_json: bool) -> int:
    """The duties that wait, the first one due first."""
    now = datetime.now(UTC)
    with session() as opened, reading(opened.engine) as connection:
        records = list_duties(connection, about, everything=everything)
    if as_json:
        write_json([plain(record) | {"overdue": record.overdue_at(now)} for record in records])
        return 0
    if not records:
        say("no hold obliges us to anything here")
        return 0
    columns = ("duty", "owner", "due", "hold", "what")
    screen().print(table("Duties", columns, (_row(record, now) for record in records)))
    late = sum(record.overdue_at(now) for record in records)
    if late:
        say(f"{late} of them are overdue")
    return 0


def _row(record: DutyRecord, now: datetime) -> tuple[str, ...]:
    due = f"{record.due_on}{', overdue' if record.overdue_at(now) else ''}"
    if record.done_at is not None:
        due = f"done {wall_time(record.done_at)} by {record.done_by}"
    elif record.lapsed_at is not None:
        due = "lapsed"
    proof = f" ({record.evidence})" if record.evidence else " (needs --evidence)" if record.needs_evidence else ""
    return record.duty, record.owner, due, record.hold_id, f"{record.what}{proof}"


def fulfil_duty(hold_id: str, duty: str, by: str, evidence: str, on: date | None, *, as_json: bool) -> int:
    """Put on record that a duty is done, and tell the cases if that ends the hold; the same command again is safe."""
    now = datetime.now(UTC)
    with session() as opened:
        word = Word(hold_id=hold_id, by=by, at=_done_at(opened, hold_id, on, now))
        receipts, told = _tell(opened, lambda connection: fulfilment(connection, word, duty, evidence), now)
    if as_json:
        write_json({"hold_id": hold_id, "duty": duty, **_as_json(receipts, told)})
        return 0
    verb = "was done before, nothing changed" if receipts[0].duplicate else f"is done by {by}"
    over = "; the hold is over" if len(receipts) > 1 else ""
    say(f"duty {duty} of hold {hold_id} {verb}{over}; {heard(told)}")
    return 0


def decide_hold(hold_id: str, outcome: Outcome, by: str, reason: str, *, as_json: bool) -> int:
    """Put a decision on record and tell the cases if it ends the hold; the same command again is safe."""
    now = datetime.now(UTC)
    if not reason.strip():
        raise InvalidInput("hold decide needs --reason: a few words for the record, without personal data")
    word = Word(hold_id=hold_id, by=by, at=now)
    with session() as opened:
        receipts, told = _tell(opened, lambda connection: decision(connection, word, outcome, reason), now)
        with reading(opened.engine) as connection:
            left = list_duties(connection, hold_id)
    if as_json:
        write_json(
            {"hold_id": hold_id, "outcome": outcome.value, "left_to_do": plain(left), **_as_json(receipts, told)}
        )
        return 0
    verb = "was decided before, nothing changed" if receipts[0].duplicate else f"is decided: {outcome.value}"
    over = "it is over" if len(receipts) > 1 else "the silence lasts until this is done"
    say(f"hold {hold_id} {verb}; {over}; {heard(told)}")
    for record in left:
        say(f"{record.duty} by {record.due_on} ({record.owner}): {record.what}")
    return 0


def _done_at(opened: Session, hold_id: str, on: date | None, now: datetime) -> datetime:
    """Now, or the start of the day that was named, in the account's calendar."""
    if on is None:
        return now
    with reading(opened.engine) as connection:
        held = find_hold(connection, hold_id)
        at = start_of_day(on, find_whose(connection, held.account_id or held.person_id).zone)
    if at > now:
        raise InvalidInput(f"--on {on} is a day to come: say it when it is done")
    return at


def _tell(
    opened: Session, facts: Callable[[Connection], Sequence[InboundFact]], now: datetime
) -> tuple[list[Receipt], tuple[str, ...]]:
    receipts = receive_all(opened.engine, facts, received_at=now)
    told = tuple(account_id for receipt in receipts for account_id in tell_cases(opened, receipt, now))
    return receipts, told


def _as_json(receipts: Sequence[Receipt], told: Sequence[str]) -> dict[str, object]:
    return {"duplicate": receipts[0].duplicate, "hold_over": len(receipts) > 1, "cases_told": list(told)}
