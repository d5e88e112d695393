"""The files of an agency: everything it has to hear, once, with trailers, and freshly read at that moment.

The rows are marked in the transaction in which the caller writes the files, under names that the next attempt makes
again: a crash before the commit leaves a file that is written anew, and a row is never told by two files.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, text, update

from casedb import agency_gathering, placements
from casedb.agency_debtor import account_record, extras_of, placeable_problem
from casedb.placements import PlacementRecord
from casedb.schema import agency_file, agency_record, placement
from casedb.snapshot import read_snapshot
from domain.errors import InvalidInput
from domain.placement.agency import Agency, FileForm
from domain.placement.csv_file import write_csv
from domain.placement.files import Envelope, Totals, totals_of
from domain.placement.fixed_file import write_fixed
from domain.placement.life import PlacementStatus
from domain.placement.records import OUTBOUND, RECORDS_OF, Record, RecordKind, kind_of_file

_ONE_EXPORT = text("SELECT pg_advisory_xact_lock(hashtext('amicable.agency'))")
_QUEUED = (
    select(agency_record.c.record_id, agency_record.c.file_number, agency_record.c.kind, agency_record.c.key)
    .where(agency_record.c.file_name.is_(None))
    .order_by(agency_record.c.record_id)
)


@dataclass(frozen=True, slots=True)
class MadeFile:
    """One file, not written yet."""

    name: str
    kind: str
    data: bytes
    totals: Totals


@dataclass(frozen=True, slots=True)
class KeptBack:
    """A record that the agency is not told of, and why; it waits for the next export."""

    account_id: str
    file_number: int
    why: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to."""

    files: tuple[MadeFile, ...]
    kept_back: tuple[KeptBack, ...]


def export(connection: Connection, agency: Agency, form: FileForm, at: datetime) -> Exported:
    """Make every file that the agency is due, and mark what they tell as told; nothing due, no file."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_EXPORT)
    agency_gathering.gather(connection, agency, at)
    return _Export(connection, agency, form, at).run()


@dataclass(frozen=True, slots=True)
class _Export:
    connection: Connection
    agency: Agency
    form: FileForm
    at: datetime

    def run(self) -> Exported:
        told: list[tuple[int, list[Record]]] = []
        kept: list[KeptBack] = []
        queued = _QUEUED.where(agency_record.c.agency == self.agency.agency_id)
        for row in self.connection.execute(queued).all():
            known = placements.get(self.connection, row.file_number, lock=True)
            if _is_overtaken(known, RecordKind(row.kind)):
                continue
            try:
                told.append((row.record_id, self._records(known, RecordKind(row.kind), row.key)))
            except InvalidInput as error:
                kept.append(KeptBack(known.state.account_id, known.file_number, str(error)))
        return Exported(tuple(self._files(told)), tuple(kept))

    def _records(self, known: PlacementRecord, kind: RecordKind, key: str) -> list[Record]:
        """The records of one row of the queue, proved to fit. Raises InvalidInput when one does not."""
        records = self._made(known, kind, key)
        for each in records:
            self._written([each])
        return records

    def _made(self, known: PlacementRecord, kind: RecordKind, key: str) -> list[Record]:
        snapshot = read_snapshot(self.connection, known.state.account_id, "", "", self.at, lock=False)
        if kind is RecordKind.ACCOUNT:
            if problem := placeable_problem(snapshot, self.at):
                raise InvalidInput(problem)
            account = account_record(self.connection, known, snapshot, self.at)
            if self.form is FileForm.CSV:
                return [account]
            return [account, *agency_gathering.extra_records(known, extras_of(snapshot, self.at))]
        if kind is RecordKind.DIRECT_PAYMENT:
            return [agency_gathering.payment_record(self.connection, known, key, snapshot.zone)]
        if kind is RecordKind.PENDING_RECALL:
            self._begin_time_to_object(known)
        if kind in (RecordKind.DISPUTE, RecordKind.COMPLAINT):
            return [agency_gathering.hold_record(self.connection, known, kind, key, snapshot.zone)]
        return [agency_gathering.recall_record(known, kind)]

    def _begin_time_to_object(self, known: PlacementRecord) -> None:
        """From today, as the agency hears of it today."""
        final_on = self.at.date() + timedelta(days=self.agency.objection_days)
        if known.state.recall_on is not None and known.state.recall_on < final_on:
            placements.save(self.connection, replace(known.state, recall_on=final_on))

    def _written(self, records: Sequence[Record]) -> bytes:
        envelope = Envelope(agency=self.agency.agency_id, agency_name=self.agency.name, created=self.at.date())
        kind = records[0].kind
        if self.form is FileForm.FIXED:
            return write_fixed(kind_of_file(kind), records, envelope, self.agency.currencies[0])
        return write_csv(kind, records, envelope)

    def _files(self, told: Sequence[tuple[int, list[Record]]]) -> Iterator[MadeFile]:
        out = agency_file.c.direction == "out"
        counted = select(func.count()).where(agency_file.c.agency == self.agency.agency_id, out)
        number = self.connection.execute(counted).scalar_one()
        for kind, wanted in self._groups():
            rows = [(record_id, [each for each in found if each.kind in wanted]) for record_id, found in told]
            records = [record for _, found in rows for record in found]
            if not records:
                continue
            number += 1
            ending = "txt" if self.form is FileForm.FIXED else "csv"
            name = f"{self.agency.agency_id}-{number:06d}-{kind}.{ending}"
            made = MadeFile(name, kind, self._written(records), totals_of(records))
            self._mark([record_id for record_id, found in rows if found], name)
            record_file(self.connection, self.agency.agency_id, "out", made, at=self.at)
            yield made

    def _groups(self) -> Iterator[tuple[str, tuple[RecordKind, ...]]]:
        """Which records share a file: the fixed-width form has several kinds in one, the CSV one."""
        for kind in OUTBOUND:
            if self.form is FileForm.FIXED:
                yield kind.value, RECORDS_OF[kind]
            else:
                yield from ((record.name.lower(), (record,)) for record in RECORDS_OF[kind])

    def _mark(self, record_ids: Sequence[int], file_name: str) -> None:
        rows = agency_record.c.record_id.in_(record_ids)
        self.connection.execute(update(agency_record).where(rows).values(file_name=file_name))
        placed = select(agency_record.c.file_number).where(rows, agency_record.c.kind == RecordKind.ACCOUNT.value)
        told = update(placement).where(placement.c.file_number.in_(placed), placement.c.told_at.is_(None))
        self.connection.execute(told.values(told_at=self.at))


def _is_overtaken(known: PlacementRecord, kind: RecordKind) -> bool:
    """What the agency need not hear any more: all of a placement that was undone, and a wait that was cut short."""
    if known.state.status is PlacementStatus.CLOSED:
        return True
    reason = known.state.recall_reason
    return kind is RecordKind.PENDING_RECALL and reason is not None and reason.at_once


def record_file(
    connection: Connection, agency: str, direction: str, made: MadeFile, *, at: datetime, bad: int = 0
) -> None:
    """Put a file on record."""
    connection.execute(
        insert(agency_file).values(
            agency=agency,
            direction=direction,
            kind=made.kind,
            name=made.name,
            sha256=hashlib.sha256(made.data).hexdigest(),
            records=made.totals.count,
            bad=bad,
            sums=dict(made.totals.sums),
            at=at,
        )
    )
