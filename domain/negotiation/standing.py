"""How every agreement of a case stands now, judged on what its ledger says came since."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.agreements import PlanState, PromiseState, SettlementState
from domain.case_state import CaseState
from domain.negotiation.judging import (
    Judgement,
    PlanStanding,
    Received,
    judge_plan,
    judge_promise,
    judge_settlement,
    judged_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An agreement with its judgement and the money that it rests on."""

    agreed_as: str
    judgement: Judgement
    received_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The agreements of a case at an instant."""

    case: CaseState
    received: tuple[Received, ...]
    now: datetime

    def since(self, agreement: PromiseState | PlanState | SettlementState) -> Received:
        """What came since; where nobody asked the ledger, how far the balance fell."""
        for received in self.received:
            if received.agreed_as == agreement.agreed_as:
                return received
        fell = agreement.baseline_minor - self.case.balance_minor
        return Received(agreed_as=agreement.agreed_as, total_minor=fell, in_time_minor=fell)

    def of_promise(self, promise: PromiseState) -> Judgement:
        """How a promise stands."""
        return judge_promise(promise, self.since(promise), now=self.now, at=too_late_at(self.case, promise))

    def of_settlement(self, settlement: SettlementState) -> Judgement:
        """How a settlement stands."""
        return judge_settlement(settlement, self.since(settlement), now=self.now, at=too_late_at(self.case, settlement))

    def of_plan(self, plan: PlanState) -> PlanStanding:
        """How a plan stands."""
        return judge_plan(plan, self.since(plan).total_minor, self.case.terms, self.case.zone, self.now)

    def judged(self) -> Iterable[Judged]:
        """The promise and the plan in force; a settlement stands with its relief."""
        if (promise := self.case.promise) is not None:
            yield _judged(promise.agreed_as, self.of_promise(promise), self.since(promise).in_time_minor)
        if (plan := self.case.plan) is not None:
            yield _judged(plan.agreed_as, self.of_plan(plan).judgement, self.since(plan).total_minor)


def _judged(agreed_as: str, judgement: Judgement, received_minor: int) -> Judged:
    return Judged(agreed_as=agreed_as, judgement=judgement, received_minor=received_minor)


def too_late_at(case: CaseState, agreement: PromiseState | SettlementState) -> datetime:
    """From when money for it is too late, by the terms of the case."""
    terms = case.terms
    promised = isinstance(agreement, PromiseState)
    grace = terms.promise_grace_days if promised else terms.settlement_grace_days
    return judged_at(agreement.due_on, grace, case.zone)
