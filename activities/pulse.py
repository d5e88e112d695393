"""The pulse: while a worker serves numbers, it reads the state of the house and its queues now and then, and says it.

Every worker says the same, as they read one database: whoever draws it takes the largest, not the sum. While the
database does not answer, what was said stands, and the instant at which it was read grows old.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from activities.clock import wall_clock
from activities.queue_lag import QueueLags
from activities.telling import reason_of
from casedb.vitals import Vitals, read_vitals
from telemetry import metrics

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Pulse:
    """Of one worker; see the module's text."""

    engine: Engine
    every: timedelta
    queues: QueueLags | None = None
    now: Callable[[], datetime] = wall_clock
    _silent: bool = field(default=False, init=False)

    async def run(self, stopping: asyncio.Event) -> None:
        """Beat until told to stop."""
        while not stopping.is_set():
            await self.beat()
            try:
                await asyncio.wait_for(stopping.wait(), timeout=self.every.total_seconds())
            except TimeoutError:
                continue

    async def beat(self) -> None:
        """Read and say it, once; the queues also while the database does not answer."""
        await self._read()
        if self.queues is not None:
            await self.queues.say()

    async def _read(self) -> None:
        try:
            vitals = await asyncio.to_thread(read_vitals, self.engine, self.now())
        except DBAPIError as error:
            if not self._silent:
                log.warning("the numbers of the case database grow old: %s", reason_of(error))
            self._silent = True
            return
        self._silent = False
        say(vitals)


def say(vitals: Vitals) -> None:
    """Put every gauge."""
    metrics.put(metrics.UNTOLD, vitals.untold.facts)
    metrics.put(metrics.UNTOLD_AGE, int(vitals.untold.age(vitals.at).total_seconds()))
    metrics.put(metrics.PARKED, vitals.parked)
    metrics.put(metrics.BEHIND, vitals.behind)
    metrics.put(metrics.BEHIND_AGE, int(vitals.behind_for().total_seconds()))
    metrics.put(metrics.WITHOUT_TIMER, vitals.without_timer)
    metrics.put(metrics.UNKNOWN, vitals.unknown_touches)
    for stage, cases in vitals.open_cases.items():
        metrics.put(metrics.OPEN_CASES, cases, stage=stage.value)
    for (kind, age), tasks in vitals.tasks.items():
        metrics.put(metrics.TASKS, tasks, kind=kind.value, age=age)
    for kind, tasks in vitals.overdue_tasks.items():
        metrics.put(metrics.TASKS_OVERDUE, tasks, kind=kind.value)
    for scope, switches in vitals.switches.items():
        metrics.put(metrics.SWITCHES, switches, scope=scope.value)
    metrics.put(metrics.WATCHED_AT, int(vitals.watched_at.timestamp()) if vitals.watched_at is not None else 0)
    metrics.put(metrics.READ_AT, int(vitals.at.timestamp()))
