"""The overdue report in numbers and as a file: totals per currency and bucket, and CSV that a spreadsheet reads."""

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TextIO

from casedb.overdue import OverdueAccount
from domain.errors import ConfigurationError
from domain.money import Money

COLUMNS = (
    "account_id",
    "person_id",
    "currency",
    "due_on",
    "days_past_due",
    "bucket",
    "principal",
    "interest",
    "fees",
    "paid",
    "total",
    "case_id",
    "strategy",
    "stage",
    "next_action",
    "next_at",
    "why",
)
BUCKETS = ("current", "1-30", "31-60", "61-90", "90+")
"""In the order of age; current is an account whose days a hold took off."""


@dataclass(slots=True, kw_only=True)
class Total:
    """The accounts of one currency and bucket; amounts in minor units."""

    currency: str
    bucket: str
    accounts: int = 0
    principal_minor: int = 0
    interest_minor: int = 0
    fees_minor: int = 0
    paid_minor: int = 0
    total_minor: int = 0

    def add(self, row: OverdueAccount) -> None:
        """Count one account in."""
        self.accounts += 1
        self.principal_minor += row.principal_minor
        self.interest_minor += row.interest_minor
        self.fees_minor += row.fees_minor
        self.paid_minor += row.paid_minor
        self.total_minor += row.total_minor


@dataclass(slots=True)
class Totals:
    """What all accounts of a report come to; grows as rows pass."""

    _of: dict[tuple[str, str], Total] = field(default_factory=dict)

    def add(self, row: OverdueAccount) -> OverdueAccount:
        """Count an account in, and pass it on."""
        key = (row.currency, row.bucket)
        if key not in self._of:
            self._of[key] = Total(currency=row.currency, bucket=row.bucket)
        self._of[key].add(row)
        return row

    def listed(self) -> list[Total]:
        """By currency, the youngest bucket first."""
        return [self._of[key] for key in sorted(self._of, key=lambda key: (key[0], BUCKETS.index(key[1])))]

    @property
    def accounts(self) -> int:
        """How many accounts passed."""
        return sum(total.accounts for total in self._of.values())


def write_csv(stream: TextIO, rows: Iterable[OverdueAccount]) -> None:
    """Head and rows; amounts in major units, instants in UTC, nothing for what is not there."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_cells, rows))


def write_report(directory: Path, rows: Iterable[OverdueAccount], at: datetime, *, keep: int) -> Path:
    """Write `overdue-<instant>.csv` whole or not at all, and remove all but the newest `keep` of them.

    The same instant again replaces its file. Raises ConfigurationError when the directory cannot be written.
    """
    path = directory / f"overdue-{at:%Y%m%dT%H%M%SZ}.csv"
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _write_whole(unfinished, path, rows)
        for old in sorted(directory.glob("overdue-*.csv"))[:-keep]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"report {path} cannot be written ({error.strerror}): set AMICABLE_REPORTS_DIR to a directory with room"
        ) from None
    return path


def _write_whole(unfinished: Path, path: Path, rows: Iterable[OverdueAccount]) -> None:
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as stream:
            write_csv(stream, rows)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    finally:
        if unfinished.is_file():
            unfinished.unlink()


def _cells(row: OverdueAccount) -> tuple[object, ...]:
    amounts = (row.principal_minor, row.interest_minor, row.fees_minor, row.paid_minor, row.total_minor)
    return (
        row.account_id,
        row.person_id,
        row.currency,
        row.due_on.isoformat(),
        row.days_past_due,
        row.bucket,
        *(Money(amount, row.currency).to_decimal() for amount in amounts),
        row.case_id,
        row.strategy,
        row.stage,
        row.next_action,
        row.next_at.strftime("%Y-%m-%dT%H:%M:%SZ") if row.next_at else None,
        row.why,
    )
