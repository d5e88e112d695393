"""What can have happened to a case: a closed union of past-tense facts.

Each fact has an id and an instant; the id makes applying it twice the same as once. Facts carry ids and amounts,
never a name, an address or a message text.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from domain.authority import ReliefKind
from domain.escalation import OutsideKind
from domain.strategy import NegotiationTerms
from domain.vocabulary import Channel, CloseReason, DeliveryStatus, HoldKind, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact has."""

    event_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerChanged(Fact):
    """Money moved: a payment, part-payment, reversal, credit, fee. The higher version is the truth."""

    kind: Literal["ledger_changed"] = "ledger_changed"
    balance_minor: int
    ledger_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened(Fact):
    """The borrower says the debt or its amount is wrong; nothing is sent until it is resolved."""

    kind: Literal["dispute_opened"] = "dispute_opened"
    hold_id: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlaced(Fact):
    """Somebody asked for silence: reason, owner, from when, until when."""

    kind: Literal["hold_placed"] = "hold_placed"
    hold_id: str
    reason: HoldKind
    owner: str
    starts_at: datetime
    ends_at: datetime | None = None
    pauses_dpd: bool = True
    obligation_due_on: date | None = None
    """Only the amount of the account that fell due on this day; None: everything."""
    review_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReleased(Fact):
    """A hold (a dispute's as well) is over."""

    kind: Literal["hold_released"] = "hold_released"
    hold_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStopped(Fact):
    """The borrower opted out of a channel (a STOP reply)."""

    kind: Literal["contact_stopped"] = "contact_stopped"
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAllowed(Fact):
    """The borrower said that a channel may be used, maybe after he had opted out of it."""

    kind: Literal["contact_allowed"] = "contact_allowed"
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseMade(Fact):
    """A promise to pay, accepted."""

    kind: Literal["promise_made"] = "promise_made"
    promise_id: str
    amount_minor: int
    due_on: date

    @property
    def agreed_as(self) -> str:
        """Kind and id, by which a case knows it again."""
        return f"promise:{self.promise_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One payment of a plan."""

    due_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAccepted(Fact):
    """An instalment plan, accepted; its instalments sum to what was owed, and the plan's interest."""

    kind: Literal["plan_accepted"] = "plan_accepted"
    plan_id: str
    instalments: tuple[Instalment, ...]
    down_payment_minor: int = 0
    interest_minor: tuple[int, ...] = ()
    """The interest inside each instalment; empty when the plan has none."""

    @property
    def agreed_as(self) -> str:
        """Kind and id, by which a case knows it again."""
        return f"plan:{self.plan_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefGranted(Fact):
    """The lender gave way: a deferral, a waiver, or a settlement that the borrower accepted.

    With it comes where the ledger stands after it: a waiver has moved it.
    """

    kind: Literal["relief_granted"] = "relief_granted"
    relief_id: str
    relief: ReliefKind
    amount_minor: int
    """What is waived, deferred, or paid to settle."""
    until: date | None = None
    """Of a deferral the day on which it ends, of a settlement the day by which it is paid."""
    ends_at: datetime | None = None
    """Of a deferral: the instant at which that day begins."""
    balance_minor: int
    ledger_version: int

    @property
    def agreed_as(self) -> str:
        """Kind and id, by which a case knows it again."""
        return f"relief:{self.relief_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMade(Fact):
    """A provider took a message of ours."""

    kind: Literal["contact_made"] = "contact_made"
    touch_key: str
    stage: Stage
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactReported(Fact):
    """What became of a message after the provider took it."""

    kind: Literal["contact_reported"] = "contact_reported"
    touch_key: str
    delivery: DeliveryStatus
    made_at: datetime
    """The instant of the contact it is about: a touch may be made again elsewhere, and old reports come late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDeferred(Fact):
    """The law, a cap or a busy provider said: not now."""

    kind: Literal["contact_deferred"] = "contact_deferred"
    touch_key: str
    until: datetime
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactForgone(Fact):
    """A touch that will not be made: no lawful channel or address for it, or every provider refused it."""

    kind: Literal["contact_forgone"] = "contact_forgone"
    touch_key: str
    stage: Stage
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFailed(Fact):
    """A touch could not be finished for technical reasons; `attempt` counts from 1."""

    kind: Literal["contact_failed"] = "contact_failed"
    touch_key: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequested(Fact):
    """The case asks a human for leave to go to law."""

    kind: Literal["approval_requested"] = "approval_requested"
    approval_id: str
    requested_by: str
    expires_at: datetime
    roles: tuple[str, ...] = ()
    """In which roles people must agree, each another person; none: anybody but the requester may."""
    ledger_version: int = 0
    """Of the ledger that was asked about: when money moves since, the request lapses."""

    @property
    def agreed_as(self) -> str:
        """Kind and id, by which a case knows it again."""
        return f"approval:{self.approval_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalGranted(Fact):
    """A person other than the requester said yes."""

    kind: Literal["approval_granted"] = "approval_granted"
    approval_id: str
    by: str
    role: str = ""
    comment: str = ""
    """The reason; no personal data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRefused(Fact):
    """A person said no."""

    kind: Literal["approval_refused"] = "approval_refused"
    approval_id: str
    by: str
    role: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRenewed(Fact):
    """A person asked that an expired or refused request be put again."""

    kind: Literal["approval_renewed"] = "approval_renewed"
    approval_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideTaken(Fact):
    """A step to the outside world was taken."""

    kind: Literal["outside_taken"] = "outside_taken"
    key: str
    step_id: str
    outside: OutsideKind


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePutOff(Fact):
    """A step to the outside world, or its undoing, could not be done; nothing happened."""

    kind: Literal["outside_put_off"] = "outside_put_off"
    key: str
    until: datetime | None = None
    """When it may be tried again; None: a human must settle it first."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideUndone(Fact):
    """A step to the outside world was taken back or corrected."""

    kind: Literal["outside_undone"] = "outside_undone"
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyMoved(Fact):
    """A person of ours moved the case to another strategy, or to another version of its own."""

    kind: Literal["strategy_moved"] = "strategy_moved"
    strategy: str
    strategy_version: str
    terms: NegotiationTerms
    """What may be agreed on from now on."""
    by: str
    why: str = ""
    """The reason; no personal data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWithdrawn(Fact):
    """The lender takes the account back."""

    kind: Literal["case_withdrawn"] = "case_withdrawn"
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Fact):
    """The case ended."""

    kind: Literal["case_closed"] = "case_closed"
    reason: CloseReason


Event = (
    LedgerChanged
    | DisputeOpened
    | HoldPlaced
    | HoldReleased
    | ContactStopped
    | ContactAllowed
    | PromiseMade
    | PlanAccepted
    | ReliefGranted
    | ContactMade
    | ContactReported
    | ContactDeferred
    | ContactForgone
    | ContactFailed
    | ApprovalRequested
    | ApprovalGranted
    | ApprovalRefused
    | ApprovalRenewed
    | OutsideTaken
    | OutsidePutOff
    | OutsideUndone
    | CaseWithdrawn
    | CaseClosed
    | StrategyMoved
)

EVENT_TYPES: tuple[type[Fact], ...] = get_args(Event)
"""Every member of the union, for tables and tests."""

Outcome = (
    ContactMade
    | ContactDeferred
    | ContactForgone
    | ApprovalRequested
    | CaseClosed
    | OutsideTaken
    | OutsidePutOff
    | OutsideUndone
)
"""What a step of our own can lead to."""
