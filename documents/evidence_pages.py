"""The pages of a file of evidence: a cover that says what it is, then every section in words that a judge reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel import Locale
from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from casedb.evidence import CaseFile, Row, Section
from config.amounts import written
from config.evidence import EvidenceWords, evidence_words
from documents import sheets
from documents.evidence_layout import LAYOUTS, WORDS_OF, Layout, Shape
from domain.calendar import zone
from domain.money import Money

NOTHING = "–"
SEAL_SHOWN = 16
WORDS_ROOM = 60 * mm
"""What the line about a message and the first of its words take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pen:
    """Writes values as the file's language, currency and zone have them."""

    words: EvidenceWords
    locale: Locale
    currency: str
    zone: str

    def value(self, column: str, value: Any) -> str:
        """A value of a column, for the page."""
        if value is None or value in ("", []):
            return NOTHING
        if column.endswith("_minor"):
            return written(Money(value, self.currency), self.locale)
        if column == "hash":
            return str(value)[:SEAL_SHOWN]
        if isinstance(value, list):
            return ("; " if isinstance(value[0], list) else ", ").join(self.value("", each) for each in value)
        if column == "at" or column.endswith("_at") or column == "ledger_as_of":
            return self.instant(datetime.fromisoformat(value))
        told = self.words.values
        return told.get(f"{column}.{value}", told.get(str(value), str(value)))

    def instant(self, at: datetime) -> str:
        """On the account's wall clock, with its distance from UTC."""
        return f"{at.astimezone(zone(self.zone)):%Y-%m-%d %H:%M:%S %z}"

    def say(self, sentence: str, **told: Any) -> str:
        """A sentence with its places filled."""
        return self.words.sentences[sentence].format(**told)

    def column(self, name: str) -> str:
        """What a column is called."""
        return self.words.columns[name]


def draw_evidence(file: CaseFile, *, locale: str, made_at: datetime) -> bytes:
    """The PDF of the file in that language; the same file at the same instant is the same bytes."""
    words, numbers, ours = evidence_words(locale)
    case = file.case
    pen = _Pen(words=words, locale=numbers, currency=case.currency, zone=case.zone)
    return sheets.set_sheets(
        [*_cover(file, pen, made_at), *(part for section in file.sections for part in _section(section, pen))],
        name=f"{pen.say('title')} {case.case_id}",
        locale=ours,
        foot=lambda page, pages: pen.say("page", case_id=case.case_id, page=page, pages=pages),
    )


def _cover(file: CaseFile, pen: _Pen, made_at: datetime) -> Iterator[Flowable]:
    case, contacts = file.case, file.rows("contacts")
    yield sheets.title(pen.say("title"))
    yield sheets.text(pen.say("subtitle", case_id=case.case_id, account_id=case.account_id))
    yield sheets.text(pen.say("made", at=pen.instant(made_at)))
    yield sheets.text(pen.say("owed", amount=pen.value("owed_minor", case.balance_minor)))
    delivered = sum(row["delivery"] == "delivered" for row in contacts)
    told = {"contacts": len(contacts), "delivered": delivered, "verdicts": file.head.number}
    yield sheets.text(pen.say("counted", **told))
    head = {"number": file.head.number, "hash": file.head.hash}
    yield sheets.text(pen.say("chain", **head) if file.head.number else pen.say("no_chain"))
    yield sheets.text(pen.say("times", zone=case.zone, currency=case.currency))
    yield sheets.text(pen.say("machine"))
    yield sheets.text(pen.say("personal"))
    wordless = len(contacts) - len({row["message_id"] for row in file.rows("messages")} & _ids(contacts))
    if wordless:
        yield sheets.text(pen.say("before_words", count=wordless))
    if sum(row["amount_minor"] for row in file.rows("statement")) != case.balance_minor:
        yield sheets.text(pen.say("unsummed"))
    yield sheets.gap()
    yield sheets.text(pen.say("contents"))
    yield sheets.contents()


def _ids(contacts: tuple[Row, ...]) -> set[str]:
    return {row["touch_id"] for row in contacts}


def _section(section: Section, pen: _Pen) -> Iterator[Flowable]:
    layout = LAYOUTS[section.name]
    yield from sheets.heading(pen.words.sections[section.name])
    if not section.rows:
        yield sheets.text(pen.say("nothing"))
    elif layout.shape is Shape.PAIRS:
        for row in section.rows:
            yield sheets.pairs((pen.column(name), pen.value(name, row[name])) for name, _ in layout.columns)
    elif layout.shape is Shape.TABLE:
        columns = [(pen.column(name), share) for name, share in layout.columns]
        rows = ([pen.value(name, row[name]) for name, _ in layout.columns] for row in section.rows)
        yield sheets.table(columns, rows)
    else:
        for row in section.rows:
            yield from _said(section.name, row, layout, pen)


def _said(section: str, row: Row, layout: Layout, pen: _Pen) -> Iterator[Flowable]:
    """A line about the message, and its words; or that they were erased."""
    yield sheets.room(WORDS_ROOM)
    yield sheets.pairs((pen.column(name), pen.value(name, row[name])) for name, _ in layout.columns)
    told = "\n".join(row[name] for name in WORDS_OF[section] if row[name])
    erased = pen.say("erased", sha256=row.get("sha256", NOTHING))
    yield sheets.words(told or erased)
