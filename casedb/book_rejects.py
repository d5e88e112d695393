"""The rejects file of an import: the row as it came, its number and every reason, ready to be mended and resent."""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from casedb.book_file import FORMULA_STARTS, Line
from casedb.book_row import Problem
from domain.errors import InvalidInput

ADDED_COLUMNS = ("row", "field", "reason")


class Rejects:
    """Rows that were not imported. The file appears with the first of them, readable by its owner only."""

    def __init__(self, path: Path, columns: Sequence[str], *, resume_after: int) -> None:
        """Keep what an interrupted import wrote about lines up to `resume_after`; drop the rest."""
        self.path = path
        self._columns = tuple(columns)
        self._stream: IO[str] | None = None
        before = path.with_name(f"{path.name}.before")
        if path.exists():
            path.replace(before)
        if resume_after > 1 and before.exists():
            self._append(_written_about(before, len(columns), up_to=resume_after))
        before.unlink(missing_ok=True)

    def __enter__(self) -> "Rejects":
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, if there is one."""
        if self._stream is not None:
            self._stream.close()

    def write(self, rejected: Iterable[tuple[Line, list[Problem]]]) -> None:
        """Put rows on disk; called before the batch that counts them is committed."""
        self._append([*self._cells(line), *_told(line.number, problems)] for line, problems in rejected)

    def _append(self, rows: Iterable[list[str]]) -> None:
        for row in rows:
            if self._stream is None:
                self._stream = _create(self.path)
                csv.writer(self._stream).writerow([*self._columns, *ADDED_COLUMNS])
            csv.writer(self._stream).writerow(row)
        if self._stream is not None:
            self._stream.flush()

    def _cells(self, line: Line) -> list[str]:
        if line.problem and not line.cells:
            return [_harmless(line.text), *[""] * (len(self._columns) - 1)]
        return [_harmless(line.cells.get(name, "")) for name in self._columns]


def check_writable(path: Path) -> None:
    """Raises InvalidInput when no rejects file could be written there; known before anything is imported."""
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise InvalidInput(f"rejects file {path} cannot be written: name another one")


def _create(path: Path) -> IO[str]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def _written_about(path: Path, at: int, *, up_to: int) -> Iterable[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream):
            if len(row) > at and row[at].isdigit() and int(row[at]) <= up_to:
                yield row


def _told(number: int, problems: list[Problem]) -> list[str]:
    named = "; ".join(dict.fromkeys(problem.field for problem in problems))
    return [str(number), named, "; ".join(f"{problem.field} {problem.reason}" for problem in problems)]


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and does not run."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
