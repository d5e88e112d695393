"""A small book with its roster, and a rehearsal of it whose processes are looked for afterwards."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from rehearsal import servers
from rehearsal.demo import BOOK, ROSTER, Meanwhile, run_demo
from rehearsal.processes import Household
from rehearsal.servers import Places

START = (datetime.now(UTC) + timedelta(days=3)).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a rehearsal ended."""

    code: int
    summary: dict[str, Any]
    """Empty when it never came to one."""
    err: str
    places: Places | None
    pids: list[int]
    left_behind: list[int]


Rehearse = Callable[..., Ending]


@pytest.fixture
def small_book(tmp_path: Path) -> Callable[..., Path]:
    """Writes a book of some people of the example."""

    def write(*people: str) -> Path:
        with BOOK.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        path = tmp_path / "book.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(row for row in rows if row["person_id"] in people)
        return path

    return write


@pytest.fixture
def rehearse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Rehearse:
    """Runs a rehearsal once, in a directory of its own, and looks for processes that outlived it."""

    def run(book: Path, *, name: str = "demo", meanwhile: Meanwhile | None = None, start: date = START) -> Ending:
        seen: list[tuple[Places, list[int]]] = []

        async def record(places: Places, household: Household) -> None:
            seen.append((places, [child.pid for child in household.children]))
            if meanwhile is not None:
                await meanwhile(places, household)

        code = run_demo(
            once=True,
            directory=tmp_path / name,
            start=start,
            days=70,
            seed=6,
            as_json=True,
            book=book,
            roster=ROSTER,
            meanwhile=record,
        )
        told = capsys.readouterr()
        places, pids = seen[0] if seen else (None, [])
        return Ending(
            code=code,
            summary=json.loads(told.out) if told.out else {},
            err=told.err,
            places=places,
            pids=pids,
            left_behind=[pid for pid in pids if psutil.pid_exists(pid)],
        )

    return run


@pytest.fixture(autouse=True)
def _own_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the usual ones: somebody may have a demo of his own up, or another test."""
    for name in ("PREFERRED_TEMPORAL_PORT", "PREFERRED_UI_PORT", "PREFERRED_SANDBOX_PORT", "PREFERRED_WEB_PORT"):
        monkeypatch.setattr(servers, name, 0)
