"""A file of an agency as a whole: proved by its trailer, then line by line, and put on record.

The same file twice changes nothing: every line counts once, and the file is known by its content. An intake that was
cut off goes on where it stopped when the file is taken in again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from casedb.agency_export import MadeFile, record_file
from casedb.agency_import import apply
from casedb.engine import reading, writing
from casedb.schema import agency_file
from domain.errors import AmicableError, InvalidInput, NotKnown
from domain.placement.agency import Agency
from domain.placement.csv_file import read_csv
from domain.placement.files import BadLine, Line, ReadFile
from domain.placement.fixed_file import agency_in, looks_fixed, read_fixed
from domain.placement.records import INBOUND, FileKind, RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What became of a file."""

    agency: str
    kind: FileKind
    applied: int
    repeated: int
    """Lines that changed nothing, since they were here before."""
    bad: tuple[BadLine, ...]
    seen_before: bool


def read_file(agencies: Mapping[str, Agency], data: bytes) -> tuple[Agency, ReadFile]:
    """The file in either form, and whose it is. Raises InvalidInput or NotKnown, which refuses all of it."""
    if looks_fixed(data):
        agency = _agency(agencies, agency_in(data))
        return agency, read_fixed(data, agency.currencies[0])
    read = read_csv(data)
    return _agency(agencies, read.agency), read


def take_file(engine: Engine, agencies: Mapping[str, Agency], name: str, data: bytes, now: datetime) -> Intake:
    """Take a file in. Raises InvalidInput or NotKnown, and takes nothing, when it does not prove itself."""
    agency, read = read_file(agencies, data)
    if read.kind not in INBOUND:
        raise InvalidInput(f"a file of {read.kind.value} is one that goes to an agency: nothing of it was taken")
    if read.kind is FileKind.REMITTANCE:
        raise InvalidInput("a remittance is compared, not imported: python starter.py remittance reconcile FILE")
    seen = _seen(engine, agency.agency_id, data)
    bad = list(read.bad)
    applied = repeated = 0
    for line in sorted(read.lines, key=_payments_first):
        try:
            new = apply(engine, agency, line.record, now)
        except AmicableError as error:
            bad.append(BadLine(line.number, line.text, str(error)))
            continue
        applied, repeated = applied + new, repeated + (not new)
    if not seen:
        made = MadeFile(name, read.kind.value, data, read.totals)
        with writing(engine) as connection:
            record_file(connection, agency.agency_id, "in", made, at=now, bad=len(bad))
    return Intake(
        agency=agency.agency_id,
        kind=read.kind,
        applied=applied,
        repeated=repeated,
        bad=tuple(sorted(bad, key=lambda each: each.number)),
        seen_before=seen,
    )


def _payments_first(line: Line) -> tuple[bool, int]:
    """A reversal may stand above its payment."""
    reverses = line.record.kind is RecordKind.PAYMENT and line.record.text("payment_type") == "PAR"
    return reverses, line.number


def _agency(agencies: Mapping[str, Agency], agency_id: str) -> Agency:
    if agency_id not in agencies:
        raise NotKnown("the trailer names no agency of config/agencies.yaml: nothing of the file was taken")
    return agencies[agency_id]


def _seen(engine: Engine, agency_id: str, data: bytes) -> bool:
    sha256 = hashlib.sha256(data).hexdigest()
    with reading(engine) as connection:
        found = select(agency_file.c.file_id).where(
            agency_file.c.agency == agency_id, agency_file.c.direction == "in", agency_file.c.sha256 == sha256
        )
        return connection.execute(found).first() is not None
