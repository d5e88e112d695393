"""The plans that an answer offers: computed by the core from the strategy of the case, written in the person's way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from babel import Locale

from config.amounts import written
from config.closed_days import closed_days
from config.message_values import date_in_words
from domain.money import Money
from domain.negotiation.plan_options import LONGEST_PLAN_MONTHS, PlanOption, months_after, plan_options
from domain.strategy import Strategy

MOST_OFFERED = 4
"""A text with more of them is read by nobody."""
USUAL = (2, 3, 4, 6, 9, 12, 18, 24, 36, 48, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an answer says of plans."""

    options: str
    """Each number of payments with their amounts: `2: $50.00 + $50.00; 3: ...`."""
    first_due_on: date
    first_on: str
    every_days: str
    example: str
    """The number of payments of one of them."""


def offer(
    strategy: Strategy | None,
    *,
    balance_minor: int,
    currency: str,
    today: date,
    locale: Locale,
    jurisdiction: str = "",
) -> Offer | None:
    """What is on offer today to a case of that strategy; None when nothing is."""
    if strategy is None:
        return None
    terms = strategy.terms_in(currency)
    closed = closed_days(jurisdiction, None, today, months_after(today, LONGEST_PLAN_MONTHS))
    on_offer = plan_options(
        balance_minor=balance_minor, currency=currency, terms=terms, today=today, closed_days=frozenset(closed)
    )
    found = _few(on_offer)
    if not found:
        return None
    return Offer(
        options="; ".join(f"{each.count}: {_amounts(each, currency, locale)}" for each in found),
        first_due_on=found[0].first_due_on,
        every_days=str(terms.instalment_every_days),
        first_on=date_in_words(found[0].first_due_on, locale),
        example=str(found[min(1, len(found) - 1)].count),
    )


def _few(options: Sequence[PlanOption]) -> list[PlanOption]:
    """The usual numbers, the longest always among them."""
    usual = [each for each in options if each.count in USUAL]
    if len(usual) <= MOST_OFFERED:
        return usual
    return [*usual[: MOST_OFFERED - 1], usual[-1]]


def _amounts(option: PlanOption, currency: str, locale: Locale) -> str:
    """Every amount in its order, equal ones together: `$33.34 + 2 x $33.33`."""
    runs = [(minor, len(list(each))) for minor, each in groupby(each.amount_minor for each in option.instalments)]
    written_runs = [(written(Money(minor, currency), locale), times) for minor, times in runs]
    return " + ".join(amount if times == 1 else f"{times} x {amount}" for amount, times in written_runs)
