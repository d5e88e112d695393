"""The watch: every invariant asked of live data, and every case that stands still, on the schedule of the sweep.

What is broken becomes a task; nobody has to look at a screen. What an invariant itself cannot be asked about is a
problem of the watch and not of the data: it is named, and the others are asked.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio import activity
from temporalio.client import Client

from activities.clock import wall_clock
from activities.law_again import TIMED, AskedAgain
from activities.stuck import stuck_workflows
from casedb.engine import reading, writing
from casedb.invariants import ON_RECORD, EveryOpenCaseIsWaitedFor, Finding, Invariant, Moment
from casedb.watch import keep_stuck, open_cases_of, raise_for
from domain.compliance.profile import Profile
from domain.errors import AmicableError
from workflows.sweep_messages import CHECK_INVARIANTS, Checked, CheckRequest, Problem

MOST = 200
"""Findings of one invariant, or cases that stand still, that become tasks in one go."""
LISTED = 5_000
"""Workflows that fail, looked at in one go."""


def all_invariants(profiles: Mapping[str, Profile], tzdata: str) -> tuple[Invariant, ...]:
    """Those on record, and those that ask the law again."""
    again = AskedAgain(profiles, tzdata)
    return (*ON_RECORD, *(timed(again) for timed in TIMED))


def findings_of(engine: Engine, invariant: Invariant, moment: Moment, most: int | None = None) -> list[Finding]:
    """Where the invariant does not hold, up to so many places."""
    with reading(engine) as connection:
        return list(islice(invariant.broken(connection, moment), most))


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
        raised, forgotten = 0, dict[str, str]()
        for invariant in self.invariants:
            activity.heartbeat(invariant.name)
            try:
                found = await asyncio.to_thread(findings_of, self.engine, invariant, moment, MOST)
            except (AmicableError, SQLAlchemyError) as error:
                problems.append(Problem(about=invariant.name, reason=type(error).__name__))
                continue
            if found:
                broken[invariant.name] = len(found)
            if isinstance(invariant, EveryOpenCaseIsWaitedFor):
                forgotten = {each.about: each.says for each in found}
            elif found:
                raised += await asyncio.to_thread(self._raise, invariant, found, now)
        activity.heartbeat("stuck")
        stuck, freed, count = await self._stuck(forgotten, now)
        return Checked(broken=broken, raised=raised + stuck, stuck=count, freed=freed, problems=tuple(problems))

    def _raise(self, invariant: Invariant, found: Sequence[Finding], now: datetime) -> int:
        with writing(self.engine) as connection:
            return raise_for(connection, invariant, found, now)

    async def _stuck(self, forgotten: Mapping[str, str], now: datetime) -> tuple[int, int, int]:
        """Tasks raised, tasks ended, and how many cases stand still."""
        failing = await stuck_workflows(self.client, self.task_queue, MOST)
        return await asyncio.to_thread(
            self._keep, forgotten, {each.account_id: each.says for each in failing or ()}, now
        )

    def _keep(self, forgotten: Mapping[str, str], failing: Mapping[str, str], now: datetime) -> tuple[int, int, int]:
        with writing(self.engine) as connection:
            cases = open_cases_of(connection, list(failing))
            stuck = dict(forgotten) | dict(_said(cases, failing))
            raised, freed = keep_stuck(connection, stuck, now, most=MOST)
        return raised, freed, len(stuck)


def _said(cases: Mapping[str, str], failing: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for account_id, case_id in cases.items():
        yield case_id, f"case {case_id} does not move: {failing[account_id]}"
