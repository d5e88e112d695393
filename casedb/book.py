"""Importing a book of overdue accounts: streamed, in batches, resumable, and twice the same as once."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from casedb.book_batch import write_batch
from casedb.book_dates import redate
from casedb.book_file import BookFile, Line, open_book, read_lines
from casedb.book_rejects import Rejects, check_writable
from casedb.book_row import BookRow, Problem, check_row, latest_date_on_earth
from casedb.engine import reading, writing
from casedb.inbox import take_effect
from casedb.parking import wait_for_books
from casedb.schema import book_import
from domain.calendar import as_utc
from domain.errors import InvalidInput

__all__ = ["BATCH", "BookReport", "Counts", "import_book", "redate"]

BATCH = 500
"""Lines to a transaction: a crash costs no more than this, and a writer waits no longer for it."""

_PROGRESS = select(book_import).where(book_import.c.file_sha256 == bindparam("sha"))
_START = insert(book_import)
_ADVANCE = (
    update(book_import)
    .where(book_import.c.file_sha256 == bindparam("sha"), book_import.c.rows_done == bindparam("before"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("rows_done", "accepted", "updated", "unchanged", "rejected", "finished")
        }
    )
    .returning(book_import.c.rows_done)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many rows ended how."""

    accepted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def plus(self, outcomes: Iterable[str]) -> "Counts":
        """These and the outcomes of one more batch."""
        found = list(outcomes)
        names = ("accepted", "updated", "unchanged", "rejected")
        return Counts(**{name: getattr(self, name) + found.count(name) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class BookReport:
    """What an import did, over all its attempts; a file that was finished before only has unchanged rows."""

    accepted: int
    updated: int
    unchanged: int
    rejected: int
    resumed_from: int
    """Lines that an earlier attempt had done already; 0 for a first one."""
    rejects_path: Path | None
    """None when nothing was rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Progress:
    """How far a file got: the number of the last line done, and what became of the rows."""

    line: int
    counts: Counts
    finished: bool


Progress = Callable[[int, int, Counts], None]


def import_book(
    engine: Engine,
    path: Path | str,
    *,
    now: datetime,
    rejects_path: Path | str | None = None,
    on_progress: Progress | None = None,
) -> BookReport:
    """Bring a CSV file of overdue accounts into the case database; good rows go on when others are bad.

    `on_progress` hears bytes done, bytes in all and the counts, after each batch. Calling it again after a crash
    goes on where it stopped. Raises InvalidInput when the file as a whole cannot be read.
    """
    book, now = open_book(Path(path)), as_utc(now)
    rejects = Path(rejects_path) if rejects_path else Path(f"{path}.rejects.csv")
    done = _progress(engine, book, now)
    if done.finished:
        same = done.counts.accepted + done.counts.updated + done.counts.unchanged
        return _report(Counts(unchanged=same, rejected=done.counts.rejected), done.line - 1, rejects)
    check_writable(rejects)
    resumed_from = done.line - 1
    with Rejects(rejects, book.columns, resume_after=done.line) as sink:
        attempt = _Import(engine=engine, book=book, sink=sink, now=now)
        for lines in _batches(read_lines(book, after=done.line)):
            done = attempt.batch(lines, done)
            if on_progress is not None:
                on_progress(lines[-1].bytes_done, book.size, done.counts)
    if done.line == 1:
        raise InvalidInput(f"book {book.path} has a header and no rows")
    with writing(engine) as connection:
        _advance(connection, book, done, replace(done, finished=True))
    return _report(done.counts, resumed_from, rejects)


def _report(counts: Counts, resumed_from: int, rejects: Path) -> BookReport:
    return BookReport(
        accepted=counts.accepted,
        updated=counts.updated,
        unchanged=counts.unchanged,
        rejected=counts.rejected,
        resumed_from=resumed_from,
        rejects_path=rejects if counts.rejected else None,
    )


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(lines, BATCH)):
        yield batch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Import:
    """One attempt at one file."""

    engine: Engine
    book: BookFile
    sink: Rejects
    now: datetime

    def batch(self, lines: list[Line], done: _Progress) -> _Progress:
        """One transaction: the rows, and how far the file got. The rejects are on disk before it ends."""
        today = latest_date_on_earth(self.now)
        checked = [_check(line, today=today) for line in lines]
        rows = [row for row in checked if isinstance(row, BookRow)]
        with writing(self.engine) as connection:
            wait_for_books(connection)
            written = iter(write_batch(connection, rows, now=self.now, take_effect=take_effect))
            outcomes = [next(written) if isinstance(row, BookRow) else row for row in checked]
            told = ["rejected" if isinstance(outcome, list) else outcome.value for outcome in outcomes]
            moved = _Progress(line=lines[-1].number, counts=done.counts.plus(told), finished=False)
            _advance(connection, self.book, done, moved)
            pairs = zip(lines, outcomes, strict=True)
            self.sink.write((line, outcome) for line, outcome in pairs if isinstance(outcome, list))
        return moved


def _check(line: Line, *, today: date) -> BookRow | list[Problem]:
    if line.problem:
        return [Problem(field="row", reason=line.problem)]
    return check_row(line.number, line.cells, today=today)


def _progress(engine: Engine, book: BookFile, now: datetime) -> _Progress:
    """Where the import of this content stands; a new one is written down at once."""
    with reading(engine) as connection:
        row = connection.execute(_PROGRESS, {"sha": book.sha256}).first()
    if row is not None:
        counts = Counts(accepted=row.accepted, updated=row.updated, unchanged=row.unchanged, rejected=row.rejected)
        return _Progress(line=row.rows_done + 1, counts=counts, finished=row.finished)
    with writing(engine) as connection:
        nothing = {"rows_done": 0, "accepted": 0, "updated": 0, "unchanged": 0, "rejected": 0, "finished": False}
        connection.execute(_START, {"file_sha256": book.sha256, "started_at": now, **nothing})
    return _Progress(line=1, counts=Counts(), finished=False)


def _advance(connection: Connection, book: BookFile, before: _Progress, after: _Progress) -> None:
    counts = after.counts
    moved = connection.execute(
        _ADVANCE,
        {
            "sha": book.sha256,
            "before": before.line - 1,
            "new_rows_done": after.line - 1,
            "new_accepted": counts.accepted,
            "new_updated": counts.updated,
            "new_unchanged": counts.unchanged,
            "new_rejected": counts.rejected,
            "new_finished": after.finished,
        },
    ).first()
    if moved is None:
        raise InvalidInput(f"book {book.path} is being imported by another process: wait for it to finish")
