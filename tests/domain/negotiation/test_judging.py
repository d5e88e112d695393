"""Promises, settlements and plans are judged on money and on nothing else."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreements import PlanState, PromiseState
from domain.events import Instalment
from domain.negotiation.judging import Judgement, Received, judge_plan, judge_promise, judge_settlement, judged_at
from tests.domain.cases import NEW_YORK, OPENED_AT, STANDARD, ny

DUE = date(2027, 1, 8)
AT = judged_at(DUE, 2, NEW_YORK)
TERMS = replace(STANDARD.terms_in("USD"), plan_grace_days=3, plan_misses_max=2)


def promise() -> PromiseState:
    return PromiseState(promise_id="p", amount_minor=5_000, due_on=DUE, made_at=OPENED_AT, baseline_minor=12_345)


def money(in_time: int, total: int | None = None) -> Received:
    return Received(agreed_as="promise:p", total_minor=in_time if total is None else total, in_time_minor=in_time)


def test_grace_ends_when_the_day_after_it_begins_where_the_account_is() -> None:
    assert ny(date(2027, 1, 11), 0) == AT


@pytest.mark.parametrize(
    ("in_time", "now", "judgement"),
    [
        (5_000, OPENED_AT, Judgement.KEPT),
        (4_999, AT - timedelta(seconds=1), Judgement.OPEN),
        (4_999, AT, Judgement.PARTLY_KEPT),
        (1, AT, Judgement.PARTLY_KEPT),
        (0, AT, Judgement.BROKEN),
        (-700, AT, Judgement.BROKEN),  # taken back more than came
        (6_000, AT, Judgement.KEPT),
    ],
)
def test_a_promise_is_kept_kept_in_part_or_broken(in_time: int, now: datetime, judgement: Judgement) -> None:
    assert judge_promise(promise(), money(in_time), now=now, at=AT) is judgement


def test_money_that_came_after_the_grace_does_not_keep_a_promise() -> None:
    assert judge_promise(promise(), money(0, total=5_000), now=AT, at=AT) is Judgement.BROKEN


def plan(*amounts: int) -> PlanState:
    instalments = tuple(
        Instalment(due_on=date(2027, 1, 15) + timedelta(days=30 * number), amount_minor=amount)
        for number, amount in enumerate(amounts)
    )
    return PlanState(plan_id="pl", instalments=instalments, accepted_at=OPENED_AT, baseline_minor=sum(amounts))


PLAN = plan(100, 100, 100, 100)
FIRST_MISSED = ny(date(2027, 1, 19), 0)
SECOND_MISSED = ny(date(2027, 2, 18), 0)


@pytest.mark.parametrize(
    ("received", "now", "judgement", "missed", "next_number", "next_minor"),
    [
        (0, OPENED_AT, Judgement.OPEN, 0, 1, 100),
        (0, FIRST_MISSED, Judgement.OPEN, 1, 2, 200),  # one of two: what was missed is due with the next
        (100, FIRST_MISSED, Judgement.OPEN, 0, 2, 100),
        (150, FIRST_MISSED, Judgement.OPEN, 0, 2, 50),
        (100, SECOND_MISSED, Judgement.OPEN, 1, 3, 200),
        (99, SECOND_MISSED, Judgement.BROKEN, 2, 3, 201),
        (400, OPENED_AT, Judgement.KEPT, 0, 0, 0),
        (350, OPENED_AT, Judgement.OPEN, 0, 4, 50),  # paid early
    ],
)
def test_a_plan_performs_until_too_many_instalments_are_missed(
    received: int, now: datetime, judgement: Judgement, missed: int, next_number: int, next_minor: int
) -> None:
    standing = judge_plan(PLAN, received, TERMS, NEW_YORK, now)
    assert (standing.judgement, len(standing.missed)) == (judgement, missed)
    assert (standing.next_number, standing.next_minor) == (next_number, next_minor)


def test_a_plan_whose_last_day_is_over_is_broken_by_one_missed_instalment() -> None:
    end = PLAN.instalments[-1].due_on + timedelta(days=10)
    assert judge_plan(PLAN, 399, TERMS, NEW_YORK, ny(end)).judgement is Judgement.BROKEN


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 200))
def test_more_money_never_makes_a_plan_worse(one: int, more: int, days: int) -> None:
    now = OPENED_AT + timedelta(days=days)
    rank = {Judgement.BROKEN: 0, Judgement.OPEN: 1, Judgement.KEPT: 2}
    less = judge_plan(PLAN, one, TERMS, NEW_YORK, now)
    better = judge_plan(PLAN, one + more, TERMS, NEW_YORK, now)
    assert rank[better.judgement] >= rank[less.judgement]
    assert len(better.missed) <= len(less.missed)


def test_half_a_settlement_is_none() -> None:
    from domain.agreements import SettlementState

    settlement = SettlementState(
        relief_id="r", amount_minor=5_000, due_on=DUE, accepted_at=OPENED_AT, baseline_minor=12_345
    )
    assert judge_settlement(settlement, money(4_999), now=AT, at=AT) is Judgement.BROKEN
    assert judge_settlement(settlement, money(4_999), now=OPENED_AT, at=AT) is Judgement.OPEN
    assert judge_settlement(settlement, money(5_000), now=OPENED_AT, at=AT) is Judgement.KEPT
