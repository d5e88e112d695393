"""A whole file with its trailer: what is common to the fixed-width form and the CSV."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from domain.errors import InvalidInput
from domain.money import MINOR_UNIT_DIGITS, Money
from domain.placement.records import SUMMED, FileKind, Record

ASK_AGAIN = "nothing of it was taken: ask the sender for the file again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who the file is for or from, and the day it was made."""

    agency: str
    agency_name: str
    created: date


@dataclass(frozen=True, slots=True)
class Line:
    """A good record and the line it stood on."""

    number: int
    record: Record
    text: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that goes back to its sender, with the reason; the reason never repeats what stands in it."""

    number: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a trailer vouches for."""

    count: int
    sums: Mapping[str, int] = field(default_factory=dict)
    """Minor units by currency; empty where records carry no money."""

    def in_words(self) -> str:
        """The sums as people write them, by currency."""
        return ", ".join(
            amount_text(amount, currency) + f" {currency}" for currency, amount in sorted(self.sums.items())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file whose trailer is right: good lines, and bad ones that go back."""

    kind: FileKind
    agency: str
    lines: tuple[Line, ...]
    bad: tuple[BadLine, ...]
    totals: Totals


def totals_of(records: Iterable[Record]) -> Totals:
    """Count and sums of records."""
    count, sums = 0, dict[str, int]()
    for record in records:
        count += 1
        if record.kind in SUMMED:
            sums[record.currency] = sums.get(record.currency, 0) + record.summed_minor
    return Totals(count=count, sums=sums)


def require_equal(stated: Totals, found: Totals) -> None:
    """Refuse a file whose trailer does not fit it; the sentence names both values. Raises InvalidInput."""
    if stated.count != found.count:
        raise InvalidInput(f"the trailer says {stated.count} records and the file has {found.count}: {ASK_AGAIN}")
    for currency in sorted(stated.sums.keys() | found.sums.keys()):
        says, has = stated.sums.get(currency, 0), found.sums.get(currency, 0)
        if says != has:
            raise InvalidInput(
                f"the trailer says {amount_text(says, currency)} {currency} and the records sum to "
                f"{amount_text(has, currency)} {currency}: {ASK_AGAIN}"
            )


def lines_of(data: bytes, encoding: str) -> list[str]:
    """The lines of a file, whether it was made here or on Windows. Raises InvalidInput for another encoding."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"line {line} is not {encoding} text: {ASK_AGAIN}") from None
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    if not lines:
        raise InvalidInput(f"the file is empty, without a trailer: {ASK_AGAIN}")
    return lines


def amount_text(amount_minor: int, currency: str) -> str:
    """An amount in major units with every place of its currency."""
    digits = MINOR_UNIT_DIGITS[currency]
    return f"{Money(amount_minor, currency).to_decimal():.{digits}f}"
