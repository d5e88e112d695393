"""What a worker would plan, as the console can ask it: with the files here and the versions in the case database."""

from activities.kept_strategies import KeptStrategies
from activities.planning import Planner
from config.rules import Rules
from console.session import Session
from domain.vocabulary import Channel

SPOKEN = frozenset({Channel.SMS, Channel.EMAIL})
"""The channels of a worker's adapters, which the console does not make."""


def planner_of(opened: Session, rules: Rules) -> Planner:
    """A planner over the case database of this session."""
    return Planner(rules.strategies, SPOKEN, kept=KeptStrategies(opened.engine))
