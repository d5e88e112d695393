"""A case played for real: a stage with sandbox and database, a time-skipping server, the real worker."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from bench.servers import time_skipping_server
from casedb import inbox, schema
from casedb.engine import reading
from casedb.inbox import InboundFact, InboundKind
from domain.case_state import CaseState
from domain.vocabulary import Clock
from tests.support.stage import OPENED_AT, Stage, stage
from worker import create_worker
from workflows.collection import CollectionWorkflow
from workflows.messages import CollectionRequest, CollectionResult, collection_workflow_id

KnownT = TypeVar("KnownT")
Handle = WorkflowHandle[CollectionWorkflow, CollectionResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One case on one server; the server's clock is the case's clock."""

    env: WorkflowEnvironment
    stage: Stage

    async def start(
        self, account_id: str = "acc-1", *, renew_after_events: int = 1000, strategy: str = "wallet-standard"
    ) -> Handle:
        """Open the case at OPENED_AT, with the server's clock brought there first."""
        await self.env.sleep(OPENED_AT - await self.env.get_current_time())
        return await self.env.client.start_workflow(
            CollectionWorkflow.run,
            CollectionRequest(
                account_id=account_id,
                strategy=strategy,
                clock=Clock.VIRTUAL,
                opened_at=OPENED_AT,
                renew_after_events=renew_after_events,
            ),
            id=collection_workflow_id(account_id),
            task_queue=self.stage.settings.task_queue,
            execution_timeout=timedelta(days=400),
        )

    async def until(self, ready: Callable[[], bool], *, step: timedelta = timedelta(hours=12)) -> None:
        """Let time pass in steps until something stands in the case database."""
        for _ in range(1000):
            if await asyncio.to_thread(ready):
                return
            await self.env.sleep(step)
        raise AssertionError("it did not happen within 500 days")

    async def settled(self, decisions: int) -> None:
        """Wait, without letting time pass, until so many decisions are on record."""
        async with asyncio.timeout(20):
            while await asyncio.to_thread(self.decisions) < decisions:
                await asyncio.sleep(0.01)

    async def learned(self, handle: Handle, known: Callable[[CaseState], KnownT | None]) -> KnownT:
        """Wait, without letting time pass, for what a fact makes of the case: the record may be ahead of its memory."""
        async with asyncio.timeout(20):
            while True:
                view = await handle.query(CollectionWorkflow.view)
                found = known(view.case) if view.case is not None else None
                if found is not None:
                    return found
                await asyncio.sleep(0.01)

    async def now(self) -> datetime:
        """The case's instant, to the minute."""
        return (await self.env.get_current_time()).replace(second=0, microsecond=0)

    def decisions(self) -> int:
        """How many decisions are on record."""
        with reading(self.stage.engine) as connection:
            return connection.execute(select(schema.case.c.decisions)).scalar() or 0

    def next_action(self) -> str | None:
        """What is next, as the case database has it."""
        with reading(self.stage.engine) as connection:
            return connection.execute(select(schema.case.c.next_action)).scalar()

    def open_tasks(self) -> list[str]:
        """The kinds of human tasks that are open."""
        task = schema.human_task
        with reading(self.stage.engine) as connection:
            return list(connection.execute(select(task.c.kind).where(task.c.done_at.is_(None))).scalars())

    def approvals(self) -> list[str]:
        """The ids of every request for approval so far."""
        with reading(self.stage.engine) as connection:
            return list(connection.execute(select(schema.approval.c.approval_id)).scalars())

    def messages(self) -> int:
        """How many messages the outside world received, by its own count."""
        return len(self.stage.sandbox.network.messages())

    async def report(self, handle: Handle, kind: InboundKind, event_id: str, **details: Any) -> None:
        """An outside fact through our one door, then signalled."""
        at = await self.now()
        fact = InboundFact(event_id=event_id, source="test", kind=kind, account_id="acc-1", at=at, **details)
        receipt = await asyncio.to_thread(inbox.receive, self.stage.engine, fact, received_at=at)
        event = receipt.event()
        assert event is not None
        await handle.signal(CollectionWorkflow.fact, event)


@pytest.fixture
def staged(tmp_path: Path) -> Iterator[Stage]:
    """Sandbox, database, rules and adapters, with one overdue account."""
    with stage(tmp_path) as ready:
        ready.add_account()
        yield ready


@pytest.fixture
async def play(staged: Stage) -> AsyncIterator[Play]:
    """A worker at work on a time-skipping server."""
    async with playing(staged) as ready:
        yield ready


@asynccontextmanager
async def playing(staged: Stage, **server: Any) -> AsyncIterator[Play]:
    """A worker at work on a time-skipping server, for a stage of the test's own."""
    async with (
        time_skipping_server(**server) as env,
        create_worker(env.client, staged.settings, staged.dependencies, fail_workflows_on_error=True),
    ):
        yield Play(env=env, stage=staged)
