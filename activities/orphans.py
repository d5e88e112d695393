"""Workflows that run without an open case: found, looked at twice, and asked to end.

The database is the truth about facts. A workflow whose case is not open there would go on writing to somebody on the
word of its own memory, so it is asked to end; what the account still owes is collected by a new case. Where too many
have no case, it is this worker's database that is the wrong one, and nothing is touched. What is left becomes a task.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.service import RPCError, RPCStatusCode

from activities.clock import wall_clock
from activities.running import Running, is_running
from casedb.stray_tasks import TOO_MANY, keep_strays
from casedb.sweep import with_a_case
from workflows.messages import collection_workflow_id
from workflows.sweep_messages import (
    LISTED,
    SETTLE_ORPHANS,
    SWEEP_WORKFLOWS,
    OrphansFound,
    OrphansSettled,
    Problem,
    SweptWorkflows,
    WorkflowsPage,
)

FEW = 5
"""So many orphans may always be settled."""
SHARE = 10
"""Of more, at most every tenth running workflow may be an orphan: else it looks like another database."""


@dataclass(frozen=True, slots=True)
class OrphanActivities:
    """Compares what runs with the case database."""

    engine: Engine
    client: Client
    task_queue: str

    @activity.defn(name=SWEEP_WORKFLOWS)
    async def sweep_workflows(self, page: WorkflowsPage) -> SweptWorkflows:
        """Look at the next running workflows; one that opens right now is no orphan."""
        since = wall_clock() - timedelta(minutes=page.opening_minutes)
        accounts, token = await Running(self.client, self.task_queue).page(page.token, page.limit, since)
        orphans = await self.without_a_case(accounts, since)
        return SweptWorkflows(token=token, seen=len(accounts), orphans=tuple(orphans))

    @activity.defn(name=SETTLE_ORPHANS)
    async def settle_orphans(self, found: OrphansFound) -> OrphansSettled:
        """Ask each to end, once; one that was asked before and runs on is left to a human."""
        if len(found.accounts) > max(FEW, found.seen // SHARE):
            untouched = _untouched(found)
            await asyncio.to_thread(keep_strays, self.engine, {TOO_MANY: untouched[0].reason}, wall_clock())
            return OrphansSettled(left=untouched)
        since = wall_clock() - timedelta(minutes=found.opening_minutes)
        ended, left = list[str](), list[Problem]()
        for account_id, described in (await self.without_a_case(found.accounts, since)).items():
            activity.heartbeat(account_id)
            if described.raw_description.workflow_extended_info.cancel_requested:
                left.append(Problem(about=account_id, reason=_stubborn(account_id)))
            elif await self._ask_to_end(described):
                ended.append(account_id)
        await asyncio.to_thread(keep_strays, self.engine, {each.about: each.reason for each in left}, wall_clock())
        return OrphansSettled(ended=tuple(ended), left=tuple(left))

    async def without_a_case(self, accounts: Sequence[str], since: datetime) -> dict[str, WorkflowExecutionDescription]:
        """Running for long enough, by the server's own word, while the database has no case, before and after."""
        suspects = await self._unknown(accounts, since)
        described = await Running(self.client, self.task_queue).described(suspects)
        certain = [account_id for account_id, run in described.items() if is_running(run)]
        still = await self._unknown(certain, since)
        runs = {account_id: described[account_id] for account_id in still}
        return {account_id: run for account_id, run in runs.items() if run is not None and run.start_time < since}

    async def _unknown(self, accounts: Sequence[str], since: datetime) -> list[str]:
        if not accounts:
            return []
        known = await asyncio.to_thread(with_a_case, self.engine, accounts, since=since)
        return [account_id for account_id in accounts if account_id not in known]

    async def _ask_to_end(self, run: WorkflowExecutionDescription) -> bool:
        """Whether it was still there to be asked; this run and no later one."""
        try:
            await self.client.get_workflow_handle(run.id, run_id=run.run_id).cancel()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True


def _untouched(found: OrphansFound) -> tuple[Problem, ...]:
    reason = (
        f"{len(found.accounts)} of {found.seen} running workflows have no open case in this database; none was "
        "touched: check that AMICABLE_DATABASE_URL and the Temporal namespace belong together"
    )
    return tuple(Problem(about=account_id, reason=reason) for account_id in found.accounts[:LISTED])


def _stubborn(account_id: str) -> str:
    return (
        "it has no open case, was asked to end before and runs on: look at its history, then "
        f"temporal workflow terminate --workflow-id {collection_workflow_id(account_id)}"
    )
