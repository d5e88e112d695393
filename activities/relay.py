"""The relay: tells cases of the facts of which nobody else could tell them, for as long as the worker runs.

Every worker has one and none leads: each takes a few facts under a lease in the case database, the oldest first. A
fact that cannot be told rests longer each time and stands in nobody's way; when the server or the database is away,
all of them wait, and nothing counts as failed.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from temporalio.service import RPCError, RPCStatusCode

from activities.promising import CaseSilent
from activities.telling import TROUBLES, Teller, reason_of
from casedb import parking, untold
from casedb.inbox import take_effect
from casedb.untold import Backlog, Untold
from config.settings import Settings
from telemetry import metrics
from telemetry.correlation import about

log = logging.getLogger(__name__)

AT_ONCE = 10
"""Facts that are told side by side."""
LONGEST_PAUSE_SECONDS = 30.0
"""Between two looks while the server or the database is away."""
SAY_EVERY = timedelta(minutes=1)
LOOK_AT_PARKED_EVERY = timedelta(minutes=1)

_AWAY = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one look came to."""

    told: int = 0
    failed: int = 0
    away: bool = False
    """Temporal or the database did not answer: the rest was given back untouched."""


@dataclass(slots=True, kw_only=True)
class Relay:
    """One worker's relay; see the module's text."""

    teller: Teller
    every: timedelta
    after: timedelta
    """How long a fact is left to the door that took it."""
    batch: int
    _said_at: datetime | None = field(default=None, init=False)
    _looked_at: datetime | None = field(default=None, init=False)

    @classmethod
    def of(cls, settings: Settings, teller: Teller) -> "Relay":
        """At the pace of the settings."""
        return cls(
            teller=teller,
            every=timedelta(seconds=settings.relay_every_seconds),
            after=timedelta(seconds=settings.relay_after_seconds),
            batch=settings.relay_batch,
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Look again and again until told to stop; a round that is on its way is finished."""
        pause = self.every.total_seconds()
        while not stopping.is_set():
            try:
                done = await self.round()
            except DBAPIError as error:
                log.warning("the relay waits: %s", reason_of(error))
                done = Round(away=True)
            if not done.away and done.told == self.batch:
                continue
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS) if done.away else self.every.total_seconds()
            try:
                await asyncio.wait_for(stopping.wait(), timeout=pause)
            except TimeoutError:
                continue

    async def round(self) -> Round:
        """Tell what waits and is due, once. Raises DBAPIError when the database is away."""
        now = self.teller.now()
        await self._wake(now)
        backlog = await asyncio.to_thread(untold.read_backlog, self.teller.engine, now - self.after)
        self._say(backlog, now)
        if not backlog.facts:
            return Round()
        facts = await asyncio.to_thread(
            untold.take_untold, self.teller.engine, now, older_than=now - self.after, limit=self.batch
        )
        return await self._tell_all(facts)

    async def _wake(self, now: datetime) -> None:
        """Facts that were parked in the moment in which their account came in."""
        if self._looked_at is not None and now - self._looked_at < LOOK_AT_PARKED_EVERY:
            return
        self._looked_at = now
        try:
            await asyncio.to_thread(self._wake_known, now)
        except DBAPIError:
            raise
        except Exception as error:  # noqa: BLE001 - a parked fact that nobody can read must not end the worker
            log.warning("parked facts stay parked: one cannot be read (%s)", type(error).__name__)

    def _wake_known(self, now: datetime) -> None:
        woken = parking.wake_known(self.teller.engine, take_effect, now)
        if woken:
            log.info("%d parked facts took effect: who they are about is known by now", woken)

    async def _tell_all(self, facts: Sequence[Untold]) -> Round:
        """A few side by side; when the server turns out to be away, nobody else is tried."""
        in_flight, away = asyncio.Semaphore(AT_ONCE), asyncio.Event()
        failed: list[Untold] = []
        left: list[Untold] = []

        async def tell(fact: Untold) -> None:
            async with in_flight:
                if away.is_set():
                    left.append(fact)
                    return
                try:
                    await self.teller.bring(fact.receipt)
                except CaseSilent as error:
                    self._give_up(fact, error, failed)
                except TROUBLES as error:
                    if isinstance(error, RPCError) and error.status not in _AWAY:
                        self._give_up(fact, error, failed)
                    else:
                        away.set()
                        left.append(fact)
                except Exception as error:  # noqa: BLE001 - one fact that nobody can read must not stop the rest
                    self._give_up(fact, error, failed)

        async with asyncio.TaskGroup() as group:
            for fact in facts:
                group.create_task(tell(fact))
        now = self.teller.now()
        await asyncio.to_thread(untold.put_back, self.teller.engine, failed, now, failed=True)
        await asyncio.to_thread(untold.put_back, self.teller.engine, left, now, failed=False)
        done = Round(told=len(facts) - len(failed) - len(left), failed=len(failed), away=away.is_set())
        metrics.count(metrics.RELAYED, done.told, outcome="told")
        metrics.count(metrics.RELAYED, done.failed, outcome="failed")
        return done

    def _give_up(self, fact: Untold, error: Exception, failed: list[Untold]) -> None:
        failed.append(fact)
        again = untold.pause_after(fact.failures + 1).total_seconds()
        what = reason_of(error) if isinstance(error, RPCError) else type(error).__name__
        with about(event_id=fact.event_id):
            log.warning("fact %s could not be told (%s); again in %.0f s", fact.event_id, what, again)

    def _say(self, backlog: Backlog, now: datetime) -> None:
        """How many wait and how long: once a minute, while any do."""
        if not backlog.facts or (self._said_at is not None and now - self._said_at < SAY_EVERY):
            return
        self._said_at = now
        age = backlog.age(now).total_seconds()
        log.info("%d facts wait to be told, the oldest for %.0f s", backlog.facts, age)
