"""The files byte by byte: what an agency's system was set up for may not change by accident.

Write them anew, after looking at the difference: AMICABLE_WRITE_GOLDEN=1 pytest tests/domain/placement/test_golden.py
"""

import os
from pathlib import Path

import pytest

from domain.placement.csv_file import read_csv, write_csv
from domain.placement.fixed_file import read_fixed, write_fixed
from domain.placement.layouts import LAYOUTS
from domain.placement.records import RECORDS_OF, SUMMED, FileKind, RecordKind
from tests.domain.placement.told import ENVELOPE, record

GOLDEN = Path(__file__).parent / "golden"
FIXED = [kind for kind in FileKind if kind is not FileKind.REMITTANCE]


def compared(name: str, written: bytes) -> bytes:
    """The committed file, written first if that is asked for."""
    path = GOLDEN / name
    if os.environ.get("AMICABLE_WRITE_GOLDEN"):
        path.write_bytes(written)
    return path.read_bytes()


@pytest.mark.parametrize("kind", FIXED)
def test_the_fixed_width_file_is_the_committed_one_and_reads_back(kind: FileKind) -> None:
    records = [record(each) for each in RECORDS_OF[kind]]
    written = write_fixed(kind, records, ENVELOPE, "USD")
    assert compared(f"{kind.value}.txt", written) == written
    read = read_fixed(written, "USD")
    assert (read.kind, read.agency, read.bad) == (kind, "northgate", ())
    for line, sent in zip(read.lines, records, strict=True):
        names = {each.name for each in LAYOUTS[sent.kind].fields}
        kept = {name: value for name, value in sent.values.items() if name in names and value is not None}
        assert {name: line.record.values[name] for name in kept} == kept
        assert line.record.summed_minor == sent.summed_minor


@pytest.mark.parametrize("kind", RecordKind)
def test_the_csv_file_is_the_committed_one_and_reads_back(kind: RecordKind) -> None:
    written = write_csv(kind, [record(kind)], ENVELOPE)
    assert compared(f"{kind.value.lower()}.csv", written) == written
    read = read_csv(written)
    [line] = read.lines
    assert (line.record.kind, read.agency, read.bad) == (kind, "northgate", ())
    kept = {name: value for name, value in line.record.values.items() if value is not None}
    assert kept.items() <= record(kind).values.items()
    assert line.record.summed_minor == record(kind).summed_minor
    assert (kind in SUMMED) is bool(read.totals.sums) or kind not in SUMMED


def test_positions_are_those_of_the_public_layout() -> None:
    """Counted by hand in the help pages; the tables could be wrong in the same way as the files."""
    account = (GOLDEN / "placement.txt").read_text(encoding="ascii").splitlines()[0]
    assert len(account) == 3000
    assert account[0:4] == "CACT"
    assert account[4:13] == "000000041"
    assert account[13:43].rstrip() == "LW-0041"
    assert account[43:55] == "000000128.00"
    assert account[55:67] == "000000002.50"
    assert account[67:79] == "000000005.00"
    assert account[151:159] == "20260801"
    assert account[159:167] == "20260815"
    recall = (GOLDEN / "recalls.txt").read_text(encoding="ascii").splitlines()
    assert [line[:4] for line in recall] == ["CPEN", "CFIN", "CTRL"]
    assert [line[43:54] for line in recall[:2]] == ["CLI19000101", "PIF20261119"]
    assert [len(line) for line in recall] == [102, 102, 102]
    payment = (GOLDEN / "payments.txt").read_text(encoding="ascii").splitlines()
    assert payment[0][43:66] == "000000040.9920261119PA "
    assert payment[1][84:114] == "0000000001000000040.9920261121"
