"""Reading a book of accounts from a CSV file, line by line, in flat memory.

A row is one line: no column of ours may hold a line break, so a quote that is never closed spoils its own row
and not the rest of the file, and the row number is the line number a spreadsheet shows.
"""

import csv
import hashlib
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from domain.errors import InvalidInput

REQUIRED = (
    "account_id", "person_id", "as_of", "creditor", "product", "full_name", "locale", "country", "time_zone",
    "phone", "email", "currency", "due_date", "principal", "interest", "fees", "opted_out",
)  # fmt: skip
OPTIONAL = (
    "region", "consent_sms", "consent_email", "consent_voice", "push_id", "whatsapp", "whatsapp_consent",
    "postal_address", "segment",
)  # fmt: skip
COLUMNS = (*REQUIRED, *OPTIONAL)

LONGEST_ROW = 65_536
_CHUNK = 1 << 20
# What a spreadsheet would run as a formula; our rejects file puts an apostrophe before it, and reading takes it off.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFile:
    """A readable book: its content's hash names it, wherever it lies."""

    path: Path
    sha256: str
    size: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as cells by column, or what is wrong with its shape."""

    number: int
    """1 is the header."""
    text: str
    cells: dict[str, str]
    problem: str
    """Empty when there is a cell for every column."""
    bytes_done: int


def open_book(path: Path) -> BookFile:
    """Check a file from end to end, before anything of it is imported. Raises InvalidInput with one reason."""
    try:
        sha256, size = _examine(path)
        with path.open("rb") as stream:
            header = stream.readline(LONGEST_ROW).decode("utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"book {path} cannot be read: {error.strerror}") from None
    return BookFile(path=path, sha256=sha256, size=size, columns=_columns(path, header))


def _examine(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    decoder = getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                if b"\0" in chunk:
                    raise InvalidInput(f"book {path} is a binary file: save it as CSV in UTF-8")
                decoder.decode(chunk)
                digest.update(chunk)
                size += len(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise InvalidInput(f"book {path} is not UTF-8: save it as CSV in UTF-8") from None
    if not size:
        raise InvalidInput(f"book {path} is empty: the first line names the columns")
    return digest.hexdigest(), size


def _columns(path: Path, header: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in _split(header) or ())
    unknown = [name for name in names if name not in COLUMNS]
    missing = [name for name in REQUIRED if name not in names]
    twice = sorted({name for name in names if names.count(name) > 1})
    complaints = [
        f"{what}: {', '.join(which)[:200]}"
        for what, which in (("unknown", unknown), ("missing", missing), ("twice", twice))
        if which
    ]
    if complaints:
        raise InvalidInput(
            f"the header of book {path} is wrong ({'; '.join(complaints)}): "
            f"columns, separated by commas, are {', '.join(REQUIRED)}, and if you like {', '.join(OPTIONAL)}"
        )
    return names


def read_lines(book: BookFile, *, after: int = 1) -> Iterator[Line]:
    """Every line that is not blank, from the one after line `after`. Raises InvalidInput if the file changed."""
    done = 0
    with book.path.open("rb") as stream:
        for number, (raw, length) in enumerate(_raw_lines(stream), start=1):
            done += length
            if number > after and raw.strip():
                yield _line(book, number, raw, done, too_long=length > LONGEST_ROW)
    if done != book.size:
        raise InvalidInput(f"book {book.path} changed while it was read: import it again")


def _raw_lines(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Each line's beginning, at most LONGEST_ROW, and how long it really was."""
    readline = stream.readline
    while raw := readline(LONGEST_ROW + 1):
        length = len(raw)
        rest = raw
        while rest and not rest.endswith(b"\n"):
            rest = readline(LONGEST_ROW + 1)
            length += len(rest)
        yield raw, length


def _line(book: BookFile, number: int, raw: bytes, done: int, *, too_long: bool) -> Line:
    text = raw.decode("utf-8", errors="replace").rstrip("\r\n")
    cells = _split(text)
    if too_long:
        problem = f"longer than {LONGEST_ROW} bytes"
    elif cells is None:
        problem = "a quote is not closed, or something follows a closed one"
    elif len(cells) != len(book.columns):
        problem = f"{len(cells)} cells for {len(book.columns)} columns"
    else:
        problem = ""
    named = dict(zip(book.columns, map(_plain, cells or ()), strict=False))
    return Line(number=number, text=text, cells=named, problem=problem, bytes_done=done)


def _split(text: str) -> list[str] | None:
    try:
        return next(csv.reader([text.rstrip("\r\n")], strict=True), [])
    except csv.Error:
        return None


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell
