"""A list of account ids from a file, a million of them as well: sorted and without doubles, on disk.

A text file with an id to a line; of a CSV file with a header that names `account_id`, that column.
"""

import csv
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import InvalidInput

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEADER = "account_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdList:
    """The ids of a file; the sorted copy lives as long as this does."""

    name: str
    count: int
    _store: sqlite3.Connection = field(repr=False, compare=False)

    @property
    def words(self) -> str:
        """What it is, for the record."""
        return f"{self.count:,} accounts of {self.name}"

    def pages(self, size: int) -> Iterator[list[str]]:
        """The ids in their order, so many at a time."""
        after = ""
        while True:
            rows = self._store.execute("SELECT id FROM ids WHERE id > ? ORDER BY id LIMIT ?", (after, size)).fetchall()
            if not rows:
                return
            yield [row[0] for row in rows]
            after = rows[-1][0]


def read_ids(path: Path) -> IdList:
    """Read the file. Raises InvalidInput with the line for what is no id, and for a file that names nobody."""
    # An empty name is SQLite's own word for a temporary file, deleted with the connection.
    store = sqlite3.connect("", check_same_thread=False)
    store.execute("CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            store.executemany("INSERT OR IGNORE INTO ids VALUES (?)", ((each,) for each in _ids_of(path, stream)))
    except OSError as error:
        raise InvalidInput(f"file {path} of account ids cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise InvalidInput(f"file {path} of account ids is no text in UTF-8") from None
    count = store.execute("SELECT count(*) FROM ids").fetchone()[0]
    if not count:
        raise InvalidInput(f"file {path} names no account: write one id to a line")
    return IdList(name=path.name, count=count, _store=store)


def _ids_of(path: Path, stream: Iterator[str]) -> Iterator[str]:
    column = 0
    for number, cells in enumerate(csv.reader(stream), start=1):
        if number == 1 and _HEADER in cells:
            column = cells.index(_HEADER)
        elif cells:
            found = cells[column].strip() if column < len(cells) else ""
            if not _ID.fullmatch(found):
                raise InvalidInput(f"file {path}, line {number}: not the id of an account")
            yield found
