"""Taking back what stands outside when the money, or a hold, comes after the end of a case.

A closed case has no workflow that could hear of it. Each worker looks once a minute, and none leads: each step is
taken back in one transaction under its key with the person locked, so that of two workers the second finds it undone.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from activities.clock import wall_clock
from activities.escalation.outside_steps import Registry, StepOrder
from activities.planning import Planner
from casedb import cases, outside
from casedb.engine import reading, writing
from casedb.left_outside import Suspect, suspects
from casedb.outside import OutsideRecord
from casedb.snapshot import read_snapshot
from casedb.task_raising import Need, raise_task
from domain.after_the_end import to_take_back
from domain.errors import ConfigurationError, NotKnown, StepRefused
from domain.escalation import Parameters
from domain.step import NextStep, Rest
from domain.vocabulary import TaskKind

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
AT_A_TIME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one look came to."""

    taken_back: int = 0
    refused: int = 0
    """Steps that a person must settle first; each has a task."""
    failed: int = 0
    """Cases that could not be looked at; the next look tries again."""

    def plus(self, other: "Round") -> "Round":
        """Both together."""
        return Round(
            taken_back=self.taken_back + other.taken_back,
            refused=self.refused + other.refused,
            failed=self.failed + other.failed,
        )


@dataclass(slots=True, kw_only=True)
class Afterwards:
    """One worker's look; see the module's text."""

    engine: Engine
    steps: Registry
    planner: Planner
    every: timedelta = EVERY
    now: Callable[[], datetime] = field(default=wall_clock)

    async def run(self, stopping: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        while not stopping.is_set():
            try:
                await asyncio.to_thread(self.round, self.now())
            except DBAPIError as error:
                log.warning("what stands outside cannot be looked at now: %s", type(error.orig).__name__)
            try:
                await asyncio.wait_for(stopping.wait(), timeout=self.every.total_seconds())
            except TimeoutError:
                continue

    def round(self, now: datetime) -> Round:
        """Take back what must be, of every closed case. Raises DBAPIError when the database is away."""
        done = Round()
        for suspect in self._suspects(now):
            done = done.plus(self._look_at(suspect, now))
        if done.taken_back or done.refused or done.failed:
            log.info("after the end: %d taken back, %d refused, %d failed", done.taken_back, done.refused, done.failed)
        return done

    def _suspects(self, now: datetime) -> Iterator[Suspect]:
        after = ""
        while True:
            with reading(self.engine) as connection:
                found = suspects(connection, now, after=after, limit=AT_A_TIME)
            if not found:
                return
            yield from found
            after = found[-1].case_id

    def _look_at(self, of: Suspect, now: datetime) -> Round:
        try:
            with writing(self.engine) as connection:
                return self._take_back(connection, of, now)
        except DBAPIError:
            raise
        except (OSError, ValueError, SQLAlchemyError, ConfigurationError) as error:
            log.warning("case %s: what stands outside could not be taken back (%s)", of.case_id, type(error).__name__)
            return Round(failed=1)

    def _take_back(self, connection: Connection, of: Suspect, now: datetime) -> Round:
        """The last step first; one that is refused stands in the way of those before it, and is a person's task."""
        snapshot = read_snapshot(connection, of.account_id, of.case_id, "", now, lock=True)
        known = {each.key: each for each in outside.of_case(connection, of.case_id)}
        states = [each.state for each in known.values()]
        due = to_take_back(states, balance_minor=snapshot.balance_minor, holds=snapshot.holds, now=now)
        done = Round()
        for step in due.steps:
            order = StepOrder(
                key=step.key,
                case_id=of.case_id,
                account_id=of.account_id,
                person_id=snapshot.person_id,
                at=now,
                parameters=self._parameters(of, step.step_id),
                why=due.why,
            )
            refusal = self._undo(connection, known[step.key], order)
            if refusal is not None:
                need = Need(kind=TaskKind.STEP_REFUSED, key=step.key, owner="escalation", why=str(refusal))
                raise_task(connection, need, now, case_id=of.case_id)
                return replace(done, refused=1)
            done = replace(done, taken_back=done.taken_back + 1)
        if due.steps:
            settled = NextStep(at=now, action=Rest(), why=due.why, dpd_bucket="")
            cases.finish_tasks(connection, of.case_id, settled, now)
        return done

    def _undo(self, connection: Connection, known: OutsideRecord, order: StepOrder) -> StepRefused | None:
        step = self.steps.get(known.kind)
        if step is None:
            return StepRefused(f"no worker here can take back a {known.kind.value}: switch it on")
        try:
            with connection.begin_nested():
                undone = step.undo(connection, order)
                outside.record_undone(connection, known.key, at=order.at, reference=undone.reference, why=undone.says)
        except StepRefused as refusal:
            return refusal
        return None

    def _parameters(self, of: Suspect, step_id: str) -> Parameters:
        """As the case's version of its strategy has the step; none when nobody kept it."""
        try:
            escalation = self.planner.version(of.strategy, of.strategy_version).escalation
        except (NotKnown, ConfigurationError):
            return {}
        plans = escalation.steps if escalation is not None else ()
        return next((plan.parameters for plan in plans if plan.step_id == step_id), {})
