"""Records whose fields stand at fixed positions, described by tables: written and read exactly, or refused by field.

A table is a `Layout`; nothing else knows positions. A refusal names record, field and positions and never repeats the
value, which may be a name or a number. Amounts are whole numbers: minor units of a currency with two digits (MONEY),
or whole units with the rest cut off by whoever made them (NUMBER).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.errors import InvalidInput

Value = str | int | date | datetime | None

_MONEY = re.compile(r"(?P<blank> *)(?P<sign>-?)(?P<whole>[0-9]+)\.(?P<part>[0-9]{2})", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_ASCII = re.compile(r"[\x20-\x7e]*")
NO_DATE = "19000101"
"""What some senders write for no date at all."""


class Kind(StrEnum):
    """How a field is written."""

    TEXT = "text"
    """Left-justified, filled with blanks."""
    NUMBER = "number"
    """Right-justified, filled with zeros."""
    MONEY = "money"
    """Minor units as a decimal number with two places, filled with zeros."""
    DATE = "date"
    """Year first: CCYYMMDD."""
    US_DATE = "us_date"
    """Month first: MMDDYYYY."""
    US_INSTANT = "us_instant"
    """MMDDYYYYHHMMSS."""
    FILLER = "filler"
    """Always blank."""


_DATES = {Kind.DATE: "%Y%m%d", Kind.US_DATE: "%m%d%Y", Kind.US_INSTANT: "%m%d%Y%H%M%S"}
_WIDTHS = {Kind.DATE: 8, Kind.US_DATE: 8, Kind.US_INSTANT: 14}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One row of a table; positions count from 1, as the layouts of the trade do."""

    name: str
    start: int
    length: int
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    """The texts that it may hold; empty for any. A blank is allowed unless it is required."""
    none: str | None = None
    """What stands for no value; blanks for texts and dates, zeros for numbers when nothing is said."""

    @property
    def end(self) -> int:
        """The last position."""
        return self.start + self.length - 1

    @property
    def blank(self) -> str:
        """How no value is written."""
        if self.none is not None:
            return self.none
        if self.kind is Kind.MONEY:
            return "0.00".zfill(self.length)
        return ("0" if self.kind is Kind.NUMBER else " ") * self.length


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field, as the rest of a sentence; without the value."""

    field: str
    first: int
    last: int
    reason: str

    def __str__(self) -> str:
        """The field, where it stands, and what is wrong."""
        return f"{self.field} (positions {self.first}-{self.last}): {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The table of one record; its fields cover every position once."""

    name: str
    length: int
    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        """Refuse a table with a gap, an overlap or a name that stands twice: a mistake of ours."""
        at = 1
        for each in self.fields:
            if each.start != at or each.length != _WIDTHS.get(each.kind, each.length):
                raise ValueError(f"table {self.name}: field {each.name} must start at {at} and have its kind's width")
            at = each.end + 1
        if at != self.length + 1 or len({each.name for each in self.fields}) < len(self.fields):
            raise ValueError(f"table {self.name} must cover {self.length} positions with fields of different names")

    def field(self, name: str) -> Field:
        """The row of that name."""
        return next(each for each in self.fields if each.name == name)

    def problem(self, name: str, reason: str) -> FieldProblem:
        """A problem of the field of that name."""
        found = self.field(name)
        return FieldProblem(name, found.start, found.end, reason)


def table(name: str, length: int, *rows: Field) -> Layout:
    """A layout whose last positions are filler."""
    used = rows[-1].end
    if used < length:
        rows = (*rows, Field(name="filler", start=used + 1, length=length - used, kind=Kind.FILLER))
    return Layout(name=name, length=length, fields=rows)


def write_record(layout: Layout, values: Mapping[str, Value]) -> str:
    """The record as one line. Raises InvalidInput for the first value that does not fit its field."""
    unknown = values.keys() - {each.name for each in layout.fields}
    if unknown:
        raise ValueError(f"record {layout.name} has no field {', '.join(sorted(unknown))}")
    return "".join(_written(layout, each, values.get(each.name)) for each in layout.fields)


def unfit(layout: Layout, values: Mapping[str, Value]) -> list[FieldProblem]:
    """Every value that does not fit its field, each looked at alone."""
    found: list[FieldProblem] = []
    for each in layout.fields:
        try:
            _plain(each, values.get(each.name))
        except InvalidInput as error:
            found.append(FieldProblem(each.name, each.start, each.end, str(error)))
    return found


