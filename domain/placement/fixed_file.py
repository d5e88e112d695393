"""Fixed-width files: ASCII, one record to a line, the trailer last. A file is in the one currency of its agency."""

from collections.abc import Iterable, Sequence

from domain.errors import InvalidInput
from domain.fixed_width import Layout, Value, read_record, write_record
from domain.money import MINOR_UNIT_DIGITS
from domain.placement.files import (
    ASK_AGAIN,
    BadLine,
    Envelope,
    Line,
    ReadFile,
    Totals,
    lines_of,
    require_equal,
    totals_of,
)
from domain.placement.layouts import AGENCYS_TRAILER, CREDITORS_TRAILER, LAYOUTS, trailer_of
from domain.placement.records import RECORDS_OF, SUMMED, FileKind, Record, RecordKind, kind_of_file

_TRAILERS = (CREDITORS_TRAILER, AGENCYS_TRAILER)


def write_fixed(kind: FileKind, records: Sequence[Record], envelope: Envelope, currency: str) -> bytes:
    """The file with its trailer. Raises InvalidInput when a value does not fit, or is in another currency."""
    if MINOR_UNIT_DIGITS.get(currency) != 2:
        raise InvalidInput(f"{currency} has not two decimal places: agency {envelope.agency} needs files in CSV")
    lines = [_written(record, currency) for record in records]
    totals = totals_of(records)
    trailer = trailer_of(kind)
    values: dict[str, Value] = {
        "record_type": trailer.name,
        "agency": envelope.agency,
        "agency_name": envelope.agency_name,
        "records": totals.count,
        "created": envelope.created,
    }
    if _has_total(trailer):
        values["total"] = totals.sums.get(currency, 0)
    return "".join(f"{line}\n" for line in (*lines, write_record(trailer, values))).encode("ascii")


def _written(record: Record, currency: str) -> str:
    if record.kind not in LAYOUTS:
        raise InvalidInput(f"a {record.kind.value} record has no fixed-width form: write a CSV file")
    if record.kind in SUMMED and record.currency != currency:
        raise InvalidInput(
            f"file number {record.file_number} is in {record.currency}, and the agency's files are in {currency}",
            field="currency",
        )
    layout = LAYOUTS[record.kind]
    names = {each.name for each in layout.fields}
    known = {name: value for name, value in record.values.items() if name in names}
    try:
        return write_record(layout, known | {"record_type": record.kind.value})
    except InvalidInput as error:
        raise InvalidInput(f"file number {record.file_number}: {error}", field=error.field) from None


def looks_fixed(data: bytes) -> bool:
    """Whether a file begins with a record type of ours; a CSV begins with column names."""
    return data[:4].decode("ascii", "replace") in {*(kind.value for kind in LAYOUTS), *_TRAILERS}


def agency_in(data: bytes) -> str:
    """The agency that the trailer names, which decides the currency. Raises InvalidInput without a trailer."""
    last = lines_of(data, "ascii")[-1]
    if last[:4] not in _TRAILERS:
        raise InvalidInput(f"the trailer is missing, it must be the last record: {ASK_AGAIN}")
    return last[4:34].strip()


def read_fixed(data: bytes, currency: str) -> ReadFile:
    """The file, proved by its trailer; bad lines beside the good ones.

    Raises InvalidInput, which refuses the whole file, when it is no such file, is cut off, or its trailer is wrong.
    """
    lines = lines_of(data, "ascii")
    *body, last = lines
    trailers = [number for number, line in enumerate(lines, start=1) if line[:4] in _TRAILERS]
    if trailers != [len(lines)]:
        where = f"stands on line {trailers[0]} of {len(lines)}" if trailers else "is missing"
        raise InvalidInput(f"the trailer {where}, it must be the last record: {ASK_AGAIN}")
    kind = _kind_of(body)
    trailer = trailer_of(kind)
    stated, problems = read_record(trailer, last)
    if problems:
        raise InvalidInput(f"the trailer {problems[0]}: {ASK_AGAIN}")
    good, bad, sums = _read(kind, body, currency)
    total = stated.get("total")
    require_equal(
        Totals(count=_whole(stated["records"]), sums={currency: _whole(total)} if total is not None else {}),
        Totals(count=len(body), sums={currency: sums} if _has_total(trailer) else {}),
    )
    return ReadFile(
        kind=kind,
        agency=str(stated["agency"]),
        lines=tuple(good),
        bad=tuple(bad),
        totals=Totals(count=len(body), sums={currency: sums} if _has_total(trailer) else {}),
    )


def _read(kind: FileKind, body: Iterable[str], currency: str) -> tuple[list[Line], list[BadLine], int]:
    good: list[Line] = []
    bad: list[BadLine] = []
    total = 0
    for number, line in enumerate(body, start=1):
        record = _record_kind(line)
        if record not in RECORDS_OF[kind]:
            total += _unproved(kind, number)
            bad.append(BadLine(number, line, f"record type (positions 1-4) is not one of a file of {kind.value}"))
            continue
        values, problems = read_record(LAYOUTS[record], line)
        for name in SUMMED.get(record, ()):
            amount = values.get(name)
            total += amount if isinstance(amount, int) else _unproved(kind, number)
        if problems:
            bad.append(BadLine(number, line, "; ".join(map(str, problems))))
        else:
            values.pop("record_type")
            good.append(Line(number, Record(record, values | {"currency": currency}), line))
    return good, bad, total


def _unproved(kind: FileKind, number: int) -> int:
    """What cannot be read cannot be summed; without money nothing has to be."""
    if any(record in SUMMED for record in RECORDS_OF[kind]):
        raise InvalidInput(f"line {number} has no amount that can be read, so the trailer proves nothing: {ASK_AGAIN}")
    return 0


def _kind_of(body: Sequence[str]) -> FileKind:
    """By its first record; a file of nothing but a trailer tells nothing."""
    found = _record_kind(body[0]) if body else None
    if found is None:
        raise InvalidInput(f"line 1 begins with no record type that is known: {ASK_AGAIN}")
    return kind_of_file(found)


def _record_kind(line: str) -> RecordKind | None:
    try:
        found = RecordKind(line[:4])
    except ValueError:
        return None
    return found if found in LAYOUTS else None


def _has_total(trailer: Layout) -> bool:
    return any(each.name == "total" for each in trailer.fields)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
