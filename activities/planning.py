"""From a snapshot of the case database to the next step: the bridge between `casedb` and the core."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from activities.kept_strategies import KeptStrategies
from casedb.histories import read_history
from casedb.snapshot import Snapshot
from domain.case import CaseState
from domain.errors import ConfigurationError, NotKnown
from domain.escalation import LegalFacts
from domain.ladder import CaseFacts, next_step, remaining
from domain.score import PointScorer, Scorer
from domain.step import Contact, NextStep
from domain.strategy import Strategy
from domain.vocabulary import Channel
from domain.without_strategy import step_without


@dataclass(frozen=True, slots=True)
class Planner:
    """Answers what is next, with the strategies of this process and the channels it can speak on.

    A case keeps the version of its strategy. Where the case database is at hand (`kept`), a version that the files have
    no more is read there.
    """

    strategies: Mapping[str, Strategy]
    supported: frozenset[Channel]
    scorer: Scorer = PointScorer()  # noqa: RUF009 - frozen, and without a field
    kept: KeptStrategies | None = None
    queues: Mapping[Channel, str] = field(default_factory=dict)
    """Task queues of channels whose provider has a rate of its own."""

    def strategy_of(self, case: CaseState, snapshot: Snapshot | None = None) -> Strategy:
        """The strategy of the case in the case's own version; the database knows of a move before the case does.

        Raises NotKnown or ConfigurationError for a version that nobody kept or that cannot be read.
        """
        return self.version(*_runs_under(case, snapshot))

    def version(self, name: str, version: str) -> Strategy:
        """The strategy as it was. Raises as `strategy_of`."""
        current = self.strategies.get(name)
        if current is not None and current.version == version:
            return current
        if self.kept is None:
            raise NotKnown(f"{name}@{version} is not among the files of this process")
        return self.kept.of(name, version)

    def strategy(self, name: str) -> Strategy:
        """The newest of that name, for a new case. Raises ConfigurationError for one that no file describes."""
        if name not in self.strategies:
            known = ", ".join(sorted(self.strategies))
            raise ConfigurationError(f"strategy {name!r} is not in config/strategies; known: {known}")
        return self.strategies[name]

    def facts(self, snapshot: Snapshot) -> CaseFacts:
        """What the core must know of this moment."""
        return CaseFacts(
            balance_minor=snapshot.balance_minor,
            ledger_version=snapshot.ledger_version,
            channels=snapshot.usable_channels(self.supported),
            holds=snapshot.holds,
            accrued_minor=snapshot.accrued_minor,
            residual_kept=snapshot.residual_kept,
            unpaid=snapshot.unpaid,
            unresolved_touch=snapshot.unresolved,
            asked_about=snapshot.asked_about,
            received=snapshot.received,
            score=self.scorer.score(snapshot.history) if snapshot.history is not None else None,
        )

    def with_history(self, connection: Connection, case: CaseState, snapshot: Snapshot, now: datetime) -> Snapshot:
        """The snapshot with what a score is made of; where the strategy has no condition nothing is read."""
        try:
            conditions = self.strategy_of(case, snapshot).conditions
        except (NotKnown, ConfigurationError):  # then nothing is planned that would ask for a score
            return snapshot
        if not conditions:
            return snapshot
        return replace(snapshot, history=read_history(connection, case, snapshot.holds, now))

    def asked_for(self, case: CaseState, snapshot: Snapshot, now: datetime) -> tuple[CaseState, Snapshot]:
        """Case and snapshot as a message may speak of them: without amounts that are under a hold of their own."""
        if not snapshot.unpaid:
            return case, snapshot
        known = {hold.hold_id: hold for hold in (*case.holds, *snapshot.holds)}
        fresh = replace(case, holds=tuple(known.values()))
        rest = remaining(fresh, self.facts(snapshot), self.strategy_of(case, snapshot), now)
        if rest is None:
            return case, snapshot
        return replace(fresh, due_on=rest.due_on), replace(snapshot, balance_minor=rest.amount_minor)

    def next_step(
        self, case: CaseState, snapshot: Snapshot, now: datetime, *, legal: LegalFacts | None = None
    ) -> NextStep:
        """The next step of the case as the database stands in the snapshot; `legal` once somebody looked."""
        facts = self.facts(snapshot)
        if legal is not None:
            facts = replace(facts, legal=legal)
        try:
            strategy = self.strategy_of(case, snapshot)
        except (NotKnown, ConfigurationError) as error:
            return step_without(case, facts, "@".join(_runs_under(case, snapshot)), str(error), now)
        return self._on_its_queue(next_step(case, facts, strategy, now), facts)

    def _on_its_queue(self, step: NextStep, facts: CaseFacts) -> NextStep:
        """A contact with the queue of the channel that it is going to try first; the decision is on record with it."""
        if not self.queues or not isinstance(step.action, Contact):
            return step
        first = next((channel for channel in step.action.channels if channel in facts.channels), None)
        queue = self.queues.get(first, "") if first is not None else ""
        return replace(step, action=replace(step.action, queue=queue)) if queue else step


def _runs_under(case: CaseState, snapshot: Snapshot | None) -> tuple[str, str]:
    """Name and version of the strategy: as the case database has it, else as the case remembers it."""
    if snapshot is None or snapshot.strategy is None or snapshot.strategy_version is None:
        return case.strategy, case.strategy_version
    return snapshot.strategy, snapshot.strategy_version
