"""A move holds from its own transaction on: the next contact goes by it, whether its case has heard of it or not."""

from dataclasses import replace
from datetime import timedelta

from activities.kept_strategies import keep_strategies
from activities.moving_cases import Mover
from casedb.engine import reading
from casedb.inbox import unsignalled
from casedb.moves import MovableCase, movable_cases
from domain.case import apply
from domain.events import ContactMade, StrategyMoved
from domain.step import Contact
from domain.vocabulary import Channel
from tests.activities.test_kept_strategies import opened, under
from tests.domain.cases import GENTLE, STANDARD
from tests.support.contacts import Play
from tests.support.stage import OPENED_AT
from workflows.messages import OpenRequest, StepRequest

DAY = timedelta(days=1)


def ready(play: Play) -> tuple[Play, MovableCase]:
    """A process that has both files, and its one case."""
    keep_strategies(play.engine, [STANDARD, GENTLE], OPENED_AT)
    both = under(play, one=STANDARD, other=GENTLE)
    opened(both)
    with reading(both.engine) as connection:
        (case,) = movable_cases(connection)
    return both, case


def test_a_touch_that_was_planned_before_the_move_is_not_made_after_it(any_play: Play) -> None:
    play, movable = ready(any_play)
    case = opened(play)
    planned = play.plan(case, OPENED_AT)
    assert isinstance(planned.action, Contact)
    mover = Mover(engine=play.engine, planner=play.cases.planner, new=GENTLE)
    found, receipt = mover.move(movable, by="dana", why="too hard", now=OPENED_AT)
    assert (found.move.refusal, receipt is not None) == ("", True)
    outcome = play.contact(StepRequest(case=case, step=planned, now=planned.at))
    assert (outcome.event, play.received()) == (None, ())
    assert outcome.next.at - planned.at > 3 * DAY, "day 5 of the gentle one"
    (told,) = unsignalled(play.engine, OPENED_AT + DAY, 9)
    event = told.event()
    assert isinstance(event, StrategyMoved)
    assert (event.strategy_version, event.terms, event.by, event.why) == (
        GENTLE.version,
        GENTLE.terms_in("USD"),
        "dana",
        "too hard",
    )
    moved = apply(case, event)
    assert play.plan(moved, OPENED_AT).at == outcome.next.at
    again = opened(play)
    assert (again.strategy, again.strategy_version) == (GENTLE.name, GENTLE.version), "as a lost workflow finds it"
    assert mover.move(movable, by="dana", why="", now=OPENED_AT + DAY)[1] is None, "twice is once"


def test_what_the_case_does_not_know_yet_counts_from_the_case_database(any_play: Play) -> None:
    play, movable = ready(any_play)
    request = OpenRequest(account_id="acc-1", strategy=STANDARD.name, now=OPENED_AT)
    first = play.cases.open_case(request)
    assert first.case is not None
    step = play.plan(first.case, OPENED_AT)
    outcome = play.contact(StepRequest(case=first.case, step=step, now=step.at))
    assert isinstance(outcome.event, ContactMade)
    assert outcome.event.channel is Channel.SMS
    first, *others = GENTLE.stages
    hello = replace(first, touches=tuple(replace(each, touch_id=f"x-{each.touch_id}") for each in first.touches))
    renamed = replace(GENTLE, version="renamed", stages=(hello, *others))
    mover = Mover(engine=play.engine, planner=play.cases.planner, new=renamed)
    found, receipt = mover.move(movable, by="dana", why="", now=step.at)
    assert receipt is None
    assert "reminder_1 was sent as reminder/reminder-1 and would be sent again" in found.move.refusal
