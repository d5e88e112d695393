"""`import`: a book of overdue accounts into the case database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from casedb.book import BookReport, Counts, import_book
from casedb.book import Progress as OnProgress
from console.output import pairs, say, screen, write_json
from console.session import session

NOTHING_GOOD = 1
"""Exit code when every row was refused."""


def import_file(path: Path, rejects: Path | None, *, as_json: bool) -> int:
    """Import, show what became of the rows, and answer 0 when any good row is in the database."""
    with session() as opened, _bar(screen(stderr=True), shown=not as_json) as on_progress:
        report = import_book(opened.engine, path, now=datetime.now(UTC), rejects_path=rejects, on_progress=on_progress)
    good = report.accepted + report.updated + report.unchanged
    if as_json:
        write_json(report_as_json(report))
    else:
        _show(path, report, good)
    return 0 if good else NOTHING_GOOD


def report_as_json(report: BookReport) -> dict[str, object]:
    """The counts, and where the rejected rows are."""
    return {
        "accepted": report.accepted,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "resumed_from": report.resumed_from,
        "rejects_path": str(report.rejects_path) if report.rejects_path else None,
    }


def _show(path: Path, report: BookReport, good: int) -> None:
    out = screen()
    rows = [(name, f"{getattr(report, name):>9,}") for name in ("accepted", "updated", "unchanged", "rejected")]
    if report.resumed_from:
        rows.append(("resumed", f"{report.resumed_from:>9,} lines were done before"))
    out.print(pairs(f"Import of {path}", rows))
    if report.rejected:
        went_on = f"the {good:,} good ones went on" if good else "no row was good"
        say(f"{report.rejected:,} rows were rejected, {went_on}: number and reason in {report.rejects_path}")
    if not report.accepted and not report.updated and report.unchanged:
        say("nothing changed: every good row was here already")


@contextmanager
def _bar(console: Console, *, shown: bool) -> Iterator[OnProgress | None]:
    """A progress bar on the terminal's error output, so that what is printed can be piped."""
    if not (shown and console.is_terminal):
        yield None
        return
    columns = (TextColumn("importing"), BarColumn(), DownloadColumn(), TextColumn("{task.fields[rows]} rows"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task("import", total=None, rows=0)

        def moved(done: int, total: int, counts: Counts) -> None:
            rows = counts.accepted + counts.updated + counts.unchanged + counts.rejected
            progress.update(task, completed=done, total=total, rows=f"{rows:,}")

        yield moved
