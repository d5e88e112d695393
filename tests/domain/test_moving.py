"""What a move to another strategy may do: it repeats nothing that was sent and leaves out no mandatory notice."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.strategies import read_strategy
from domain.agreements import ApprovalState, PromiseState
from domain.case import CaseState, apply
from domain.events import StrategyMoved
from domain.moving import Move, Sent, consider
from domain.step import Contact
from domain.strategy import LADDER_STAGES, Strategy
from domain.vocabulary import ApprovalStatus, CloseReason, Stage
from domain.without_strategy import step_without
from tests.domain.cases import DUE_ON, GENTLE, OPENED_AT, STANDARD, a_case, after_dpd, facts_of
from tests.domain.generated import OPEN_CASES, ladders

KEYS = {plan.key_of(touch): touch.template for plan in STANDARD.stages for touch in plan.touches}


def changed(*edits: tuple[str, str]) -> Strategy:
    """The standard file after somebody edited it."""
    text = STANDARD.document
    for before, after in edits:
        assert before in text, before
        text = text.replace(before, after)
    return read_strategy(STANDARD.name, text)


def after(*keys: str) -> tuple[CaseState, tuple[Sent, ...]]:
    """A case for which these touches went out, and their record."""
    stage = Stage(keys[-1].partition("/")[0]) if keys else Stage.REMINDER
    sent = tuple(Sent(touch_key=key, template=KEYS[key], certain=True) for key in keys)
    return a_case(done=keys, stage=stage, last_touch_at=after_dpd(1, 10) if keys else None), sent


def move(case: CaseState, sent: tuple[Sent, ...], new: Strategy, days: int = 3) -> Move:
    return consider(case, facts_of(case), old=STANDARD, new=new, sent=sent, now=after_dpd(days))


def test_a_moved_case_goes_on_from_where_it_is() -> None:
    case, sent = after("reminder/reminder-1")
    found = move(case, sent, GENTLE)
    assert found.refusal == ""
    assert found.now is not None
    assert found.then is not None
    assert isinstance(found.now.action, Contact)
    assert isinstance(found.then.action, Contact)
    assert (found.now.action.touch_key, found.then.action.touch_key) == ("reminder/reminder-2",) * 2
    assert found.then.at - found.now.at > timedelta(days=9), "day 14 of the gentle one, not day 4"
    assert found.left_out == (
        "reminder/reminder-3",
        "follow_up/follow-up-2",
        "follow_up/follow-up-3",
        "installment_offer/offer-2",
    )
    assert found.added == ()


def test_a_touch_with_another_id_and_the_same_words_is_not_sent_a_second_time() -> None:
    renamed = changed(("id: reminder-1,", "id: hello-1,"))
    found = move(*after("reminder/reminder-1"), renamed)
    assert found.refusal.startswith(
        "reminder_1 was sent as reminder/reminder-1 and would be sent again as reminder/hel"
    )
    assert move(*after(), renamed).refusal == "", "nothing was sent yet"
    assert move(*after("reminder/reminder-1", "reminder/reminder-2"), renamed).refusal == "", "it was passed by"
    # A ladder that says the same words twice of its own accord may do so.
    twice = changed(("template: reminder_2}", "template: reminder_1}"))
    assert move(*after("reminder/reminder-1"), twice).refusal == ""


def test_a_stage_that_owes_a_mandatory_notice_still_owes_one_after_the_move() -> None:
    softened = changed(("template: installment_offer_2, mandatory: true", "template: installment_offer_2"))
    case, sent = after("reminder/reminder-1")
    assert move(case, sent, softened).refusal.startswith("installment_offer/offer-2 is mandatory and not made yet")
    given = replace(case, done=(*case.done, "installment_offer/offer-2"), stage=Stage.INSTALLMENT_OFFER)
    assert move(given, sent, softened, 40).refusal == ""


def test_the_new_ladder_goes_back_for_its_own_mandatory_notice() -> None:
    stricter = changed(("template: follow_up_1}", "template: follow_up_1, mandatory: true}"))
    keys = ("reminder/reminder-1", "follow_up/follow-up-2")
    found = move(*after(*keys), stricter, 18)
    assert found.added == ("follow_up/follow-up-1",)
    assert found.then is not None
    assert isinstance(found.then.action, Contact)
    assert found.then.action.touch_key == "follow_up/follow-up-1"


PROMISE = PromiseState(
    promise_id="p", amount_minor=100, due_on=DUE_ON + timedelta(days=20), made_at=OPENED_AT, baseline_minor=12_345
)
APPROVAL = ApprovalState(
    approval_id="a", status=ApprovalStatus.REQUESTED, requested_by="amicable", expires_at=after_dpd(99)
)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"promise": PROMISE}, "a promise runs"),
        ({"approval": APPROVAL}, "people were asked about legal steps"),
        ({"stage": Stage.CLOSED, "close_reason": CloseReason.PAID}, "it is closed: paid"),
        ({"currency": "CHF"}, "has no amounts for CHF"),
    ],
)
def test_what_was_begun_under_a_strategy_ends_under_it(changes: dict[str, object], why: str) -> None:
    case = a_case(**changes)
    without = replace(GENTLE, currencies={"USD": GENTLE.currencies["USD"]})
    found = consider(case, facts_of(case), old=None, new=without, sent=(), now=after_dpd(1))
    assert why in found.refusal


def test_a_touch_in_doubt_is_settled_first() -> None:
    case = a_case()
    doubt = Sent(touch_key="reminder/reminder-1", template="reminder_1", certain=False)
    assert "nobody knows yet whether reminder/reminder-1 went out" in move(case, (doubt,), GENTLE).refusal


@given(case=OPEN_CASES, old=ladders(), new=ladders(), days=st.integers(-5, 120))
def test_whatever_was_sent_an_allowed_move_repeats_nothing_and_owes_every_notice(
    case: CaseState, old: Strategy, new: Strategy, days: int
) -> None:
    """Whatever two ladders look like; a template may go out as often as the new ladder itself says it."""
    words = {plan.key_of(touch): touch.template for plan in old.stages for touch in plan.touches}
    sent = tuple(
        Sent(touch_key=key, template=words[key], certain=True)
        for key in case.done
        if key in words and key not in case.forgone
    )
    found = consider(case, facts_of(case), old=old, new=new, sent=sent, now=after_dpd(days))
    if found.refusal:
        return
    made = {each.touch_key for each in sent}
    assert not made & set(found.added)
    for before, after_move in zip(old.stages, new.stages, strict=True):
        owed = [each for each in before.touches if each.mandatory and before.key_of(each) not in made]
        notices = [after_move.key_of(each) for each in after_move.touches if each.mandatory]
        assert not owed or notices, "a notice is owed and the new ladder has none in that stage"
    planned = Counter(touch.template for plan in new.stages for touch in plan.touches)
    said = Counter(each.template for each in sent)
    coming = Counter(
        touch.template for plan in new.stages for touch in plan.touches if plan.key_of(touch) in found.added
    )
    for template, times in coming.items():
        assert said[template] == 0 or said[template] + times <= planned[template]


def moved(at_days: int, strategy: Strategy) -> StrategyMoved:
    at = OPENED_AT + timedelta(days=at_days)
    return StrategyMoved(
        event_id=f"m{at_days}",
        at=at,
        strategy=strategy.name,
        strategy_version=strategy.version,
        terms=strategy.terms_in("USD"),
        by="dana",
    )


def test_the_later_of_two_moves_counts_in_whatever_order_they_are_heard() -> None:
    one, two = moved(1, GENTLE), moved(2, STANDARD)
    for facts in ((one, two), (two, one), (one, two, one, two)):
        case = a_case(strategy="other", strategy_version="0")
        for fact in facts:
            case = apply(case, fact)
        assert (case.strategy, case.strategy_version, case.moved_at) == (STANDARD.name, STANDARD.version, two.at)
        assert case.terms == STANDARD.terms_in("USD")
    closed = a_case(stage=Stage.CLOSED, close_reason=CloseReason.PAID)
    assert apply(closed, one) == closed


@pytest.mark.parametrize("stage", LADDER_STAGES)
def test_a_case_without_its_strategy_is_silent_and_asks_for_a_human(stage: Stage) -> None:
    case = a_case(stage=stage)
    step = step_without(case, facts_of(case), "x@1", "x@1 is not kept", OPENED_AT)
    assert (step.action.kind, step.why, step.at) == ("rest", "x@1 is not kept", OPENED_AT + timedelta(days=1))
