"""The way to law: every condition, several people, each step once, and everything taken back when the case is cured."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from casedb.inbound import InboundFact, InboundKind
from casedb.inbox import receive
from domain.authority import Authority, StaffRole
from domain.case import CaseState, apply
from domain.errors import StepRefused
from domain.escalation import Escalation, OutsideKind, OutsidePlan, Subject
from domain.events import HoldReleased, OutsidePutOff, OutsideTaken, OutsideUndone
from domain.step import Close, Escalate, RequestApproval, Rest, TakeStep, UndoStep
from domain.vocabulary import CloseReason, TaskKind
from tests.support.contacts import Play
from tests.support.law import AUTHORITY, HOUR, PEOPLE, LawPlay, Recorded, granted, law_play
from workflows.messages import OpenRequest, StepRequest

DAY = timedelta(days=1)
LETTER, PACK, PLACED = (
    OutsidePlan(step_id="letter", kind=OutsideKind.LETTER_BEFORE_ACTION),
    OutsidePlan(step_id="pack", kind=OutsideKind.COURT_PACK, wait_days=14),
    OutsidePlan(step_id="placed", kind=OutsideKind.AGENCY_PLACEMENT),
)
HAND_OVER = Escalation()
TO_COURT = Escalation(steps=(LETTER, PACK))
BY_AGENCY = Escalation(steps=(LETTER, PLACED), closes_after_days=60)
FORGIVEN = Escalation(
    steps=(OutsidePlan(step_id="forgiven", kind=OutsideKind.WRITE_OFF),), ends_as=CloseReason.WRITTEN_OFF
)
BOOKED_OUT = Escalation(
    steps=(OutsidePlan(step_id="booked-out", kind=OutsideKind.CHARGE_OFF),), ends_as=CloseReason.CHARGED_OFF
)


def open_tasks(law: LawPlay) -> list[tuple[str, str]]:
    return [(row.kind, row.key) for row in law.play.rows("human_task") if row.done_at is None]


def step_words(law: LawPlay) -> list[str]:
    """What the steps wrote down."""
    return [row.says for row in law.play.rows("attestation") if row.by == "step"]


def pay(law: LawPlay, amount_minor: int, at: datetime, event_id: str = "pay-1") -> None:
    """Money arrives by the one door."""
    fact = InboundFact(
        event_id=event_id,
        source="ledger",
        kind=InboundKind.PAYMENT,
        at=at,
        account_id="acc-1",
        amount_minor=amount_minor,
        currency="USD",
    )
    receive(law.play.engine, fact, received_at=at)


def hold(law: LawPlay, at: datetime) -> None:
    law.play.add(
        "hold", hold_id="h1", person_id="per-1", account_id="acc-1", kind="dispute", reason="", owner="disputes",
        starts_at=at,
    )  # fmt: skip


def until_taken(law: LawPlay, *step_ids: str) -> tuple[CaseState, datetime]:
    """The approved case with these steps taken, each as soon as it is due."""
    case, now = law.approved()
    for step_id in step_ids:
        step = law.plan(case, now)
        now = max(now, step.at)
        case, outcome = law.do(case, now)
        assert isinstance(outcome.event, OutsideTaken), (step, outcome)
        assert outcome.event.step_id == step_id
    return case, now


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        (Subject.CONTRACT, "evidence: nobody attested the contract"),
        (Subject.LIMITATION, "evidence: nobody looked at the limitation"),
        (Subject.NOTICE, "notices: no proof of delivery of installment_offer/offer-2, legal_escalation/notice-1"),
        (Subject.VENUE, "the venue is not known"),
    ],
)
def test_a_condition_that_is_not_met_is_a_humans_task_and_nobody_is_asked(
    play: Play, lacking: Subject, named: str
) -> None:
    law = law_play(play, TO_COURT)
    law.prepared(without=lacking)
    case = law.exhausted()
    at = law.plan(case, case.opened_at).at
    step = law.plan(case, at)
    assert isinstance(step.action, Rest)
    assert step.action.task is TaskKind.ESCALATION_UNMET
    assert named in step.why
    assert step.at > at, "it looks again at a review"
    assert play.rows("approval") == []
    assert open_tasks(law) == [("escalation_unmet", "acc-1-1")]


def test_what_was_attested_meanwhile_lets_people_be_asked(play: Play) -> None:
    law = law_play(play, TO_COURT)
    law.prepared(without=Subject.CONTRACT)
    case = law.exhausted()
    at = law.plan(case, case.opened_at).at
    law.plan(case, at)
    law.attest(Subject.CONTRACT, "DMS-1")
    assert isinstance(law.plan(case, at).action, RequestApproval)
    _, outcome = law.do(case, at)
    assert outcome.next.action.task is TaskKind.APPROVAL_DECISION  # type: ignore[union-attr]
    assert open_tasks(law) == [("approval_decision", "acc-1-1/approval-1")]


@pytest.mark.parametrize("says", ["barred", "open"])
def test_a_time_barred_claim_goes_nowhere(play: Play, says: str) -> None:
    law = law_play(play, TO_COURT)
    law.prepared()
    law.attest(Subject.LIMITATION, says)
    case = law.exhausted()
    step = law.plan(case, law.plan(case, case.opened_at).at)
    assert isinstance(step.action, RequestApproval) is (says == "open")


def test_an_amount_that_the_ledger_does_not_make_up_is_not_evidenced(play: Play) -> None:
    law = law_play(play, TO_COURT)
    law.prepared()
    case = law.exhausted()
    at = law.plan(case, case.opened_at).at
    play.change("ledger_entry", amount_minor=12_344)
    step = law.plan(case, at)
    assert "amount: the ledger's entries sum to USD 123.44 and the balance says USD 123.45" in step.why


def test_a_notice_that_was_sent_but_not_proved_delivered_does_not_count(play: Play) -> None:
    law = law_play(play, TO_COURT)
    law.prepared(without=Subject.NOTICE)
    request = play.request()
    play.contact(request)
    strategy = law.counsel.planner.strategy(request.case.strategy)
    keys = [plan.key_of(touch) for plan in strategy.stages for touch in plan.touches if touch.mandatory]
    law.attest(Subject.NOTICE, f"{keys[0]} proof")
    law.attest(Subject.NOTICE, f"{keys[1]} proof")
    play.change("touch", touch_key=keys[2])
    case = law.exhausted()
    at = law.plan(case, case.opened_at + DAY).at
    assert keys[2] in law.plan(case, at).why
    play.change("touch", delivery="delivered")
    assert isinstance(law.plan(case, at).action, RequestApproval)


def test_each_role_of_the_profile_must_agree_and_each_word_is_on_record(any_play: Play) -> None:
    law = law_play(any_play, HAND_OVER)
    law.prepared()
    case, at = law.asked()
    for minutes, role in ((10, "case_owner"), (20, "legal_counsel")):
        case = apply(case, granted(case, role, PEOPLE[StaffRole(role)], at + timedelta(minutes=minutes)))
    waiting = law.plan(case, at + HOUR)
    assert waiting.why.endswith("as compliance")
    assert sorted((row.role, row.voter, row.comment) for row in any_play.rows("approval_vote")) == [
        ("case_owner", "owner-1", "seen"),
        ("legal_counsel", "counsel-1", "seen"),
    ]
    case = apply(case, granted(case, "compliance", "compliance-1", at + HOUR))
    assert isinstance(law.plan(case, at + HOUR).action, Escalate)
    assert [row.status for row in any_play.rows("approval")] == ["granted"]
    case, outcome = law.do(case, at + HOUR)
    assert case.close_reason is CloseReason.LEGAL_REFERRAL
    assert outcome.next.action == Rest()


def test_an_approver_without_the_role_is_found_out_before_a_step(play: Play) -> None:
    people = {**AUTHORITY.people, "counsel-1": frozenset({StaffRole.AGENT})}
    law = law_play(play, TO_COURT, authority=Authority(people=people))
    law.prepared()
    case, now = law.approved()
    step = law.plan(case, now)
    assert isinstance(step.action, Rest)
    assert "counsel-1 as legal_counsel had not that role" in step.why
    assert open_tasks(law) == [("escalation_unmet", "acc-1-1")]


@pytest.mark.parametrize("what", ["payment", "hold"])
def test_leave_lapses_when_money_moves_or_a_hold_comes_and_goes(play: Play, what: str) -> None:
    law = law_play(play, TO_COURT)
    law.prepared()
    case, now = law.approved()
    if what == "payment":
        pay(law, 100, now)
    else:
        hold(law, now)
        play.change("hold", released_at=now + HOUR)
    later = now + 2 * HOUR
    step = law.plan(case, later)
    assert isinstance(step.action, RequestApproval)
    assert step.action.approval_id == "acc-1-1/approval-2"
    case, outcome = law.do(case, later)
    assert [(row.approval_id[-1], row.status) for row in play.rows("approval")] == [
        ("1", "expired"),
        ("2", "requested"),
    ]
    assert outcome.event is not None
    assert law.steps[OutsideKind.LETTER_BEFORE_ACTION].calls == 0  # type: ignore[attr-defined]


def test_steps_are_taken_in_their_order_after_their_waits_and_the_case_ends(any_play: Play) -> None:
    law = law_play(any_play, TO_COURT)
    law.prepared()
    case, now = until_taken(law, "letter")
    step = law.plan(case, now)
    assert isinstance(step.action, TakeStep)
    assert step.at - now > 13 * DAY
    case = replace(case, approval=replace(case.approval, expires_at=now + 90 * DAY))  # type: ignore[type-var]
    case, outcome = law.do(case, step.at)
    assert isinstance(outcome.event, OutsideTaken)
    assert isinstance(outcome.next.action, Escalate)
    case, _ = law.do(case, step.at)
    assert case.close_reason is CloseReason.LEGAL_REFERRAL
    assert [(row.step_id, row.status) for row in any_play.rows("outside_step")] == [
        ("letter", "taken"),
        ("pack", "taken"),
    ]


def test_a_step_that_is_run_twice_or_at_once_is_taken_once(any_play: Play) -> None:
    law = law_play(any_play, TO_COURT)
    law.prepared()
    case, now = law.approved()
    request = StepRequest(case=case, step=law.plan(case, now), now=now)
    start = threading.Barrier(4)

    def race(_: int) -> object:
        start.wait()
        return law.outside.take_step(request).event

    with ThreadPoolExecutor(4) as pool:
        told = set(pool.map(race, range(4)))
    assert len(told) == 1
    assert step_words(law) == ["taken acc-1-1/approval-1/letter"]
    taken = apply(case, told.pop())  # type: ignore[arg-type]
    pay(law, 12_345, now + HOUR)
    undo = StepRequest(case=taken, step=law.plan(taken, now + HOUR), now=now + HOUR)
    start = threading.Barrier(4)

    def race_back(_: int) -> object:
        start.wait()
        return law.outside.undo_step(undo).event

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(race_back, range(4)))) == 1
    assert step_words(law) == ["taken acc-1-1/approval-1/letter", "undone acc-1-1/approval-1/letter"]


def test_a_payment_takes_everything_back_the_last_first_and_then_the_case_closes(any_play: Play) -> None:
    law = law_play(any_play, BY_AGENCY)
    law.prepared()
    case, now = until_taken(law, "letter", "placed")
    assert isinstance(law.plan(case, now).action, Escalate)
    assert law.plan(case, now).at > now + 59 * DAY, "the case stays open, so that a payment finds it"
    pay(law, 12_345, now + DAY)
    done = []
    for _ in range(3):
        case, outcome = law.do(case, now + DAY)
        done.append(outcome.event.kind if outcome.event else "")
    assert done == ["outside_undone", "outside_undone", "case_closed"]
    assert case.close_reason is CloseReason.PAID
    assert step_words(law)[-2:] == ["undone acc-1-1/approval-1/placed", "undone acc-1-1/approval-1/letter"]
    assert {row.status for row in any_play.rows("outside_step")} == {"undone"}


def test_a_hold_takes_steps_back_and_after_it_everybody_is_asked_anew(play: Play) -> None:
    law = law_play(play, TO_COURT)
    law.prepared()
    case, now = until_taken(law, "letter")
    hold(law, now + DAY)
    case, outcome = law.do(case, now + DAY)
    assert isinstance(outcome.event, OutsideUndone)
    assert isinstance(outcome.next.action, Rest)
    assert outcome.next.action.task is TaskKind.HOLD_REVIEW
    play.change("hold", released_at=now + 2 * DAY)
    case = apply(case, HoldReleased(event_id="r", at=now + 2 * DAY, hold_id="h1"))
    step = law.plan(case, now + 3 * DAY)
    assert isinstance(step.action, RequestApproval)
    assert step.action.approval_id == "acc-1-1/approval-2"


def test_what_the_lender_takes_back_leaves_nothing_outside(play: Play) -> None:
    law = law_play(play, TO_COURT)
    law.prepared()
    case, now = until_taken(law, "letter")
    case = replace(case, withdrawn=True)
    case, outcome = law.do(case, now)
    assert isinstance(outcome.event, OutsideUndone)
    assert outcome.next.action == Close(reason=CloseReason.WITHDRAWN)


def test_a_step_that_refuses_leaves_no_row_and_is_tried_again_when_it_said(any_play: Play) -> None:
    refusing = Recorded(OutsideKind.LETTER_BEFORE_ACTION)
    law = law_play(any_play, TO_COURT, letter_before_action=refusing)
    law.prepared()
    case, now = law.approved()
    refusing.refuses = StepRefused("its notice runs", until=now + 3 * DAY)
    case, outcome = law.do(case, now)
    assert isinstance(outcome.event, OutsidePutOff)
    assert (outcome.next.action, outcome.next.at) == (Rest(), now + 3 * DAY)
    assert step_words(law) == []
    assert any_play.rows("outside_step") == []
    refusing.refuses = None
    case, outcome = law.do(case, now + 3 * DAY)
    assert isinstance(outcome.event, OutsideTaken)


def test_a_step_or_an_undoing_that_needs_a_human_is_a_task_until_it_is_done(play: Play) -> None:
    refusing = Recorded(OutsideKind.LETTER_BEFORE_ACTION)
    law = law_play(play, TO_COURT, letter_before_action=refusing)
    law.prepared()
    case, now = until_taken(law, "letter")
    pay(law, 12_345, now)
    refusing.refuses = StepRefused("the printer has it")
    case, outcome = law.do(case, now)
    assert isinstance(outcome.event, OutsidePutOff)
    assert open_tasks(law) == [("step_refused", "acc-1-1/approval-1/letter")]
    assert play.rows("case")[0].closed_at is None, "paid, and something is still outside"
    refusing.refuses = None
    case, outcome = law.do(case, outcome.next.at)
    assert isinstance(outcome.event, OutsideUndone)
    assert outcome.next.action == Close(reason=CloseReason.PAID)
    assert open_tasks(law) == []


def test_a_kind_that_is_switched_off_meanwhile_is_a_task_and_not_an_error(play: Play) -> None:
    law = law_play(play, TO_COURT)
    law.prepared()
    case, now = law.approved()
    del law.steps[OutsideKind.LETTER_BEFORE_ACTION]
    _, outcome = law.do(case, now)
    assert "no worker here can do a letter_before_action" in outcome.next.why
    assert open_tasks(law) == [("step_refused", "acc-1-1/approval-1/letter")]


def test_a_condition_that_falls_away_after_the_leave_stops_the_step_in_its_own_transaction(play: Play) -> None:
    law = law_play(play, TO_COURT)
    law.prepared()
    case, now = law.approved()
    request = StepRequest(case=case, step=law.plan(case, now), now=now)
    law.attest(Subject.LIMITATION, "barred")
    outcome = law.outside.take_step(request)
    assert outcome.event is None
    assert "time-barred" in outcome.next.why
    assert play.rows("outside_step") == []


def test_a_court_pack_waits_for_the_time_to_reply_to_the_letter_that_the_law_gives(play: Play) -> None:
    play.change("person", jurisdiction="UK", zones=["Europe/London"])
    law = law_play(play, Escalation(steps=(LETTER, replace(PACK, wait_days=0))))
    law.prepared()
    case, now = until_taken(law, "letter")
    step = law.plan(case, now)
    assert step.action == Rest()
    assert "the time to reply to the letter of claim" in step.why
    assert step.at > now + 30 * DAY
    case, outcome = law.do(case, step.at)
    assert outcome.event is not None
    assert outcome.event.kind == "approval_requested", "the first leave has expired meanwhile"
    assert law.plan(law.agreed(case, step.at), step.at + HOUR).action.kind == "take_step"


def test_leave_that_was_used_and_expired_is_asked_for_again_and_the_list_goes_on(play: Play) -> None:
    law = law_play(play, TO_COURT)
    law.prepared()
    case, _ = until_taken(law, "letter")
    assert case.approval is not None
    later = case.approval.expires_at
    case, outcome = law.do(case, later)
    assert outcome.event is not None
    assert outcome.event.kind == "approval_requested"
    step = law.plan(law.agreed(case, later), later + HOUR)
    assert isinstance(step.action, TakeStep)
    assert step.action.key == "acc-1-1/approval-2/pack", "the letter stands and is not sent again"


def test_a_write_off_ends_the_case_and_what_is_paid_later_is_a_recovery(any_play: Play) -> None:
    law = law_play(any_play, FORGIVEN)
    law.prepared()
    case, now = until_taken(law, "forgiven")
    case, _ = law.do(case, now)
    assert case.close_reason is CloseReason.WRITTEN_OFF
    assert any_play.rows("account")[0].balance_minor == 0
    pay(law, 5_000, now + DAY)
    assert any_play.rows("account")[0].balance_minor == 0
    refund = InboundFact(
        event_id="back-1", source="ledger", kind=InboundKind.REVERSAL, at=now + 2 * DAY, account_id="acc-1",
        amount_minor=5_000, currency="USD",
    )  # fmt: skip
    receive(any_play.engine, refund, received_at=now + 2 * DAY)
    assert any_play.rows("account")[0].balance_minor == 0
    moved = {row.entry_id: row.amount_minor for row in any_play.rows("ledger_entry")}
    assert (moved["recovery:pay-1"], moved["recovery:back-1"]) == (5_000, -5_000)
    assert sum(moved.values()) == 0
    pay(law, 20_000, now + 3 * DAY, "pay-2")
    assert any_play.rows("account")[0].balance_minor == 12_345 - 20_000, "more than was forgiven is a credit"


def test_a_charge_off_leaves_the_balance_owed_and_closes_the_case(any_play: Play) -> None:
    law = law_play(any_play, replace(BOOKED_OUT, closes_after_days=30))
    law.prepared()
    case, now = until_taken(law, "booked-out")
    assert any_play.rows("account")[0].balance_minor == 12_345
    [row] = any_play.rows("charge_off")
    assert (row.amount_minor, row.settled_at) == (12_345, None)
    hold(law, now + HOUR)
    assert law.plan(case, now + HOUR).action.kind == "rest", "a hold does not trouble our own books"
    any_play.change("hold", released_at=now + 2 * HOUR)
    pay(law, 12_345, now + DAY)
    assert isinstance(law.plan(case, now + DAY).action, UndoStep)
    case, _ = law.do(case, now + DAY)
    assert any_play.rows("charge_off")[0].settled_at == now + DAY
    case, _ = law.do(case, now + DAY)
    assert case.close_reason is CloseReason.PAID


def test_a_charged_off_case_ends_as_such_when_nothing_comes(play: Play) -> None:
    law = law_play(play, BOOKED_OUT)
    law.prepared()
    case, now = until_taken(law, "booked-out")
    case, _ = law.do(case, now)
    assert case.close_reason is CloseReason.CHARGED_OFF


def test_a_case_whose_workflow_was_lost_remembers_votes_and_steps(any_play: Play) -> None:
    law = law_play(any_play, TO_COURT)
    law.prepared()
    case, now = until_taken(law, "letter")
    law.plan(case, now)
    again = law.cases.open_case(OpenRequest(account_id="acc-1", strategy="wallet-standard", campaign_id=None, now=now))
    assert again.case is not None
    assert again.case.outside == case.outside
    assert again.case.approval == case.approval
