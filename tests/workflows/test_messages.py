"""What a workflow carries is small, comes back as it was, and names nobody."""

from dataclasses import replace
from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.contrib.pydantic import pydantic_data_converter

from domain.case import CaseState, apply
from domain.events import (
    ApprovalGranted,
    ApprovalRequested,
    ContactDeferred,
    DisputeOpened,
    Event,
    HoldPlaced,
    HoldReleased,
    LedgerChanged,
    Outcome,
)
from domain.ladder import next_step
from domain.requests import PlanRequest, PromiseRequest, admit_plan, admit_promise
from domain.step import Action, Close, Contact, Escalate, NextStep, RequestApproval, Rest
from domain.vocabulary import Channel, CloseReason, HoldKind, Stage, TaskKind
from tests.domain.cases import OPENED_AT, STANDARD, a_case, facts_of, step_of, walk_ladder
from tests.domain.generated import CASES, EVENTS
from workflows.messages import Carried, StepOutcome

MOST_BYTES = 3_000
CONVERTER = pydantic_data_converter.payload_converter


def size_of(value: object) -> int:
    return sum(len(payload.data) for payload in CONVERTER.to_payloads([value]))


def there_and_back(value: object, as_type: object) -> object:
    return CONVERTER.from_payloads(CONVERTER.to_payloads([value]), [as_type])[0]  # type: ignore[list-item]


def a_long_life() -> CaseState:
    """A case that met everything: ten touches, a hold and a dispute, a promise, a plan, an approval."""
    case, now, told = walk_ladder(a_case(campaign_id="campaign-2027-01"), OPENED_AT)
    assert len(told) == 10
    facts: list[Event] = [
        LedgerChanged(event_id="l", at=now, balance_minor=9_000, ledger_version=2),
        HoldPlaced(
            event_id="h", at=now, hold_id="hold:evt_3PqK8Zr1", reason=HoldKind.HARDSHIP, owner="care", starts_at=now
        ),
        HoldReleased(event_id="r", at=now, hold_id="hold:evt_3PqK8Zr1"),
        DisputeOpened(event_id="d", at=now, hold_id="hold:evt_4RtL9Ab2", owner="disputes"),
        ContactDeferred(
            event_id="df", at=now, touch_key="legal_escalation/notice-3", until=now + timedelta(days=1), rule="CAP"
        ),
    ]
    for fact in facts:
        case = apply(case, fact)
    today = now.date()
    for number in range(3):
        promise = PromiseRequest(promise_id=f"promise-{number}-5f0c2b", amount_minor=9_000, due_on=today)
        case = apply(case, admit_promise(case, promise, now))
    plan = PlanRequest(plan_id="plan-5f0c2b", instalments=6, first_due_on=today + timedelta(days=2))
    case = apply(case, admit_plan(case, plan, now))
    approval_id = f"{case.case_id}/approval-1"
    asked = ApprovalRequested(
        event_id="a", at=now, approval_id=approval_id, requested_by="amicable", expires_at=now + timedelta(days=14)
    )
    case = apply(case, asked)
    return apply(case, ApprovalGranted(event_id="g", at=now, approval_id=approval_id, by="ops-1"))


def test_a_case_with_a_long_life_is_carried_in_three_kilobytes() -> None:
    case = a_long_life()
    assert case.plan is not None
    assert case.approval is not None
    assert size_of(case) < MOST_BYTES
    assert there_and_back(case, CaseState) == case


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_a_case_comes_back_as_it_was(case: CaseState) -> None:
    assert there_and_back(case, CaseState) == case


@given(EVENTS)
@settings(max_examples=150, deadline=None)
def test_every_fact_comes_back_as_the_fact_it_was(event: Event) -> None:
    back = there_and_back(event, Event)
    assert type(back) is type(event)
    assert back == event


@given(EVENTS.filter(lambda event: isinstance(event, get_args(Outcome))))
@settings(max_examples=60, deadline=None)
def test_every_outcome_of_a_step_comes_back_as_it_was(event: Outcome) -> None:
    outcome = StepOutcome(event=event, next=step_of(a_case(), OPENED_AT))
    assert there_and_back(outcome, StepOutcome) == outcome


ACTIONS: list[Action] = [
    Contact(
        touch_key="reminder/reminder-1",
        stage=Stage.REMINDER,
        channels=(Channel.SMS, Channel.EMAIL),
        template="reminder_1",
        mandatory=True,
        not_after=OPENED_AT,
    ),
    RequestApproval(approval_id="a-1"),
    Escalate(approval_id="a-1"),
    Close(reason=CloseReason.PAID),
    Rest(),
    Rest(task=TaskKind.HOLD_REVIEW, task_key="h", owner="care"),
]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.kind)
def test_every_action_comes_back_as_the_action_it_was(action: Action) -> None:
    step = NextStep(at=OPENED_AT, action=action, why="because", dpd_bucket="1-30")
    back = there_and_back(step, NextStep)
    assert back == step
    assert type(back.action) is type(action)  # type: ignore[attr-defined]


def test_what_is_decided_about_a_case_that_came_back_is_the_same() -> None:
    case = a_long_life()
    back = there_and_back(case, CaseState)
    assert isinstance(back, CaseState)
    now = OPENED_AT + timedelta(days=90)
    assert next_step(back, facts_of(back), STANDARD, now) == next_step(case, facts_of(case), STANDARD, now)


def test_what_continues_as_new_comes_back_with_its_inbox() -> None:
    inbox = (LedgerChanged(event_id="l", at=OPENED_AT, balance_minor=0, ledger_version=2),)
    carried = Carried(case=a_case(), step=step_of(a_case(), OPENED_AT), inbox=inbox, now=OPENED_AT)
    assert there_and_back(carried, Carried) == carried
    assert there_and_back(replace(carried, now=None), Carried) == replace(carried, now=None)


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)))
@settings(max_examples=20, deadline=None)
def test_a_date_stays_a_date(due_on: date) -> None:
    back = there_and_back(a_case(due_on=due_on), CaseState)
    assert type(back.due_on) is date  # type: ignore[attr-defined]
