"""Rules that need no more than facts: while they hold, the act is denied or worth a warning."""

from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Any, get_args, get_type_hints

from domain.compliance.consents import standing
from domain.compliance.facts import Act
from domain.compliance.flags import Flags
from domain.compliance.profile import Rule, Terms
from domain.compliance.verdict import Fired
from domain.errors import InvalidInput

PRESENT = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact by its name among the flags (`plan.performing` for a part of one) and what it must be.

    It is compared with true, false, a word or one of several words, or has only to be `present`. An absent fact
    equals nothing.
    """

    path: str
    wanted: bool | str | tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a name that no flag has."""
        owner: Any = Flags
        for name in self.path.split("."):
            if name not in {field.name for field in fields(owner)}:
                raise InvalidInput(f"no fact is called {self.path!r}: see domain/compliance/flags.py")
            hint = _hints(owner)[name]
            options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
            owner = next((each for each in options if hasattr(each, "__dataclass_fields__")), _Plain)

    def holds(self, flags: Flags) -> bool:
        """Whether the fact is known and as wanted."""
        value: object = flags
        for name in self.path.split("."):
            value = attrgetter(name)(value)
            if value is None:
                return False
        if self.wanted == PRESENT:
            return True
        return value in self.wanted if isinstance(self.wanted, tuple) else value == self.wanted


@cache
def _hints(owner: type) -> dict[str, Any]:
    """Kept, because reading the hints of all facts takes longer than everything else about a condition."""
    return get_type_hints(owner)


@dataclass(frozen=True, slots=True)
class _Plain:
    """Where a path ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Terms):
    """Denies while every fact of `when` holds, one of `when_any`, and none of `unless`; without facts, always."""

    when: tuple[Fact, ...] = ()
    when_any: tuple[Fact, ...] = ()
    """Empty: none is needed."""
    unless: tuple[Fact, ...] = ()
    unless_consent: str = ""
    """The type of a standing consent that lifts it."""
    why: str

    def evaluate(self, rule: Rule, act: Act) -> Fired | None:
        """Deny while the condition holds."""
        flags = act.flags
        for fact in self.when:
            if not fact.holds(flags):
                return None
        if self.when_any and not any(fact.holds(flags) for fact in self.when_any):
            return None
        return None if self._is_lifted(act) else rule.denies(self.why)

    def _is_lifted(self, act: Act) -> bool:
        if any(fact.holds(act.flags) for fact in self.unless):
            return True
        return bool(self.unless_consent) and standing(act, self.unless_consent, act.at) is not None
