"""A worker's memory with few and with many open cases: what sleeps costs the server, not the worker."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import func, select

from bench.ground import NOWHERE, OPENED_AT, Ground, account_id
from casedb import schema
from casedb.engine import reading
from domain.vocabulary import Clock
from workflows.collection import CollectionWorkflow
from workflows.messages import CollectionRequest, collection_workflow_id

CACHED = 100
"""Workflows that this worker keeps in memory: fewer than the cases of either count."""
MEMORY_QUEUE = "bench-memory"
REPOSITORY = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerMemory:
    """Resident megabytes of the worker process at two counts of open cases."""

    few: int
    few_mb: float
    many: int
    many_mb: float


async def measure_memory(ground: Ground, few: int, many: int, first: int) -> WorkerMemory:
    """Open `few` cases, then go on to `many`, on a worker process of its own; accounts from `first` on."""
    async with worker_process(ground, MEMORY_QUEUE, AMICABLE_MAX_CACHED_WORKFLOWS=str(CACHED)) as worker:
        await _open_cases(ground, range(first, first + few))
        few_mb = worker.memory_info().rss / 1e6
        await _open_cases(ground, range(first + few, first + many))
        many_mb = worker.memory_info().rss / 1e6
    return WorkerMemory(few=few, few_mb=few_mb, many=many, many_mb=many_mb)


@asynccontextmanager
async def worker_process(ground: Ground, queue: str, **setting: str) -> AsyncIterator[psutil.Process]:
    """The real worker in a process of its own, on that task queue, with more settings by their environment names."""
    environment = os.environ | {
        "TEMPORAL_ADDRESS": ground.env.client.service_client.config.target_host,
        "AMICABLE_DATABASE_URL": ground.settings.database_url.get_secret_value(),
        "AMICABLE_TASK_QUEUE": queue,
        "AMICABLE_TWILIO_BASE_URL": NOWHERE,
        "AMICABLE_SENDGRID_BASE_URL": NOWHERE,
        **setting,
    }
    process = subprocess.Popen(
        [sys.executable, "worker.py"],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 60)


async def _open_cases(ground: Ground, numbers: range) -> None:
    """Start the cases and wait until each is open; their first touch lies years ahead, so that they sleep."""
    before = await asyncio.to_thread(_count_open, ground)
    with ground.env.with_time_skipping_disabled():
        for start in range(numbers.start, numbers.stop, 50):
            await asyncio.gather(
                *(
                    ground.client.start_workflow(
                        CollectionWorkflow.run,
                        CollectionRequest(
                            account_id=account_id(number),
                            strategy="wallet-standard",
                            clock=Clock.VIRTUAL,
                            opened_at=OPENED_AT,
                        ),
                        id=collection_workflow_id(account_id(number)),
                        task_queue=MEMORY_QUEUE,
                    )
                    for number in range(start, min(start + 50, numbers.stop))
                )
            )
    async with asyncio.timeout(300):
        while await asyncio.to_thread(_count_open, ground) < before + len(numbers):
            await asyncio.sleep(0.2)


def _count_open(ground: Ground) -> int:
    with reading(ground.dependencies.engine) as connection:
        query = select(func.count()).select_from(schema.case).where(schema.case.c.closed_at.is_(None))
        return connection.execute(query).scalar_one()
