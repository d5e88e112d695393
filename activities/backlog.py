"""Room for more cases: whoever starts many of them waits while the workers fall behind.

A signal cannot change the priority of its case's task, so the task of a payment stands behind those of all cases that
were started before it. The server says how long the oldest task of a queue has waited, and keeps that answer for five
seconds (1.32). Meanwhile a speed, which grows only while workers keep up, bounds what is started blindly.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from temporalio.api.taskqueue.v1 import TaskQueueStats
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.queue_lag import WORKFLOW, age_of, stats_of

STARTS_AT_ONCE, MOST_AT_ONCE = 50, 500
"""For so many room is asked in one go, and for more only where the speed is high; the most without a bound."""
AGAIN_SECONDS = 0.25
"""Between two questions of somebody who waits for room."""
LOOK_SECONDS = 1.0
"""Between two questions to the server, however many wait."""
FIRST_PER_SECOND = 50.0
LEAST_PER_SECOND = 5.0
FASTER, SLOWER = 1.5, 0.5
"""What becomes of the speed when workers kept up with it, and when they fell behind."""
KEPT_UP_SECONDS = 1.0
"""Workers keep up while no task waits longer."""
CANNOT_SAY = frozenset(
    {
        RPCStatusCode.UNIMPLEMENTED,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.NOT_FOUND,
        RPCStatusCode.INVALID_ARGUMENT,
    }
)
"""Lasting refusals. Any other error is a server in trouble, an answer that is late among them: its last word holds."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Backlog:
    """The workflow tasks that wait on one queue; one for everything that starts cases from this process."""

    client: Client
    task_queue: str
    most_seconds: float
    """The oldest task may wait so long; with 0 the server is never asked, and there is always room."""
    _told: TaskQueueStats | None = field(default=None, init=False)
    """The last answer; None while the server has given none."""
    _cannot_say: bool = field(default=False, init=False)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    """One question at a time: an old answer must not follow a newer one."""
    _look_at: float = field(default=0.0, init=False)
    _next_at: float = field(default=0.0, init=False)
    per_second: float = field(default=FIRST_PER_SECOND, init=False)
    """The speed: so many starts, while nothing waits too long."""
    _held_up: bool = field(default=False, init=False)
    """Whether the speed made anybody wait since the last answer: one that nobody needs does not grow."""
    _complained: bool = field(default=False, init=False)

    @property
    def is_watched(self) -> bool:
        """Whether there is a bound at all."""
        return self.most_seconds > 0

    @property
    def at_once(self) -> int:
        """For how many to ask: no more than the speed allows while one waits for the next answer."""
        by_speed = int(self.per_second * AGAIN_SECONDS)
        return min(MOST_AT_ONCE, max(STARTS_AT_ONCE, by_speed)) if self.is_watched else MOST_AT_ONCE

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest task has waited by the last answer; 0 when nobody knows."""
        return age_of(self._told) if self._told is not None else 0.0

    @property
    def is_behind(self) -> bool:
        """Whether the oldest task waits too long by the last answer."""
        return self.oldest_seconds > self.most_seconds

    async def has_room(self, starts: int) -> bool:
        """Whether so many cases may be started now; then they count as started. A server that cannot say has room."""
        if not self.is_watched:
            return True
        clock = asyncio.get_running_loop().time
        async with self._asking:
            if clock() >= self._look_at:
                await self._look()
                self._look_at = clock() + LOOK_SECONDS
        if self._cannot_say:
            return True
        now = clock()
        if self.is_behind:
            return False
        if now < self._next_at:
            self._held_up = True
            return False
        self._next_at = now + starts / self.per_second
        return True

    def _learn(self, told: TaskQueueStats) -> None:
        """Slower once, when workers fall behind; faster while they keep up with the whole speed."""
        if told == self._told:
            return
        was_behind, self._told = self.is_behind, told
        if self.is_behind and not was_behind:
            self.per_second = max(LEAST_PER_SECOND, self.per_second * SLOWER)
        elif self._held_up and not was_behind and self.oldest_seconds < KEPT_UP_SECONDS:
            self.per_second *= FASTER
        self._held_up = False

    async def _look(self) -> None:
        try:
            told = await stats_of(self.client, self.task_queue, WORKFLOW)
        except RPCError as error:
            if error.status in CANNOT_SAY:
                self._complain(error.message)
            return
        if told is None:
            self._complain("its answer has no numbers")
            return
        self._cannot_say = False
        self._learn(told)

    def _complain(self, why: str) -> None:
        """Say once that nobody knows, and what to do."""
        self._cannot_say = True
        if not self._complained:
            self._complained = True
            _log.warning(
                "Temporal does not say how long tasks wait on %s (%s): cases are started as fast as it takes them. "
                "Allow DescribeTaskQueue, or ask no more with AMICABLE_MAX_BACKLOG_SECONDS=0",
                self.task_queue,
                why,
            )
