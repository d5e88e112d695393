"""Who is in which arm: a pure function of the person and the campaign, so that nobody ever changes sides.

A person is hashed, not an account: all accounts of a person hear one tone of voice, and another account later moves
nobody. The campaign's id is the salt, so that the same people are not together in every campaign.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from domain.errors import InvalidInput

MOST_ARMS = 10
LARGEST_WEIGHT = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One side of a split: a strategy in one version, and its share."""

    name: str
    strategy: str
    version: str
    weight: int

    def __post_init__(self) -> None:
        """Refuse a share that is no whole positive number."""
        if not 0 < self.weight <= LARGEST_WEIGHT:
            raise InvalidInput(
                f"weight of {self.name} is {self.weight}: give a whole number from 1 to {LARGEST_WEIGHT}"
            )


def check_arms(arms: Sequence[Arm]) -> None:
    """Refuse what compares nothing. Raises InvalidInput."""
    if not 2 <= len(arms) <= MOST_ARMS:
        raise InvalidInput(f"a split has 2 to {MOST_ARMS} arms, not {len(arms)}: with one strategy nothing is compared")
    names = [arm.name for arm in arms]
    if len(set(names)) != len(names):
        raise InvalidInput(f"arms must differ: {', '.join(names)}")
    sides = [(arm.strategy, arm.version) for arm in arms]
    if len(set(sides)) != len(sides):
        raise InvalidInput(f"two arms run the same version of a strategy: {', '.join(names)}")


def arm_of(person_id: str, arms: Sequence[Arm], *, salt: str) -> Arm:
    """The arm of a person; in which order the arms are given does not matter."""
    total = sum(arm.weight for arm in arms)
    digest = sha256(f"{salt}\n{person_id}".encode()).digest()
    place = int.from_bytes(digest[:16]) * total >> 128
    for arm in sorted(arms, key=lambda each: each.name):
        if place < arm.weight:
            return arm
        place -= arm.weight
    raise AssertionError("a place is always under the total")
