"""Kinds of rules about amounts, waits, suits and data requests; holidays are written as a country and its years."""

from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator

from config.fields import Text
from config.law.content import Pattern
from config.law.rule_file import PositiveNumber, RuleFile, kinds
from config.law.timing import HolidayTable
from domain.compliance.amounts import CostCap, FurnishingWait, NoticeContents, PlanLength, ValidationPeriod
from domain.compliance.deadlines import NO_HOLIDAYS
from domain.compliance.legal import LegalGate, LetterOfClaim, Limitation, Venue
from domain.compliance.profile import Terms
from domain.compliance.requests import (
    PURGE,
    AnswerInDays,
    AnswerInMonths,
    AnswerPromptly,
    AnswerWithin,
    Erasure,
    Retention,
)


def _decimal(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError('must be a rate such as "0.24" for 24 %') from None


class CostCapRule(RuleFile):
    """A yearly rate as a part of one."""

    most: Annotated[Decimal, BeforeValidator(_decimal)]

    TERMS = CostCap


class VenueRule(RuleFile):
    """The courts that the law allows, as a pattern over what a venue is called."""

    lawful: Pattern
    must_be_known: bool = True

    TERMS = Venue


class CountedRule(RuleFile):
    """A count of business days; holidays are none."""

    holidays: HolidayTable | None = None

    def terms(self) -> Terms:
        """The rule's terms with the holidays as plain dates."""
        values = {field.name: getattr(self, field.name) for field in fields(self.TERMS)}
        return self.TERMS(**values | {"holidays": self.holidays.dates() if self.holidays else NO_HOLIDAYS})


class ValidationPeriodRule(CountedRule):
    """Business days to receipt, then calendar days."""

    business_days: PositiveNumber = 5
    days: PositiveNumber = 30

    TERMS = ValidationPeriod


class AnswerInDaysRule(CountedRule):
    """Days of which the day of receipt is the first, and business days after it."""

    confirm_business_days: PositiveNumber
    days: PositiveNumber
    extended_days: PositiveNumber
    note: Text
    sale_optout_business_days: PositiveNumber
    sale_optout_requests: tuple[Text, ...]
    except_requests: tuple[Text, ...] = (PURGE,)

    TERMS = AnswerInDays


class AnswerPromptlyRule(CountedRule):
    """Business days that are ours."""

    business_days: PositiveNumber
    except_requests: tuple[Text, ...] = (PURGE,)

    TERMS = AnswerPromptly


KINDS: dict[str, type[RuleFile]] = {
    "cost_cap": CostCapRule,
    "venue": VenueRule,
    "validation_period": ValidationPeriodRule,
    "answer_in_days": AnswerInDaysRule,
    "answer_promptly": AnswerPromptlyRule,
    **kinds(
        {
            "plan_length": PlanLength,
            "furnishing_wait": FurnishingWait,
            "notice_contents": NoticeContents,
            "legal_gate": LegalGate,
            "letter_of_claim": LetterOfClaim,
            "limitation": Limitation,
            "answer_in_months": AnswerInMonths,
            "answer_within": AnswerWithin,
            "erasure": Erasure,
            "retention": Retention,
        }
    ),
}
