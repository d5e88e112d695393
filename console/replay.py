"""`replay`: histories under today's code, and what would break, before a deployment does."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from temporalio.client import Client, WorkflowHistory

from console.output import plain, say, screen, table, write_json
from console.replay_sources import Sample, files_named, of_account, of_files
from console.replaying import Replayed, replayed
from console.session import console_settings, payload_converter, temporal
from domain.errors import InvalidInput

NAMED = 30
"""So many histories that replay are named in the table."""
ALIKE = 3
"""So many of those that would break in the same way are."""
_ITS_OWN = re.compile(r"^at event \d+ | \([^()]*\)")
"""What differs between two histories that break at the same command: the event, and the summary of a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which histories."""

    named: Sequence[str]
    run_id: str | None
    all_running: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    done: list[Replayed]
    running: int | None
    gone: int

    @property
    def broken(self) -> list[Replayed]:
        return [each for each in self.done if each.breaks]


def replay_histories(wanted: Wanted, *, as_json: bool) -> int:
    """Replay them one after the other; 1 when any would break."""
    if not wanted.named and wanted.all_running is None:
        raise InvalidInput("replay needs a file, a directory, an account, or --all-running N")
    files, accounts = files_named(wanted.named)
    if wanted.run_id is not None and (len(accounts) != 1 or files or wanted.all_running is not None):
        raise InvalidInput("--run names a run of one account: give that account and nothing else")
    report = asyncio.run(_replay(wanted, files, accounts))
    if as_json:
        write_json(_as_json(report))
    else:
        _print(report)
    return 1 if report.broken else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """Files first, then accounts, then what runs."""

    files: Sequence[Path]
    accounts: Sequence[str]
    run_id: str | None
    client: Client | None
    sample: Sample | None

    async def histories(self) -> AsyncIterator[WorkflowHistory]:
        for history in of_files(self.files):
            yield history
        for account_id in self.accounts:
            assert self.client is not None, "accounts are looked up at the server"
            yield await of_account(self.client, account_id, self.run_id)
        if self.sample is not None:
            async for history in self.sample.histories():
                yield history


async def _replay(wanted: Wanted, files: Sequence[Path], accounts: Sequence[str]) -> _Report:
    client, sample, total = None, None, len(files) + len(accounts)
    if accounts or wanted.all_running is not None:
        settings = console_settings()
        client = await temporal(settings)
        if wanted.all_running is not None:
            sample = Sample(client, settings.task_queue, wanted.all_running)
            total += await sample.count()
    sources = _Sources(files=files, accounts=accounts, run_id=wanted.run_id, client=client, sample=sample)
    done: list[Replayed] = []
    with _bar(total, screen(stderr=True)) as progress:
        async for each in replayed(sources.histories(), payload_converter()):
            done.append(each)
            progress.advance()
    running, gone = (sample.running, sample.gone) if sample is not None else (None, 0)
    return _Report(done=done, running=running, gone=gone)


def _print(report: _Report) -> None:
    if not report.done:
        say("nothing to replay: no workflow of ours runs on this task queue")
        return
    whole = [each for each in report.done if not each.breaks]
    columns = ("history", "run", "events", "under today's code")
    rows = [*_broken(report.broken), *map(_row, whole[:NAMED])]
    screen().print(table("Replay", columns, rows, right=("events",)))
    if len(whole) > NAMED:
        say(f"and {len(whole) - NAMED:,} more that go on as they are")
    if report.running is not None:
        sampled = len(report.done)
        gone = f", {report.gone:,} ended meanwhile" if report.gone else ""
        say(f"{report.running:,} workflows run; replayed here: {sampled:,}{gone}")
    if report.broken:
        say(f"{len(report.broken):,} of {len(report.done):,} would stand still after a deployment: {_advice(report)}")
    else:
        say(f"all {len(report.done):,} go on under today's code")


def _broken(broken: Sequence[Replayed]) -> Iterator[tuple[str, str, str, str]]:
    """Those that would break, the commonest way first; of many that break in one way a few, and how many more."""
    ways: dict[tuple[str, str], list[Replayed]] = {}
    for each in broken:
        says = each.difference.says if each.difference is not None else ""
        ways.setdefault((each.workflow_type, _ITS_OWN.sub("", says)), []).append(each)
    for alike in sorted(ways.values(), key=len, reverse=True):
        yield from map(_row, alike[:ALIKE])
        if len(alike) > ALIKE:
            yield f"and {len(alike) - ALIKE:,} more", "", "", "WOULD BREAK in the same way"


def _advice(report: _Report) -> str:
    differ = any(each.difference.rule is not None for each in report.broken if each.difference is not None)
    mend = "keep the old commands behind workflow.patched" if differ else "mend the code"
    return f"{mend} (docs/changing-workflows.md)"


def _row(each: Replayed) -> tuple[str, str, str, str]:
    says = "goes on"
    if each.difference is not None:
        rule = f" ({each.difference.rule})" if each.difference.rule else ""
        says = f"WOULD BREAK{rule}: {each.difference.says}"
    return each.workflow_id, each.run_id[:8], f"{each.events:,}", says


def _as_json(report: _Report) -> dict[str, object]:
    return {
        "replayed": len(report.done),
        "would_break": len(report.broken),
        "running": report.running,
        "gone": report.gone,
        "histories": [plain(each) | {"would_break": each.breaks} for each in report.done],
    }


@dataclass(slots=True)
class _Bar:
    progress: Progress | None
    task: Any = None

    def advance(self) -> None:
        if self.progress is not None:
            self.progress.advance(self.task)


@contextmanager
def _bar(total: int, console: Console) -> Iterator[_Bar]:
    """A progress bar on the terminal's error output, so that what is printed can be piped."""
    if not console.is_terminal:
        yield _Bar(None)
        return
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bar(progress, progress.add_task("replay", total=total))
