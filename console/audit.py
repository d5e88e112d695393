"""`audit verify`: whether every verdict is still on record as it was written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from casedb.audit import Audit, Break, BrokenChain, count_verdicts, verify_chains
from casedb.engine import reading
from casedb.timeline import find_case
from casedb.verdicts import read_head
from console.output import plain, say, screen, table, write_json
from console.session import session

BROKEN = 1
"""Exit code when a chain is broken."""
_IN_WORDS = {
    Break.CHANGED: "is not what was written",
    Break.MISSING: "is missing",
    Break.REORDERED: "stands in another place than it was written",
    Break.ADDED: "was added past the end that the case knows",
}


def verify(wanted: str | None, *, as_json: bool) -> int:
    """Walk every chain, or that of one case or account, and answer 1 when one is broken."""
    with session() as opened, reading(opened.engine) as connection:
        case_id = find_case(connection, wanted).case_id if wanted else None
        head = read_head(connection, case_id) if case_id else None
        with _bar(count_verdicts(connection, case_id), screen(stderr=True), shown=not as_json) as on_progress:
            audit = verify_chains(connection, case_id, on_progress=on_progress)
    if as_json:
        write_json(plain(audit) | ({"head": plain(head)} if head else {}))
    else:
        _show(audit)
        if head is not None and not audit.broken:
            say(f"its last is number {head.number}, hash {head.hash or 'none'}")
    return BROKEN if audit.broken else 0


def _show(audit: Audit) -> None:
    counted = f"{audit.verdicts:,} verdicts in {audit.chains:,} chains"
    if not audit.broken:
        say(f"{counted}: each is as it was written, and none is missing")
        return
    columns = ("case", "number", "what", "in words")
    screen().print(table("Broken chains, each at its first broken verdict", columns, map(_row, audit.broken)))
    say(f"{counted}: {len(audit.broken):,} are broken; compare the case with a backup from before")


def _row(broken: BrokenChain) -> tuple[str, str, str, str]:
    return (
        broken.case_id,
        str(broken.number),
        broken.what.value,
        f"verdict {broken.number} {_IN_WORDS[broken.what]}",
    )


@contextmanager
def _bar(total: int, console: Console, *, shown: bool) -> Iterator[Callable[[int], None] | None]:
    """A progress bar on the terminal's error output, so that what is printed can be piped."""
    if not (shown and console.is_terminal):
        yield None
        return
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("verify", total=total)
        yield lambda done: progress.update(task, completed=done)
