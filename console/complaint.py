"""`complaint open|list|show|acknowledge|answer`: a complaint has a number, an owner, deadlines and an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from casedb.complaints import ComplaintRecord, find_complaint, list_complaints
from casedb.duties import DutyRecord, find_ruled, list_duties
from casedb.engine import reading
from casedb.hold_ways import Word, decision, fulfilment
from casedb.holds import free_id
from casedb.inbox import InboundFact, InboundKind, Receipt, receive, receive_all
from casedb.people import find_whose
from console.output import pairs, plain, say, screen, table, wall_time, write_json
from console.session import session
from console.telling import heard, tell_cases
from domain.duties import ACKNOWLEDGE, ANSWER, Outcome
from domain.errors import InvalidInput
from domain.vocabulary import Channel, HoldKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComplaint:
    """What `complaint open` was asked for."""

    about: str
    """An account's id, or a person's."""
    channel: Channel | None
    owner: str | None
    by: str
    evidence: str


def open_complaint(new: NewComplaint, *, as_json: bool) -> int:
    """Give a complaint its number and its deadlines, and leave the person alone meanwhile."""
    now = datetime.now(UTC)
    with session() as opened:
        with reading(opened.engine) as connection:
            whose = find_whose(connection, new.about)
            ruled = find_ruled(connection, new.about, HoldKind.COMPLAINT, "")
            hold_id = free_id(connection, f"{new.about}:complaint:{now.date()}")
        fact = InboundFact(
            event_id=f"place:{hold_id}",
            source="console",
            kind=InboundKind.HOLD_PLACED,
            at=now,
            account_id=whose.account_id,
            person_id=None if whose.account_id else whose.person_id,
            hold_id=hold_id,
            hold_kind=HoldKind.COMPLAINT,
            owner=new.owner or (ruled.rule.owner if ruled else "complaints"),
            channel=new.channel,
            evidence=new.evidence,
            reason="complaint",
            by=new.by,
        )
        receipt = receive(opened.engine, fact, received_at=now)
        told = tell_cases(opened, receipt, now)
        with reading(opened.engine) as connection:
            complaint = find_complaint(connection, hold_id)
    if as_json:
        write_json(plain(complaint) | {"duplicate": receipt.duplicate, "cases_told": list(told)})
        return 0
    verb = "is open since before, nothing changed" if receipt.duplicate else "is open"
    say(
        f"complaint {complaint.number} {verb}: {complaint.owner} acknowledges it by {complaint.acknowledge_by} "
        f"and answers it by {complaint.answer_by}; {heard(told)}"
    )
    return 0


def show_complaints(*, everything: bool, as_json: bool) -> int:
    """Complaints that wait for an outcome, the first answer due first."""
    with session() as opened, reading(opened.engine) as connection:
        complaints = list_complaints(connection, everything=everything)
    if as_json:
        write_json(plain(complaints))
        return 0
    if not complaints:
        say("no complaint is open: python starter.py complaint open ACCOUNT puts one on record")
        return 0
    columns = ("complaint", "owner", "received (UTC)", "acknowledge by", "answer by", "about and state")
    screen().print(table("Complaints", columns, map(_row, complaints)))
    return 0


def _row(complaint: ComplaintRecord) -> tuple[str, ...]:
    acknowledged = "acknowledged" if complaint.acknowledged_at else "new"
    state = complaint.outcome or ("answered" if complaint.answered_at else acknowledged)
    return (
        complaint.number,
        complaint.owner,
        wall_time(complaint.received_at),
        complaint.acknowledge_by.isoformat(),
        complaint.answer_by.isoformat(),
        f"{complaint.account_id or complaint.person_id}: {state}",
    )


def show_complaint(number: str, *, as_json: bool) -> int:
    """One complaint with its duties."""
    now = datetime.now(UTC)
    with session() as opened, reading(opened.engine) as connection:
        complaint = find_complaint(connection, number)
        duties = list_duties(connection, complaint.hold_id, everything=True)
    if as_json:
        write_json(plain(complaint) | {"duties": plain(duties)})
        return 0
    rows = [
        ("about", complaint.account_id or complaint.person_id),
        ("hold", complaint.hold_id),
        ("owner", complaint.owner),
        ("received (UTC)", f"{wall_time(complaint.received_at)} {complaint.channel}".strip()),
        *((record.duty, _state(record, now)) for record in duties),
        ("outcome", complaint.outcome or "none yet"),
        ("answer", complaint.answer or "none yet"),
    ]
    screen().print(pairs(f"Complaint {complaint.number}", rows))
    return 0


def _state(record: DutyRecord, now: datetime) -> str:
    if record.done_at is not None:
        return f"done {wall_time(record.done_at)} UTC by {record.done_by}"
    if record.lapsed_at is not None:
        return "lapsed"
    return f"by {record.due_on}{', overdue' if record.overdue_at(now) else ''}"


def acknowledge_complaint(number: str, by: str, evidence: str, *, as_json: bool) -> int:
    """Put on record that the person was told that the complaint is here; the same command again is safe."""
    now = datetime.now(UTC)
    with session() as opened:
        with reading(opened.engine) as connection:
            complaint = find_complaint(connection, number)
        word = Word(hold_id=complaint.hold_id, by=by, at=now)
        (receipt,) = receive_all(
            opened.engine, lambda inside: fulfilment(inside, word, ACKNOWLEDGE, evidence), received_at=now
        )
    if as_json:
        write_json({"number": complaint.number, "duplicate": receipt.duplicate})
        return 0
    verb = "was acknowledged before, nothing changed" if receipt.duplicate else f"is acknowledged by {by}"
    say(f"complaint {complaint.number} {verb}; the answer is due by {complaint.answer_by}")
    return 0


def answer_complaint(number: str, outcome: Outcome, by: str, evidence: str, *, as_json: bool) -> int:
    """Put the answer and its outcome on record, and end the silence; the same command again is safe."""
    now = datetime.now(UTC)
    if outcome is Outcome.WITHDRAWN:
        raise InvalidInput("a complaint that was withdrawn is not answered: hold decide HOLD --outcome withdrawn")
    with session() as opened:
        with reading(opened.engine) as connection:
            complaint = find_complaint(connection, number)
        word = Word(hold_id=complaint.hold_id, by=by, at=now)

        def facts(inside: Connection) -> Sequence[InboundFact]:
            answered = fulfilment(inside, word, ANSWER, evidence)
            return (*answered, *decision(inside, word, outcome, f"answered: {evidence}"))

        receipts: list[Receipt] = receive_all(opened.engine, facts, received_at=now)
        told = tuple(account_id for receipt in receipts for account_id in tell_cases(opened, receipt, now))
    if as_json:
        document = {"number": complaint.number, "outcome": outcome.value, "answer": evidence}
        write_json(document | {"duplicate": receipts[1].duplicate, "cases_told": list(told)})
        return 0
    verb = "was answered before, nothing changed" if receipts[1].duplicate else f"is answered by {by}: {outcome.value}"
    say(f"complaint {complaint.number} {verb}; {heard(told)}")
    return 0
