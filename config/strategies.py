"""Strategies from `config/strategies/*.yaml`: the file's shape here, its meaning in `domain.strategy`."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from config.conditions import ConditionFile
from config.documents import Document, KeyPath, read_document, read_model, read_text, refuse_all, rule_files
from config.fields import Days, MajorAmount, Percent, PositiveDays, RuleModel, Text, WallTime, checked
from domain.errors import ConfigurationError, InvalidInput
from domain.escalation import Escalation, OutsideKind, OutsidePlan
from domain.money import MINOR_UNIT_DIGITS, parse_money
from domain.negotiation.allocation import USUAL_ORDER, Part, check_order
from domain.negotiation.instalments import PlanStyle
from domain.strategy import (
    AgreementContacts,
    AgreementLimits,
    CurrencyTerms,
    PlannedTouch,
    ReliefTerms,
    StagePlan,
    Strategy,
    WhenLost,
)
from domain.vocabulary import Channel, CloseReason, Stage

TouchId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
TemplateName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
COURTESY = "courtesy"
"""The id of the touch before the due date."""
RetryHours = Annotated[int, Field(strict=True, ge=1, le=720)]


class SpokenFile(RuleModel):
    """What every touch says: when in the day, by which channels, in which words."""

    at: WallTime
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    template: TemplateName

    @model_validator(mode="after")
    def _channels_differ(self) -> Self:
        if len(self.channels) != len(set(self.channels)):
            raise ValueError(f"channels must differ: {[channel.value for channel in self.channels]}")
        return self


class TouchFile(SpokenFile):
    """One touch as it stands in the file."""

    id: TouchId
    offset_days: Days
    mandatory: Annotated[bool, Field(strict=True)] = False

    def planned(self) -> PlannedTouch:
        """The touch as the core knows it."""
        return PlannedTouch(
            touch_id=self.id,
            offset_days=self.offset_days,
            at=self.at,
            channels=self.channels,
            template=self.template,
            mandatory=self.mandatory,
        )


class CourtesyFile(SpokenFile):
    """The reminder before the due date as it stands in the file."""

    days_before: Annotated[int, Field(strict=True, ge=1, le=14)]

    def planned(self) -> PlannedTouch:
        """The touch as the core knows it; its id is the same in every strategy."""
        return PlannedTouch(
            touch_id=COURTESY, offset_days=-self.days_before, at=self.at, channels=self.channels, template=self.template
        )


class StageFile(RuleModel):
    """One stage as it stands in the file."""

    gap_days: Days
    wait_days: Days
    when_lost: WhenLost
    touches: Annotated[tuple[TouchFile, ...], Field(min_length=1)]

    def plan(self, stage: Stage, courtesy: CourtesyFile | None) -> StagePlan:
        """The stage as the core knows it; a courtesy comes before its first touch."""
        touches = tuple(touch.planned() for touch in self.touches)
        if courtesy is not None:
            touches = (courtesy.planned(), *touches)
        return StagePlan(
            stage=stage,
            touches=touches,
            gap_days=self.gap_days,
            wait_days=self.wait_days,
            when_lost=self.when_lost,
        )


class StagesFile(RuleModel):
    """The ladder: exactly these stages."""

    reminder: StageFile
    follow_up: StageFile
    installment_offer: StageFile
    legal_escalation: StageFile

    def by_stage(self) -> dict[Stage, StageFile]:
        """The stages in the order of the ladder."""
        return {Stage(name): getattr(self, name) for name in type(self).model_fields}


class ResidualPolicy(StrEnum):
    """What becomes of interest and fees that are left once the principal is paid."""

    WAIVE = "waive"
    """Under `residual_waived_below` they are waived, above it chased."""
    KEEP = "keep"
    ASK = "ask"
    """A person decides; under `residual_waived_below`, if it is there, they are waived without asking."""


class CurrencyFile(RuleModel):
    """Amounts of one currency, in major units."""

    immaterial_below: MajorAmount
    instalment_floor: MajorAmount
    residual_waived_below: MajorAmount | None = None
    residual: ResidualPolicy | None = None


Count = Annotated[int, Field(strict=True, ge=0, le=99)]
Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]


class WrittenFile(RuleModel):
    """How the terms of agreements and reminders before their days are sent, as it stands in the file."""

    at: WallTime
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    reminder_days_before: Annotated[int, Field(strict=True, ge=0, le=14)]

    def contacts(self) -> AgreementContacts:
        """As the core knows them."""
        return AgreementContacts(at=self.at, channels=self.channels, reminder_days_before=self.reminder_days_before)


class ReliefFile(RuleModel):
    """What may be granted beyond the terms on offer at all; the roles say by whom."""

    deferral_days_max: Days = 0
    deferrals_max: Count = 0
    settlement_least_percent: Annotated[int, Field(strict=True, ge=1, le=100)] = 100
    settlement_within_days: Days = 0
    offer_stands_days: PositiveDays = 14


class LimitsFile(RuleModel):
    """How many agreements one case may make, and the shape of its plans."""

    promises_max: Count = 0
    plans_max: Count = 0
    plan_misses_max: Annotated[int, Field(strict=True, ge=1, le=12)] = 1
    plan_months_max: Annotated[int, Field(strict=True, ge=1, le=60)] = 60
    plan_down_payment_percent: Annotated[int, Field(strict=True, ge=0, le=90)] = 0
    plan_style: PlanStyle = PlanStyle.EQUAL_PAYMENT
    plan_rate_bp: Annotated[int, Field(strict=True, ge=0, le=3_600)] = 0
    closed_weekdays: Annotated[tuple[Weekday, ...], Field(max_length=6)] = ()
    settlement_grace_days: Days = 0


class NegotiationFile(LimitsFile):
    """What a borrower may be granted without asking anybody."""

    promise_within_days: PositiveDays
    promise_floor_percent: Percent
    promise_grace_days: Days
    instalments_max: Annotated[int, Field(strict=True, ge=1, le=60)]
    instalment_every_days: PositiveDays
    plan_grace_days: Days
    allocation: tuple[Part, ...] = USUAL_ORDER
    written: WrittenFile | None = None
    relief: ReliefFile = ReliefFile()

    def terms(self) -> dict[str, Any]:
        """The fields of a strategy that come from here."""
        nested = {*LimitsFile.model_fields, "written", "relief"}
        return self.model_dump(exclude=nested) | {
            "limits": AgreementLimits(**self.model_dump(include=set(LimitsFile.model_fields))),
            "relief": ReliefTerms(**self.relief.model_dump()),
            "agreements": self.written.contacts() if self.written else None,
        }


class OutsideFile(RuleModel):
    """One step to the outside world as it stands in the file."""

    id: TouchId
    kind: OutsideKind
    wait_days: Days = 0
    parameters: dict[Text, bool | int | str] = Field(default_factory=dict)

    def plan(self) -> OutsidePlan:
        """The step as the core knows it."""
        return OutsidePlan(step_id=self.id, kind=self.kind, wait_days=self.wait_days, parameters=self.parameters)


class EscalationFile(RuleModel):
    """What comes after the ladder."""

    steps: tuple[OutsideFile, ...] = ()
    ends_as: CloseReason = CloseReason.LEGAL_REFERRAL
    closes_after_days: Days = 0

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        checked(self.escalation)
        return self

    def escalation(self) -> Escalation:
        """The same as the core knows it."""
        return Escalation(
            steps=tuple(step.plan() for step in self.steps),
            ends_as=self.ends_as,
            closes_after_days=self.closes_after_days,
        )


class StrategyFile(RuleModel):
    """A whole file."""

    purpose: Text
    grace_days: Days
    latest: WallTime
    courtesy: CourtesyFile | None = None
    stages: StagesFile
    negotiation: NegotiationFile
    currencies: Annotated[dict[CurrencyCode, CurrencyFile], Field(min_length=1)]
    approval_expires_days: PositiveDays
    review_every_days: PositiveDays
    retry_hours: tuple[RetryHours, ...]
    escalation: EscalationFile | None = None
    conditions: tuple[ConditionFile, ...] = ()


def load_strategies(directory: Path) -> dict[str, Strategy]:
    """Every strategy of the directory by its name, which is the file's.

    Raises ConfigurationError that lists every problem of every file, each with file, line, key and reason.
    """
    strategies: dict[str, Strategy] = {}
    problems: list[str] = []
    for path in rule_files(directory):
        try:
            strategies[path.stem] = _strategy(read_document(path))
        except ConfigurationError as error:
            problems += str(error).splitlines()
    refuse_all(problems)
    return strategies


def read_strategy(name: str, text: str) -> Strategy:
    """A strategy from the text of its file. Raises ConfigurationError as `load_strategies`."""
    return _strategy(read_text(Path(f"{name}.yaml"), text))


def _strategy(document: Document) -> Strategy:
    file = read_model(document, StrategyFile)
    currencies: dict[str, CurrencyTerms] = {}
    problems = [document.problem(path, reason) for path, reason in (*_misplaced(file), *_pointless(file))]
    for code, amounts in file.currencies.items():
        try:
            currencies[code] = _currency_terms(code, amounts)
        except InvalidInput as error:
            problems.append(document.problem(("currencies", code), str(error)))
    stages: list[StagePlan] = []
    for stage, plan in file.stages.by_stage().items():
        try:
            stages.append(plan.plan(stage, file.courtesy if stage is Stage.REMINDER else None))
        except InvalidInput as error:
            problems.append(document.problem(("stages", stage.value, "when_lost"), str(error)))
    refuse_all(problems)
    return Strategy(
        name=document.path.stem,
        version=document.version,
        document=document.text,
        stages=tuple(stages),
        currencies=currencies,
        grace_days=file.grace_days,
        latest=file.latest,
        approval_expires_days=file.approval_expires_days,
        review_every_days=file.review_every_days,
        retry_hours=file.retry_hours,
        escalation=file.escalation.escalation() if file.escalation is not None else None,
        conditions=tuple(condition.condition() for condition in file.conditions),
        **file.negotiation.terms(),
    )


def _currency_terms(code: str, amounts: CurrencyFile) -> CurrencyTerms:
    if code not in MINOR_UNIT_DIGITS:
        raise InvalidInput(f"{code} is not an ISO 4217 code in use")
    immaterial = parse_money(amounts.immaterial_below, code).amount_minor
    floor = parse_money(amounts.instalment_floor, code).amount_minor
    if immaterial < 0 or floor < 1:
        raise InvalidInput("immaterial_below must be 0 or more, and instalment_floor more than 0")
    waived = 0
    if amounts.residual_waived_below is not None:
        waived = parse_money(amounts.residual_waived_below, code).amount_minor
    if waived < 0:
        raise InvalidInput("residual_waived_below must be 0 or more")
    if amounts.residual is ResidualPolicy.WAIVE and not waived:
        raise InvalidInput("residual: waive needs residual_waived_below: under which amount?")
    if amounts.residual is ResidualPolicy.KEEP and waived:
        raise InvalidInput("residual: keep waives nothing: take residual_waived_below away, or write waive or ask")
    return CurrencyTerms(
        immaterial_below_minor=immaterial,
        instalment_floor_minor=floor,
        residual_waived_below_minor=waived,
        residual_asked=amounts.residual is ResidualPolicy.ASK,
    )


def _pointless(file: StrategyFile) -> Iterator[tuple[KeyPath, str]]:
    """Conditions that would change nothing."""
    offered = file.stages.installment_offer.touches[0].offset_days
    for index, condition in enumerate(file.conditions):
        days = condition.then.offer_after_days
        if days is not None and days >= offered:
            yield ("conditions", index, "then", "offer_after_days"), f"must be before day {offered} of the first offer"


def _misplaced(file: StrategyFile) -> Iterator[tuple[KeyPath, str]]:
    """What only the whole ladder shows: an id used twice, a touch too late in the day, a stage before the last."""
    stages = file.stages.by_stage()
    placed: list[tuple[KeyPath, TouchFile]] = [
        (("stages", stage.value, "touches", index), touch)
        for stage, plan in stages.items()
        for index, touch in enumerate(plan.touches)
    ]
    seen: set[str] = {COURTESY}
    yield from _unsound_negotiation(file)
    if file.courtesy is not None and file.courtesy.at >= file.latest:
        yield ("courtesy", "at"), f"must be before latest ({file.latest:%H:%M})"
    for path, touch in placed:
        if touch.id in seen:
            yield (*path, "id"), f"{touch.id!r} stands twice; a touch is known by its id"
        seen.add(touch.id)
        if touch.at >= file.latest:
            yield (*path, "at"), f"must be before latest ({file.latest:%H:%M})"
    for (_, before), (path, touch) in pairwise(placed):
        if touch.offset_days < before.offset_days:
            yield (*path, "offset_days"), f"must not be before the touch above it (day {before.offset_days})"


def _unsound_negotiation(file: StrategyFile) -> Iterator[tuple[KeyPath, str]]:
    """An order that leaves a part out, and words too late in the day."""
    written = file.negotiation.written
    try:
        check_order(file.negotiation.allocation)
    except InvalidInput as error:
        yield ("negotiation", "allocation"), str(error)
        return
    if written is not None and written.at >= file.latest:
        yield ("negotiation", "written", "at"), f"must be before latest ({file.latest:%H:%M})"
