"""`task list`, `task done`, `task settle`: what waits for a person, and what a person did about it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from casedb.engine import reading
from casedb.inbox import InboundFact, InboundKind, Receipt, receive
from casedb.tasks import SETTLES, TaskRecord, find_task, list_tasks
from console.output import plain, say, screen, table, wall_time, write_json
from console.session import Session, session
from console.telling import heard, tell_cases
from domain.errors import InvalidInput
from domain.vocabulary import TaskKind

HOW = {
    TaskKind.APPROVAL_DECISION: "approvals approve REQUEST or approvals refuse REQUEST",
    TaskKind.APPROVAL_EXPIRED: "approvals renew REQUEST",
    TaskKind.APPROVAL_REFUSED: "approvals renew REQUEST",
    TaskKind.ESCALATION_UNMET: "case show ACCOUNT lists the conditions; escalation attest ACCOUNT",
    TaskKind.STEP_REFUSED: "mend what the task says: the step is tried again at each review",
    TaskKind.UNKNOWN_OUTCOME: "task settle TASK --sent or --not-sent",
    TaskKind.NO_LAWFUL_CHANNEL: "import a book with an address that may be used",
    TaskKind.CONTACT_FAILING: "mend the provider's account: the touch is tried again at each review",
    TaskKind.HOLD_REVIEW: "hold release HOLD",
    TaskKind.HOLD_DUTY: "hold fulfil HOLD DUTY; the hold itself: hold decide HOLD",
    TaskKind.CALLBACK: "call the person back, then task done TASK",
    TaskKind.MESSAGE_REFUSED: "mend the template (templates check), restart the worker, then task done TASK",
    TaskKind.UNCLEAR_REPLY: "read the reply where its provider keeps it, act on it, then task done TASK",
    TaskKind.PARKED_FACT: "import the book of its account or person, and the task ends by itself; what belongs to a "
    "payment without an account: inbox assign FACT ACCOUNT or inbox dismiss FACT",
    TaskKind.STRATEGY_MISSING: "put the version back where strategies are read, or strategy keep or strategy move",
    TaskKind.STUCK_CASE: "case history ACCOUNT shows where it stands; docs/changing-workflows.md when its code fails; "
    "it ends by itself when the case moves",
    TaskKind.INVARIANT_BROKEN: "what the task says, invariants names the rest; then task done TASK",
    TaskKind.RELIEF_DECISION: "approvals approve RELIEF or approvals refuse RELIEF",
    TaskKind.STRAY_WORKFLOW: "what the task says; it ends by itself when nothing runs any more, or: task done TASK",
    TaskKind.RESIDUAL_DECISION: "residue waive ACCOUNT or residue keep ACCOUNT",
}
"""What ends a task of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a person did or found out."""

    task_id: int
    by: str
    note: str
    went_out: bool | None = None
    """Whether a message was sent of which nobody knew; None: it is not about a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tasks, and which page of them."""

    owner: str | None
    kind: TaskKind | None
    account_id: str | None
    overdue: bool
    older_than: timedelta | None
    done: bool
    limit: int
    page: int


def show_tasks(wanted: Wanted, *, as_json: bool) -> int:
    """The tasks that wait longest first."""
    now, offset = datetime.now(UTC), (wanted.page - 1) * wanted.limit
    with session() as opened, reading(opened.engine) as connection:
        tasks, total = list_tasks(
            connection,
            owner=wanted.owner,
            kind=wanted.kind,
            account_id=wanted.account_id,
            overdue_at=now if wanted.overdue else None,
            raised_before=now - wanted.older_than if wanted.older_than is not None else None,
            done=wanted.done,
            limit=wanted.limit,
            offset=offset,
        )
    if as_json:
        write_json({"total": total, "page": wanted.page, "tasks": [_as_json(task, now) for task in tasks]})
        return 0
    if not tasks:
        say("no task waits for a person here")
        return 0
    columns = ("task", "age", "owner", "case", "kind", "why and what to do")
    screen().print(table("Tasks", columns, (_row(task, now) for task in tasks), right=("task", "age")))
    if (last := offset + len(tasks)) < total or wanted.page > 1:
        more = f"; --page {wanted.page + 1} goes on" if last < total else ""
        say(f"{offset + 1:,} to {last:,} of {total:,} tasks{more}")
    return 0


def _as_json(task: TaskRecord, now: datetime) -> dict[str, object]:
    fields: dict[str, object] = plain(task)
    told = {"age_seconds": _age(task, now).total_seconds(), "overdue": task.overdue_at(now), "how": HOW[task.kind]}
    return fields | told


def _row(task: TaskRecord, now: datetime) -> tuple[str, ...]:
    if task.done_at is not None:
        what = f"{task.why}; done {wall_time(task.done_at)} UTC"
    else:
        late = "OVERDUE: " if task.overdue_at(now) else ""
        what = f"{late}{task.why} → {HOW[task.kind]}"
    return str(task.task_id), _in_words(_age(task, now)), task.owner, task.case_id or "", task.kind.value, what


def _age(task: TaskRecord, now: datetime) -> timedelta:
    """How long it waited; a rehearsal raises tasks on a clock of its own, which may be ahead of the wall."""
    return max(timedelta(0), (task.done_at or now) - task.raised_at)


def _in_words(age: timedelta) -> str:
    if age >= timedelta(days=1):
        return f"{age.days} d"
    minutes = int(age.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"


def assign_task(task_id: int, owner: str, by: str, note: str, *, as_json: bool) -> int:
    """Make a task somebody's; who gave it to whom stays on record."""
    now = datetime.now(UTC)
    with session() as opened:
        with reading(opened.engine) as connection:
            task = find_task(connection, task_id)
        fact = InboundFact(
            event_id=f"task:{task_id}:assigned:{now:%Y%m%dT%H%M%S.%f}",
            source="console",
            kind=InboundKind.TASK_ASSIGNED,
            at=now,
            account_id=task.account_id,
            task_id=task_id,
            owner=owner,
            by=by,
            note=note,
        )
        receive(opened.engine, fact, received_at=now)
    if as_json:
        write_json({"task_id": task_id, "owner": owner, "was": task.owner, "by": by})
        return 0
    say(f"task {task_id} ({task.kind.value}) is {owner}'s now; it was {task.owner}'s")
    return 0


