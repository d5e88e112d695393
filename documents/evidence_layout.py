"""Which columns of each section stand on the page, and how wide; the data beside the page has all of them."""

from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """How the rows of a section stand on the page."""

    PAIRS = "pairs"
    """Name and value to a line: for a section of one row."""
    TABLE = "table"
    WORDS = "words"
    """A line about each message, and its words below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One section on the page; widths are shares of the line."""

    shape: Shape
    columns: tuple[tuple[str, int], ...]


def _pairs(*columns: str) -> Layout:
    return Layout(shape=Shape.PAIRS, columns=tuple((column, 1) for column in columns))


def _table(**columns: int) -> Layout:
    return Layout(shape=Shape.TABLE, columns=tuple(columns.items()))


def _words(*columns: str) -> Layout:
    return Layout(shape=Shape.WORDS, columns=tuple((column, 1) for column in columns))


LAYOUTS: dict[str, Layout] = {
    "account": _pairs(
        "creditor",
        "account_id",
        "product",
        "currency",
        "zone",
        "ledger_as_of",
        "case_id",
        "strategy",
        "strategy_version",
        "stage",
        "opened_at",
        "opening_balance_minor",
        "closed_at",
        "close_reason",
    ),
    "person": _pairs("full_name", "person_id", "jurisdiction", "locale", "zones"),
    "addresses": _table(channel=2, address=6, contact_point_id=4),
    "attestations": _table(at=4, subject=3, says=7, by=3),
    "obligations": _table(due_on=3, amount_minor=3, obligation_id=6),
    "statement": _table(version=1, at=4, kind=2, amount_minor=3, balance_minor=3, entry_id=4),
    "contacts": _table(at=4, touch_key=4, channel=2, status=2, delivery=2, verdict=2, reference=3, provider_id=5),
    "messages": _words("message_id", "attempted_at", "channel", "template", "contact_point_id", "sha256"),
    "replies": _words("at", "channel", "intents", "answer", "answer_status", "reply_id"),
    "consents": _table(at=4, channel=2, address=5, permission=2, source=3, evidence=5),
    "holds": _table(kind=3, starts_at=4, ends_at=4, released_at=4, reason=5, outcome=4),
    "duties": _table(duty=4, what=6, due_on=3, done_at=4, done_by=3, evidence=4),
    "complaints": _table(number=4, received_at=4, acknowledged_at=4, answered_at=4, outcome=3, answer=4),
    "approvals": _table(approval_id=4, requested_by=3, requested_at=4, status=3, decided_by=3, decided_at=4, comment=5),
    "agreements": _table(agreed_at=4, agreed_as=4, payments=6, judgement=3, judged_at=4, received_minor=3),
    "reliefs": _table(
        proposed_at=4, kind=3, amount_minor=3, until=3, status=3, proposed_by=3, decided_by=3, granted_at=4
    ),
    "votes": _table(at=4, role=3, voter=3, on_behalf_of=3, comment=5),
    "outside_steps": _table(taken_at=4, kind=4, reference=5, why=6, undone_at=4, undone_why=5),
    "placements": _table(placed_at=4, agency=4, status=3, file_number=2, recall_reason=4, closed_on=3),
    "furnishings": _table(started_at=4, notice_at=4, undone_at=4, ended_at=4),
    "papers": _table(made_at=4, kind=4, file_name=6, withdrawn_at=4),
    "verdicts": _table(number=1, at=4, channel=2, decision=2, rule=3, why=6, hash=4),
    "decisions": _table(number=1, at=4, because=3, action=3, step_at=4, why=6),
    "facts": _table(at=4, kind=3, source=3, event_id=6, received_at=4),
}
WORDS_OF = {"messages": ("subject", "body"), "replies": ("text",)}
"""What is printed below the line about a message."""
