"""Output for a person (tables of at most 100 columns) or for a program (one JSON document), and nothing between."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from domain.calendar import zone

WIDEST = 100
"""Columns that every table fits, on whatever terminal."""


def screen(*, stderr: bool = False) -> Console:
    """Where a person reads. Colours only on a terminal; no markup, as ids and reasons are not ours."""
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    console.width = min(console.width, WIDEST) if console.is_terminal else WIDEST
    return console


def write_json(value: Any) -> None:
    """One document on standard output; instants in UTC, amounts in minor units."""
    json.dump(plain(value), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def plain(value: Any) -> Any:
    """The value as JSON knows it; a dataclass becomes its fields."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime | date) else value


def say(sentence: str) -> None:
    """A sentence for a person; never broken, so that ids in it can be copied."""
    screen().print(sentence, soft_wrap=True)


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: Sequence[str] = ()
) -> Group:
    """A table; the columns named in `right` hold numbers, the last column takes the room that is left."""
    made = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        last = name == columns[-1]
        made.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=name in right,
            overflow="fold",
            ratio=1 if last and name not in right else None,
        )
    for row in rows:
        made.add_row(*row)
    return _titled(title, made)


def pairs(title: str, rows: Iterable[tuple[str, str]]) -> Group:
    """What is known about one thing: a name and a value to a line."""
    made = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        made.add_row(name, value)
    return _titled(title, made)


def _titled(title: str, made: Table) -> Group:
    return Group(Text(title, style="bold"), made)


def wall_time(at: datetime | None, zone_name: str = "UTC") -> str:
    """The instant on the wall clock of the zone, to the minute."""
    return at.astimezone(zone(zone_name)).strftime("%Y-%m-%d %H:%M") if at is not None else ""
