"""The state of the whole house in numbers: a few counts, read together now and then, never once per case or person.

Each is one statement with one scan at most; the widest reads every open case once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection, Engine, and_, bindparam, case, func, select

from casedb import schema
from casedb.columns import UtcDateTime
from casedb.engine import reading
from casedb.forgotten import is_forgotten
from casedb.last_runs import Chore, last_run_of
from casedb.untold import Backlog
from domain.vocabulary import Stage, SwitchScope, TaskKind, TouchStatus

LATE_AFTER = timedelta(minutes=5)
"""A step that is due is taken within seconds; later, something is behind."""
TOLD_BY_THE_DOOR = timedelta(seconds=5)
"""A fact that came this moment is no backlog."""
AGES = (("1d", timedelta(days=1)), ("3d", timedelta(days=3)), ("7d", timedelta(days=7)))
OLDER = "older"
_NEVER, _EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_AGES = (*(name for name, _ in AGES), OLDER)

_case, _task, _event = schema.case, schema.human_task, schema.inbox_event
_LATE = _case.c.next_at < bindparam("late", type_=UtcDateTime())
_OPEN = (
    select(
        _case.c.stage,
        func.count().label("cases"),
        func.count(case((_LATE, 1))).label("behind"),
        func.min(case((_LATE, _case.c.next_at)), type_=UtcDateTime()).label("oldest"),
    )
    .where(_case.c.closed_at.is_(None))
    .group_by(_case.c.stage)
)
_COUNT = select(func.count()).select_from(_case)
_SINCE = func.min(_event.c.received_at, type_=_event.c.received_at.type)
_UNTOLD = select(func.count().label("facts"), _SINCE.label("oldest")).where(
    _event.c.signalled_at.is_(None), _event.c.received_at <= bindparam("older_than", type_=UtcDateTime())
)
_PARKED = select(func.count()).select_from(_event).where(_event.c.parked_for.is_not(None))
_SWITCHES = (
    select(schema.contact_switch.c.scope, func.count().label("set"))
    .where(schema.contact_switch.c.lifted_at.is_(None))
    .group_by(schema.contact_switch.c.scope)
)
_UNKNOWN = select(func.count()).select_from(schema.touch).where(schema.touch.c.status == TouchStatus.UNKNOWN.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What was true at one moment; every word of a closed set has its number, also 0."""

    at: datetime
    untold: Backlog
    parked: int
    open_cases: Mapping[Stage, int]
    behind: int
    behind_since: datetime | None
    without_timer: int
    tasks: Mapping[tuple[TaskKind, str], int]
    """By kind and age, of `AGES` and older."""
    overdue_tasks: Mapping[TaskKind, int]
    switches: Mapping[SwitchScope, int]
    unknown_touches: int
    watched_at: datetime | None
    """When the watch last came to its end with every question answered; None: never."""

    def behind_for(self) -> timedelta:
        """How long the step has been due that has been due longest."""
        return self.at - self.behind_since if self.behind_since is not None else timedelta(0)


def read_vitals(engine: Engine, now: datetime) -> Vitals:
    """All of it, at one moment of the database. Raises DBAPIError when it does not answer."""
    with reading(engine) as connection:
        by_stage = connection.execute(_OPEN, {"late": now - LATE_AFTER}).all()
        untold = connection.execute(_UNTOLD, {"older_than": now - TOLD_BY_THE_DOOR}).one()
        tasks, overdue = _tasks(connection, now)
        told = {row.scope: row.set for row in connection.execute(_SWITCHES)}
        return Vitals(
            at=now,
            untold=Backlog(facts=untold.facts, oldest=untold.oldest),
            parked=connection.scalar(_PARKED) or 0,
            open_cases=dict.fromkeys((each for each in Stage if each is not Stage.CLOSED), 0)
            | {Stage(row.stage): row.cases for row in by_stage},
            behind=sum(row.behind for row in by_stage),
            behind_since=min((row.oldest for row in by_stage if row.oldest is not None), default=None),
            without_timer=connection.scalar(_COUNT.where(is_forgotten(now))) or 0,
            tasks=tasks,
            overdue_tasks=overdue,
            switches={scope: told.get(scope.value, 0) for scope in SwitchScope},
            unknown_touches=connection.scalar(_UNKNOWN) or 0,
            watched_at=last_run_of(connection, Chore.WATCH),
        )


def _tasks(connection: Connection, now: datetime) -> tuple[dict[tuple[TaskKind, str], int], dict[TaskKind, int]]:
    """Open tasks by kind and age, and those whose day has passed."""
    raised, columns = _task.c.raised_at, []
    borders = [_EVER, *(now - age for _, age in AGES), _NEVER]
    for age, (newest, oldest) in zip(_AGES, pairwise(borders), strict=True):
        columns.append(func.count(case((and_(raised <= newest, raised > oldest), 1))).label(f"age_{age}"))
    overdue = func.count(case((_task.c.due_at < now, 1))).label("overdue")
    open_ones = select(_task.c.kind, overdue, *columns).where(_task.c.done_at.is_(None)).group_by(_task.c.kind)
    rows = {TaskKind(row.kind): row for row in connection.execute(open_ones)}
    tasks = {(kind, age): getattr(rows.get(kind), f"age_{age}", 0) for kind in TaskKind for age in _AGES}
    return tasks, {kind: getattr(rows.get(kind), "overdue", 0) for kind in TaskKind}
