"""Which cases are wanted by their workflow: what only Temporal knows, joined with what the case database knows.

Where Temporal's list is short it leads, and the database is asked about those accounts. Where it is long the database
leads, and Temporal is asked about each hundred of its cases, until there are enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Engine
from temporalio.client import Client, WorkflowExecutionStatus

from activities.running import Running
from activities.stuck import REPORTED
from casedb.case_filters import CaseFilter
from casedb.engine import reading
from casedb.timeline import CaseRecord, list_cases
from console.case_states import DpdBucket, WorkflowState
from console.session import answered
from domain.vocabulary import Clock
from workflows.messages import collection_workflow_id
from workflows.search_attributes import CAMPAIGN, DPD_BUCKET, JURISDICTION, STRATEGY

SHORT = 5_000
"""Up to so many workflows Temporal's list leads."""
AT_ONCE = 100
_PREFIX = collection_workflow_id("")


_ENDED = {
    WorkflowState.FAILED: WorkflowExecutionStatus.FAILED,
    WorkflowState.TIMED_OUT: WorkflowExecutionStatus.TIMED_OUT,
    WorkflowState.TERMINATED: WorkflowExecutionStatus.TERMINATED,
    WorkflowState.CANCELED: WorkflowExecutionStatus.CANCELED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflows:
    """Collection workflows of one state and bucket."""

    client: Client
    task_queue: str
    state: WorkflowState
    bucket: DpdBucket | None

    async def cases(
        self, engine: Engine, wanted: CaseFilter, *, limit: int, offset: int
    ) -> tuple[list[CaseRecord], int | None]:
        """The cases that are wanted, and how many there are in all; None when nobody counted to the end."""
        if self.state is not WorkflowState.LOST:
            query = self._query(wanted)
            counted = await answered(self.client.count_workflows(query), "the list of workflows")
            if counted.count <= SHORT:
                accounts = await self._latest([each.id async for each in self.client.list_workflows(query)])
                with reading(engine) as connection:
                    return list_cases(
                        connection, replace(wanted, accounts=frozenset(accounts)), limit=limit, offset=offset
                    )
        return await self._walked(engine, wanted, limit=limit, offset=offset)

    def _query(self, wanted: CaseFilter) -> str:
        """Only what never changes under a case is asked of Temporal as well; its list lags behind the database."""
        status = _ENDED.get(self.state, WorkflowExecutionStatus.RUNNING)
        named = "".join(part.capitalize() for part in status.name.split("_"))
        parts = [
            "WorkflowType = 'CollectionWorkflow'",
            f"TaskQueue = '{self.task_queue}'",
            f"ExecutionStatus = '{named}'",
        ]
        for key, value in (
            (CAMPAIGN, wanted.campaign_id),
            (STRATEGY, wanted.strategy),
            (JURISDICTION, wanted.jurisdiction),
        ):
            if value is not None:
                parts.append(f"{key.name} = '{_quoted(value)}'")
        return " AND ".join(parts) + self._also

    @property
    def _also(self) -> str:
        stuck = f" AND {REPORTED}" if self.state is WorkflowState.STUCK else ""
        return stuck + (f" AND {DPD_BUCKET.name} = '{_quoted(self.bucket)}'" if self.bucket else "")

    async def _latest(self, workflow_ids: Sequence[str]) -> list[str]:
        """Accounts whose latest run is in that state: what failed long ago may have run again since."""
        accounts = sorted({each.removeprefix(_PREFIX) for each in workflow_ids if each.startswith(_PREFIX)})
        status = _ENDED.get(self.state)
        if status is None:
            return accounts
        described = await Running(self.client, self.task_queue).described(accounts)
        return [each for each, run in described.items() if run is not None and run.status is status]

    async def _walked(
        self, engine: Engine, wanted: CaseFilter, *, limit: int, offset: int
    ) -> tuple[list[CaseRecord], int | None]:
        if self.state not in _ENDED:
            wanted = replace(wanted, is_open=True)
        found: list[CaseRecord] = []
        place, total = 0, 1
        while place < total:
            if len(found) > offset + limit:
                return found[offset : offset + limit], None
            with reading(engine) as connection:
                page, total = list_cases(connection, wanted, limit=AT_ONCE, offset=place)
            place += AT_ONCE
            fitting = await answered(self._fitting([case.account_id for case in page]), "the list of workflows")
            found += [case for case in page if case.account_id in fitting and self._may_be(case)]
        return found[offset : offset + limit], len(found)

    async def _fitting(self, accounts: Sequence[str]) -> set[str]:
        running = Running(self.client, self.task_queue)
        if self.state is WorkflowState.LOST:
            return set(await running.not_running(accounts))
        if self.state in _ENDED:
            return set(await self._latest([collection_workflow_id(each) for each in accounts]))
        return await running.listed(accounts, self._also)

    def _may_be(self, case: CaseRecord) -> bool:
        """A rehearsed case runs, if at all, at the rehearsal's own server."""
        return self.state is not WorkflowState.LOST or case.clock is Clock.REAL


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
