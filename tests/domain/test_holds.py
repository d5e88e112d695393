"""What holds at each level do to days past due and to the next step: person, account, and one amount of an account."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import days_past_due
from domain.case import CaseState, apply
from domain.events import HoldPlaced, HoldReleased
from domain.holds import HoldState, pauses_of
from domain.ladder import explain
from domain.step import Contact, Rest
from domain.vocabulary import HoldKind, TaskKind
from tests.domain.cases import DUE_ON, NEW_YORK, STANDARD, a_case, after_dpd, facts_of, ny, step_of

DAY = timedelta(days=1)
LATER = DUE_ON + timedelta(days=30)
BOTH = ((DUE_ON, 10_000), (LATER, 2_345))
"""The two amounts of the case, both unpaid."""


def hold(**changed: Any) -> HoldState:
    """A hold of the care desk from the fifth day past due."""
    stated: dict[str, Any] = {"hold_id": "h", "owner": "care", "starts_at": after_dpd(5)} | changed
    return HoldState(**stated)


def dpd(now: datetime, *holds: HoldState) -> int:
    """Days past due of the case under these holds."""
    case = a_case(holds=holds)
    return days_past_due(case.due_on, now, case.zone, case.pauses())


@pytest.mark.parametrize("only", [None, DUE_ON], ids=["everything", "the amount that counts"])
@pytest.mark.parametrize(
    ("holds", "days"),
    [
        ([{}], 5),  # still running: it stands still at the day it began
        ([{"ends_at": after_dpd(8)}], 17),
        ([{"released_at": after_dpd(8)}], 17),
        ([{"ends_at": after_dpd(12), "released_at": after_dpd(8)}], 17),
        ([{"ends_at": after_dpd(5, 18)}], 20),  # within one day it takes nothing
        ([{"starts_at": after_dpd(-9), "ends_at": after_dpd(4)}], 16),  # before the due date nothing counts anyway
        ([{"ends_at": after_dpd(10)}, {"hold_id": "i", "starts_at": after_dpd(8), "ends_at": after_dpd(12)}], 13),
        ([{"ends_at": after_dpd(10)}, {"hold_id": "i", "starts_at": after_dpd(6), "ends_at": after_dpd(9)}], 15),
        ([{"ends_at": after_dpd(8)}, {"hold_id": "i", "starts_at": after_dpd(12)}], 9),
        ([{}, {"hold_id": "i", "starts_at": after_dpd(3)}], 3),
        ([{"starts_at": after_dpd(25)}], 20),  # it has not begun
        ([{"pauses_dpd": False}], 20),
    ],
)
def test_pause_days_come_off_once_however_holds_overlap(
    holds: list[dict[str, Any]], days: int, only: date | None
) -> None:
    states = [hold(**each, obligation_due_on=only) for each in holds]
    assert dpd(after_dpd(20), *states) == days


def test_a_hold_on_another_amount_takes_no_days_off_this_one() -> None:
    assert dpd(after_dpd(20), hold(obligation_due_on=LATER)) == 20
    assert dpd(after_dpd(20), hold(obligation_due_on=LATER), hold(hold_id="i", starts_at=after_dpd(15))) == 15


def test_a_hold_told_late_counts_from_the_day_it_began() -> None:
    placed = HoldPlaced(
        event_id="p", at=after_dpd(20), hold_id="h", reason=HoldKind.HARDSHIP, owner="care", starts_at=after_dpd(5)
    )
    case = apply(a_case(), placed)
    assert days_past_due(case.due_on, after_dpd(20), NEW_YORK, case.pauses()) == 5
    case = apply(case, HoldReleased(event_id="r", at=after_dpd(21), hold_id="h"))
    assert days_past_due(case.due_on, after_dpd(30), NEW_YORK, case.pauses()) == 14


@given(
    st.lists(st.tuples(st.integers(-5, 40), st.none() | st.integers(0, 20), st.booleans()), max_size=4),
    st.integers(0, 45),
)
def test_days_past_due_are_the_days_that_no_hold_covers(spans: list[tuple[int, int | None, bool]], today: int) -> None:
    holds = [
        hold(
            hold_id=str(number),
            starts_at=after_dpd(first),
            ends_at=None if length is None else after_dpd(first + length),
            obligation_due_on=DUE_ON if partial else None,
        )
        for number, (first, length, partial) in enumerate(spans)
    ]
    covered = {
        day
        for first, length, _ in spans
        for day in range(max(0, first), min(today, today if length is None else first + length))
    }
    assert dpd(after_dpd(today), *holds) == today - len(covered)
    assert pauses_of(holds, DUE_ON) == a_case(holds=tuple(holds)).pauses()


# --- review ----------------------------------------------------------------------------------------------------------


def test_a_hold_without_an_end_rests_until_its_review_and_then_asks_a_human() -> None:
    case = a_case(holds=(hold(review_at=after_dpd(15)),))
    before = step_of(case, after_dpd(6))
    assert (before.at, before.action) == (after_dpd(15), Rest())
    assert "next review 2027-01-18" in before.why
    for days, next_days in ((15, 22), (21, 22), (22, 29)):
        step = step_of(case, after_dpd(days))
        assert step.action == Rest(task=TaskKind.HOLD_REVIEW, task_key="h", owner="care")
        assert step.at == after_dpd(next_days)


def test_the_earliest_review_of_several_holds_comes_first_and_none_is_forgotten() -> None:
    holds = (hold(review_at=after_dpd(30)), hold(hold_id="i", owner="legal", review_at=after_dpd(12)))
    assert step_of(a_case(holds=holds), after_dpd(6)).at == after_dpd(12)
    step = step_of(a_case(holds=holds), after_dpd(28))
    assert step.action == Rest(task=TaskKind.HOLD_REVIEW, task_key="i", owner="legal")
    assert step.at == after_dpd(30), "the other one's review is not slept through"


# --- one amount of the account ---------------------------------------------------------------------------------------


def partly_held(**changed: Any) -> CaseState:
    """A case of which the older amount is disputed."""
    disputed = hold(kind=HoldKind.DISPUTE, starts_at=after_dpd(2), obligation_due_on=DUE_ON, **changed)
    return a_case(done=("reminder/reminder-1",), holds=(disputed,), last_touch_at=after_dpd(1, 10))


def test_a_hold_on_the_only_overdue_amount_silences_the_case_until_another_falls_due() -> None:
    for unpaid in ((), BOTH):
        assert isinstance(step_of(partly_held(), after_dpd(3), unpaid=unpaid).action, Rest)
    step = step_of(partly_held(review_at=after_dpd(60)), after_dpd(3), unpaid=BOTH)
    assert step.at == ny(LATER + DAY, 0), "then there is something else to speak of"
    assert step_of(partly_held(), after_dpd(3), unpaid=BOTH).action == Rest(
        task=TaskKind.HOLD_REVIEW, task_key="h", owner="care"
    )


def test_the_case_goes_on_about_what_else_is_overdue_and_counts_its_days() -> None:
    now = ny(LATER + 5 * DAY)
    step = step_of(partly_held(), now, unpaid=BOTH)
    assert isinstance(step.action, Contact)
    assert step.dpd_bucket == "1-30", "35 days past the disputed amount, 5 past the other"
    checks = {
        check.name: check.finding.says
        for check in explain(partly_held(), facts_of(a_case(), unpaid=BOTH), STANDARD, now)
    }
    assert "held is only what fell due on 2027-01-03 (h)" in checks["holds"]


def test_too_little_beside_the_held_amount_is_not_asked_for() -> None:
    crumbs = ((DUE_ON, 12_300), (LATER, 45))
    assert isinstance(step_of(partly_held(), ny(LATER + 5 * DAY), unpaid=crumbs).action, Rest)


def test_a_hold_on_everything_outranks_one_on_an_amount() -> None:
    case = partly_held()
    case = replace(case, holds=(*case.holds, hold(hold_id="person", ends_at=after_dpd(90))))
    assert isinstance(step_of(case, ny(LATER + 5 * DAY), unpaid=BOTH).action, Rest)


def test_a_release_brings_the_older_amount_back_without_the_days_it_was_held() -> None:
    now = ny(LATER + 10 * DAY)
    case = apply(partly_held(), HoldReleased(event_id="r", at=ny(LATER + 8 * DAY), hold_id="h"))
    case = replace(case, balance_minor=12_345)
    assert dpd(now, *case.holds) == 40 - 36
    assert isinstance(step_of(case, now, unpaid=BOTH).action, Contact)
