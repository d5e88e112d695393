"""The watch: every invariant asked of live data, and every case that stands still, on the schedule of the sweep.

What is broken becomes a task; nobody has to look at a screen. What an invariant itself cannot be asked about is a
problem of the watch and not of the data: it is named, and the others are asked.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError

from activities.clock import wall_clock
from activities.law_again import TIMED, AskedAgain
from activities.orphans import OrphanActivities
from activities.running import Running
from activities.stuck import not_in_hand, stuck_workflows
from casedb.engine import reading, writing
from casedb.forgotten import LateCase, cases_that_are, is_late
from casedb.invariants import ON_RECORD, EveryOpenCaseIsWaitedFor, Finding, Invariant, Moment
from casedb.last_runs import Chore, note_run
from casedb.relief_tasks import keep_relief_tasks
from casedb.stray_tasks import end_strays, known_strays
from casedb.watch import in_parts, keep_stuck, open_cases_of, raise_for, told_stuck
from domain.compliance.profile import Profile
from domain.errors import AmicableError
from workflows.sweep_messages import CHECK_INVARIANTS, Checked, CheckRequest, Problem

MOST_STUCK = 200
"""Cases that stand still and get a task in one look; the next look goes on with the others."""
MOST_ASKED = 5_000
"""Late cases of which the server is asked in one look whether somebody has their step in hand."""
LATE, FAILING, STRAYS = EveryOpenCaseIsWaitedFor.name, "no_workflow_is_stuck", "no_workflow_without_a_case"


def all_invariants(profiles: Mapping[str, Profile], tzdata: str) -> tuple[Invariant, ...]:
    """Those on record, and those that ask the law again."""
    again = AskedAgain(profiles, tzdata)
    return (*ON_RECORD, *(timed(again) for timed in TIMED))


def findings_of(engine: Engine, invariant: Invariant, moment: Moment) -> list[Finding]:
    """Every place where the invariant does not hold."""
    with reading(engine) as connection:
        return list(invariant.broken(connection, moment))


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Looks at what is on record and at what runs."""

    engine: Engine
    client: Client
    task_queue: str
    invariants: Sequence[Invariant]
    opening: timedelta = timedelta(minutes=10)
    """A workflow that is younger may be about to open its case."""

    @activity.defn(name=CHECK_INVARIANTS)
    async def check_invariants(self, request: CheckRequest) -> Checked:
        """Ask each invariant about the last hours, raise what is broken, and look for cases that stand still."""
        now = wall_clock()
        moment = Moment(now=now, since=now - timedelta(hours=request.hours))
        broken: dict[str, int] = {}
        problems: list[Problem] = []
        raised = 0
        for invariant in self.invariants:
            if isinstance(invariant, EveryOpenCaseIsWaitedFor):
                continue
            activity.heartbeat(invariant.name)
            try:
                found = await asyncio.to_thread(findings_of, self.engine, invariant, moment)
            except (AmicableError, SQLAlchemyError) as error:
                problems.append(Problem(about=invariant.name, reason=type(error).__name__))
                continue
            if found:
                broken[invariant.name] = len(found)
                raised += await self._raise(invariant, found, now)
        stuck, freed, count = await self._stuck(now, problems)
        await self._tidy(now, problems)
        return Checked(broken=broken, raised=raised + stuck, stuck=count, freed=freed, problems=tuple(problems))

    async def _raise(self, invariant: Invariant, found: Sequence[Finding], now: datetime) -> int:
        """A task for each that is not known, in transactions that let others write in between."""
        raised = 0
        for some in in_parts(found):
            activity.heartbeat(invariant.name)
            raised += await asyncio.to_thread(self._raise_some, invariant, some, now)
        return raised

    def _raise_some(self, invariant: Invariant, found: Sequence[Finding], now: datetime) -> int:
        with writing(self.engine) as connection:
            return raise_for(connection, invariant, found, now)

    async def _stuck(self, now: datetime, problems: list[Problem]) -> tuple[int, int, int]:
        """Tasks raised, tasks ended, and how many cases stand still."""
        late = await self._late(now, problems)
        activity.heartbeat(FAILING)
        failing = await self._failing(problems)
        return await asyncio.to_thread(self._keep, late, failing, now)

    async def _late(self, now: datetime, problems: list[Problem]) -> Mapping[str, str] | None:
        """Why each case does not move whose step is long due: all that have a task, and the first of the others.

        None when the database does not say which are late.
        """
        try:
            known, others = await asyncio.to_thread(self._read_late, now)
        except SQLAlchemyError as error:
            problems.append(Problem(about=LATE, reason=type(error).__name__))
            return None
        stuck = {each.case_id: each.says for each in known}
        running, new = Running(self.client, self.task_queue), 0
        for some in in_parts(others[:MOST_ASKED]):
            activity.heartbeat(LATE)
            try:
                runs = await running.described([each.account_id for each in some])
            except RPCError as error:
                problems.append(Problem(about=LATE, reason=error.status.name))
                break
            found = [(each, why) for each in some if (why := not_in_hand(runs[each.account_id], now))]
            stuck |= {each.case_id: f"{each.says}, and {why}" for each, why in found}
            new += len(found)
            if new >= MOST_STUCK:
                break
        return stuck

    def _read_late(self, now: datetime) -> tuple[list[LateCase], list[LateCase]]:
        """Late cases that have a task of the watch already, and the others."""
        with reading(self.engine) as connection:
            late = cases_that_are(connection, is_late(now))
            told = told_stuck(connection)
        return [each for each in late if each.case_id in told], [each for each in late if each.case_id not in told]

    async def _failing(self, problems: list[Problem]) -> Mapping[str, str] | None:
        """Why the code of each account's workflow fails; None when nobody can tell."""
        try:
            failing = await stuck_workflows(self.client, self.task_queue)
        except RPCError as error:
            problems.append(Problem(about=FAILING, reason=error.status.name))
            return None
        return {each.account_id: each.says for each in failing} if failing is not None else None

    def _keep(
        self, late: Mapping[str, str] | None, failing: Mapping[str, str] | None, now: datetime
    ) -> tuple[int, int, int]:
        whole = late is not None and failing is not None
        with writing(self.engine) as connection:
            cases = open_cases_of(connection, list(failing or ()))
            stuck = dict(late or {}) | dict(_said(cases, failing or {}))
            raised, freed = keep_stuck(connection, stuck, now, most=MOST_STUCK, whole=whole)
        return raised, freed, len(stuck)

    async def _tidy(self, now: datetime, problems: list[Problem]) -> None:
        """End what nobody waits for any more, and say that the watch came to its end if nothing was left out."""
        strays = await asyncio.to_thread(known_strays, self.engine)
        try:
            orphans = OrphanActivities(self.engine, self.client, self.task_queue)
            still = await orphans.without_a_case(strays, now - self.opening)
        except RPCError as error:
            problems.append(Problem(about=STRAYS, reason=error.status.name))
        else:
            await asyncio.to_thread(end_strays, self.engine, [each for each in strays if each not in still], now)
        await asyncio.to_thread(self._finish, now, whole=not problems)

    def _finish(self, now: datetime, *, whole: bool) -> None:
        with writing(self.engine) as connection:
            keep_relief_tasks(connection, now)
            if whole:
                note_run(connection, Chore.WATCH, wall_clock())


def _said(cases: Mapping[str, str], failing: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for account_id, case_id in cases.items():
        yield case_id, f"case {case_id} does not move: {failing[account_id]}"
