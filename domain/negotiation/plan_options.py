"""Which instalment plans are on offer for a debt: numbers, amounts and days, computed from the strategy's terms."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from domain.errors import InvalidInput
from domain.events import Instalment
from domain.money import in_words
from domain.negotiation.instalments import Share, due_dates, shares
from domain.strategy import NegotiationTerms

FIRST_AFTER_DAYS = 7
"""An offer begins so many days from today, so that there is time to take it."""

LONGEST_PLAN_MONTHS = 61
"""No strategy may go beyond 60; a last day that is moved may fall into the month after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOption:
    """One plan that may be accepted as it stands."""

    count: int
    """How many instalments, without the down payment."""
    down_payment_minor: int
    instalments: tuple[Instalment, ...]
    """Every payment with its day; a down payment is the first."""
    interest_minor: tuple[int, ...]
    """The interest inside each; empty when there is none."""

    @property
    def first_due_on(self) -> date:
        """The day of the first payment."""
        return self.instalments[0].due_on

    @property
    def largest_minor(self) -> int:
        """The largest instalment, the down payment aside."""
        return max(each.amount_minor for each in self.instalments[-self.count :])

    @property
    def total_minor(self) -> int:
        """What is paid in all, interest included."""
        return sum(each.amount_minor for each in self.instalments)


def plan_options(
    *,
    balance_minor: int,
    currency: str,
    terms: NegotiationTerms,
    today: date,
    closed_days: Collection[date] = (),
    first_due_on: date | None = None,
) -> tuple[PlanOption, ...]:
    """Every plan on offer, fewest instalments first; none when the debt is too small to divide.

    `closed_days` are holidays of the account's calendar; the first payment is a week from today when no day is given.
    """
    starts = first_due_on or today + timedelta(days=min(FIRST_AFTER_DAYS, terms.instalment_every_days))
    found = []
    for count in range(2, most_instalments(balance_minor, terms) + 1):
        try:
            found.append(
                draw_up(
                    balance_minor=balance_minor,
                    currency=currency,
                    terms=terms,
                    today=today,
                    count=count,
                    first_due_on=starts,
                    closed_days=closed_days,
                )
            )
        except InvalidInput:
            continue  # such a plan is not on offer; a shorter one may be
    return tuple(found)


def least_down_payment(balance_minor: int, terms: NegotiationTerms) -> int:
    """The smallest down payment that the terms ask for, rounded up; 0 when they ask for none."""
    return -(-max(0, balance_minor) * terms.plan_down_payment_percent // 100)


def most_instalments(balance_minor: int, terms: NegotiationTerms) -> int:
    """How many instalments the debt can be divided into at most, after the least down payment."""
    rest = balance_minor - least_down_payment(balance_minor, terms)
    return min(terms.instalments_max, rest // max(1, terms.instalment_floor_minor))


def draw_up(
    *,
    balance_minor: int,
    currency: str,
    terms: NegotiationTerms,
    today: date,
    count: int,
    first_due_on: date,
    down_payment_minor: int = 0,
    closed_days: Collection[date] = (),
) -> PlanOption:
    """The plan of so many instalments from that day on; a down payment of 0 means the least that is asked for.

    Raises InvalidInput with a sentence for the person who asked, when it is not on offer.
    """
    down = down_payment_minor or least_down_payment(balance_minor, terms)
    _check_numbers(balance_minor, currency, terms, count, down)
    last_start = today + timedelta(days=terms.instalment_every_days)
    if not today <= first_due_on <= last_start:
        raise InvalidInput(f"the first instalment must fall between {today} and {last_start}")
    parts = shares(
        balance_minor - down,
        count,
        style=terms.plan_style,
        rate_bp=terms.plan_rate_bp,
        every_days=terms.instalment_every_days,
    )
    least = max(1, terms.instalment_floor_minor)
    if parts[-1].amount_minor < 1 or any(part.amount_minor < least for part in parts[:-1]):
        # Equal payments of a tiny debt are rounded up, so that nothing is left for the last ones.
        raise InvalidInput(f"{in_words(balance_minor, currency)} is too little for {count} instalments")
    if down:
        parts = (Share(principal_minor=down), *parts)
    dates = due_dates(
        first_due_on,
        len(parts),
        every_days=terms.instalment_every_days,
        closed_weekdays=terms.closed_weekdays,
        closed_days=closed_days,
    )
    if dates[-1] > months_after(today, terms.plan_months_max):
        raise InvalidInput(f"the last instalment would fall on {dates[-1]}, later than {terms.plan_months_max} months")
    interest = tuple(part.interest_minor for part in parts)
    return PlanOption(
        count=count,
        down_payment_minor=down,
        instalments=tuple(
            Instalment(due_on=on, amount_minor=part.amount_minor) for on, part in zip(dates, parts, strict=True)
        ),
        interest_minor=interest if any(interest) else (),
    )


def _check_numbers(balance_minor: int, currency: str, terms: NegotiationTerms, count: int, down: int) -> None:
    most = most_instalments(balance_minor, terms)
    least_down = least_down_payment(balance_minor, terms)
    if most < 2:
        raise InvalidInput(f"{in_words(balance_minor, currency)} is too little for instalments")
    if not 2 <= count <= most:
        raise InvalidInput(f"from 2 to {most} instalments are on offer")
    if down < least_down:
        raise InvalidInput(f"a down payment of {in_words(least_down, currency)} or more is asked for")
    if (balance_minor - down) // count < max(1, terms.instalment_floor_minor):
        raise InvalidInput(
            f"no instalment may be under {in_words(terms.instalment_floor_minor, currency)}: take fewer, or "
            "pay less down"
        )


def months_after(on: date, months: int) -> date:
    """The same day so many calendar months later; the month's last day where it has no such day."""
    years, month = divmod(on.month - 1 + months, 12)
    first = date(on.year + years, month + 1, 1)
    next_first = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + timedelta(days=on.day - 1), next_first - timedelta(days=1))
