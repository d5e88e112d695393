"""The contract of a step to the outside world: taken once under its key, and undone once.

A step runs inside the transaction that puts it on record, so its effects are rows. A file is written before the
commit, under a name derived from the key: written twice, it is the same file. A kind of step is a module of this
package with `KIND` and `create(settings)`, which answers None while the kind is switched off.
"""

import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from types import ModuleType
from typing import Protocol

from sqlalchemy import Connection

import activities.escalation
from config.settings import Settings
from domain.errors import ConfigurationError
from domain.escalation import OutsideKind, Parameters
from domain.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOrder:
    """What a step is asked to do; the same order twice is the same step."""

    key: str
    """`<case_id>/<step id>`: what was taken under it before is answered, not taken again."""
    case_id: str
    account_id: str
    person_id: str
    at: datetime
    """The case's instant, which in a rehearsal is virtual."""
    parameters: Parameters = field(default_factory=dict)
    """As the strategy gives them; a kind refuses what it does not know."""
    why: str = ""
    """Of an undoing: what happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """What was done."""

    reference: str
    """By which the outside world knows it: a file's name, a placement's id. Without personal data."""
    says: str
    """A sentence for a human."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUndone:
    """What was done to take it back or correct it."""

    reference: str
    says: str


class OutsideStep(Protocol):
    """One kind of step."""

    @property
    def kind(self) -> OutsideKind:
        """Which."""

    def problems(self, parameters: Parameters) -> Iterable[str]:
        """What is wrong with a strategy's parameters, asked at start; nothing when they will do."""

    def take(self, connection: Connection, order: StepOrder) -> StepTaken:
        """Do it, in the caller's transaction. Raises StepRefused with the reason when it may not be done."""

    def undo(self, connection: Connection, order: StepOrder) -> StepUndone:
        """Take it back or correct it, in the caller's transaction; it was taken under the order's key before."""


Registry = Mapping[OutsideKind, OutsideStep]
"""Every kind of step that this process can take."""


def create_steps(settings: Settings, package: ModuleType = activities.escalation) -> dict[OutsideKind, OutsideStep]:
    """One implementation for each kind that is switched on.

    Raises ConfigurationError for two modules of one kind, or for one that is declared by halves.
    """
    found: dict[OutsideKind, str] = {}
    steps: dict[OutsideKind, OutsideStep] = {}
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = import_module(info.name)
        kind, create = getattr(module, "KIND", None), getattr(module, "create", None)
        if kind is None:
            continue
        if not isinstance(kind, OutsideKind) or not callable(create):
            raise ConfigurationError(f"{info.name}: the module of an outside step has a KIND and a create(settings)")
        if kind in found:
            raise ConfigurationError(f"step {kind.value} is declared by {found[kind]} and by {info.name}: keep one")
        found[kind] = info.name
        step = create(settings)
        if step is not None:
            steps[kind] = step
    return steps


def step_problems(strategies: Mapping[str, Strategy], steps: Registry) -> Iterable[str]:
    """What the strategies ask for and this process cannot do, one line each."""
    for name, strategy in strategies.items():
        for plan in strategy.escalation.steps if strategy.escalation is not None else ():
            where = f"strategy {name}: step {plan.step_id}"
            step = steps.get(plan.kind)
            if step is None:
                yield f"{where}: {plan.kind.value} is not there or switched off; known: {_known(steps)}"
            else:
                yield from (f"{where}: {problem}" for problem in step.problems(plan.parameters))


def _known(steps: Registry) -> str:
    return ", ".join(sorted(steps)) or "none"
