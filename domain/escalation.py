"""What a case may do to the outside world after the ladder, once people agreed to it.

`OutsidePlan` is what a strategy wants, `OutsideState` what a case remembers of a step, `LegalFacts` what the case
database says about the conditions, and `Condition` one of these with its answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.errors import InvalidInput
from domain.vocabulary import CloseReason


class OutsideKind(StrEnum):
    """A step that others see."""

    LETTER_BEFORE_ACTION = "letter_before_action"
    AGENCY_PLACEMENT = "agency_placement"
    BUREAU_FURNISHING = "bureau_furnishing"
    COURT_PACK = "court_pack"
    CHARGE_OFF = "charge_off"
    WRITE_OFF = "write_off"


class OutsideStatus(StrEnum):
    """Whether a step still stands out there."""

    TAKEN = "taken"
    UNDONE = "undone"


class Subject(StrEnum):
    """What a person of ours attests before going to law."""

    CONTRACT = "contract"
    LIMITATION = "limitation"
    VENUE = "venue"
    NOTICE = "notice"


IN_OUR_BOOKS = frozenset({OutsideKind.CHARGE_OFF, OutsideKind.WRITE_OFF})
"""Steps that a hold does not undo: nobody is troubled by them."""
Parameters = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePlan:
    """One step that the strategy wants after the approval."""

    step_id: str
    kind: OutsideKind
    wait_days: int = 0
    """Local days since the step before it; the profile's own waiting times come on top."""
    parameters: Parameters = field(default_factory=dict)


ENDS = frozenset({CloseReason.LEGAL_REFERRAL, CloseReason.CHARGED_OFF, CloseReason.WRITTEN_OFF})


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """What comes after the ladder: every condition, the approvals that the profile asks for, then these steps."""

    steps: tuple[OutsidePlan, ...] = ()
    ends_as: CloseReason = CloseReason.LEGAL_REFERRAL
    closes_after_days: int = 0
    """How long after the last step the case stays open, so that a payment still finds what to take back."""

    def __post_init__(self) -> None:
        """Refuse two steps of one id, a write-off that is not the end, and an end that is none of these."""
        ids = [step.step_id for step in self.steps]
        if len(ids) != len(set(ids)):
            raise InvalidInput(f"step ids must differ: {ids}")
        if self.ends_as not in ENDS:
            raise InvalidInput(f"ends_as must be one of {', '.join(sorted(ENDS))}")
        last = self.steps[-1].kind if self.steps else None
        if any(step.kind is OutsideKind.WRITE_OFF for step in self.steps[:-1]):
            raise InvalidInput("write_off must be the last step: nothing is owed after it")
        if (last is OutsideKind.WRITE_OFF) is not (self.ends_as is CloseReason.WRITTEN_OFF):
            raise InvalidInput("a case ends as written_off by a write_off as its last step, and by nothing else")
        kinds = {step.kind for step in self.steps}
        if self.ends_as is CloseReason.CHARGED_OFF and OutsideKind.CHARGE_OFF not in kinds:
            raise InvalidInput("a case that ends as charged_off needs a step charge_off")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideState:
    """A step that was taken, as the case remembers it."""

    key: str
    step_id: str
    kind: OutsideKind
    taken_at: datetime
    undone_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still stands out there."""
        return self.undone_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """A step, or its undoing, that could not be done when it was its turn."""

    key: str
    at: datetime
    until: datetime | None
    """None: a human must settle it first."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalFacts:
    """What the case database and the law say about going to law, read when it is about to happen."""

    roles: tuple[str, ...]
    """Who must approve by the profile, each another person."""
    stands_days: int | None = None
    """How long an approval stands by the profile at most."""
    unproved: tuple[str, ...] = ()
    """Keys of mandatory notices without a proof of delivery."""
    amount_fault: str = ""
    """Why the amount is not evidenced; empty: it is."""
    evidence_fault: str = ""
    """What nobody attested about contract and limitation; empty: all was."""
    law: str = ""
    """Why the gate forbids it; empty: it does not."""
    law_until: datetime | None = None
    """Until when it forbids it, if that is all."""
    unauthorised: tuple[str, ...] = ()
    """Approvers who had not the role in which they spoke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of going to law, met or not."""

    name: str
    met: bool
    says: str