def finish_task(task_id: int, by: str, note: str, *, as_json: bool) -> int:
    """Tick off what a person of ours has done; the same command again is safe."""
    return _end(InboundKind.TASK_DONE, Finding(task_id=task_id, by=by, note=note), as_json=as_json)


def settle_task(finding: Finding, *, as_json: bool) -> int:
    """Put on record whether a message went out and tell its case; the same command again is safe."""
    return _end(InboundKind.OUTCOME_SETTLED, finding, as_json=as_json)


def _end(kind: InboundKind, finding: Finding, *, as_json: bool) -> int:
    now = datetime.now(UTC)
    with session() as opened:
        task, receipt = _store(opened, kind, finding, now)
        told = tell_cases(opened, receipt, now)
    if as_json:
        answer = {"task_id": task.task_id, "duplicate": receipt.duplicate, "cases_told": list(told)}
        write_json(answer | {"by": receipt.fact.by, "went_out": receipt.fact.went_out})
        return 0
    verb = "was done before, nothing changed" if receipt.duplicate else f"is done by {finding.by}"
    found = {True: f"; {task.key} counts as sent", False: f"; {task.key} was not sent and is due again", None: ""}
    say(f"task {task.task_id} ({task.kind.value}) {verb}{found[finding.went_out]}; {heard(told)}")
    return 0


def _store(opened: Session, kind: InboundKind, finding: Finding, now: datetime) -> tuple[TaskRecord, Receipt]:
    with reading(opened.engine) as connection:
        task = find_task(connection, finding.task_id)
    if task.kind not in SETTLES[kind]:
        raise InvalidInput(
            f"task {task.task_id} is of kind {task.kind.value} and ends by another way: {HOW[task.kind]}"
        )
    fact = InboundFact(
        event_id=task.settled_as,
        source="console",
        kind=kind,
        at=now,
        account_id=task.account_id,
        task_id=task.task_id,
        went_out=finding.went_out,
        by=finding.by,
        note=finding.note,
    )
    receipt = receive(opened.engine, fact, received_at=now)
    first = receipt.fact
    if first.went_out is not finding.went_out:
        said = "sent" if first.went_out else "not sent"
        raise InvalidInput(f"task {task.task_id} was settled as {said} by {first.by}: nothing changed")
    return task, receipt
