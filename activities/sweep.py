"""The sweep's hands: what nobody started is started, a case without its workflow gets it back, and paced at that.

The database says who should be collected; Temporal says what runs. Its lists lag behind, so a list only ever makes a
suspect: `describe` and a second look at the database decide.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy import Engine
from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError

from activities.backlog import AGAIN_SECONDS, Backlog
from activities.clock import wall_clock
from activities.courtesy import no_courtesy
from activities.enrolment import ABOUT_ONE, first_of, start_collection
from activities.pace import Pace
from activities.planning import Planner
from activities.running import Running
from casedb.campaigns import PendingMember
from casedb.engine import reading
from casedb.overdue import longest_first, overdue_accounts
from casedb.overdue_file import Totals, write_report
from casedb.snapshot import read_snapshot
from casedb.sweep import Candidate, OpenOne, page_of_book, still_open
from domain.errors import AmicableError, ConfigurationError
from domain.strategy import Strategy
from workflows.messages import CollectionRequest
from workflows.sweep_messages import (
    REPORT_OVERDUE,
    SWEEP_ACCOUNTS,
    AccountsPage,
    LeftAlone,
    OverdueReport,
    OverdueTotal,
    SweptAccounts,
    Tally,
    problem,
)

AT_ONCE = 100
"""Accounts between two heartbeats, and in one question to Temporal."""
LONGEST_WAIT_SECONDS = 60.0
"""So long a page waits for workers that are behind; a sweep also brings back what was lost."""
_SO_FAR = TypeAdapter(SweptAccounts)
"""What a heartbeat carries, read back after a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepActivities:
    """Looks at accounts, and writes the report."""

    engine: Engine
    client: Client
    planner: Planner
    task_queue: str
    backlog: Backlog
    default_strategy: str
    reports_dir: Path
    reports_kept: int

    @activity.defn(name=SWEEP_ACCOUNTS)
    async def sweep_accounts(self, page: AccountsPage) -> SweptAccounts:
        """Start what is missing among the next accounts. A crash goes on after the accounts of its last heartbeat."""
        told = activity.info().heartbeat_details
        done = _SO_FAR.validate_python(told[0]) if told else SweptAccounts(tally=Tally())
        pace = Pace(page.starts_per_second)
        now = wall_clock()
        after, early = done.last_account_id or page.after, self._days_ahead()
        rows = await asyncio.to_thread(page_of_book, self.engine, after, page.limit, now, days_ahead=early)
        until = asyncio.get_running_loop().time() + LONGEST_WAIT_SECONDS
        for some in _batches(rows):
            tally = await self._look_at(some, now, pace, until, done)
            done = SweptAccounts(last_account_id=some[-1].member.account_id, tally=done.tally.plus(tally))
            activity.heartbeat(done)
        return done

    def _days_ahead(self) -> int:
        """How long before the due date any strategy speaks."""
        courtesies = [strategy.courtesy for strategy in self.planner.strategies.values()]
        return max((-courtesy.offset_days for courtesy in courtesies if courtesy is not None), default=0)

    async def _look_at(
        self, rows: Sequence[Candidate | OpenOne], now: datetime, pace: Pace, until: float, done: SweptAccounts
    ) -> Tally:
        tally, starting = Tally(accounts=len(rows)), list[tuple[PendingMember, str, Tally]]()
        for row, strategy, found in await asyncio.to_thread(self._judge_all, rows, now):
            if strategy is None:
                tally = tally.plus(found)
            else:
                starting.append((row.member, strategy, found))
        for lost in await self._lost([row for row in rows if isinstance(row, OpenOne) and not row.rehearsed]):
            account_id = lost.member.account_id
            starting.append((lost.member, lost.strategy, Tally(restored=1, restored_accounts=(account_id,))))
        tasks = []
        if starting:
            await self._wait_for_room(len(starting), until, done)
        try:
            async with asyncio.TaskGroup() as group:
                for member, strategy, success in starting:
                    await pace.turn()
                    activity.heartbeat(done)
                    tasks.append(group.create_task(self._start(member, strategy, success, now)))
        except* RPCError as errors:
            raise first_of(errors) from None
        for task in tasks:
            tally = tally.plus(task.result())
        return tally

    async def _wait_for_room(self, starts: int, until: float, done: SweptAccounts) -> None:
        while not await self.backlog.has_room(starts) and asyncio.get_running_loop().time() < until:
            activity.heartbeat(done)
            await asyncio.sleep(AGAIN_SECONDS)

    def _judge_all(
        self, rows: Sequence[Candidate | OpenOne], now: datetime
    ) -> list[tuple[Candidate, str | None, Tally]]:
        return [(row, *self._judged(row, now)) for row in rows if isinstance(row, Candidate)]

    def _judged(self, row: Candidate, now: datetime) -> tuple[str | None, Tally]:
        """The strategy of a case that should be, with what its start counts as; or no strategy, and why not."""
        name = row.strategy if row.strategy in self.planner.strategies else self.default_strategy
        try:
            left_alone = self._left_alone(row, name or self.default_strategy, now)
        except AmicableError as error:
            return None, problem(row.member.account_id, str(error))
        if left_alone is not None:
            return None, Tally(left_alone={left_alone.value: 1})
        if not row.overdue_at(now):
            return name, Tally(courtesies=1)
        return name, Tally(started=1, started_minor={row.currency: row.member.balance_minor})

    def _left_alone(self, row: Candidate, strategy: str, now: datetime) -> LeftAlone | None:
        if row.gone is not None:
            return LeftAlone.GONE
        if row.shielded:
            return LeftAlone.SHIELDED
        if row.enrolling:
            return LeftAlone.ENROLLING
        if not row.overdue_at(now) and not self._may_be_reminded(row, self.planner.strategy(strategy), now):
            return LeftAlone.NOT_DUE
        floor = self.planner.strategy(strategy).amounts_in(row.currency).immaterial_below_minor
        return LeftAlone.IMMATERIAL if row.member.balance_minor < floor else None

    def _may_be_reminded(self, row: Candidate, strategy: Strategy, now: datetime) -> bool:
        """Asked only about the few accounts that fall due soon under a strategy that speaks before."""
        due_on, courtesy = row.member.due_on, strategy.courtesy
        if due_on is None or courtesy is None:
            return False
        with reading(self.engine) as connection:
            snapshot = read_snapshot(connection, row.member.account_id, "", "", now, lock=False)
            return not no_courtesy(
                connection, snapshot, due_on, strategy=strategy, supported=self.planner.supported, now=now
            )

    async def _lost(self, rows: list[OpenOne]) -> list[OpenOne]:
        """Open cases on which no workflow runs: not on the list, not described as running, and open even after that."""
        running = Running(self.client, self.task_queue)
        suspects = await running.not_running([row.member.account_id for row in rows])
        if not suspects:
            return []
        lost = await asyncio.to_thread(still_open, self.engine, suspects)
        return [row for row in rows if row.member.account_id in lost]

    async def _start(self, member: PendingMember, strategy: str, success: Tally, now: datetime) -> Tally:
        """Started, found running, or what is wrong with this one account."""
        request = CollectionRequest(account_id=member.account_id, strategy=strategy)
        policy = WorkflowIDConflictPolicy.FAIL
        try:
            await start_collection(self.client, self.task_queue, request, member, now, when_running=policy)
        except WorkflowAlreadyStartedError:
            return Tally(already_running=1)
        except RPCError as error:
            if error.status not in ABOUT_ONE:
                raise
            return problem(member.account_id, error.message)
        return success

    @activity.defn(name=REPORT_OVERDUE)
    def report_overdue(self) -> OverdueReport:
        """Write who is overdue now into the reports' directory of this worker."""
        now, totals = wall_clock(), Totals()
        rows = longest_first(map(totals.add, overdue_accounts(self.engine, now)))
        try:
            path = write_report(self.reports_dir, rows, now, keep=self.reports_kept)
        except ConfigurationError as error:
            raise ApplicationError(str(error), type=type(error).__name__) from None
        return OverdueReport(
            path=str(path),
            totals=tuple(
                OverdueTotal(
                    currency=each.currency,
                    bucket=each.bucket,
                    accounts=each.accounts,
                    total_minor=each.total_minor,
                )
                for each in totals.listed()
            ),
        )


def _batches(rows: Sequence[Candidate | OpenOne]) -> list[Sequence[Candidate | OpenOne]]:
    return [rows[first : first + AT_ONCE] for first in range(0, len(rows), AT_ONCE)]
