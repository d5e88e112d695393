"""A strategy as its conditions make it for one score: the plan is offered earlier, the touches are further apart.

No touch is added, dropped or made another by it, and the stage of legal escalation is never changed.
"""

from dataclasses import replace

from domain.score import Condition, Score
from domain.strategy import StagePlan, Strategy
from domain.vocabulary import Stage


def softened(strategy: Strategy, score: Score | None) -> tuple[Strategy, str]:
    """The strategy for that score, and why in words; itself and no words when no condition is met."""
    met = [condition for condition in strategy.conditions if score is not None and condition.met_by(score)]
    if score is None or not met:
        return strategy, ""
    stages = strategy.stages
    for condition in met:
        stages = tuple(_softer(plan, condition) for plan in stages)
    days = [each.offer_after_days for each in met if each.offer_after_days is not None]
    if days:
        stages = tuple(_earlier(plan, min(days)) for plan in stages)
    return replace(strategy, stages=stages), f"softer for {score.says}"


def _softer(plan: StagePlan, condition: Condition) -> StagePlan:
    if plan.stage is Stage.LEGAL_ESCALATION or condition.gap_days_times == 1:
        return plan
    return replace(plan, gap_days=plan.gap_days * condition.gap_days_times)


def _earlier(plan: StagePlan, day: int) -> StagePlan:
    """What comes before the offer is due by that day, and so is the first touch of the offer."""
    if plan.stage.rank < Stage.INSTALLMENT_OFFER.rank:
        touches = tuple(replace(touch, offset_days=min(touch.offset_days, day)) for touch in plan.touches)
        return replace(plan, touches=touches, wait_days=min(plan.wait_days, plan.gap_days))
    if plan.stage is Stage.INSTALLMENT_OFFER:
        first, *others = plan.touches
        return replace(plan, touches=(replace(first, offset_days=min(first.offset_days, day)), *others))
    return plan
