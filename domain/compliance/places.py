"""Rules about where: the home that is inconvenient, the workplace whose employer forbids it."""

from dataclasses import dataclass
from typing import ClassVar

from domain.compliance.consents import standing
from domain.compliance.facts import Act
from domain.compliance.profile import Answer, Rule, Terms
from domain.compliance.verdict import Precedence
from domain.compliance.vocabulary import AddressType, Purpose

_HOME = ("home", "residence")
_WORK = ("work", "office", "employer")


@dataclass(frozen=True, slots=True, kw_only=True)
class InconvenientHome(Terms):
    """The home is not used once the person named it as inconvenient.

    A mobile number and an e-mail address are not tied to a place, unless it is known that the person is at home.
    """

    precedence: ClassVar[Precedence] = Precedence.PLACE

    home: frozenset[AddressType]
    """Types of address that are the home."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny what would reach the person there; a contact of his own earns one reply."""
        flags = act.flags
        if flags.home_inconvenient is not True:
            return None
        visited = _is_at(act, _HOME)
        if act.address.type not in self.home and flags.known_at_home is not True and not visited:
            return None
        if act.purpose is Purpose.REPLY and act.unanswered(act.at) > 0:
            return None
        return rule.denies("the person named the home as inconvenient")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace(Terms):
    """The workplace is not used when the employer is known to forbid it."""

    precedence: ClassVar[Precedence] = Precedence.PLACE

    work: frozenset[AddressType]
    """Types of address that are the workplace."""
    lifted_by: str = ""
    """A type of consent, given to this collector."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny unless the person consented to it directly."""
        if act.flags.employer_prohibits is not True or not (act.address.type in self.work or _is_at(act, _WORK)):
            return None
        if self.lifted_by and standing(act, self.lifted_by, act.at, direct=True) is not None:
            return None
        return rule.denies("the employer forbids it")


def _is_at(act: Act, places: tuple[str, ...]) -> bool:
    return act.flags.place is not None and act.flags.place.startswith(places)
