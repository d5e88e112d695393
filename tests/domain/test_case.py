"""A case changes by facts alone: in every stage, in any order, and twice is once."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.case import TRANSITIONS, CaseState, apply
from domain.errors import IllegalTransition
from domain.events import (
    EVENT_TYPES,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRenewed,
    ApprovalRequested,
    ContactAllowed,
    ContactDeferred,
    ContactFailed,
    ContactForgone,
    ContactMade,
    ContactStopped,
    Event,
    Fact,
    HoldPlaced,
    HoldReleased,
    LedgerChanged,
    PlanAccepted,
    PromiseMade,
)
from domain.holds import HoldState
from domain.strategy import LADDER_STAGES
from domain.vocabulary import ApprovalStatus, Channel, CloseReason, HoldKind, Stage
from tests.domain.cases import DUE_ON, OPENED_AT, a_case
from tests.domain.generated import ABOUT_HOLDS, CASES, EVENTS

DAY = timedelta(days=1)


def after(case: CaseState, *facts: Event) -> CaseState:
    for fact in facts:
        case = apply(case, fact)
    return case


def in_stage(stage: Stage) -> CaseState:
    if stage is Stage.CLOSED:
        return a_case(stage=stage, close_reason=CloseReason.PAID)
    return a_case(stage=stage)


def test_every_stage_takes_every_fact() -> None:
    assert set(TRANSITIONS) == set(Stage)
    for stage in Stage:
        assert set(TRANSITIONS[stage]) == set(EVENT_TYPES), stage


@given(st.sampled_from(Stage), EVENTS)
@settings(max_examples=200)
def test_a_fact_leads_only_to_a_stage_that_the_table_names(stage: Stage, event: Event) -> None:
    result = apply(in_stage(stage), event)
    assert result.stage in TRANSITIONS[stage][type(event)].leads_to
    assert result.stage.rank >= stage.rank


@given(CASES, EVENTS)
@settings(max_examples=200)
def test_a_fact_twice_is_a_fact_once(case: CaseState, event: Event) -> None:
    once = apply(case, event)
    assert apply(once, event) == once


@given(EVENTS)
def test_a_closed_case_changes_by_its_ledger_only(event: Event) -> None:
    closed = in_stage(Stage.CLOSED)
    result = apply(closed, event)
    if isinstance(event, LedgerChanged):
        result = replace(result, balance_minor=closed.balance_minor, ledger_version=closed.ledger_version)
    assert result == closed


@given(CASES)
def test_a_case_is_closed_exactly_when_it_has_a_reason(case: CaseState) -> None:
    assert case.is_closed is (case.close_reason is not None)
    if case.is_closed:
        assert (case.promise, case.plan, case.deferred_touch) == (None, None, "")


@st.composite
def histories_with_duplicates(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """A history, and the same one with copies of its facts told again anywhere later. Every fact has its instant."""
    drawn = draw(st.lists(EVENTS, max_size=10))
    history: list[Event] = []
    case = a_case()
    for number, event in enumerate(drawn):
        at = OPENED_AT + number * timedelta(hours=7)
        changes = {"at": at, "event_id": f"e-{number}"}
        if isinstance(event, ContactDeferred):
            changes["until"] = at + DAY
        if isinstance(event, LedgerChanged):
            changes["ledger_version"] = number + 2
        fact = replace(event, **changes)  # type: ignore[arg-type]
        result = apply(case, fact)
        if isinstance(fact, ApprovalGranted | ApprovalRefused | ApprovalRenewed) and result == case:
            continue  # a decision that the case does not admit never becomes a fact
        history.append(fact)
        case = result
    repeated = list(history)
    for number in draw(st.lists(st.integers(0, max(0, len(history) - 1)), max_size=6)) if history else []:
        original = history[number]
        position = draw(st.integers(repeated.index(original) + 1, len(repeated)))
        repeated.insert(position, original)
    return history, repeated


def _failed(event_id: str, hours: int) -> ContactFailed:
    at = OPENED_AT + timedelta(hours=hours)
    return ContactFailed(event_id=event_id, at=at, touch_key="reminder/reminder-1", attempt=1)


def _deferred(event_id: str, hours: int) -> ContactDeferred:
    at = OPENED_AT + timedelta(hours=hours)
    return ContactDeferred(
        event_id=event_id,
        at=at,
        touch_key="reminder/reminder-1",
        until=OPENED_AT + timedelta(days=3),
        rule="US-TIME-1",
    )


@pytest.mark.parametrize("again", [_failed, _deferred])
def test_what_was_told_without_effect_has_none_once_something_else_was_said(
    again: Callable[[str, int], Event],
) -> None:
    made = ContactMade(
        event_id="e-3",
        at=OPENED_AT + timedelta(hours=9),
        touch_key="reminder/reminder-2",
        stage=Stage.REMINDER,
        channel=Channel.SMS,
    )
    told = [again("e-1", 1), again("e-2", 2), made]
    assert after(a_case(), *told, again("e-2", 2)) == after(a_case(), *told)


@given(histories_with_duplicates())
@settings(max_examples=150)
def test_duplicates_told_anywhere_later_change_nothing(pair: tuple[list[Event], list[Event]]) -> None:
    history, repeated = pair
    assert after(a_case(), *repeated) == after(a_case(), *history)


def test_of_two_balances_the_later_version_is_the_truth_in_any_order() -> None:
    facts = [
        LedgerChanged(event_id=f"l-{version}", at=OPENED_AT, balance_minor=balance, ledger_version=version)
        for version, balance in ((2, 9_000), (3, 0), (4, 5_000))
    ]
    results = {after(a_case(), *order) for order in permutations(facts)}
    assert len(results) == 1
    assert results.pop().balance_minor == 5_000


@given(st.lists(ABOUT_HOLDS, max_size=5, unique_by=lambda each: (each.hold_id, type(each) is HoldReleased)), st.data())
def test_holds_may_be_placed_and_released_in_any_order(facts: list[Event], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(facts))
    assert after(a_case(), *shuffled) == after(a_case(), *facts)


WORDS = st.builds(
    lambda kind, hours, channel: kind(event_id="w", at=OPENED_AT + timedelta(hours=hours), channel=channel),
    st.sampled_from([ContactStopped, ContactAllowed]),
    st.integers(0, 3),
    st.sampled_from([Channel.SMS, Channel.EMAIL]),
)


@given(st.lists(WORDS, max_size=6), st.data())
def test_channels_may_be_stopped_and_allowed_in_any_order(facts: list[Event], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(facts))
    assert after(a_case(), *shuffled) == after(a_case(), *facts)


def test_who_opts_in_again_may_be_contacted_again_and_an_older_word_that_comes_late_changes_nothing() -> None:
    stopped = ContactStopped(event_id="s", at=OPENED_AT + DAY, channel=Channel.SMS)
    allowed = ContactAllowed(event_id="a", at=OPENED_AT + 2 * DAY, channel=Channel.SMS)
    late = ContactAllowed(event_id="l", at=OPENED_AT, channel=Channel.SMS)
    assert after(a_case(), stopped, late).stopped == (Channel.SMS,)
    assert after(a_case(), stopped, allowed).stopped == ()
    assert after(a_case(), stopped, replace(allowed, at=stopped.at)).stopped == (Channel.SMS,)


def test_a_release_that_overtakes_its_hold_still_ends_it() -> None:
    placed = HoldPlaced(
        event_id="p", at=OPENED_AT, hold_id="h", reason=HoldKind.HARDSHIP, owner="care", starts_at=OPENED_AT
    )
    released = HoldReleased(event_id="r", at=OPENED_AT + DAY, hold_id="h")
    case = after(a_case(), released, placed)
    assert case.holds[0].active_at(OPENED_AT)
    assert not case.holds[0].active_at(OPENED_AT + DAY)
    assert case.pauses()[0].ends_at == OPENED_AT + DAY


@pytest.mark.parametrize(
    ("starts", "ends", "released", "active"),
    [
        (0, None, None, True),
        (0, 1, None, True),
        (-2, 0, None, False),  # its end is not inside
        (1, None, None, False),
        (0, None, 0, False),
        (None, None, 0, False),
    ],
)
def test_a_hold_is_in_force_from_its_start_until_its_end_or_release(
    starts: int | None, ends: int | None, released: int | None, active: bool
) -> None:
    def at(days: int | None) -> object:
        return None if days is None else OPENED_AT + days * DAY

    hold = HoldState(hold_id="h", starts_at=at(starts), ends_at=at(ends), released_at=at(released))  # type: ignore[arg-type]
    assert hold.active_at(OPENED_AT) is active


def promise(promise_id: str = "p-1", **changes: object) -> PromiseMade:
    made = PromiseMade(event_id="p", at=OPENED_AT, promise_id=promise_id, amount_minor=5_000, due_on=DUE_ON)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_plan_takes_the_place_of_a_promise() -> None:
    plan = PlanAccepted(event_id="pl", at=OPENED_AT, plan_id="p-1", instalments=())
    case = after(a_case(), promise(), plan)
    assert case.promise is None
    assert case.plan is not None, "a promise and a plan of one id are two things"


def test_a_promise_cannot_take_the_id_of_an_approval_request() -> None:
    requested = asked("acc-1-1/approval-1")
    case = after(a_case(), promise("acc-1-1/approval-1"), requested)
    assert case.approval is not None


def asked(approval_id: str) -> ApprovalRequested:
    return ApprovalRequested(
        event_id="a", at=OPENED_AT, approval_id=approval_id, requested_by="amicable", expires_at=OPENED_AT + 7 * DAY
    )


def granted(approval_id: str, by: str, at: int = 1) -> ApprovalGranted:
    return ApprovalGranted(event_id="g", at=OPENED_AT + at * DAY, approval_id=approval_id, by=by)


@pytest.mark.parametrize(
    ("by", "at", "status"),
    [
        ("ops-1", 1, ApprovalStatus.GRANTED),
        ("amicable", 1, ApprovalStatus.REQUESTED),
        (" Amicable ", 1, ApprovalStatus.REQUESTED),
        ("ops-1", 7, ApprovalStatus.REQUESTED),
    ],
)
def test_a_grant_counts_from_another_person_and_in_time(by: str, at: int, status: ApprovalStatus) -> None:
    case = after(a_case(), asked("a-1"), granted("a-1", by, at))
    assert case.approval is not None
    assert case.approval.status is status


def renewed(by: str, at: int) -> ApprovalRenewed:
    return ApprovalRenewed(event_id="n", at=OPENED_AT + at * DAY, approval_id="a-1", by=by)


def test_who_puts_a_request_again_may_not_grant_it() -> None:
    case = after(a_case(), asked("a-1"), renewed("ops-1", 8), asked("a-2"))
    assert after(case, granted("a-2", "OPS-1")).approval == case.approval
    other = after(case, granted("a-2", "ops-2")).approval
    assert other is not None
    assert other.status is ApprovalStatus.GRANTED


def test_a_grant_that_expired_unused_may_be_asked_for_again_and_a_standing_one_may_not() -> None:
    case = after(a_case(), asked("a-1"), granted("a-1", "ops-1"))
    assert after(case, renewed("ops-2", 2)) == case
    assert after(case, renewed("ops-2", 7)).approval is None


def test_a_mandatory_touch_that_was_forgone_can_still_be_made() -> None:
    key, stage = "legal_escalation/notice-1", Stage.LEGAL_ESCALATION
    forgone = ContactForgone(event_id="f", at=OPENED_AT, touch_key=key, stage=stage, why="denied")
    made = ContactMade(event_id="m", at=OPENED_AT + DAY, touch_key=key, stage=stage, channel=Channel.SMS)
    case = after(a_case(), forgone)
    assert (case.done, case.forgone, case.last_touch_at) == ((key,), (key,), None)
    case = after(case, made, forgone)
    assert (case.done, case.forgone, case.last_touch_at) == ((key,), (), OPENED_AT + DAY)


def test_an_old_deferral_or_failure_told_again_does_not_displace_a_later_one() -> None:
    def deferred(key: str, at: int) -> ContactDeferred:
        when = OPENED_AT + at * DAY
        return ContactDeferred(event_id="d", at=when, touch_key=key, until=when + DAY, rule="CAP")

    def failed(key: str, at: int) -> ContactFailed:
        return ContactFailed(event_id="f", at=OPENED_AT + at * DAY, touch_key=key, attempt=1)

    for fact in (deferred, failed):
        case = after(a_case(), fact("reminder/a", 0), fact("reminder/b", 1))
        assert after(case, fact("reminder/a", 0)) == case


def test_touches_that_fail_in_turn_remember_each_other_s_failures_until_something_was_said() -> None:
    def failed(key: str, hours: int) -> ContactFailed:
        return ContactFailed(event_id="f", at=OPENED_AT + timedelta(hours=hours), touch_key=key, attempt=1)

    def often(case: CaseState, key: str) -> int:
        known = case.failed(key)
        return known.failures if known is not None else 0

    case = after(a_case(), failed("a", 0), failed("b", 1), failed("a", 2), failed("b", 3), failed("a", 4))
    assert (often(case, "a"), often(case, "b"), often(case, "c")) == (3, 2, 0)
    assert after(case, failed("b", 3), failed("a", 4)) == case, "told again, it is no other failure"
    said = ContactMade(event_id="m", at=OPENED_AT + DAY, touch_key="r/1", stage=Stage.REMINDER, channel=Channel.SMS)
    assert [often(after(case, said), key) for key in "ab"] == [0, 0]


def test_a_stage_never_goes_back() -> None:
    case = a_case(stage=Stage.LEGAL_ESCALATION)
    late = ContactMade(event_id="m", at=OPENED_AT, touch_key="r/1", stage=Stage.REMINDER, channel=Channel.SMS)
    assert apply(case, late).stage is Stage.LEGAL_ESCALATION


def test_what_is_no_fact_of_a_case_is_refused() -> None:
    for stage in (*LADDER_STAGES, Stage.CLOSED):
        with pytest.raises(IllegalTransition):
            apply(in_stage(stage), Fact(event_id="?", at=OPENED_AT))  # type: ignore[arg-type]


def test_a_case_remembers_nobody() -> None:
    personal = ("name", "phone", "mail", "address", "text", "locale", "birth")
    kept = [field.name for cls in (CaseState, *EVENT_TYPES) for field in fields(cls)]
    assert [name for name in kept if any(word in name for word in personal)] == []
