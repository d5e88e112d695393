"""What a court may want to see of a case: every row that is about it, section by section, of one moment.

The one reading that shows names, addresses and words on purpose, for a file that goes to people of law. It reads what
is about this case, its account and its person, and nothing of anybody else; not even other accounts of the person.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from casedb import schema
from casedb.engine import lock_person
from casedb.message_texts import ANSWER
from casedb.timeline import CaseRecord, find_case
from casedb.verdicts import SEALED, ChainHead, read_head
from domain.vocabulary import PaperKind

Row = dict[str, Any]
"""A row as JSON knows it: instants in UTC to the microsecond, amounts in minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One kind of evidence."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """Everything on record about a case at one moment."""

    case: CaseRecord
    locale: str
    """In which the person reads; empty once erased."""
    sections: tuple[Section, ...]
    head: ChainHead
    """The end of the chain of verdicts."""

    def rows(self, name: str) -> tuple[Row, ...]:
        """The rows of a section that there is."""
        return next(section.rows for section in self.sections if section.name == name)


def read_case_file(connection: Connection, wanted: str) -> CaseFile:
    """The file of that case, or of the account's latest one, while nobody else changes it. Raises NotKnown."""
    person_id = find_case(connection, wanted).person_id
    lock_person(connection, person_id)
    case = find_case(connection, wanted)
    sections = tuple(Section(name=name, rows=tuple(read(connection, case))) for name, read in SECTIONS)
    return CaseFile(
        case=case,
        locale=str(sections[1].rows[0]["locale"]),
        sections=sections,
        head=read_head(connection, case.case_id),
    )


def _rows(
    connection: Connection, table: Table, where: ColumnElement[bool], *order: str, without: Sequence[str] = ()
) -> list[Row]:
    """The rows of a table with every column but those left out, in that order."""
    columns = [column for column in table.columns if column.key not in without]
    found = connection.execute(select(*columns).where(where).order_by(*(table.c[name] for name in order)))
    return [{name: _plain(value) for name, value in row.items()} for row in found.mappings()]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def _account(connection: Connection, case: CaseRecord) -> list[Row]:
    """The contract as far as we have it, and the case."""
    account, of_case = schema.account, schema.case
    [one] = _rows(connection, account, account.c.account_id == case.account_id)
    shown = ("case_id", "strategy", "strategy_version", "stage", "opened_at", "opening_balance_minor", "closed_at")
    [its] = _rows(connection, of_case, of_case.c.case_id == case.case_id)
    return [one | {name: its[name] for name in (*shown, "close_reason")}]


def _person(connection: Connection, case: CaseRecord) -> list[Row]:
    return _rows(connection, schema.person, schema.person.c.person_id == case.person_id)


def _addresses(connection: Connection, case: CaseRecord) -> list[Row]:
    point = schema.contact_point
    return _rows(connection, point, point.c.person_id == case.person_id, "channel", "preference", "contact_point_id")


def _obligations(connection: Connection, case: CaseRecord) -> list[Row]:
    obligation = schema.obligation
    return _rows(connection, obligation, obligation.c.account_id == case.account_id, "due_on", "obligation_id")


def _statement(connection: Connection, case: CaseRecord) -> list[Row]:
    """Every movement with what was owed after it."""
    entry = schema.ledger_entry
    rows = _rows(connection, entry, entry.c.account_id == case.account_id, "version")
    balance = 0
    for row in rows:
        balance += row["amount_minor"]
        row["balance_minor"] = balance
    return rows


def _contacts(connection: Connection, case: CaseRecord) -> list[Row]:
    """Every touch with the number of the verdict that allowed its last attempt."""
    touch, verdict = schema.touch, schema.verdict
    rows = _rows(connection, touch, touch.c.case_id == case.case_id, "at", "touch_key")
    allowed = connection.execute(
        select(verdict.c.touch_key, verdict.c.channel, verdict.c.at, verdict.c.number)
        .where(verdict.c.case_id == case.case_id, verdict.c.decision == "allow")
        .order_by(verdict.c.number)
    )
    numbers = {(row.touch_key, row.channel, _plain(row.at)): row.number for row in allowed}
    return [row | {"verdict": numbers.get((row["touch_key"], row["channel"], row["at"]))} for row in rows]


def _of_replies(case: CaseRecord) -> ColumnElement[bool]:
    """What the person wrote about this account, or about none that could be told."""
    reply = schema.reply
    return or_(
        reply.c.account_id == case.account_id,
        and_(reply.c.account_id.is_(None), reply.c.person_id == case.person_id),
    )


def _messages(connection: Connection, case: CaseRecord) -> list[Row]:
    """The words of every attempt: of touches, of letters of the case, and of answers to what the person wrote."""
    said, touch, paper, reply = schema.message_text, schema.touch, schema.paper, schema.reply
    touches = select(touch.c.touch_id).where(touch.c.case_id == case.case_id)
    papers = select(paper.c.paper_id).where(paper.c.case_id == case.case_id)
    answers = select(reply.c.reply_id + ANSWER).where(_of_replies(case))
    mine = or_(*(said.c.message_id.in_(ids) for ids in (touches, papers, answers)))
    return _rows(connection, said, mine, "attempted_at", "message_id")


def _replies(connection: Connection, case: CaseRecord) -> list[Row]:
    return _rows(connection, schema.reply, _of_replies(case), "at", "reply_id", without=("written_from",))


