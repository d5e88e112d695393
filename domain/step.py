"""The next step of a case: exactly one action, when, and a sentence that says why.

A value, so that the answer of `domain.ladder.next_step` stands in the workflow's history as it was decided.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.escalation import OutsideKind
from domain.vocabulary import Channel, CloseReason, Stage, TaskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Try to make one touch, if the law allows it at that instant."""

    kind: Literal["contact"] = "contact"
    touch_key: str
    stage: Stage
    channels: tuple[Channel, ...]
    template: str
    mandatory: bool
    not_after: datetime
    """No attempt starts later; then the touch waits for another day."""
    queue: str = ""
    """The task queue on which it waits for its provider; empty: that of its case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestApproval:
    """Ask a human for leave to go to law."""

    kind: Literal["request_approval"] = "request_approval"
    approval_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """Hand the case over for legal steps, under an approval that still holds."""

    kind: Literal["escalate"] = "escalate"
    approval_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeStep:
    """Take a step to the outside world, under an approval that still holds."""

    kind: Literal["take_step"] = "take_step"
    key: str
    step_id: str
    outside: OutsideKind
    approval_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoStep:
    """Take a step to the outside world back, or correct it."""

    kind: Literal["undo_step"] = "undo_step"
    key: str
    outside: OutsideKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """End the case."""

    kind: Literal["close_case"] = "close_case"
    reason: CloseReason
    waives_minor: int = 0
    """Interest and fees that are left and forgiven with the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Do nothing until then, and think again; with a task, a human is asked meanwhile."""

    kind: Literal["rest"] = "rest"
    task: TaskKind | None = None
    task_key: str = ""
    owner: str = ""


Action = Contact | RequestApproval | Escalate | Close | Rest | TakeStep | UndoStep


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What is next, when, and why."""

    at: datetime
    action: Action
    why: str
    dpd_bucket: str
    """Days past due as a bucket, for lists and search."""
