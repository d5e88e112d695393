"""A life of a case that may go to law: conditions that come and go, several people, steps that refuse."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.case import CaseState, apply
from domain.errors import IllegalTransition
from domain.escalation import LegalFacts, OutsideKind
from domain.events import ApprovalRequested, CaseClosed, OutsidePutOff, OutsideTaken, OutsideUndone
from domain.ladder import next_step
from domain.requests import ApprovalDecision, Decision
from domain.step import Close, Escalate, NextStep, RequestApproval, Rest, TakeStep, UndoStep
from domain.vocabulary import CloseReason
from tests.domain.cases import facts_of
from tests.domain.simulation import Happening, Simulation

ROLES = ("case_owner", "legal_counsel", "compliance")
CLEAR = LegalFacts(roles=ROLES)
TOWARDS_LAW = RequestApproval | Escalate | TakeStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step towards law, or the end as one, and what was known when it was made."""

    at: datetime
    action: TakeStep | Escalate
    case: CaseState
    legal: LegalFacts


@dataclass(slots=True, kw_only=True)
class LawSimulation(Simulation):
    """The same life with an escalation."""

    law: Sequence[tuple[datetime, LegalFacts]]
    """From when what stands in the way; before the first, nothing does."""
    tries: Sequence[str]
    """In turn, what becomes of a step or its undoing: done, later, human."""
    voters: Sequence[Sequence[str]]
    """In turn, a day after each request: who speaks in each role, `-` for nobody."""
    made: list[Step] = field(default_factory=list)
    taken: list[tuple[str, OutsideKind]] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    attempted: int = 0

    def legal(self) -> LegalFacts:
        """What stands in the way now."""
        known = [facts for at, facts in self.law if at <= self.now]
        return known[-1] if known else CLEAR

    def _next(self) -> NextStep:
        facts = facts_of(self.case)
        step = next_step(self.case, facts, self.strategy, self.now)
        if isinstance(step.action, TOWARDS_LAW) and step.at <= self.now:
            step = next_step(self.case, facts_of(self.case, legal=self.legal()), self.strategy, self.now)
        if isinstance(step.action, Rest) and not self.case.is_closed:
            assert step.at > self.now, f"a rest that is over already at {self.now}: {step}"
        return step

    def _act(self, planned: NextStep) -> tuple[datetime, Happening] | None:
        step = self._next()
        action = step.action
        if type(action) is not type(planned.action) or step.at > self.now:
            return None
        if isinstance(action, TakeStep | Escalate):
            self.made.append(Step(at=self.now, action=action, case=self.case, legal=self.legal()))
        if isinstance(action, TakeStep | UndoStep):
            self._outside(action)
            return None
        if isinstance(action, Close):
            self.case = apply(self.case, CaseClosed(event_id="c", at=self.now, reason=action.reason))
            return None
        return Simulation._act(self, planned)

    def _outside(self, action: TakeStep | UndoStep) -> None:
        outcome = self.tries[self.attempted % len(self.tries)]
        self.attempted += 1
        if outcome != "done":
            until = self.now + timedelta(days=2) if outcome == "later" else None
            event = OutsidePutOff(event_id="o", at=self.now, key=action.key, until=until, why="not now")
            self.case = apply(self.case, event)
        elif isinstance(action, TakeStep):
            self.taken.append((action.key, action.outside))
            self.case = apply(
                self.case,
                OutsideTaken(event_id="t", at=self.now, key=action.key, step_id=action.step_id, outside=action.outside),
            )
        else:
            self.undone.append(action.key)
            self.case = apply(self.case, OutsideUndone(event_id="u", at=self.now, key=action.key))

    def _request(self, action: RequestApproval) -> None:
        """Ask, and let everybody who will speak do so at once; a day later nobody would know the difference."""
        days = self.strategy.approval_expires_days
        before = self.case
        asked = ApprovalRequested(
            event_id="a",
            at=self.now,
            approval_id=action.approval_id,
            requested_by="amicable",
            expires_at=self.now + timedelta(days=days),
            roles=self.legal().roles,
            ledger_version=self.case.ledger_version,
        )
        self.case = apply(before, asked)
        assert self.case != before, "a request under a number that was used changes nothing, and the case would spin"
        voters = self.voters[self.asked % len(self.voters)]
        self.asked += 1
        for role, by in zip(ROLES, voters, strict=True):
            decision = Decision.REFUSE if by.startswith("no ") else Decision.GRANT
            word = ApprovalDecision(
                approval_id=action.approval_id, decision=decision, by=by.removeprefix("no "), role=role
            )
            try:
                self._take_in(word)
            except IllegalTransition:
                continue

    def ended_well(self) -> bool:
        """Whether it was cured or taken back, and not carried through."""
        return self.case.close_reason in (
            CloseReason.PAID,
            CloseReason.IMMATERIAL,
            CloseReason.WITHDRAWN,
            CloseReason.SETTLED,
        )