def _verdicts(connection: Connection, case: CaseRecord) -> list[Row]:
    """The whole chain, column by column as it was sealed."""
    verdict = schema.verdict
    rows = _rows(connection, verdict, verdict.c.case_id == case.case_id, "number")
    return [{name: row[name] for name in (*SEALED, "hash")} for row in rows]


def _consents(connection: Connection, case: CaseRecord) -> list[Row]:
    consent = schema.consent
    return _rows(connection, consent, consent.c.person_id == case.person_id, "at", "consent_id")


def _of_holds(case: CaseRecord) -> ColumnElement[bool]:
    """On this account, or on the whole person."""
    hold = schema.hold
    mine = or_(hold.c.account_id == case.account_id, hold.c.account_id.is_(None))
    return and_(hold.c.person_id == case.person_id, mine)


def _holds(connection: Connection, case: CaseRecord) -> list[Row]:
    return _rows(connection, schema.hold, _of_holds(case), "starts_at", "hold_id")


def _duties(connection: Connection, case: CaseRecord) -> list[Row]:
    """What those holds obliged us to, and when it was done."""
    duty = schema.duty
    holds = select(schema.hold.c.hold_id).where(_of_holds(case))
    return _rows(connection, duty, duty.c.hold_id.in_(holds), "due_at", "hold_id", "duty", "number")


def _complaints(connection: Connection, case: CaseRecord) -> list[Row]:
    complaint = schema.complaint
    holds = select(schema.hold.c.hold_id).where(_of_holds(case))
    return _rows(connection, complaint, complaint.c.hold_id.in_(holds), "received_at", "number")


def _agreements(connection: Connection, case: CaseRecord) -> list[Row]:
    """Promises and plans with how they were judged."""
    agreement = schema.agreement
    return _rows(connection, agreement, agreement.c.case_id == case.case_id, "agreed_at", "agreed_as")


def _reliefs(connection: Connection, case: CaseRecord) -> list[Row]:
    relief = schema.relief
    return _rows(connection, relief, relief.c.case_id == case.case_id, "proposed_at", "relief_id")


def _attestations(connection: Connection, case: CaseRecord) -> list[Row]:
    """Where the contract lies, and what else people of ours looked at before going to law."""
    word = schema.attestation
    return _rows(connection, word, word.c.account_id == case.account_id, "at", "attestation_id")


def _votes(connection: Connection, case: CaseRecord) -> list[Row]:
    """Every yes with its role."""
    vote, approval = schema.approval_vote, schema.approval
    asked = select(approval.c.approval_id).where(approval.c.case_id == case.case_id)
    return _rows(connection, vote, vote.c.approval_id.in_(asked), "at", "role")


def _outside_steps(connection: Connection, case: CaseRecord) -> list[Row]:
    step = schema.outside_step
    return _rows(connection, step, step.c.case_id == case.case_id, "taken_at", "key")


def _placements(connection: Connection, case: CaseRecord) -> list[Row]:
    placement = schema.placement
    return _rows(connection, placement, placement.c.account_id == case.account_id, "placed_at", "file_number")


def _furnishings(connection: Connection, case: CaseRecord) -> list[Row]:
    """Since when, and until when, credit bureaus were told of the account."""
    furnishing = schema.furnishing
    return _rows(connection, furnishing, furnishing.c.account_id == case.account_id, "started_at", "furnishing_id")


def _approvals(connection: Connection, case: CaseRecord) -> list[Row]:
    approval = schema.approval
    return _rows(connection, approval, approval.c.case_id == case.case_id, "requested_at", "approval_id")


def _decisions(connection: Connection, case: CaseRecord) -> list[Row]:
    decision = schema.decision
    mine = decision.c.case_id == case.case_id
    return _rows(connection, decision, mine, "number", without=("decision_id",))


def _facts(connection: Connection, case: CaseRecord) -> list[Row]:
    """What was reported about the account from outside, as ids and instants; its effects stand elsewhere."""
    inbox = schema.inbox_event
    shown = {"event_id", "source", "kind", "at", "received_at"}
    without = [column.key for column in inbox.columns if column.key not in shown]
    return _rows(connection, inbox, inbox.c.account_id == case.account_id, "at", "event_id", without=without)


def _papers(connection: Connection, case: CaseRecord) -> list[Row]:
    """Letters and packs; bundles are left out, or no bundle could be made twice alike."""
    paper = schema.paper
    mine = and_(paper.c.case_id == case.case_id, paper.c.kind != PaperKind.EVIDENCE.value)
    return _rows(connection, paper, mine, "made_at", "paper_id")


SECTIONS: tuple[tuple[str, Callable[[Connection, CaseRecord], list[Row]]], ...] = (
    ("account", _account),
    ("person", _person),
    ("addresses", _addresses),
    ("attestations", _attestations),
    ("obligations", _obligations),
    ("statement", _statement),
    ("contacts", _contacts),
    ("messages", _messages),
    ("replies", _replies),
    ("consents", _consents),
    ("holds", _holds),
    ("duties", _duties),
    ("complaints", _complaints),
    ("agreements", _agreements),
    ("reliefs", _reliefs),
    ("approvals", _approvals),
    ("votes", _votes),
    ("outside_steps", _outside_steps),
    ("placements", _placements),
    ("furnishings", _furnishings),
    ("papers", _papers),
    ("verdicts", _verdicts),
    ("decisions", _decisions),
    ("facts", _facts),
)
"""Every kind of evidence, in the order of the file; one more is one function and one line."""
