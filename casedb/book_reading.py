"""The cells of one row while they are read, with every problem that was found so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from domain.errors import InvalidInput

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one field of a row."""

    field: str
    reason: str


@dataclass(slots=True)
class Reading:
    """The cells of a row and what was found wrong so far."""

    cells: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    def take(self, name: str, parse: Callable[[str], T], default: T) -> T:
        """The parsed cell; or the default, with the problem noted."""
        try:
            return parse(self.cells.get(name, ""))
        except InvalidInput as error:
            self.note(name, str(error))
            return default

    def note(self, name: str, reason: str) -> None:
        """One more problem."""
        self.problems.append(Problem(field=name, reason=reason))

    def noted(self, name: str) -> bool:
        """Whether something is wrong with the cell already."""
        return any(problem.field == name for problem in self.problems)
