"""What stands in the ladder's way: holds, agreements, the law's deferrals, failures and the leave of people."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from domain.case import CaseState, ChannelWord, apply
from domain.events import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRenewed,
    ApprovalRequested,
    ContactDeferred,
    ContactFailed,
    HoldPlaced,
    HoldReleased,
    LedgerChanged,
    PlanAccepted,
    PromiseMade,
)
from domain.holds import HoldState
from domain.ladder import CaseFacts, explain, next_step
from domain.requests import PlanRequest, PromiseRequest, admit_plan, admit_promise
from domain.step import Close, Contact, Escalate, RequestApproval, Rest
from domain.vocabulary import Channel, CloseReason, HoldKind, Stage, TaskKind
from tests.domain.cases import (
    DUE_ON,
    OPENED_AT,
    STANDARD,
    a_case,
    after_dpd,
    contact_of,
    facts_of,
    forgone,
    made,
    ny,
    rest_of,
    step_of,
    walk_ladder,
)

DAY = timedelta(days=1)


# --- holds -----------------------------------------------------------------------------------------------------------


def placed(ends_at: datetime | None = None, hold_id: str = "h-1") -> HoldPlaced:
    return HoldPlaced(
        event_id=f"p:{hold_id}",
        at=OPENED_AT,
        hold_id=hold_id,
        reason=HoldKind.HARDSHIP,
        owner="care",
        starts_at=OPENED_AT,
        ends_at=ends_at,
    )


def test_a_hold_with_an_end_rests_until_that_end() -> None:
    case = apply(a_case(), placed(OPENED_AT + 5 * DAY))
    step = step_of(case, OPENED_AT + DAY)
    assert (step.at, step.action) == (OPENED_AT + 5 * DAY, Rest())
    assert isinstance(step_of(case, OPENED_AT + 5 * DAY).action, Contact)


def test_of_two_holds_the_longer_counts() -> None:
    case = apply(apply(a_case(), placed(OPENED_AT + 5 * DAY)), placed(OPENED_AT + 9 * DAY, "h-2"))
    assert step_of(case, OPENED_AT).at == OPENED_AT + 9 * DAY


def test_a_hold_without_an_end_is_reviewed_by_its_owner_in_a_rhythm() -> None:
    case = apply(a_case(), placed())
    for now in (OPENED_AT, OPENED_AT + 6 * DAY):
        step = step_of(case, now)
        assert step.at == OPENED_AT + 7 * DAY
        assert step.action == Rest(task=TaskKind.HOLD_REVIEW, task_key="h-1", owner="care")
    assert step_of(case, OPENED_AT + 7 * DAY).at == OPENED_AT + 14 * DAY


def test_a_hold_only_the_database_knows_silences_the_case_too() -> None:
    hold = HoldState(hold_id="db", owner="care", starts_at=OPENED_AT)
    assert rest_of(step_of(a_case(), OPENED_AT, holds=(hold,))).task is TaskKind.HOLD_REVIEW


def test_a_backdated_hold_takes_its_days_off_and_its_release_lets_the_ladder_go_on() -> None:
    case = apply(a_case(), replace(placed(), starts_at=after_dpd(-3), at=after_dpd(5)))
    case = apply(case, HoldReleased(event_id="r", at=after_dpd(6), hold_id="h-1"))
    step = step_of(case, after_dpd(6))
    assert contact_of(step).touch_key == "reminder/reminder-1"
    assert step.at == after_dpd(7, 10), "six days of the debt do not count"


def test_paying_under_a_hold_closes_the_case_at_once() -> None:
    case = apply(
        apply(a_case(), placed()), LedgerChanged(event_id="l", at=OPENED_AT, balance_minor=0, ledger_version=2)
    )
    assert step_of(case, OPENED_AT).action == Close(reason=CloseReason.PAID)


# --- promises and plans ----------------------------------------------------------------------------------------------


QUIET = replace(STANDARD, agreements=None)
"""Writes nothing about agreements, so that their judging stands alone."""


def with_promise(amount: int = 5_000) -> CaseState:
    made_promise = PromiseMade(
        event_id="p", at=OPENED_AT, promise_id="p-1", amount_minor=amount, due_on=date(2027, 1, 8)
    )
    return apply(a_case(), made_promise)


JUDGED_AT = ny(date(2027, 1, 11), 0)
"""Promised for the 8th, two days of grace: judged when the 11th begins in New York."""


def test_an_open_promise_is_judged_on_money_after_its_grace() -> None:
    step = step_of(with_promise(), OPENED_AT, QUIET)
    assert (step.at, step.action) == (JUDGED_AT, Rest())
    assert step_of(with_promise(), JUDGED_AT - timedelta(seconds=1), QUIET).at == JUDGED_AT


@pytest.mark.parametrize("paid", [0, 1, 4_999])
def test_a_promise_that_was_kept_in_part_is_broken(paid: int) -> None:
    step = step_of(with_promise(), JUDGED_AT, balance_minor=12_345 - paid, ledger_version=2)
    assert contact_of(step).stage is Stage.REMINDER
    findings = explain(with_promise(), facts_of(with_promise()), STANDARD, JUDGED_AT)
    assert any("not kept" in check.finding.says for check in findings)


@pytest.mark.parametrize("paid", [5_000, 6_000])
def test_a_promise_that_was_kept_lets_the_rest_be_chased_in_its_turn(paid: int) -> None:
    step = step_of(with_promise(), OPENED_AT, balance_minor=12_345 - paid, ledger_version=2)
    assert contact_of(step).touch_key == "reminder/reminder-1"


def test_a_payment_that_is_taken_back_opens_the_promise_again() -> None:
    case = with_promise()
    assert isinstance(step_of(case, OPENED_AT, QUIET, balance_minor=7_000, ledger_version=2).action, Contact)
    assert step_of(case, OPENED_AT, QUIET, balance_minor=12_345, ledger_version=3).action == Rest()


def with_plan() -> tuple[CaseState, PlanAccepted]:
    case = a_case(terms=replace(STANDARD.terms_in("USD"), plan_misses_max=1))
    plan = admit_plan(case, PlanRequest(plan_id="pl", instalments=3, first_due_on=date(2027, 1, 15)), OPENED_AT)
    return apply(case, plan), plan


def test_a_plan_that_performs_is_left_in_peace_until_each_instalment_can_be_judged() -> None:
    case, plan = with_plan()
    paid = 0
    for instalment in plan.instalments:
        judged_at = ny(instalment.due_on + 4 * DAY, 0)
        step = step_of(case, ny(instalment.due_on), QUIET, balance_minor=12_345 - paid, ledger_version=2)
        assert (step.at, step.action) == (judged_at, Rest())
        missed = step_of(case, judged_at, QUIET, balance_minor=12_345 - paid, ledger_version=2)
        assert isinstance(missed.action, Contact)
        paid += instalment.amount_minor
    assert paid == 12_345


def test_a_missed_instalment_that_is_paid_later_brings_the_plan_back() -> None:
    case, plan = with_plan()
    late = ny(plan.instalments[0].due_on + 10 * DAY)
    assert isinstance(step_of(case, late).action, Contact)
    caught_up = step_of(case, late, QUIET, balance_minor=12_345 - plan.instalments[0].amount_minor, ledger_version=2)
    assert caught_up.action == Rest()


def test_after_a_broken_promise_the_ladder_keeps_its_gap_and_stage() -> None:
    first = step_of(a_case(), OPENED_AT)
    case = apply(a_case(), made(first, first.at))
    request = PromiseRequest(promise_id="p", amount_minor=12_345, due_on=date(2027, 1, 6))
    case = apply(case, admit_promise(case, request, first.at))
    step = step_of(case, ny(date(2027, 1, 9), 0))
    assert (contact_of(step).touch_key, step.at) == ("reminder/reminder-2", ny(date(2027, 1, 9), 10))


# --- the law's deferrals, failures, and touches that cannot be made --------------------------------------------------


def test_a_deferred_touch_waits_for_the_instant_the_law_named_and_says_so() -> None:
    until = OPENED_AT + timedelta(days=2, hours=9)
    fact = ContactDeferred(event_id="d", at=OPENED_AT, touch_key="reminder/reminder-1", until=until, rule="HOUSE-CAP-1")
    step = step_of(apply(a_case(), fact), OPENED_AT)
    assert step.at == until
    assert "put off" in step.why


def test_a_touch_put_off_past_the_next_one_gives_way_to_it() -> None:
    until = after_dpd(8)
    fact = ContactDeferred(event_id="d", at=OPENED_AT, touch_key="reminder/reminder-1", until=until, rule="CAP")
    case = apply(a_case(), fact)
    assert contact_of(step_of(case, after_dpd(4))).touch_key == "reminder/reminder-2"


def failing(attempt: int, at: datetime, key: str = "reminder/reminder-1") -> ContactFailed:
    return ContactFailed(event_id=f"f-{attempt}", at=at, touch_key=key, attempt=attempt)


def test_a_failed_touch_is_tried_again_after_each_pause_within_the_hours_of_the_strategy() -> None:
    noon = ny(DUE_ON + DAY, 12)
    assert step_of(apply(a_case(), failing(1, noon)), noon).at == noon + timedelta(hours=1)
    evening = ny(DUE_ON + DAY, 19, 30)
    assert step_of(apply(a_case(), failing(1, evening)), evening).at == ny(DUE_ON + 2 * DAY, 10)


def test_a_pause_that_ended_at_night_does_not_send_at_night() -> None:
    noon, night = ny(DUE_ON + DAY, 12), ny(DUE_ON + DAY, 22)
    assert step_of(apply(a_case(), failing(1, noon)), night).at == ny(DUE_ON + 2 * DAY, 10)


def test_the_failures_of_one_touch_do_not_put_off_another() -> None:
    now = after_dpd(4, 10)
    case = apply(a_case(), failing(3, now, "reminder/reminder-1"))
    step = step_of(case, now)
    assert (contact_of(step).touch_key, step.at) == ("reminder/reminder-2", now)


def test_after_all_pauses_a_human_is_asked_and_each_review_tries_once_more() -> None:
    case = apply(a_case(), failing(4, OPENED_AT))
    resting = step_of(case, OPENED_AT + timedelta(hours=1))
    assert rest_of(resting) == Rest(task=TaskKind.CONTACT_FAILING, task_key="reminder/reminder-1", owner="engineering")
    assert resting.at == OPENED_AT + 7 * DAY
    last = apply(
        a_case(done=("legal_escalation/notice-1",), stage=Stage.LEGAL_ESCALATION, last_touch_at=after_dpd(60)),
        failing(4, after_dpd(80), "installment_offer/offer-2"),
    )
    assert rest_of(step_of(last, after_dpd(81))).task is TaskKind.CONTACT_FAILING
    assert contact_of(step_of(last, after_dpd(87))).touch_key == "installment_offer/offer-2"


def test_a_forgone_reminder_is_over_and_a_forgone_mandatory_notice_waits_for_a_human() -> None:
    now = after_dpd(95, 12)
    case = a_case()
    for stage in ("reminder", "follow_up"):
        step = step_of(case, now)
        assert contact_of(step).stage.value == stage
        case = apply(case, forgone(step, now))
    offer = step_of(case, now)
    assert contact_of(offer).touch_key == "installment_offer/offer-2"
    case = apply(case, forgone(offer, now))
    resting = step_of(case, now)
    assert resting.action == Rest(
        task=TaskKind.NO_LAWFUL_CHANNEL, task_key="installment_offer/offer-2", owner="operations"
    )
    assert resting.at == now + 7 * DAY
    again = step_of(case, resting.at)
    assert contact_of(again).touch_key == "installment_offer/offer-2"
    refused = apply(case, forgone(again, resting.at))
    assert step_of(refused, resting.at).at == resting.at + 7 * DAY
    sent = apply(case, made(again, resting.at))
    assert contact_of(step_of(sent, resting.at)).touch_key == "legal_escalation/notice-1"


def test_without_any_channel_a_human_looks_for_one() -> None:
    assert rest_of(step_of(a_case(), OPENED_AT, channels=())).task is TaskKind.NO_LAWFUL_CHANNEL
    words = tuple(ChannelWord(channel=each, at=OPENED_AT, stopped=True) for each in (Channel.SMS, Channel.EMAIL))
    stopped = a_case(words=words)
    assert rest_of(step_of(stopped, OPENED_AT)).task is TaskKind.NO_LAWFUL_CHANNEL


def test_asking_for_an_approval_needs_no_channel() -> None:
    case, now, _ = walk_ladder(a_case(), after_dpd(95))
    assert isinstance(step_of(case, now, channels=()).action, RequestApproval)


def test_a_touch_of_unknown_outcome_stops_the_ladder_until_a_human_has_settled_it() -> None:
    step = step_of(a_case(), OPENED_AT, unresolved_touch="reminder/reminder-1")
    assert rest_of(step).task is TaskKind.UNKNOWN_OUTCOME


def test_a_touch_about_which_its_provider_is_asked_is_told_and_decides_nothing() -> None:
    facts = CaseFacts(balance_minor=12_345, ledger_version=1, channels=(Channel.SMS,))
    asking = replace(facts, asked_about="reminder/reminder-1")
    told = {check.name: check.finding.says for check in explain(a_case(), asking, STANDARD, OPENED_AT)}
    sentence = "what became of reminder/reminder-1 is not known yet: its provider is asked before it goes again"
    assert told["certain"] == sentence
    assert next_step(a_case(), asking, STANDARD, OPENED_AT) == next_step(a_case(), facts, STANDARD, OPENED_AT)


# --- approvals -------------------------------------------------------------------------------------------------------

ASKED_AT = OPENED_AT


def asked(number: int = 1, at: datetime = ASKED_AT) -> ApprovalRequested:
    return ApprovalRequested(
        event_id="a",
        at=at,
        approval_id=f"acc-1-1/approval-{number}",
        requested_by="amicable",
        expires_at=at + 14 * DAY,
    )


def grant(at: datetime, by: str = "ops-1") -> ApprovalGranted:
    return ApprovalGranted(event_id="g", at=at, approval_id="acc-1-1/approval-1", by=by)


def test_a_pending_approval_waits_for_a_person_until_it_expires() -> None:
    step = step_of(apply(a_case(), asked()), ASKED_AT)
    assert (step.at, rest_of(step).task) == (ASKED_AT + 14 * DAY, TaskKind.APPROVAL_DECISION)


def test_a_granted_approval_escalates_at_once_and_an_expired_one_never() -> None:
    case = apply(apply(a_case(), asked()), grant(ASKED_AT + DAY))
    assert step_of(case, ASKED_AT + DAY).action == Escalate(approval_id="acc-1-1/approval-1")
    for now in (ASKED_AT + 14 * DAY, ASKED_AT + 100 * DAY):
        step = step_of(case, now)
        assert rest_of(step).task is TaskKind.APPROVAL_EXPIRED
        assert step.at > now


def test_a_refused_approval_rests_with_a_task_and_is_put_again_under_a_new_number() -> None:
    ladder_done, now, _ = walk_ladder(a_case(), after_dpd(95))
    case = apply(ladder_done, asked(at=now))
    case = apply(case, ApprovalRefused(event_id="r", at=now, approval_id="acc-1-1/approval-1", by="ops-1"))
    assert rest_of(step_of(case, now)).task is TaskKind.APPROVAL_REFUSED
    case = apply(case, ApprovalRenewed(event_id="n", at=now, approval_id="acc-1-1/approval-1", by="ops-1"))
    assert step_of(case, now).action == RequestApproval(approval_id="acc-1-1/approval-2")


def test_a_promise_named_like_an_approval_does_not_shift_its_number() -> None:
    case, now, _ = walk_ladder(a_case(agreed=("promise:acc-1-1/approval-1",)), after_dpd(95))
    step = step_of(case, now)
    assert step.action == RequestApproval(approval_id="acc-1-1/approval-1")
    assert apply(case, asked(at=now)).approval is not None


def test_a_performing_plan_keeps_a_granted_approval_from_being_used() -> None:
    case, _ = with_plan()
    case = apply(apply(case, asked()), grant(ASKED_AT + DAY))
    assert step_of(case, ASKED_AT + DAY, QUIET).action == Rest()
