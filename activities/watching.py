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
from activities.stuck import stuck_workflows
from casedb.engine import reading, writing
from casedb.invariants import ON_RECORD, EveryOpenCaseIsWaitedFor, Finding, Invariant, Moment
from casedb.watch import in_parts, keep_stuck, open_cases_of, raise_for
from domain.compliance.profile import Profile
from domain.errors import AmicableError
from workflows.sweep_messages import CHECK_INVARIANTS, Checked, CheckRequest, Problem

MOST_STUCK = 200
"""Cases that stand still and get a task in one look; the next look goes on with the others."""
STUCK = "no_workflow_is_stuck"


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

    @activity.defn(name=CHECK_INVARIANTS)
    async def check_invariants(self, request: CheckRequest) -> Checked:
        """Ask each invariant about the last hours, raise what is broken, and look for cases that stand still."""
        now = wall_clock()
        moment = Moment(now=now, since=now - timedelta(hours=request.hours))
        broken: dict[str, int] = {}
        problems: list[Problem] = []
        raised = 0
        forgotten: dict[str, str] | None = None
        for invariant in self.invariants:
            activity.heartbeat(invariant.name)
            try:
                found = await asyncio.to_thread(findings_of, self.engine, invariant, moment)
            except (AmicableError, SQLAlchemyError) as error:
                problems.append(Problem(about=invariant.name, reason=type(error).__name__))
                continue
            if found:
                broken[invariant.name] = len(found)
            if isinstance(invariant, EveryOpenCaseIsWaitedFor):
                forgotten = {each.case_id: each.says for each in found if each.case_id is not None}
            else:
                raised += await self._raise(invariant, found, now)
        activity.heartbeat(STUCK)
        failing = await self._failing(problems)
        stuck, freed, count = await asyncio.to_thread(self._keep, forgotten, failing, now)
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

    async def _failing(self, problems: list[Problem]) -> Mapping[str, str] | None:
        """Why the code of each account's workflow fails; None when nobody can tell."""
        try:
            failing = await stuck_workflows(self.client, self.task_queue)
        except RPCError as error:
            problems.append(Problem(about=STUCK, reason=error.status.name))
            return None
        return {each.account_id: each.says for each in failing} if failing is not None else None

    def _keep(
        self, forgotten: Mapping[str, str] | None, failing: Mapping[str, str] | None, now: datetime
    ) -> tuple[int, int, int]:
        """Tasks raised, tasks ended, and how many cases stand still."""
        whole = forgotten is not None and failing is not None
        with writing(self.engine) as connection:
            cases = open_cases_of(connection, list(failing or ()))
            stuck = dict(forgotten or {}) | dict(_said(cases, failing or {}))
            raised, freed = keep_stuck(connection, stuck, now, most=MOST_STUCK, whole=whole)
        return raised, freed, len(stuck)


def _said(cases: Mapping[str, str], failing: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for account_id, case_id in cases.items():
        yield case_id, f"case {case_id} does not move: {failing[account_id]}"
