"""Whole cases with their timers in a closed loop: so many in flight, and where one ends the next begins.

Each case's virtual clock skips its timers, so the machine is what bounds it. Cases begin spread over a few seconds:
had they begun together they would end together, and a stretch of time would hold one wave of them or two. A round that
waited for its last case would measure that case's idle end instead.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

Start = Callable[[], Awaitable[WorkflowHandle[Any, Any]]]
"""Begins the next case."""

IN_FLIGHT = 40
WARM_SECONDS, MEASURED_SECONDS = 6.0, 12.0


async def cases_a_second(worker: Worker, start: Start, check: Callable[[Any], None] = lambda result: None) -> float:
    """How many cases ended in a second, once as many end as begin; `check` raises for one that ended wrongly."""
    ended: list[float] = []
    over = asyncio.Event()

    async def lane(number: int) -> None:
        await asyncio.sleep(WARM_SECONDS * number / IN_FLIGHT)
        while not over.is_set():
            handle = await start()
            check(await handle.result())
            ended.append(time.perf_counter())

    async with worker, asyncio.TaskGroup() as lanes:
        for number in range(IN_FLIGHT):
            lanes.create_task(lane(number))
        await asyncio.sleep(WARM_SECONDS)
        began = time.perf_counter()
        await asyncio.sleep(MEASURED_SECONDS)
        until = time.perf_counter()
        over.set()
    return sum(began <= at < until for at in ended) / (until - began)