def read_record(layout: Layout, line: str) -> tuple[dict[str, Value], list[FieldProblem]]:
    """Every field that can be read, and every problem of the others."""
    if len(line) != layout.length:
        reason = f"the record has {len(line)} positions, not {layout.length}"
        return {}, [FieldProblem(layout.name, 1, layout.length, reason)]
    values: dict[str, Value] = {}
    problems: list[FieldProblem] = []
    for each in layout.fields:
        try:
            values[each.name] = _read(each, line[each.start - 1 : each.end])
        except InvalidInput as error:
            problems.append(FieldProblem(each.name, each.start, each.end, str(error)))
    return values, problems


def _written(layout: Layout, field: Field, value: Value) -> str:
    try:
        text = _plain(field, value)
    except InvalidInput as error:
        said = layout.problem(field.name, str(error))
        raise InvalidInput(f"{layout.name} {said}", field=field.name) from None
    return text


def _plain(field: Field, value: Value) -> str:
    if value is None or value == "" or (field.required and value == 0):
        if field.required:
            raise InvalidInput("is missing")
        return field.blank
    if field.kind in _DATES:
        if not isinstance(value, date):
            raise InvalidInput("must be a date")
        return value.strftime(_DATES[field.kind]).zfill(field.length)
    if field.kind is Kind.TEXT:
        return _text(field, value)
    return _number(field, value)


def _text(field: Field, value: Value) -> str:
    if not isinstance(value, str) or not _ASCII.fullmatch(value) or value != value.strip():
        raise InvalidInput("must be plain ASCII letters, digits and signs, without blanks at its ends")
    if len(value) > field.length:
        raise InvalidInput(f"is longer than {field.length}")
    _require_choice(field, value)
    return value.ljust(field.length)


def _number(field: Field, value: Value) -> str:
    if field.kind is Kind.FILLER or type(value) is not int:
        raise InvalidInput("must be a whole number")
    if field.kind is Kind.NUMBER and value < 0:
        raise InvalidInput("must not be negative")
    sign = "-" if value < 0 else ""
    digits = f"{abs(value) // 100}.{abs(value) % 100:02d}" if field.kind is Kind.MONEY else str(value)
    if len(sign) + len(digits) > field.length:
        raise InvalidInput(f"does not fit into {field.length} positions")
    return sign + digits.zfill(field.length - len(sign))


def _read(field: Field, text: str) -> Value:
    if not _ASCII.fullmatch(text):
        raise InvalidInput("must be plain ASCII")
    if _is_none(field, text):
        if field.required:
            raise InvalidInput("is missing")
        return 0 if field.kind in (Kind.NUMBER, Kind.MONEY) and field.none is None else None
    if field.kind is Kind.FILLER:
        raise InvalidInput("must be blank")
    if field.kind in _DATES:
        return _read_date(field, text)
    return _read_text(field, text) if field.kind is Kind.TEXT else _read_number(field, text)


def _read_text(field: Field, text: str) -> str:
    if text[0] == " ":
        raise InvalidInput("must begin at its first position")
    _require_choice(field, text.rstrip())
    return text.rstrip()


def _is_none(field: Field, text: str) -> bool:
    if text == field.blank or not text.strip():
        return True
    return field.kind is Kind.DATE and text == NO_DATE


def _read_date(field: Field, text: str) -> date:
    try:
        found = datetime.strptime(text, _DATES[field.kind])  # noqa: DTZ007  # a civil date; an instant is the file's own
    except ValueError:
        found = None
    # strptime takes fewer digits than it is told, and signs; what it read must be what stands there
    if found is None or found.strftime(_DATES[field.kind]).zfill(field.length) != text:
        raise InvalidInput("is not a date of the calendar")
    return found if field.kind is Kind.US_INSTANT else found.date()


def _read_number(field: Field, text: str) -> int:
    if field.kind is Kind.NUMBER:
        if not _DIGITS.fullmatch(text):
            raise InvalidInput("must be digits, filled with zeros")
        return int(text)
    read = _MONEY.fullmatch(text)
    if read is None:
        raise InvalidInput("must be an amount with two places, such as 000000128.50")
    return int(read["sign"] + read["whole"] + read["part"])


def _require_choice(field: Field, value: str) -> None:
    if field.choices and value not in field.choices:
        raise InvalidInput(f"must be one of {', '.join(field.choices)}")
