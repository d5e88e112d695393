"""What the gate answers: every rule that fired, the one that decided, and what a human should know besides."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal

Decision = Literal["allow", "defer", "deny"]
ComputedValue = str | int | bool


class RuleClass(StrEnum):
    """What stands behind a rule: who may override it, if anybody."""

    HARD = "hard"
    """The law requires or forbids it."""
    DEFAULT = "default"
    """A presumption, a safe harbour or a conservative reading; an override needs an approver and a reason."""
    POLICY = "policy"
    """Our choice; no number in law."""


class Effect(StrEnum):
    """What a rule that fired does to the contact."""

    DENY = "deny"
    DEFER = "defer"
    WARN = "warn"


class Precedence(IntEnum):
    """Which rule is reported when several fire; the lower decides (regulation rules, section 2)."""

    STAY = 1
    DECEASED = 2
    CEASE = 3
    ATTORNEY = 4
    VULNERABILITY = 5
    DISPUTE = 6
    THIRD_PARTY = 7
    OPT_OUT = 8
    CONSENT = 9
    """Missing consent, and the preconditions to act at all: licence, agent's particulars, notice of transfer."""
    PLACE = 10
    CONTENT = 11
    AMOUNT = 12
    """A plan that is performed, or an amount that may not be demanded."""
    WAITING_PERIOD = 20
    DESIGNATED_TIME = 21
    CLOSED_DAY = 22
    """A day of the week or a holiday; it outranks the hours of the day."""
    QUIET_HOURS = 23
    FREQUENCY = 24
    WARNING = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """One rule that did not let the act pass as proposed, or that wants it noticed."""

    rule: str
    citation: str
    why: str
    effect: Effect = Effect.DENY
    precedence: Precedence = Precedence.CONTENT
    rule_class: RuleClass = RuleClass.HARD
    until: datetime | None = None
    """Of a deferral: to when."""
    lint: str = ""
    """Of a text: which lint hit."""
    code: str = ""
    """Of a warning: what is to be done, such as HUMAN_REVIEW; of a denial: a reason, such as no_common_window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer about one proposed act."""

    decision: Decision
    until: datetime | None
    decided_by: str
    fired: tuple[Fired, ...]
    profile: str
    """The profile and its version, as `US@2026.11`."""
    tzdata: str
    warnings: tuple[str, ...] = ()
    """Codes such as HUMAN_REVIEW, or rule ids."""
    computed: tuple[tuple[str, ComputedValue], ...] = ()
    """Dates and actions that follow from the rules, by name; dates in ISO form."""
    override_allowed: bool = False
    reason: str = ""
    """A code that says more than the rule, such as no_common_window."""

    @property
    def why(self) -> str:
        """A sentence for a human."""
        if not self.fired:
            return "no rule forbids it"
        return "; ".join(f"{each.rule}: {each.why}" for each in self.fired)
