"""The score: points that add up, better for what is better, with reasons; and strategies that are softer by it."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ladder import explain
from domain.score import Condition, History, Measure, PointScorer, Reason, Score
from domain.softening import softened
from domain.vocabulary import Stage
from tests.domain.cases import GENTLE, STANDARD, a_case, after_dpd, facts_of, step_of, walk_ladder

COUNTS = st.integers(0, 20)
HISTORIES = st.builds(
    History, days_past_due=st.integers(0, 400), promises_kept=COUNTS, promises_broken=COUNTS, payments=COUNTS,
    sent=COUNTS, delivered=COUNTS, answers=COUNTS, hardship=st.booleans(),
)  # fmt: skip
POOR = Score(ability=20, willingness=80, reasons=(Reason.HARDSHIP,))
SILENT = Score(ability=80, willingness=20, reasons=(Reason.PROMISES_BROKEN,))


def score(**known: int | bool) -> Score:
    return PointScorer().score(History(**{"days_past_due": 10, **known}))  # type: ignore[arg-type]  # counts and a flag


@pytest.mark.parametrize(
    ("known", "ability", "willingness", "reasons"),
    [
        ({}, 45, 50, "no_payment"),
        ({"promises_kept": 2, "payments": 1}, 70, 75, "promises_kept payments"),
        ({"promises_broken": 2}, 35, 20, "promises_broken no_payment"),
        ({"days_past_due": 91, "hardship": True}, 0, 30, "late_90 no_payment hardship"),
        ({"answers": 3, "sent": 4, "delivered": 1}, 45, 60, "no_payment answers hard_to_reach"),
    ],
)
def test_the_points_add_up_and_every_reason_is_told(
    known: dict[str, int], ability: int, willingness: int, reasons: str
) -> None:
    found = score(**known)
    assert (found.ability, found.willingness) == (max(0, ability), willingness)
    assert " ".join(found.reasons) == reasons


@given(HISTORIES)
def test_a_score_is_between_nothing_and_a_hundred_and_the_same_twice(history: History) -> None:
    found = PointScorer().score(history)
    assert 0 <= found.ability <= 100
    assert 0 <= found.willingness <= 100
    assert found == PointScorer().score(history)
    assert len(set(found.reasons)) == len(found.reasons)


@given(HISTORIES, st.sampled_from(["promises_kept", "payments", "answers"]))
def test_what_is_better_never_lowers_a_score(history: History, name: str) -> None:
    before = PointScorer().score(history)
    after = PointScorer().score(replace(history, **{name: getattr(history, name) + 1}))
    assert after.ability >= before.ability
    assert after.willingness >= before.willingness


@given(HISTORIES, st.sampled_from(["promises_broken", "days_past_due"]))
def test_what_is_worse_never_raises_a_score(history: History, name: str) -> None:
    before = PointScorer().score(history)
    after = PointScorer().score(replace(history, **{name: getattr(history, name) + 1}))
    assert after.ability <= before.ability
    assert after.willingness <= before.willingness


@given(HISTORIES)
def test_who_cannot_be_reached_is_not_taken_for_unwilling(history: History) -> None:
    unreached = replace(history, sent=10, delivered=0)
    reached = replace(history, sent=10, delivered=10)
    assert PointScorer().score(unreached).willingness == PointScorer().score(reached).willingness


def test_a_score_knows_nothing_personal() -> None:
    assert {each.name for each in fields(History)} == {
        "days_past_due", "promises_kept", "promises_broken", "payments", "sent", "delivered", "answers", "hardship",
    }  # fmt: skip


def test_without_a_condition_or_a_score_a_strategy_is_as_its_file_says() -> None:
    assert softened(STANDARD, POOR) == (STANDARD, "")
    assert softened(GENTLE, None) == (GENTLE, "")
    assert softened(GENTLE, Score(ability=40, willingness=40)) == (GENTLE, "")


def test_who_cannot_pay_is_offered_the_plan_earlier_and_whoever_is_asked_says_why() -> None:
    usual = walk_ladder(a_case(strategy=GENTLE.name), after_dpd(1), GENTLE)[2]
    case, now, told = a_case(strategy=GENTLE.name), after_dpd(1), []
    strategy, why = softened(GENTLE, POOR)
    _, _, told = walk_ladder(case, now, strategy)
    offered = {line.split()[0]: line.split()[1] for line in told}["installment_offer/offer-1"]
    usually = {line.split()[0]: line.split()[1] for line in usual}["installment_offer/offer-1"]
    assert (offered, usually) == ("01-31", "02-17")
    assert why == "softer for ability 20, willingness 80 (hardship)"
    step = step_of(case, now, GENTLE, score=POOR)
    assert step.why.endswith("; softer for ability 20, willingness 80 (hardship)")
    checks = explain(case, facts_of(case, score=POOR), GENTLE, now)
    assert checks[-1].finding.says == step.why


def test_who_does_not_answer_to_being_asked_is_asked_half_as_often() -> None:
    stages = {plan.stage: plan for plan in softened(GENTLE, SILENT)[0].stages}
    assert [stages[plan.stage].gap_days for plan in GENTLE.stages] == [12, 14, 14, 14]


CONDITIONS = st.builds(
    Condition,
    when=st.dictionaries(st.sampled_from(Measure), st.integers(1, 100), min_size=1),
    offer_after_days=st.none() | st.integers(1, 44),
    gap_days_times=st.integers(1, 4),
)
SCORES = st.builds(Score, ability=st.integers(0, 100), willingness=st.integers(0, 100))


@given(st.lists(CONDITIONS, max_size=3), SCORES)
def test_no_condition_drops_adds_or_renames_a_touch_and_law_is_never_changed(
    conditions: list[Condition], found: Score
) -> None:
    before = replace(GENTLE, conditions=tuple(conditions))
    after, _ = softened(before, found)
    assert [plan.keys for plan in after.stages] == [plan.keys for plan in before.stages]
    kept = [[touch.mandatory for touch in plan.touches] for plan in before.stages]
    assert [[touch.mandatory for touch in plan.touches] for plan in after.stages] == kept
    assert after.plan_of(Stage.LEGAL_ESCALATION) == before.plan_of(Stage.LEGAL_ESCALATION)


@given(st.lists(CONDITIONS, max_size=3), SCORES)
def test_every_mandatory_notice_is_made_under_any_condition(conditions: list[Condition], found: Score) -> None:
    strategy, _ = softened(replace(GENTLE, conditions=tuple(conditions)), found)
    case, _, _ = walk_ladder(a_case(strategy=GENTLE.name), after_dpd(1), strategy)
    mandatory = {plan.key_of(touch) for plan in GENTLE.stages for touch in plan.touches if touch.mandatory}
    assert mandatory <= set(case.done)
