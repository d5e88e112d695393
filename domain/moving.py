"""Moving a case to another strategy, or to another version of its own: what that would change, and when it may not be.

The case goes on from where it is: what was said stays said, its stage stays, and the new ladder is walked from there.
A move never repeats what was sent, under whatever name, and never leaves out a mandatory notice. Where it would, or
where something begun under the old strategy still runs, it is refused, and the case finishes that first.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.case_state import CaseState
from domain.errors import InvalidInput
from domain.ladder import CaseFacts, next_step
from domain.schedule import Moment, is_too_late, pending_touches
from domain.step import NextStep
from domain.strategy import PlannedTouch, Strategy
from domain.vocabulary import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A touch that went out, or may have."""

    touch_key: str
    template: str
    certain: bool
    """Whether the provider said that it took it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a move of one case would do."""

    now: NextStep | None
    """What is next under the old strategy; None when nobody kept it."""
    then: NextStep | None
    """What would be next under the new one; None when the move is refused before that can be asked."""
    left_out: tuple[str, ...] = ()
    """Touches that were still to come and would not be made."""
    added: tuple[str, ...] = ()
    """Touches that would come in addition."""
    refusal: str = ""
    """Why the case cannot be moved now; empty when it can."""


def consider(
    case: CaseState, facts: CaseFacts, *, old: Strategy | None, new: Strategy, sent: Sequence[Sent], now: datetime
) -> Move:
    """What the move would do; nothing is changed. Without the old strategy nobody can tell what it still owed."""
    before = next_step(case, facts, old, now) if old is not None else None
    refusal = next(_begun(case, sent), "")
    if refusal:
        return Move(now=before, then=None, refusal=refusal)
    try:
        moved = replace(
            case, strategy=new.name, strategy_version=new.version, terms=new.terms_in(case.currency), moved_at=now
        )
    except InvalidInput as error:
        return Move(now=before, then=None, refusal=str(error))
    was, comes = _to_come(case, old, now) if old is not None else {}, _to_come(moved, new, now)
    return Move(
        now=before,
        then=next_step(moved, facts, new, now),
        left_out=tuple(key for key in was if key not in comes),
        added=tuple(key for key in comes if key not in was),
        refusal=_repeated(new, comes, sent) or _owed_notice(case, new, was, comes),
    )


def _begun(case: CaseState, sent: Sequence[Sent]) -> Iterator[str]:
    """What runs under the old strategy and comes to its end there."""
    if case.is_closed:
        yield f"it is closed: {case.close_reason}"
    for name, agreed in (("promise", case.promise), ("plan", case.plan), ("settlement", case.settlement)):
        if agreed is not None:
            yield f"a {name} runs, and is judged by the terms that it was made under: move the case when it is over"
    if case.approval is not None or case.outside:
        yield "people were asked about legal steps under its strategy: that comes to its end there"
    for each in sent:
        if not each.certain:
            yield f"nobody knows yet whether {each.touch_key} went out: move the case when that is settled"


def _to_come(case: CaseState, strategy: Strategy, now: datetime) -> dict[str, PlannedTouch]:
    """Touches that are still to be made, in the order of the ladder."""
    moment = Moment(case=case, strategy=strategy, now=now)
    return {
        plan.key_of(touch): touch
        for plan in strategy.stages
        for touch in pending_touches(moment, plan)
        if not is_too_late(moment, touch)
    }


def _repeated(new: Strategy, comes: dict[str, PlannedTouch], sent: Sequence[Sent]) -> str:
    """The same words a second time, because the touch has another id; a ladder may say some twice by itself."""
    planned = Counter(touch.template for plan in new.stages for touch in plan.touches)
    said = {each.touch_key: each.template for each in sent}
    for key, touch in comes.items():
        already = [known for known, template in said.items() if template == touch.template and known != key]
        coming = sum(each.template == touch.template for other, each in comes.items() if other not in said)
        if already and len(already) + coming > planned[touch.template]:
            return (
                f"{touch.template} was sent as {already[0]} and would be sent again as {key}: give the touch its old id"
            )
    return ""


def _owed_notice(case: CaseState, new: Strategy, was: dict[str, PlannedTouch], comes: dict[str, PlannedTouch]) -> str:
    """A stage that still owes a mandatory notice keeps one, made or to come."""
    for key, touch in was.items():
        if not touch.mandatory:
            continue
        stage = Stage(key.partition("/")[0])
        plan = new.plan_of(stage)
        keys = [plan.key_of(each) for each in plan.touches if each.mandatory]
        if not any(each in comes or (each in case.done and each not in case.forgone) for each in keys):
            return f"{key} is mandatory and not made yet, and {new.reference} has no mandatory notice in that stage"
    return ""
