"""Moving a book of accounts to another time, so that an example stays believable in any year."""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import TextIO

from casedb.book_file import BookFile, open_book, read_lines
from domain.errors import InvalidInput

_DATES = ("as_of", "due_date", "whatsapp_consent")


def redate(path: Path | str, out: Path | str, *, start: date) -> None:
    """Write a copy in which the newest `as_of` is `start`; every date moves by the same whole number of days.

    A cell that is not a date, and a row of a wrong shape, is copied as it is.
    """
    book = open_book(Path(path))
    newest = max((on for line in read_lines(book) if (on := _date(line.cells.get("as_of", "")))), default=None)
    if newest is None:
        raise InvalidInput(f"book {path} has no row with an as_of date: it cannot be moved to another time")
    with Path(out).open("w", encoding="utf-8", newline="") as stream:
        _write(book, stream, start - newest)


def _write(book: BookFile, stream: TextIO, shift: timedelta) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(book.columns)
    for line in read_lines(book):
        if line.problem:
            stream.write(f"{line.text}\n")
            continue
        moved = {
            name: (on + shift).isoformat() if name in _DATES and (on := _date(cell)) else cell
            for name, cell in line.cells.items()
        }
        writer.writerow(moved[name] for name in book.columns)


def _date(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        return None
