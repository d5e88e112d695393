"""`--split`: the arms of a campaign as people write them, `wallet-standard=50`."""

import re
from collections.abc import Sequence

from activities.planning import Planner
from console.strategy import find_strategy
from domain.errors import InvalidInput
from domain.experiments.assignment import Arm, check_arms
from domain.strategy import Strategy

_WEIGHTED = re.compile(r"([^=]+)=([0-9]{1,7})", re.ASCII)


def read_split(planner: Planner, strategy: str, split: Sequence[str]) -> tuple[tuple[Arm, ...], list[Strategy]]:
    """The arms, the champion first, and their strategies in the same order; without a split one arm.

    Raises InvalidInput, NotKnown or ConfigurationError for what is no split.
    """
    if not split:
        only = planner.strategy(strategy)
        return (Arm(name=only.name, strategy=only.name, version=only.version, weight=1),), [only]
    arms, strategies = list[Arm](), list[Strategy]()
    for text in split:
        read = _WEIGHTED.fullmatch(text.strip())
        if read is None:
            raise InvalidInput(f"--split {text!r} is not STRATEGY=WEIGHT, such as wallet-gentle=50")
        found = find_strategy(planner, read[1])
        arms.append(Arm(name=read[1], strategy=found.name, version=found.version, weight=int(read[2])))
        strategies.append(found)
    check_arms(arms)
    return tuple(arms), strategies


def arms_in_words(arms: Sequence[Arm]) -> str:
    """The arms with their shares, for a person."""
    if len(arms) == 1:
        return arms[0].name
    whole = sum(arm.weight for arm in arms)
    return ", ".join(f"{arm.name} {arm.weight / whole:.0%}" for arm in arms)
