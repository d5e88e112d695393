"""A sweep over a real book on a real server, as a test needs it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from temporalio.client import Client, WorkflowExecutionStatus

from casedb import schema
from casedb.engine import reading, writing
from domain.calendar import local_date
from tests.support.stage import Stage
from worker import create_worker
from workflows.messages import collection_workflow_id
from workflows.sweep import DelinquencySweepWorkflow
from workflows.sweep_messages import SweepRequest, SweepResult

DAY = timedelta(days=1)
ZONE = "America/New_York"
"""Of every account: while it is early in UTC, yesterday goes on there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeping:
    """One book, one server, and the sweep between them."""

    client: Client
    stage: Stage

    @asynccontextmanager
    async def worker(self, *, cached: int = 1000) -> AsyncIterator[None]:
        """A worker of everything; without a cache nobody waits for one that is gone."""
        changed = {"max_cached_workflows": cached, "graceful_shutdown_seconds": 0}
        settings = self.stage.settings.model_copy(update=changed)
        async with create_worker(self.client, settings, self.stage.dependencies, fail_workflows_on_error=True):
            yield

    def owes(self, account_id: str, *, days: int = 3, **more: Any) -> str:
        """An account of a person of its own that fell due so many days ago, by the calendar where it lives."""
        due_on = local_date(datetime.now(UTC), ZONE) - timedelta(days=days)
        person = {"person_id": f"per-{account_id}", "phone": None, "email": f"{account_id}@mail.example.com"}
        return self.stage.add_account(account_id, due_on=due_on, **({"zones": (ZONE,)} | person | more))

    async def sweep(self, **request: Any) -> SweepResult:
        """One sweep, to its end."""
        handle = await self.start(**request)
        return await handle.result()

    async def start(self, **request: Any) -> Any:
        """A sweep of its own id."""
        values = {"starts_per_second": 1000.0} | request
        return await self.client.start_workflow(
            DelinquencySweepWorkflow.run,
            SweepRequest(**values),
            id=f"sweep-{uuid.uuid4()}",
            task_queue=self.stage.settings.task_queue,
            execution_timeout=timedelta(seconds=50),
        )

    def cases(self) -> list[tuple[str, bool]]:
        """Id of every case and whether it is open."""
        case = schema.case
        with reading(self.stage.engine) as connection:
            rows = connection.execute(select(case.c.case_id, case.c.closed_at).order_by(case.c.case_id))
            return [(row.case_id, row.closed_at is None) for row in rows]

    async def until_cases(self, wanted: int) -> None:
        """Wait until so many cases are on record."""
        await until(lambda: asyncio.to_thread(lambda: len(self.cases()) >= wanted))

    async def running(self, account_id: str) -> bool:
        """Whether the account's workflow runs, by the server's own word."""
        described = await self.client.get_workflow_handle(collection_workflow_id(account_id)).describe()
        return described.status is WorkflowExecutionStatus.RUNNING

    async def until_listed(self, number: int) -> None:
        """Wait until the server's list shows exactly so many running cases: it lags behind."""
        query = (
            "WorkflowType = 'CollectionWorkflow' AND ExecutionStatus = 'Running' "
            f"AND TaskQueue = '{self.stage.settings.task_queue}'"
        )

        async def listed() -> bool:
            return (await self.client.count_workflows(query)).count == number

        await until(listed)

    def close_behind_its_back(self, account_id: str) -> None:
        """The case row is closed and nobody tells the workflow, as after a database was restored."""
        closed = {"closed_at": datetime.now(UTC) - DAY, "close_reason": "paid", "stage": "closed"}
        with writing(self.stage.engine) as connection:
            connection.execute(update(schema.case).where(schema.case.c.account_id == account_id).values(**closed))


async def until(holds: Callable[[], Coroutine[Any, Any, bool]], *, seconds: float = 20) -> None:
    """Wait until something is so, and no longer."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)
