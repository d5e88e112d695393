"""What is said about an agreement, and when: its terms once, a reminder before its day, and nothing in between."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.authority import ReliefKind
from domain.case import CaseState, apply
from domain.events import (
    ContactDeferred,
    ContactFailed,
    DisputeOpened,
    HoldReleased,
    LedgerChanged,
    PromiseMade,
    ReliefGranted,
)
from domain.ladder import explain
from domain.negotiation.asking import PlanRequest, admit_plan, admit_promise
from domain.negotiation.judging import Received
from domain.requests import PromiseRequest
from domain.step import Close, Contact, Rest
from domain.vocabulary import CloseReason, HoldKind
from tests.domain.cases import OPENED_AT, STANDARD, a_case, facts_of, made, ny, step_of

DAY = timedelta(days=1)
DUE = date(2027, 1, 12)
REMINDED_AT = ny(date(2027, 1, 10))
KEY = "promise/p/reminder"


def promised(due_on: date = DUE) -> CaseState:
    promise = PromiseMade(event_id="e", at=OPENED_AT, promise_id="p", amount_minor=5_000, due_on=due_on)
    return apply(a_case(), promise)


def planned() -> CaseState:
    request = PlanRequest(plan_id="pl", instalments=3, first_due_on=date(2027, 1, 15))
    return apply(a_case(), admit_plan(a_case(), request, OPENED_AT))


def granted(kind: ReliefKind, case: CaseState | None = None) -> CaseState:
    case = case or a_case()
    fact = ReliefGranted(
        event_id="r",
        at=OPENED_AT,
        relief_id="r-1",
        relief=kind,
        amount_minor=8_000,
        until=None if kind is ReliefKind.FEE_WAIVER else date(2027, 1, 25),
        ends_at=ny(date(2027, 1, 25), 0) if kind is ReliefKind.DEFERRAL else None,
        balance_minor=case.balance_minor,
        ledger_version=case.ledger_version,
    )
    return apply(case, fact)


def test_a_promise_is_reminded_of_two_days_before_and_then_left_in_peace() -> None:
    step = step_of(promised(), OPENED_AT)
    assert isinstance(step.action, Contact)
    assert (step.action.touch_key, step.action.template, step.at) == (KEY, "promise_reminder", REMINDED_AT)
    case = apply(promised(), made(step, REMINDED_AT))
    assert case.stage is a_case().stage
    assert step_of(case, REMINDED_AT).action == Rest()


@pytest.mark.parametrize("due_on", [date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 6)])
def test_a_promise_for_the_next_days_needs_no_reminder(due_on: date) -> None:
    assert step_of(promised(due_on), OPENED_AT).action == Rest()


def test_a_reminder_that_the_law_puts_off_past_the_day_is_not_made() -> None:
    until = ny(DUE + DAY, 8)
    put_off = ContactDeferred(event_id="d", at=REMINDED_AT, touch_key=KEY, until=until, rule="CAP")
    assert step_of(apply(promised(), put_off), REMINDED_AT).action == Rest()
    sooner = replace(put_off, until=REMINDED_AT + DAY)
    assert step_of(apply(promised(), sooner), REMINDED_AT).at == REMINDED_AT + DAY


def test_a_reminder_that_fails_for_good_is_given_up_and_no_human_is_asked() -> None:
    case = promised()
    for attempt in range(1, len(STANDARD.retry_hours) + 2):
        case = apply(case, ContactFailed(event_id="f", at=REMINDED_AT, touch_key=KEY, attempt=attempt))
    assert step_of(case, REMINDED_AT).action == Rest()


@pytest.mark.parametrize("facts", [{"channels": ()}, {"unresolved_touch": "reminder/reminder-1"}])
def test_nothing_is_said_without_a_channel_or_while_a_touch_is_in_doubt(facts: dict[str, object]) -> None:
    assert step_of(promised(), REMINDED_AT, **facts).action == Rest()  # type: ignore[arg-type]  # facts, in a table


def test_the_terms_of_a_plan_go_out_first_and_a_reminder_before_each_instalment() -> None:
    case, now, told = planned(), OPENED_AT, []
    for _ in range(2):
        step = step_of(case, now)
        case, now = apply(case, made(step, step.at)), step.at
        told.append((step.action.touch_key, step.at))  # type: ignore[union-attr]  # it is a contact
    assert told == [("plan/pl/terms", ny(date(2027, 1, 4))), ("plan/pl/1/reminder", ny(date(2027, 1, 13)))]
    assert step_of(case, now).action == Rest()


def test_a_fee_in_between_does_not_break_a_promise_that_the_ledger_knows_as_kept() -> None:
    case = apply(promised(), LedgerChanged(event_id="l", at=OPENED_AT, balance_minor=8_045, ledger_version=3))
    late = ny(date(2027, 1, 20))
    received = (Received(agreed_as="promise:p", total_minor=5_000, in_time_minor=5_000),)
    findings = {
        check.name: check.finding.says for check in explain(case, facts_of(case, received=received), STANDARD, late)
    }
    assert "was kept" in findings["promise"]
    findings = {check.name: check.finding.says for check in explain(case, facts_of(case), STANDARD, late)}
    assert "kept in part" in findings["promise"]


def test_a_dispute_silences_what_is_said_about_an_agreement_too() -> None:
    case = apply(planned(), DisputeOpened(event_id="d", at=OPENED_AT, hold_id="h", owner="disputes"))
    assert isinstance(step_of(case, OPENED_AT).action, Rest)
    case = apply(case, HoldReleased(event_id="r", at=OPENED_AT + DAY, hold_id="h"))
    step = step_of(case, OPENED_AT + DAY)
    assert isinstance(step.action, Contact)
    assert step.action.touch_key == "plan/pl/terms"


def test_a_settlement_that_is_paid_ends_the_case_even_under_a_dispute() -> None:
    case = granted(ReliefKind.SETTLEMENT, planned())
    assert (case.plan, case.promise) == (None, None)
    case = apply(case, DisputeOpened(event_id="d", at=OPENED_AT, hold_id="h", owner="disputes"))
    paid = step_of(case, OPENED_AT, balance_minor=4_345, ledger_version=2)
    assert paid.action == Close(reason=CloseReason.SETTLED, waives_minor=4_345)
    assert isinstance(step_of(case, OPENED_AT, balance_minor=4_346, ledger_version=2).action, Rest)


def test_a_settlement_is_told_reminded_of_and_missed_when_its_grace_is_over() -> None:
    case, now = granted(ReliefKind.SETTLEMENT), OPENED_AT
    for key in ("relief/r-1/terms", "relief/r-1/reminder"):
        step = step_of(case, now)
        assert isinstance(step.action, Contact)
        assert step.action.touch_key == key
        case, now = apply(case, made(step, step.at)), step.at
    rest = step_of(case, now)
    assert (rest.action, rest.at) == (Rest(), ny(date(2027, 1, 28), 0))
    after = step_of(case, rest.at)
    assert isinstance(after.action, Contact)
    assert after.action.touch_key.startswith("reminder/")


def test_a_deferral_tells_its_terms_and_nothing_else_and_its_days_do_not_count() -> None:
    case = granted(ReliefKind.DEFERRAL)
    [hold] = case.holds
    assert (hold.kind, hold.pauses_dpd) == (HoldKind.DEFERRAL, True)
    step = step_of(case, OPENED_AT)
    assert isinstance(step.action, Contact)
    assert step.action.touch_key == "relief/r-1/terms"
    case = apply(case, made(step, step.at))
    rest = step_of(case, step.at)
    assert (rest.action, rest.at) == (Rest(), ny(date(2027, 1, 25), 0))
    assert step_of(case, rest.at).dpd_bucket == "1-30"


def test_a_dispute_during_a_deferral_silences_the_terms_as_well() -> None:
    case = granted(ReliefKind.DEFERRAL)
    case = apply(case, DisputeOpened(event_id="d", at=OPENED_AT, hold_id="h", owner="disputes"))
    assert isinstance(step_of(case, OPENED_AT).action, Rest)


def test_the_same_relief_told_twice_changes_nothing() -> None:
    for kind in ReliefKind:
        case = granted(kind)
        assert granted(kind, case) == case


def test_while_a_plan_performs_or_a_settlement_is_open_nothing_else_is_agreed() -> None:
    from domain.errors import IllegalTransition

    request = PromiseRequest(promise_id="p", amount_minor=5_000, due_on=DUE)
    for case in (planned(), granted(ReliefKind.SETTLEMENT)):
        with pytest.raises(IllegalTransition, match="count"):
            admit_promise(case, request, OPENED_AT)
    broken = ny(date(2027, 3, 1))
    late = replace(request, due_on=date(2027, 3, 5))
    assert admit_promise(planned(), late, broken).amount_minor == 5_000


def test_a_case_makes_so_many_promises_and_plans_and_no_more() -> None:
    from domain.errors import IllegalTransition

    case = a_case()
    for number in range(3):
        request = PromiseRequest(promise_id=f"p-{number}", amount_minor=5_000, due_on=DUE)
        case = apply(case, admit_promise(case, request, OPENED_AT))
    with pytest.raises(IllegalTransition, match="3 promises were made"):
        admit_promise(case, PromiseRequest(promise_id="p-9", amount_minor=5_000, due_on=DUE), OPENED_AT)
