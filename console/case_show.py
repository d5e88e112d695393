"""`case show`: one case with its timeline, what is next and why, and why nothing is sent at this moment."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import tzdata

from activities.agreeing import with_money
from activities.counsel import Counsel
from casedb.engine import reading
from casedb.histories import read_history
from casedb.snapshot import Snapshot, read_snapshot
from casedb.switches import active
from casedb.tasks import TaskRecord, list_tasks
from casedb.timeline import CaseRecord, Entry, find_case, read_timeline
from config.rules import load_rules
from console.case_list import record_as_json
from console.output import pairs, plain, say, screen, table, wall_time, write_json
from console.planner import planner_of
from console.session import Session, answered, session, temporal
from domain.calendar import days_past_due
from domain.case import CaseState
from domain.errors import AmicableError, NotKnown
from domain.escalation import Condition
from domain.holds import pauses_of
from domain.ladder import Check, explain
from domain.score import Score
from domain.switches import Switch, affecting
from domain.vocabulary import Clock
from workflows.collection import CollectionWorkflow
from workflows.messages import collection_workflow_id


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """The checks that decide what is next, or the one sentence why they could not be asked."""

    checks: tuple[Check, ...] = ()
    says: str = ""
    law: tuple[Condition, ...] = ()
    """The conditions of going to law, where the strategy has an escalation."""
    score: Score | None = None
    """Shown for every open case; used where the strategy has a condition on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Everything that is shown about a case."""

    record: CaseRecord
    timeline: list[Entry]
    now: datetime
    """Of the wall, or for a rehearsal the last instant on record."""
    days_past_due: int | None
    switches: tuple[Switch, ...]
    """Those that stop the case, or a channel of it."""
    tasks: tuple[TaskRecord, ...]
    """What waits for a person."""
    why_not: WhyNot


def show_case(wanted: str, *, as_json: bool) -> int:
    """Show the case of that id, or the latest of that account; without Temporal what the database knows."""
    with session() as opened:
        shown = _look(opened, wanted)
    if as_json:
        write_json(_as_json(shown))
        return 0
    out = screen()
    out.print(_header(shown))
    out.print()
    out.print(_timeline(shown.record, shown.timeline))
    out.print()
    if shown.why_not.checks:
        rows = [(check.name, _finding(check, shown.record.zone)) for check in shown.why_not.checks]
        title = f"Why not now? ({wall_time(shown.now, shown.record.zone)}; the last line decides)"
        out.print(table(title, ("check", "finding"), rows))
    else:
        say(f"Why not now? {shown.why_not.says}")
    if shown.why_not.law:
        law = [(each.name, "met" if each.met else "unmet", each.says) for each in shown.why_not.law]
        out.print()
        out.print(table("Going to law: every condition must be met", ("condition", "", "finding"), law))
    return 0


def _finding(check: Check, zone_name: str) -> str:
    """What the check says; the one that decides also says what, and from when."""
    finding = check.finding
    if finding.action is None:
        return finding.says
    return f"{finding.says}, so {finding.action.kind} at {wall_time(finding.at, zone_name)}"


def _look(opened: Session, wanted: str) -> Shown:
    wall = datetime.now(UTC)
    with reading(opened.engine) as connection:
        record = find_case(connection, wanted)
        timeline = read_timeline(connection, record)
        now = timeline[-1].at if record.clock is Clock.VIRTUAL else wall
        switches = affecting(active(connection), campaign_id=record.campaign_id, strategy=record.strategy)
        facts = read_snapshot(connection, record.account_id, record.case_id, "", now, lock=False)
        tasks, _ = list_tasks(connection, account_id=record.account_id)
    due_on = record.due_on
    days = days_past_due(due_on, now, record.zone, pauses_of(facts.holds, due_on)) if due_on else None
    why_not = asyncio.run(_why_not(opened, record, facts, now))
    return Shown(
        record=record,
        timeline=timeline,
        now=now,
        days_past_due=days,
        switches=switches,
        tasks=_of_case(tasks, record),
        why_not=why_not,
    )


def _of_case(tasks: Sequence[TaskRecord], record: CaseRecord) -> tuple[TaskRecord, ...]:
    return tuple(task for task in tasks if task.case_id == record.case_id)


async def _why_not(opened: Session, record: CaseRecord, facts: Snapshot, now: datetime) -> WhyNot:
    if record.closed_at is not None:
        return WhyNot(says=f"the case is closed: {record.close_reason}")
    rules = load_rules(opened.settings)
    planner = planner_of(opened, rules)
    try:
        case = await _case_of_workflow(opened, record)
    except AmicableError as error:
        # The rest of the page needs no server; what is missing is said where it would stand.
        return WhyNot(says=f"not asked: {error}")
    with reading(opened.engine) as connection:
        facts = with_money(connection, case, facts, now)
        score = planner.scorer.score(read_history(connection, case, facts.holds, now))
        facts = planner.with_history(connection, case, facts, now)
    checks = explain(case, planner.facts(facts), planner.strategy_of(case, facts), now)
    counsel = Counsel(planner=planner, profiles=rules.profiles, authority=rules.authority, tzdata=tzdata.IANA_VERSION)
    with reading(opened.engine) as connection:
        return WhyNot(checks=checks, law=counsel.conditions(connection, case, facts, now), score=score)


async def _case_of_workflow(opened: Session, record: CaseRecord) -> CaseState:
    client = await temporal(opened.settings)
    workflow_id = collection_workflow_id(record.account_id)
    handle = client.get_workflow_handle_for(CollectionWorkflow.run, workflow_id)
    view = await answered(handle.query(CollectionWorkflow.view), f"workflow {workflow_id}")
    if view.case is None or view.case.case_id != record.case_id:
        raise NotKnown(f"workflow {workflow_id} does not hold case {record.case_id}")
    return view.case


def _header(shown: Shown) -> object:
    record = shown.record
    days = f"{shown.days_past_due} days past due" if shown.days_past_due is not None else "nothing is due"
    rows = [
        ("account", f"{record.account_id}, person {record.person_id}"),
        ("stage", record.stage.value),
        ("owed", f"{record.owed}, {days}"),
        ("strategy", f"{record.strategy} ({record.strategy_version[:12]})"),
        ("campaign", f"{record.campaign_id}, {record.clock.value} clock" if record.campaign_id else "none"),
    ]
    if record.closed_at is not None:
        rows.append(("closed", f"{wall_time(record.closed_at, record.zone)}, {record.close_reason}"))
    elif record.next_at is not None:
        rows.append(("next", f"{record.next_action} at {wall_time(record.next_at, record.zone)}"))
        rows.append(("why", record.next_why or ""))
    rows += [("waits for", f"{task.owner}: {task.kind.value}, task {task.task_id}") for task in shown.tasks]
    if shown.why_not.score is not None:
        rows.append(("score", shown.why_not.score.says))
    if record.closed_at is None:
        rows += [("stopped", switch.says) for switch in shown.switches]
    return pairs(f"Case {record.case_id} (times in {record.zone})", rows)


def _timeline(record: CaseRecord, entries: Sequence[Entry]) -> object:
    def row(entry: Entry) -> tuple[str, str, str]:
        until = f" {wall_time(entry.until, record.zone)}" if entry.until else ""
        why = f": {entry.why}" if entry.why else ""
        return wall_time(entry.at, record.zone), entry.kind.value, f"{entry.about} · {entry.says}{until}{why}"

    return table("Timeline", ("when", "what", "about"), map(row, entries))


def _as_json(shown: Shown) -> dict[str, object]:
    checks = [{"check": check.name, **plain(check.finding)} for check in shown.why_not.checks]
    return {
        "case": record_as_json(shown.record) | {"days_past_due": shown.days_past_due},
        "stopped_by": plain(shown.switches),
        "tasks": plain(shown.tasks),
        "timeline": plain(shown.timeline),
        "now": plain(shown.now),
        "why_not_now": checks,
        "why_not_asked": shown.why_not.says or None,
        "score": plain(shown.why_not.score),
        "going_to_law": plain(shown.why_not.law),
    }
