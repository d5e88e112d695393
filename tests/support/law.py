"""A play whose strategy escalates, and the ways of a case to the law and back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from activities.counsel import Counsel
from activities.escalating import OutsideActivities
from activities.escalation.outside_steps import OutsideStep, StepOrder, StepTaken, StepUndone, create_steps
from casedb.attestations import Attested, attest
from casedb.engine import writing
from domain.authority import Authority, StaffRole
from domain.case import CaseState, apply
from domain.errors import StepRefused
from domain.escalation import Escalation, OutsideKind, Parameters, Subject
from domain.events import ApprovalGranted, ApprovalRequested, Event
from domain.step import NextStep
from domain.vocabulary import Stage
from tests.support.contacts import Play
from tests.support.stage import OPENED_AT
from workflows.messages import OpenRequest, PlanInput, StepOutcome, StepRequest

STRATEGY = "wallet-standard"
PEOPLE = {StaffRole.CASE_OWNER: "owner-1", StaffRole.LEGAL_COUNSEL: "counsel-1", StaffRole.COMPLIANCE: "compliance-1"}
AUTHORITY = Authority(people={person: frozenset({role}) for role, person in PEOPLE.items()})
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Recorded:
    """A step that writes down what it was asked, in the transaction's own database, and may be told to refuse."""

    kind: OutsideKind
    refuses: StepRefused | None = None
    calls: int = 0

    def problems(self, parameters: Parameters) -> list[str]:
        """Whatever the strategy says will do."""
        return []

    def take(self, connection: Connection, order: StepOrder) -> StepTaken:
        """A row that must go when it refuses."""
        self.calls += 1
        word = Attested(
            account_id=order.account_id, subject=Subject.NOTICE, says=f"taken {order.key}", by="step", at=order.at
        )
        attest(connection, word)
        if self.refuses is not None:
            raise self.refuses
        return StepTaken(reference=f"ref:{order.key}", says="done")

    def undo(self, connection: Connection, order: StepOrder) -> StepUndone:
        """The same for taking back."""
        self.calls += 1
        word = Attested(
            account_id=order.account_id, subject=Subject.NOTICE, says=f"undone {order.key}", by="step", at=order.at
        )
        attest(connection, word)
        if self.refuses is not None:
            raise self.refuses
        return StepUndone(reference=f"back:{order.key}", says=order.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class LawPlay:
    """The activities of a case that may go to law."""

    play: Play
    counsel: Counsel
    steps: dict[OutsideKind, OutsideStep]

    @property
    def outside(self) -> OutsideActivities:
        """The steps to the outside world."""
        return OutsideActivities(engine=self.play.engine, counsel=self.counsel, steps=self.steps)

    @property
    def cases(self) -> Any:
        """The life of the case, with the same counsel."""
        return replace(self.play.cases, planner=self.counsel.planner, counsel=self.counsel)

    def prepared(self, *, without: Subject | None = None) -> None:
        """Everything that a person attests, and every mandatory notice with its proof of posting."""
        strategy = self.counsel.planner.strategy(STRATEGY)
        notices = [plan.key_of(touch) for plan in strategy.stages for touch in plan.touches if touch.mandatory]
        words = [(Subject.NOTICE, f"{key} RR 000 000 001") for key in notices]
        words += [(Subject.CONTRACT, "DMS-1"), (Subject.LIMITATION, "open"), (Subject.VENUE, "consumer_residence")]
        for subject, says in words:
            if subject is not without:
                self.attest(subject, says)

    def attest(self, subject: Subject, says: str) -> None:
        """One word of a person of ours."""
        word = Attested(account_id="acc-1", subject=subject, says=says, by="owner-1", at=OPENED_AT)
        with writing(self.play.engine) as connection:
            attest(connection, word)

    def exhausted(self) -> CaseState:
        """A case whose every touch was made."""
        opened = self.cases.open_case(
            OpenRequest(account_id="acc-1", strategy=STRATEGY, campaign_id=None, now=OPENED_AT)
        )
        strategy = self.counsel.planner.strategy(STRATEGY)
        done = tuple(plan.key_of(touch) for plan in strategy.stages for touch in plan.touches)
        assert opened.case is not None
        return replace(opened.case, done=done, stage=Stage.LEGAL_ESCALATION)

    def plan(self, case: CaseState, now: datetime) -> NextStep:
        """What is next."""
        found: NextStep = self.cases.plan(PlanInput(case=case, because="test", now=now))
        return found

    def asked(self) -> tuple[CaseState, datetime]:
        """A case that asked for leave, and when."""
        case = self.exhausted()
        step = self.plan(case, OPENED_AT)
        outcome = self.cases.request_approval(StepRequest(case=case, step=step, now=step.at))
        assert isinstance(outcome.event, ApprovalRequested), outcome
        return apply(case, outcome.event), step.at

    def approved(self) -> tuple[CaseState, datetime]:
        """A case to which everybody agreed, an hour after it asked."""
        case, at = self.asked()
        assert case.approval is not None
        return self.agreed(case, at), at + HOUR

    def agreed(self, case: CaseState, at: datetime) -> CaseState:
        """Everybody's yes in the hour after an instant."""
        assert case.approval is not None
        for minutes, role in enumerate(case.approval.roles, start=1):
            at_minute = at + timedelta(minutes=minutes)
            case = apply(case, granted(case, role, PEOPLE[StaffRole(role)], at_minute))
        return case

    def do(self, case: CaseState, now: datetime) -> tuple[CaseState, StepOutcome]:
        """Plan and do what is next, as the workflow does; the case afterwards."""
        step = self.plan(case, now)
        request = StepRequest(case=case, step=step, now=now)
        activities = {
            "request_approval": self.cases.request_approval,
            "escalate": self.cases.escalate,
            "close_case": self.cases.close_case,
            "take_step": self.outside.take_step,
            "undo_step": self.outside.undo_step,
        }
        outcome: StepOutcome = activities[step.action.kind](request)
        return (apply(case, outcome.event) if outcome.event else case), outcome


def granted(case: CaseState, role: str, by: str, at: datetime) -> Event:
    """One person's yes."""
    assert case.approval is not None
    return ApprovalGranted(
        event_id=f"yes:{role}", at=at, approval_id=case.approval.approval_id, by=by, role=role, comment="seen"
    )


def law_play(play: Play, escalation: Escalation, *, authority: Authority = AUTHORITY, **kinds: OutsideStep) -> LawPlay:
    """The play under a strategy with this escalation; a step of every kind that writes down what it was asked."""
    planner = play.cases.planner
    strategy = replace(planner.strategy(STRATEGY), escalation=escalation)
    planner = replace(planner, strategies={**planner.strategies, STRATEGY: strategy})
    assert play.cases.counsel is not None
    counsel = replace(play.cases.counsel, planner=planner, authority=authority)
    ours = create_steps(play.stage.settings)
    in_books = {kind: ours[kind] for kind in (OutsideKind.CHARGE_OFF, OutsideKind.WRITE_OFF)}
    steps: dict[OutsideKind, OutsideStep] = {kind: Recorded(kind) for kind in OutsideKind} | in_books
    steps |= {OutsideKind(kind): step for kind, step in kinds.items()}
    return LawPlay(play=play, counsel=counsel, steps=steps)
