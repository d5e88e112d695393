"""A case lived through on virtual time by the core alone: no server, no database, the same decisions."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.authority import ReliefKind
from domain.case import CaseState, apply
from domain.compliance.facts import Act, CandidateZone, PastContact
from domain.compliance.flags import Flags
from domain.compliance.gate import check
from domain.compliance.profile import Profile
from domain.compliance.vocabulary import Medium
from domain.errors import IllegalTransition
from domain.events import (
    ApprovalRequested,
    CaseClosed,
    ContactDeferred,
    ContactFailed,
    ContactForgone,
    ContactMade,
    Event,
    LedgerChanged,
    ReliefGranted,
)
from domain.ladder import next_step
from domain.requests import (
    ApprovalDecision,
    Decision,
    PlanRequest,
    PromiseRequest,
    admit_decision,
    admit_plan,
    admit_promise,
)
from domain.step import Close, Contact, Escalate, NextStep, RequestApproval, Rest
from domain.strategy import Strategy
from domain.vocabulary import Channel, CloseReason
from tests.domain.cases import facts_of

Happening = Event | PromiseRequest | PlanRequest | ApprovalDecision
SPIN = 15
"""Steps at one and the same instant: a late entrant whose touches are all forgone needs about ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that went out, and the case as it stood."""

    at: datetime
    contact: Contact
    channel: Channel
    before: CaseState


@dataclass(slots=True, kw_only=True)
class Simulation:
    """One case, what happens to it, and what becomes of each attempt to contact."""

    case: CaseState
    strategy: Strategy
    profile: Profile
    happenings: Sequence[tuple[datetime, Happening]]
    attempts: Sequence[str]
    """In turn: made, forgone, failed."""
    decisions: Sequence[str]
    """In turn, a day after each request: what which person says, such as `grant ops-1`."""
    now: datetime
    until: datetime
    sent: list[Sent] = field(default_factory=list)
    escalated: list[tuple[datetime, CaseState]] = field(default_factory=list)
    tried: int = 0
    asked: int = 0
    steps: int = 0

    def run(self) -> NextStep:
        """Live until the case is closed or the horizon is reached; the last step."""
        pending = sorted(self.happenings, key=lambda each: each[0])
        at_this_instant = 0
        step = self._next()
        while not self.case.is_closed and self.now < self.until:
            self.steps += 1
            due = max(self.now, step.at)
            happening = pending.pop(0) if pending and pending[0][0] <= due else None
            instant = max(self.now, happening[0]) if happening else due
            at_this_instant = at_this_instant + 1 if instant == self.now else 0
            assert at_this_instant <= SPIN + len(self.happenings), f"the case spins at {self.now}: {step}"
            self.now = instant
            if happening:
                self._take_in(happening[1])
            else:
                decision = self._act(step)
                if decision is not None:
                    pending = sorted([*pending, decision], key=lambda each: each[0])
            step = self._next()
        return step

    def _next(self) -> NextStep:
        step = next_step(self.case, facts_of(self.case), self.strategy, self.now)
        if isinstance(step.action, Rest) and not self.case.is_closed:
            assert step.at > self.now, f"a rest that is over already at {self.now}: {step}"
        return step

    def _take_in(self, happening: Happening) -> None:
        try:
            self.case = apply(self.case, self._fact(happening))
        except IllegalTransition:
            return  # refused, as the update's validator would

    def _fact(self, happening: Happening) -> Event:
        if isinstance(happening, PromiseRequest):
            return admit_promise(self.case, happening, self.now)
        if isinstance(happening, PlanRequest):
            return admit_plan(self.case, happening, self.now)
        if isinstance(happening, ApprovalDecision):
            return admit_decision(self.case, happening, self.now)
        if isinstance(happening, ReliefGranted):
            return self._granted(happening)
        if isinstance(happening, LedgerChanged):
            return replace(happening, ledger_version=self.case.ledger_version + 1)
        return happening

    def _granted(self, relief: ReliefGranted) -> Event:
        """As the case database grants it: with the balance of that moment, and never more than is owed."""
        balance, version = self.case.balance_minor, self.case.ledger_version
        if self.case.is_closed or balance < relief.amount_minor:
            raise IllegalTransition("more than is owed")
        waived = relief.relief in (ReliefKind.FEE_WAIVER, ReliefKind.INTEREST_WAIVER)
        left, version = (balance - relief.amount_minor, version + 1) if waived else (balance, version)
        return replace(relief, balance_minor=left, ledger_version=version)

    def _act(self, planned: NextStep) -> tuple[datetime, Happening] | None:
        """Do what was planned, if it is still what is next at this very instant, as the activities do."""
        step = self._next()
        action = step.action
        same = type(action) is type(planned.action) and getattr(action, "touch_key", "") == getattr(
            planned.action, "touch_key", ""
        )
        if not same or step.at > self.now:
            return None  # superseded
        if isinstance(action, Contact):
            self.case = apply(self.case, self._contact(action))
        elif isinstance(action, RequestApproval):
            return self._request(action)
        elif isinstance(action, Escalate | Close):
            if isinstance(action, Escalate):
                self.escalated.append((self.now, self.case))
            reason = action.reason if isinstance(action, Close) else CloseReason.LEGAL_REFERRAL
            self.case = apply(self.case, CaseClosed(event_id="c", at=self.now, reason=reason))
        return None

    def _contact(self, contact: Contact) -> Event:
        key, stage, now = contact.touch_key, contact.stage, self.now
        channel = contact.channels[0]
        verdict = check(
            Act(
                jurisdiction=self.profile.jurisdiction,
                role=self.profile.role,
                at=now,
                channel=Medium(channel.value),
                zones=(CandidateZone(name=self.case.zone),),
                flags=Flags(opted_out=(channel.value,) if channel in self.case.stopped else ()),
                history=tuple(
                    PastContact(at=each.at, channel=Medium(each.channel.value), outcome="sent") for each in self.sent
                ),
            ),
            self.profile,
            tzdata="",
        )
        if verdict.until is not None:
            return ContactDeferred(event_id="d", at=now, touch_key=key, until=verdict.until, rule=verdict.decided_by)
        outcome = self.attempts[self.tried % len(self.attempts)]
        self.tried += 1
        if verdict.decision == "deny" or outcome == "forgone":
            return ContactForgone(event_id="f", at=now, touch_key=key, stage=stage, why=verdict.why)
        if outcome == "failed":
            attempt = self.case.failures + 1 if self.case.failing_touch == key else 1
            return ContactFailed(event_id="x", at=now, touch_key=key, attempt=attempt)
        self.sent.append(Sent(at=now, contact=contact, channel=channel, before=self.case))
        return ContactMade(event_id="m", at=now, touch_key=key, stage=stage, channel=channel)

    def _request(self, action: RequestApproval) -> tuple[datetime, Happening]:
        decision, by = self.decisions[self.asked % len(self.decisions)].split()
        self.asked += 1
        days = self.strategy.approval_expires_days
        before = self.case
        self.case = apply(
            before,
            ApprovalRequested(
                event_id="a",
                at=self.now,
                approval_id=action.approval_id,
                requested_by="amicable",
                expires_at=self.now + timedelta(days=days),
            ),
        )
        assert self.case != before, "a request under a number that was used changes nothing, and the case would spin"
        word = ApprovalDecision(approval_id=action.approval_id, decision=Decision(decision), by=by)
        return self.now + timedelta(hours=20), word
