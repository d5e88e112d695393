"""Our own CSV files: UTF-8, a line of column names, the records of one kind, and a trailer with count, sums and hash.

The trailer is `#trailer,AGENCY,COUNT,SUMS,SHA256`; sums are `EUR:12.00;USD:128.50`. The hash is of everything before
its own comma, with a line feed after each line, whatever ends the lines in the file.
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Sequence
from datetime import date

from domain.errors import InvalidInput
from domain.fixed_width import Value
from domain.money import MINOR_UNIT_DIGITS, parse_money
from domain.placement.files import (
    ASK_AGAIN,
    BadLine,
    Envelope,
    Line,
    ReadFile,
    Totals,
    amount_text,
    lines_of,
    require_equal,
    totals_of,
)
from domain.placement.records import SUMMED, Record, RecordKind, kind_of_file
from domain.placement.sheets import SHEETS, Column, ColumnKind

TRAILER = "#trailer"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_LONGEST = 500
_PHONE = re.compile(r"\+[0-9]{7,15}", re.ASCII)


def write_csv(kind: RecordKind, records: Sequence[Record], envelope: Envelope) -> bytes:
    """The file with its trailer. Raises InvalidInput when a value has no place in its column."""
    columns = SHEETS[kind]
    lines = [_line([column.name for column in columns])]
    for record in records:
        lines.append(_line([_cell(record, column) for column in columns]))
    body = "".join(f"{line}\n" for line in lines)
    totals = totals_of(records)
    vouched = body + _line([TRAILER, envelope.agency, str(totals.count), _sums(totals)])
    return f"{vouched},{_sha256(vouched)}\n".encode()


def read_csv(data: bytes) -> ReadFile:
    """The file, proved by its trailer; bad lines beside the good ones.

    Raises InvalidInput, which refuses the whole file, when it is no such file, is cut off, or its trailer is wrong.
    """
    lines = lines_of(data, "utf-8")
    kind = _kind_of(lines[0].removeprefix("\ufeff"), lines[1] if len(lines) > 1 else "")
    *body, last = lines
    if not last.startswith(f"{TRAILER},") or any(line.startswith(f"{TRAILER},") for line in body):
        raise InvalidInput(f"the trailer must be the last line and no other: {ASK_AGAIN}")
    agency, stated, sha256 = _trailer(last)
    found = _sha256("".join(f"{line}\n" for line in body) + last.rpartition(",")[0])
    if sha256 != found:
        raise InvalidInput(f"the trailer says the hash {sha256} and what stands before it has {found}: {ASK_AGAIN}")
    good, bad, totals = _read(kind, body[1:])
    require_equal(stated, totals)
    return ReadFile(kind=kind_of_file(kind), agency=agency, lines=tuple(good), bad=tuple(bad), totals=totals)


def _read(kind: RecordKind, body: Sequence[str]) -> tuple[list[Line], list[BadLine], Totals]:
    good: list[Line] = []
    bad: list[BadLine] = []
    sums: dict[str, int] = {}
    for number, text in enumerate(body, start=2):
        cells = _split(text)
        columns = SHEETS[kind]
        told = dict(zip((column.name for column in columns), cells, strict=False))
        if kind in SUMMED:
            currency, amount = _summed(kind, told, number)
            sums[currency] = sums.get(currency, 0) + amount
        values, problems = _values(kind, told) if len(cells) == len(columns) else ({}, [_count(cells, columns)])
        if problems:
            bad.append(BadLine(number, text, "; ".join(problems)))
        else:
            good.append(Line(number, Record(kind, values), text))
    return good, bad, Totals(count=len(body), sums=sums)


def _summed(kind: RecordKind, told: dict[str, str], number: int) -> tuple[str, int]:
    """What cannot be read cannot be summed, and then the trailer proves nothing."""
    currency = told.get("currency", "")
    try:
        return currency, sum(_amount(told[name] or "0", currency) for name in SUMMED[kind])
    except (InvalidInput, KeyError):
        raise InvalidInput(
            f"line {number} has no amount that can be read, so the trailer proves nothing: {ASK_AGAIN}"
        ) from None


def _values(kind: RecordKind, told: dict[str, str]) -> tuple[dict[str, Value], list[str]]:
    values: dict[str, Value] = {}
    problems: list[str] = []
    for column in SHEETS[kind]:
        try:
            values[column.name] = _value(column, told[column.name], told.get("currency", ""))
        except InvalidInput as error:
            problems.append(f"{column.name}: {error}")
    if not problems and "record_type" in values and values.pop("record_type") != kind.value:
        problems.append(f"record_type: must be {kind.value}, as the column names say")
    return values, problems


def _value(column: Column, text: str, currency: str) -> Value:
    if not text:
        if column.required:
            raise InvalidInput("is missing")
        return None
    if column.choices and text not in column.choices:
        raise InvalidInput(f"must be one of {', '.join(column.choices)}")
    if column.kind is ColumnKind.AMOUNT:
        return _amount(text, currency)
    return _READERS[column.kind](column, text)


def _text(column: Column, text: str) -> str:
    if len(text) > _LONGEST or not text.isprintable() or text != text.strip():
        raise InvalidInput(f"must be one line of at most {_LONGEST} signs, without blanks at its ends")
    if column.name == "currency" and text not in MINOR_UNIT_DIGITS:
        raise InvalidInput("must be an ISO 4217 code such as USD")
    # a quote before a sign that a spreadsheet would take for a formula; `_cell` put it there
    return text[1:] if text.startswith("'") and _is_formula(text[1:]) else text


def _amount(text: str, currency: str) -> int:
    if currency not in MINOR_UNIT_DIGITS or not _AMOUNT.fullmatch(text):
        raise InvalidInput("must be an amount such as 128.50 in the row's currency")
    return parse_money(text, currency).amount_minor


def _number(column: Column, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InvalidInput("must be a whole number")
    return int(text)


def _flag(column: Column, text: str) -> str:
    if text != "yes":
        raise InvalidInput("must be yes or empty")
    return text


def _day(column: Column, text: str) -> date:
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise InvalidInput("must be a date such as 2026-11-21")
    return found


_READERS: dict[ColumnKind, Callable[[Column, str], Value]] = {
    ColumnKind.TEXT: _text,
    ColumnKind.NUMBER: _number,
    ColumnKind.DAY: _day,
    ColumnKind.FLAG: _flag,
}


def _cell(record: Record, column: Column) -> str:
    value = record.kind.value if column.name == "record_type" else record.values.get(column.name)
    if value is None or value == "":
        if column.required:
            raise InvalidInput(f"file number {record.file_number}: {column.name} is missing", field=column.name)
        return ""
    if column.kind is ColumnKind.AMOUNT and isinstance(value, int):
        return amount_text(value, record.currency)
    if column.kind is ColumnKind.FLAG:
        return "yes" if value else ""
    text = value.isoformat() if isinstance(value, date) else str(value)
    if column.kind is ColumnKind.TEXT and (len(text) > _LONGEST or not text.isprintable()):
        raise InvalidInput(f"file number {record.file_number}: {column.name} must be one line", field=column.name)
    return f"'{text}" if column.kind is ColumnKind.TEXT and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return text.startswith(("=", "+", "-", "@")) and not _PHONE.fullmatch(text)


def _trailer(line: str) -> tuple[str, Totals, str]:
    cells = _split(line)
    if len(cells) != 5 or not cells[1] or not _NUMBER.fullmatch(cells[2]):
        raise InvalidInput(f"the trailer must be {TRAILER},AGENCY,COUNT,SUMS,SHA256: {ASK_AGAIN}")
    sums: dict[str, int] = {}
    for each in filter(None, cells[3].split(";")):
        currency, _, amount = each.partition(":")
        try:
            sums[currency] = _amount(amount, currency)
        except InvalidInput:
            raise InvalidInput(f"the sums of the trailer must be such as EUR:12.00;USD:128.50: {ASK_AGAIN}") from None
    return cells[1], Totals(count=int(cells[2]), sums=sums), cells[4]


def _kind_of(head: str, first: str) -> RecordKind:
    """By its column names, and where several records have the same ones by the type of the first record."""
    names = _split(head)
    found = [kind for kind, columns in SHEETS.items() if names == [column.name for column in columns]]
    if found:
        return next((kind for kind in found if first.startswith(f"{kind.value},")), found[0])
    raise InvalidInput(f"line 1 must be the column names of a file that docs/placement.md lists: {ASK_AGAIN}")


def _count(cells: Sequence[str], columns: Sequence[Column]) -> str:
    return f"the line has {len(cells)} cells, not {len(columns)}"


def _sums(totals: Totals) -> str:
    return ";".join(f"{currency}:{amount_text(amount, currency)}" for currency, amount in sorted(totals.sums.items()))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _line(cells: Sequence[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow(cells)
    return stream.getvalue()


def _split(line: str) -> list[str]:
    try:
        return next(iter(csv.reader([line])), [])
    except csv.Error:  # a cell longer than any column takes: no line of ours has none
        return []
