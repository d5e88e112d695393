"""Moving the one case of a stage as `strategy move` does it, up to the signal."""

from datetime import datetime

from sqlalchemy import Engine

from activities.kept_strategies import KeptStrategies, keep_strategies
from activities.moving_cases import Mover
from activities.planning import Planner
from casedb.engine import reading
from casedb.moves import movable_cases
from domain.events import Event
from domain.strategy import Strategy


def move_the_case(engine: Engine, new: Strategy, now: datetime) -> Event:
    """The case's row and the fact in one transaction; the fact is what the case is to be told."""
    keep_strategies(engine, [new], now)
    mover = Mover(engine=engine, planner=Planner({}, frozenset(), kept=KeptStrategies(engine)), new=new)
    with reading(engine) as connection:
        (case,) = movable_cases(connection)
    found, receipt = mover.move(case, by="dana", why="new hours", now=now)
    assert receipt is not None, found.move.refusal
    event = receipt.event()
    assert event is not None
    return event
