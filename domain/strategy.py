"""A strategy: when we would like to talk, in which tone, and when to move on. Data, not law.

It comes from config/strategies/*.yaml and is versioned by the hash of its file. A case keeps the version that it
started with, whatever becomes of the file, until somebody moves it (`domain.moving`).
"""

from dataclasses import dataclass, field, fields
from datetime import time
from enum import StrEnum

from domain.errors import InvalidInput
from domain.escalation import Escalation
from domain.negotiation.allocation import USUAL_ORDER, Part
from domain.negotiation.instalments import PlanStyle
from domain.score import Condition
from domain.touch_keys import AGREEMENT_TEMPLATES
from domain.vocabulary import Channel, Stage

LADDER_STAGES = (Stage.REMINDER, Stage.FOLLOW_UP, Stage.INSTALLMENT_OFFER, Stage.LEGAL_ESCALATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTouch:
    """One contact we would like to make."""

    touch_id: str
    offset_days: int
    """Days past due, counted without pause days, from which it is wanted; below zero, days before the due date."""
    at: time
    """Wall time in the account's zone."""
    channels: tuple[Channel, ...]
    """In order of preference."""
    template: str
    mandatory: bool = False
    """A notice that is never skipped, however late the case entered the ladder."""

    @property
    def is_courtesy(self) -> bool:
        """Whether it speaks of what is about to fall due; said before the due date or never."""
        return self.offset_days < 0


class WhenLost(StrEnum):
    """What becomes of a touch whose answer was lost and of which the provider knows nothing, long after."""

    RESEND = "resend"
    """Once more to the same address, and if that is lost as well, a human."""
    OTHER_CHANNEL = "other_channel"
    """Once more by another channel; and so on."""
    GO_ON = "go_on"
    """Not again: it may have arrived. The next touch has its turn."""
    HUMAN = "human"
    """Nothing is sent until a human has settled it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """The touches of one stage and how long to stay in it."""

    stage: Stage
    touches: tuple[PlannedTouch, ...]
    gap_days: int
    """Least number of local days between two touches of this stage, and between it and the one before."""
    wait_days: int
    """Days to wait after the last touch of this stage before the next stage may speak."""
    when_lost: WhenLost
    keys: tuple[str, ...] = field(init=False)
    """Of each touch, under which it happens once; from the strategy's words, so that reordering cannot repeat one."""

    def __post_init__(self) -> None:
        """Refuse a stage that says nothing or whose touches go back in time."""
        object.__setattr__(self, "keys", tuple(self.key_of(touch) for touch in self.touches))
        if not self.touches:
            raise InvalidInput(f"stage {self.stage.value} has no touches")
        offsets = [touch.offset_days for touch in self.touches]
        if offsets != sorted(offsets):
            raise InvalidInput(f"stage {self.stage.value}: offset_days must not go back: {offsets}")

        if self.stage is Stage.LEGAL_ESCALATION and self.when_lost is not WhenLost.HUMAN:
            raise InvalidInput("legal_escalation: when_lost must be human: a legal notice never goes out twice")
        if self.when_lost is WhenLost.GO_ON and any(touch.mandatory for touch in self.touches):
            raise InvalidInput(f"stage {self.stage.value}: when_lost cannot be go_on: a touch of it is mandatory")

    def key_of(self, touch: PlannedTouch) -> str:
        """The key of a touch of this stage."""
        return f"{self.stage.value}/{touch.touch_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementLimits:
    """How many agreements one case may make, and the shape of its plans."""

    promises_max: int = 0
    """How many promises one case may make; 0: as many as it likes."""
    plans_max: int = 0
    """The same of plans."""
    plan_misses_max: int = 1
    """With so many instalments unpaid after their grace the plan is broken."""
    plan_months_max: int = 60
    """No instalment falls due later than so many calendar months from the day of the agreement."""
    plan_down_payment_percent: int = 0
    """Least share of the debt that is paid on the first day of a plan, beside its instalments."""
    plan_style: PlanStyle = PlanStyle.EQUAL_PAYMENT
    plan_rate_bp: int = 0
    """Yearly interest of a plan in basis points."""
    closed_weekdays: tuple[int, ...] = ()
    """ISO weekdays on which nothing falls due; 1 is Monday."""
    settlement_grace_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefTerms:
    """What may be granted beyond the terms on offer at all; by whom, the roles say. Zeros: nothing of the kind."""

    deferral_days_max: int = 0
    """How far ahead a deferral may reach."""
    deferrals_max: int = 0
    """How many one case may get."""
    settlement_least_percent: int = 100
    """Less than this share of what is owed never settles it."""
    settlement_within_days: int = 0
    """By when a settlement must be paid."""
    offer_stands_days: int = 14
    """How long a proposal may be approved, and an offer accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NegotiationTerms(AgreementLimits):
    """What a borrower may be granted without asking anybody; a case carries the terms it was opened under."""

    promise_within_days: int
    promise_floor_percent: int
    """Smallest promise, as a share of what is owed."""
    promise_grace_days: int
    instalments_max: int
    instalment_every_days: int
    instalment_floor_minor: int
    """Smallest instalment in the account's currency."""
    plan_grace_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementContacts:
    """How the terms of an agreement are told, and reminders before its days."""

    at: time
    """Not before this wall time of the account's zone."""
    channels: tuple[Channel, ...]
    reminder_days_before: int
    """0: no reminder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyTerms:
    """Amounts that need a currency."""

    immaterial_below_minor: int
    """A balance under this closes the case."""
    instalment_floor_minor: int
    residual_waived_below_minor: int = 0
    """Interest and fees that are left once the principal is paid are waived under this; 0: none are."""
    residual_asked: bool = False
    """Whether a person is asked about the others; else they are chased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """The whole ladder with its terms."""

    name: str
    version: str
    """Hash of the file it was read from."""
    grace_days: int
    latest: time
    """No touch is started after this wall time of the account's zone; it waits for the next day."""
    stages: tuple[StagePlan, ...]
    currencies: dict[str, CurrencyTerms]
    promise_within_days: int
    promise_floor_percent: int
    promise_grace_days: int
    instalments_max: int
    instalment_every_days: int
    plan_grace_days: int
    approval_expires_days: int
    review_every_days: int
    """How often something that waits for a human is looked at again."""
    retry_hours: tuple[int, ...]
    """Pauses after a contact that failed technically; when used up, a human is asked."""
    agreements: AgreementContacts | None = None
    """None: nothing is written about agreements."""
    limits: AgreementLimits = AgreementLimits()
    relief: ReliefTerms = ReliefTerms()
    allocation: tuple[Part, ...] = USUAL_ORDER
    """What a payment pays first."""
    escalation: Escalation | None = None
    """What comes after the ladder; None: one person's yes hands the case over, and nothing else is asked."""
    conditions: tuple[Condition, ...] = ()
    """When it is softer; without one nobody is scored."""
    document: str = field(default="", repr=False, compare=False)
    """The text of the file, from which the same strategy can be read again when the file is another one."""

    def __post_init__(self) -> None:
        """Refuse a ladder with missing stages, repeated touches, or touches after the latest hour."""
        if tuple(plan.stage for plan in self.stages) != LADDER_STAGES:
            wanted = ", ".join(stage.value for stage in LADDER_STAGES)
            raise InvalidInput(f"stages must be exactly {wanted}, in this order")
        ids = [touch.touch_id for plan in self.stages for touch in plan.touches]
        if len(ids) != len(set(ids)):
            raise InvalidInput(f"touch ids must differ: {sorted(ids)}")
        early = [touch.touch_id for plan in self.stages for touch in plan.touches if touch.is_courtesy]
        if len(early) > 1 or (early and self.courtesy is None):
            raise InvalidInput(f"touches {early} are planned before the due date: only the first reminder may be")
        late = [touch.touch_id for plan in self.stages for touch in plan.touches if touch.at >= self.latest]
        if late:
            raise InvalidInput(f"touches {late} are planned at or after latest ({self.latest:%H:%M})")

    @property
    def reference(self) -> str:
        """Name and version, as people write them: `wallet-standard@0123456789ab`."""
        return f"{self.name}@{self.version}"

    @property
    def templates(self) -> frozenset[str]:
        """Every template that this strategy asks for."""
        touches = {touch.template for plan in self.stages for touch in plan.touches}
        return frozenset(touches | set(AGREEMENT_TEMPLATES if self.agreements else ()))

    @property
    def courtesy(self) -> PlannedTouch | None:
        """The reminder before the due date, if this strategy has one."""
        first = self.stages[0].touches[0]
        return first if first.is_courtesy else None

    def terms_in(self, currency: str) -> NegotiationTerms:
        """The terms for an account in that currency. Raises InvalidInput for a currency the strategy has not."""
        amounts = self.amounts_in(currency)
        return NegotiationTerms(
            promise_within_days=self.promise_within_days,
            promise_floor_percent=self.promise_floor_percent,
            promise_grace_days=self.promise_grace_days,
            instalments_max=self.instalments_max,
            instalment_every_days=self.instalment_every_days,
            instalment_floor_minor=amounts.instalment_floor_minor,
            plan_grace_days=self.plan_grace_days,
            **{each.name: getattr(self.limits, each.name) for each in fields(AgreementLimits)},
        )

    def plan_of(self, stage: Stage) -> StagePlan:
        """The touches of a stage. Raises InvalidInput for one that has none: a closed case is not spoken to."""
        for plan in self.stages:
            if plan.stage is stage:
                return plan
        raise InvalidInput(f"strategy {self.name} says nothing in stage {stage.value}")

    def amounts_in(self, currency: str) -> CurrencyTerms:
        """Thresholds in that currency. Raises InvalidInput for a currency the strategy has not."""
        if currency not in self.currencies:
            raise InvalidInput(f"strategy {self.name} has no amounts for {currency}: add it under currencies")
        return self.currencies[currency]
