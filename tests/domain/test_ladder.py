"""There is always exactly one next step, it is never in the past for ever, and it says why."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import local_date
from domain.case import CaseState, apply
from domain.events import (
    ApprovalGranted,
    LedgerChanged,
)
from domain.holds import HoldState
from domain.ladder import CHECKS, CaseFacts, dpd_bucket, explain, next_step
from domain.step import Close, Contact, Escalate, RequestApproval, Rest
from domain.strategy import Strategy
from domain.vocabulary import Channel, CloseReason, Stage
from tests.domain.cases import (
    DUE_ON,
    GENTLE,
    OPENED_AT,
    STANDARD,
    a_case,
    after_dpd,
    contact_of,
    made,
    ny,
    step_of,
    walk_ladder,
)
from tests.domain.generated import ABOUT_APPROVALS, CASES, INSTANTS, OPEN_CASES, ladders

DAY = timedelta(days=1)
STRATEGIES = st.sampled_from([STANDARD, GENTLE]) | ladders()
HOLD_STATES = st.lists(
    st.builds(
        HoldState,
        hold_id=st.sampled_from(["h-1", "h-2", "db-1"]),
        owner=st.just("care"),
        starts_at=st.none() | INSTANTS,
        ends_at=st.none() | INSTANTS,
        released_at=st.none() | INSTANTS,
        pauses_dpd=st.booleans(),
    ),
    max_size=2,
).map(tuple)
FACTS = st.builds(
    CaseFacts,
    balance_minor=st.integers(-500, 20_000),
    ledger_version=st.integers(0, 12),
    channels=st.sets(st.sampled_from(Channel)).map(lambda each: tuple(sorted(each))),
    holds=HOLD_STATES,
    unresolved_touch=st.sampled_from(["", "", "", "reminder/reminder-1"]),
)


# --- always one step, never a spin -----------------------------------------------------------------------------------


@given(OPEN_CASES, FACTS, STRATEGIES, INSTANTS)
@settings(max_examples=400)
def test_an_open_case_that_rests_wakes_later_than_now(
    case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime
) -> None:
    step = next_step(case, facts, strategy, now)
    if isinstance(step.action, Rest):
        assert step.at > now, step
        assert step.action.task is None or step.action.owner
    assert step.why


@given(CASES, FACTS, STRATEGIES, INSTANTS)
@settings(max_examples=300)
def test_the_last_finding_of_the_explanation_is_the_next_step(
    case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime
) -> None:
    step = next_step(case, facts, strategy, now)
    *earlier, last = explain(case, facts, strategy, now)
    assert (last.finding.action, last.finding.at, last.finding.says) == (step.action, step.at, step.why)
    assert all(check.finding.action is None for check in earlier)
    assert [check.name for check in (*earlier, last)] == [name for name, _ in CHECKS][: len(earlier) + 1]


@given(OPEN_CASES, FACTS, STRATEGIES, INSTANTS)
@settings(max_examples=300)
def test_asked_again_when_it_is_due_the_ladder_gives_the_same_touch_now(
    case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime
) -> None:
    step = next_step(case, facts, strategy, now)
    if not isinstance(step.action, Contact):
        return
    due = max(now, step.at)
    if any(hold.starts_at and now < hold.starts_at <= due for hold in (*case.holds, *facts.holds)):
        return  # a hold begins meanwhile: its days move the touch, and the activity rightly finds it superseded
    again = next_step(case, facts, strategy, due)
    if isinstance(again.action, Contact) and again.action.touch_key == step.action.touch_key:
        assert again.at <= due, "the activity that acts now would be told to wait"
        assert again.action.not_after > due


@given(OPEN_CASES, FACTS, STRATEGIES, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=5)))
@settings(max_examples=300)
def test_a_deadline_does_not_move_by_asking_before_it(
    case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime, wait: timedelta
) -> None:
    first = next_step(case, facts, strategy, now)
    later = now + wait
    starts = [h.starts_at for h in (*case.holds, *facts.holds) if h.starts_at is not None]
    if later >= first.at or any(now < at <= later for at in starts):
        return  # the deadline has passed, or a hold began meanwhile
    again = next_step(case, facts, strategy, later)
    if isinstance(first.action, Rest) and first.action.task is not None:
        assert again.action == first.action
    assert again.at == first.at


@given(OPEN_CASES, FACTS, STRATEGIES, INSTANTS)
def test_nothing_owed_closes_the_case_whatever_else_is_so(
    case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime
) -> None:
    paid = replace(facts, balance_minor=0, ledger_version=99)
    step = next_step(case, paid, strategy, now)
    assert step.action == Close(reason=CloseReason.PAID)
    assert step.at == now


@given(st.lists(ABOUT_APPROVALS, max_size=8), INSTANTS)
@settings(max_examples=300)
def test_legal_steps_need_an_unexpired_grant_by_another_person(events: list[ApprovalGranted], now: datetime) -> None:
    case = a_case()
    for event in sorted(events, key=lambda each: each.at):
        case = apply(case, event)
    step = step_of(case, now)
    if isinstance(step.action, Escalate):
        assert case.approval is not None
        grants = [e for e in events if isinstance(e, ApprovalGranted) and e.approval_id == step.action.approval_id]
        assert any(e.by != "amicable" and e.at < case.approval.expires_at for e in grants)
        assert now < case.approval.expires_at


# --- the ladder ------------------------------------------------------------------------------------------------------


def test_a_case_on_time_gets_ten_touches_at_their_days() -> None:
    _, _, told = walk_ladder(a_case(), OPENED_AT)
    assert told == [
        "reminder/reminder-1 01-04",
        "reminder/reminder-2 01-07",
        "reminder/reminder-3 01-11",
        "follow_up/follow-up-1 01-15",
        "follow_up/follow-up-2 01-20",
        "follow_up/follow-up-3 01-26",
        "installment_offer/offer-1 02-02",
        "installment_offer/offer-2 02-10",
        "legal_escalation/notice-1 03-04",
        "legal_escalation/notice-2 03-19",
    ]


def test_a_case_that_enters_95_days_late_walks_through_every_stage_with_its_waits() -> None:
    case, now, told = walk_ladder(a_case(), after_dpd(95))
    assert told == [
        "reminder/reminder-3 04-08",
        "follow_up/follow-up-3 04-12",
        "installment_offer/offer-2 04-17",
        "legal_escalation/notice-1 04-24",
        "legal_escalation/notice-2 05-01",
    ]
    step = step_of(case, now)
    assert step.action == RequestApproval(approval_id="acc-1-1/approval-1")
    assert step.at == ny(date(2027, 5, 8), 10)


@given(ladders(), st.integers(1, 200))
@settings(max_examples=100)
def test_no_stage_and_no_mandatory_notice_is_skipped_and_gaps_are_kept(strategy: Strategy, dpd: int) -> None:
    now = after_dpd(dpd)
    case = a_case()
    spoken: list[tuple[Stage, str, date]] = []
    while isinstance((step := step_of(case, now, strategy)).action, Contact):
        now = max(now, step.at)
        case = apply(case, made(step, now))
        spoken.append((step.action.stage, step.action.touch_key, local_date(now, case.zone)))
    stages = [stage.rank for stage, _, _ in spoken]
    assert stages == sorted(stages)
    assert set(stages) == {0, 1, 2, 3}
    keys = [key for _, key, _ in spoken]
    assert len(keys) == len(set(keys))
    for plan in strategy.stages:
        assert all(f"{plan.stage}/{touch.touch_id}" in keys for touch in plan.touches if touch.mandatory)
    waits = {plan.stage: plan for plan in strategy.stages}
    for (before, _, earlier), (stage, _, later) in pairwise(spoken):
        assert (later - earlier).days >= waits[stage].gap_days
        if before is not stage:
            assert (later - earlier).days >= waits[before].wait_days
    offsets = {f"{p.stage}/{t.touch_id}": t.offset_days for p in strategy.stages for t in p.touches}
    assert all((on - DUE_ON).days > strategy.grace_days for _, _, on in spoken)
    assert all((on - DUE_ON).days >= offsets[key] for _, key, on in spoken)


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [
        (9, 0, ny(DUE_ON + DAY, 10)),  # before the touch's hour: at its hour
        (10, 0, ny(DUE_ON + DAY, 10)),
        (15, 30, ny(DUE_ON + DAY, 15, 30)),  # after it, before the latest: at once
        (20, 0, ny(DUE_ON + 2 * DAY, 10)),  # at the latest hour: another day
        (23, 59, ny(DUE_ON + 2 * DAY, 10)),
    ],
)
def test_a_touch_waits_for_its_hour_and_never_starts_after_the_latest(
    hour: int, minute: int, expected: datetime
) -> None:
    step = step_of(a_case(), ny(DUE_ON + DAY, hour, minute))
    assert step.at == expected
    assert contact_of(step).not_after == ny(local_date(expected, "America/New_York"), 20)


def test_reminders_keep_their_hour_through_a_clock_change() -> None:
    # New York goes forward on 2026-03-08: 10:00 is 15:00Z before and 14:00Z after.
    case = a_case(due_on=date(2026, 3, 6), opened_at=ny(date(2026, 3, 7), 9))
    first = step_of(case, ny(date(2026, 3, 7), 9))
    assert first.at.hour == 15
    second = step_of(apply(case, made(first, first.at)), first.at)
    assert (second.at.date(), second.at.hour) == (date(2026, 3, 10), 14)


def test_the_ladder_goes_back_for_a_mandatory_notice_and_for_nothing_else() -> None:
    case = a_case(stage=Stage.LEGAL_ESCALATION, done=("legal_escalation/notice-1",), last_touch_at=after_dpd(60))
    step = contact_of(step_of(case, after_dpd(61)))
    assert step.touch_key == "installment_offer/offer-2"


def test_days_that_a_hold_took_off_move_every_deadline() -> None:
    hold = HoldState(hold_id="h", owner="care", starts_at=after_dpd(2), ends_at=after_dpd(12))
    case = a_case(done=("reminder/reminder-1",), last_touch_at=after_dpd(1, 10), holds=(hold,))
    assert step_of(case, after_dpd(12)).at == after_dpd(14, 10)
    unpaused = replace(case, holds=(replace(hold, pauses_dpd=False),))
    assert contact_of(step_of(unpaused, after_dpd(12))).touch_key == "reminder/reminder-3"


# --- money -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("balance", "reason"),
    [(0, CloseReason.PAID), (-1, CloseReason.PAID), (99, CloseReason.IMMATERIAL), (100, None)],
)
def test_nothing_and_next_to_nothing_are_not_chased(balance: int, reason: CloseReason | None) -> None:
    step = step_of(a_case(), OPENED_AT, balance_minor=balance, ledger_version=2)
    assert isinstance(step.action, Contact if reason is None else Close)
    assert reason is None or step.action == Close(reason=reason)


def test_a_balance_of_an_older_ledger_version_does_not_overrule_a_payment_the_case_has_heard_of() -> None:
    paid = apply(a_case(), LedgerChanged(event_id="l", at=OPENED_AT, balance_minor=0, ledger_version=2))
    step = step_of(paid, OPENED_AT, balance_minor=12_345, ledger_version=1)
    assert step.action == Close(reason=CloseReason.PAID)


def test_paying_a_part_neither_skips_a_stage_nor_loses_what_was_said() -> None:
    step = step_of(a_case(), OPENED_AT)
    case = apply(a_case(), made(step, step.at))
    part = apply(case, LedgerChanged(event_id="l", at=step.at, balance_minor=5_000, ledger_version=2))
    before, after = step_of(case, step.at), step_of(part, step.at)
    assert (before.action, before.at) == (after.action, after.at)


def test_a_case_taken_back_by_the_lender_closes() -> None:
    assert step_of(a_case(withdrawn=True), OPENED_AT).action == Close(reason=CloseReason.WITHDRAWN)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(-1, "current"), (0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (90, "61-90"), (91, "90+")],
)
def test_days_past_due_fall_into_buckets(days: int, bucket: str) -> None:
    assert dpd_bucket(days) == bucket
