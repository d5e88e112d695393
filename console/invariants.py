"""`invariants`: what must never be, asked of live data: on record, in the law, in the histories of what runs."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import tzdata
from google.protobuf.json_format import MessageToDict
from rich.progress import Progress, SpinnerColumn, TextColumn
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

from activities.stuck import stuck_workflows
from activities.watching import all_invariants
from casedb.engine import reading
from casedb.invariants import Finding, Invariant, Moment
from casedb.people import personal_words
from config.jurisdictions import load_profiles
from console.histories_decoded import decoded
from console.output import plain, say, screen, table, write_json
from console.replay_sources import Sample
from console.replaying import replayed
from console.session import Session, session, temporal
from domain.errors import AmicableError
from workflows.messages import collection_workflow_id

SHOWN = 10
"""Places of one invariant that the page names; JSON has them all."""
_ACCOUNT = len(collection_workflow_id(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One invariant and what came of asking it."""

    name: str
    says: str
    what_to_do: str
    findings: tuple[Finding, ...] = ()
    not_asked: str = ""
    """Why it could not be asked; empty: it was."""
    of: str = ""
    """Among how many, where only some were looked at."""


def check_invariants(days: int | None, histories: int, *, as_json: bool) -> int:
    """Ask every invariant; 1 when one is broken, also when all others could not be asked."""
    now = datetime.now(UTC)
    moment = Moment(now=now, since=now - timedelta(days=days) if days is not None else None)
    with session() as opened, _spinner(shown=not as_json) as progress:
        asked = list(_of_data(opened, moment, progress))
        asked += _of_what_runs(opened, histories, progress)
    broken = [each for each in asked if each.findings]
    if as_json:
        write_json({"broken": len(broken), "since": moment.since, "invariants": plain(asked)})
    else:
        _print(asked)
    return 1 if broken else 0


def _of_data(opened: Session, moment: Moment, progress: "_Spinner") -> Iterator[Asked]:
    profiles = load_profiles(opened.settings.jurisdictions_dir)
    for invariant in all_invariants(profiles, tzdata.IANA_VERSION):
        progress.says(invariant.name)
        with reading(opened.engine) as connection:
            findings = tuple(invariant.broken(connection, moment))
        yield Asked(
            name=invariant.name,
            says=_first_line(invariant),
            what_to_do=invariant.what_to_do,
            findings=findings,
        )


def _first_line(invariant: Invariant) -> str:
    return (type(invariant).__doc__ or "").splitlines()[0]


def _of_what_runs(opened: Session, histories: int, progress: "_Spinner") -> list[Asked]:
    """Three that only Temporal can answer; without a server they are named as not asked."""
    moving = Asked(
        name="no_workflow_is_stuck",
        says="No workflow fails at every attempt.",
        what_to_do="replay ACCOUNT says where; docs/changing-workflows.md says how to mend it",
    )
    replays = Asked(
        name="replay_is_deterministic",
        says="Histories of running workflows replay under the code that stands here.",
        what_to_do="do not deploy this code; docs/changing-workflows.md says how to keep the old commands",
    )
    private = Asked(
        name="no_personal_data_in_histories",
        says="No name and no address of the account's person stands in any history.",
        what_to_do="find which message carries it, stop it, and shorten the namespace's retention until it is gone",
    )
    progress.says("what runs")
    try:
        return asyncio.run(_looked_at(opened, (moving, replays, private), histories))
    except AmicableError as error:
        return [_unasked(each, str(error)) for each in (moving, replays, private)]


async def _looked_at(opened: Session, three: tuple[Asked, Asked, Asked], histories: int) -> list[Asked]:
    moving, replays, private = three
    client = await temporal(opened.settings)
    stuck = await stuck_workflows(client, opened.settings.task_queue)
    if stuck is None:
        moving = _unasked(moving, "the server is too old to name workflows whose code fails")
    else:
        moving = _found(moving, [(each.account_id, f"{each.account_id}: {each.says}") for each in stuck])
    if histories == 0:
        return [moving, _unasked(replays, "--histories 0"), _unasked(private, "--histories 0")]
    sample = Sample(client, opened.settings.task_queue, histories)
    await sample.count()
    leaks: list[tuple[str, str]] = []

    async def looked_into() -> AsyncIterator[WorkflowHistory]:
        async for history in sample.histories():
            leaks.extend(await _leaks(opened, history, client.data_converter))
            yield history

    breaks, count = [], 0
    async for each in replayed(looked_into(), client.data_converter):
        count += 1
        if each.difference is not None:
            breaks.append((each.workflow_id, f"{each.workflow_id}: {each.difference.says}"))
    of = f"{count:,} of {sample.running:,} that run"
    return [moving, _found(replays, breaks, of), _found(private, leaks, of)]


async def _leaks(opened: Session, history: WorkflowHistory, converter: DataConverter) -> list[tuple[str, str]]:
    """Whether the person's own name or addresses stand in the history; the finding does not repeat them."""
    if not history.workflow_id.startswith(collection_workflow_id("")):
        return []
    with reading(opened.engine) as connection:
        words = personal_words(connection, history.workflow_id[_ACCOUNT:])
    events = await decoded([MessageToDict(event) for event in history.events], converter)
    text = json.dumps(events, ensure_ascii=False)
    return [
        (history.workflow_id, f"{history.workflow_id} holds the {sort} of its person")
        for sort, word in words
        if word in text
    ]


def _found(asked: Asked, found: Sequence[tuple[str, str]], of: str = "") -> Asked:
    findings = tuple(Finding(invariant=asked.name, about=about, says=says) for about, says in found)
    return Asked(name=asked.name, says=asked.says, what_to_do=asked.what_to_do, findings=findings, of=of)


def _unasked(asked: Asked, why: str) -> Asked:
    return Asked(name=asked.name, says=asked.says, what_to_do=asked.what_to_do, not_asked=why)


def _print(asked: Sequence[Asked]) -> None:
    rows = [(each.name, _state(each), each.not_asked or each.says) for each in asked]
    screen().print(table("Invariants", ("never broken", "", "what it says"), rows))
    for each in asked:
        if each.findings:
            say("")
            say(f"{each.name}: {each.what_to_do}")
            for finding in each.findings[:SHOWN]:
                say(f"  {finding.says}")
            if len(each.findings) > SHOWN:
                say(f"  and {len(each.findings) - SHOWN:,} more: --json names them all")


def _state(asked: Asked) -> str:
    if asked.not_asked:
        return "not asked"
    state = f"BROKEN {len(asked.findings):,}" if asked.findings else "holds"
    return f"{state} ({asked.of})" if asked.of else state


@dataclass(frozen=True, slots=True)
class _Spinner:
    progress: Progress | None

    def says(self, what: str) -> None:
        if self.progress is not None:
            self.progress.update(self.progress.task_ids[0], description=what)


@contextmanager
def _spinner(*, shown: bool) -> Iterator[_Spinner]:
    console = screen(stderr=True)
    if not (shown and console.is_terminal):
        yield _Spinner(None)
        return
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True) as progress:
        progress.add_task("", total=None)
        yield _Spinner(progress)
