"""Instalments exact to the minor unit, and their days in the account's calendar."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.calendar import rolled_off_closed_days
from domain.errors import InvalidInput

YEAR_DAYS = 365
WHOLE = 10_000
"""Basis points of the whole."""


class PlanStyle(StrEnum):
    """What is equal about the instalments; without interest both are the same."""

    EQUAL_PAYMENT = "equal_payment"
    EQUAL_PRINCIPAL = "equal_principal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One instalment: what it takes off the debt, and the interest of its time."""

    principal_minor: int
    interest_minor: int = 0

    @property
    def amount_minor(self) -> int:
        """What is paid."""
        return self.principal_minor + self.interest_minor


def shares(
    debt_minor: int, count: int, *, style: PlanStyle = PlanStyle.EQUAL_PAYMENT, rate_bp: int = 0, every_days: int = 30
) -> tuple[Share, ...]:
    """The debt in `count` instalments; their principal sums to it exactly, whatever the rate (basis points a year).

    Raises InvalidInput for what cannot be divided so.
    """
    if count < 1 or debt_minor < count or rate_bp < 0:
        raise InvalidInput(f"{debt_minor} minor units cannot be paid in {count} instalments at {rate_bp} basis points")
    if rate_bp == 0 or style is PlanStyle.EQUAL_PRINCIPAL:
        return _equal_principal(debt_minor, count, rate_bp, every_days)
    return _equal_payment(debt_minor, count, rate_bp, every_days)


def interest_of(owed_minor: int, rate_bp: int, days: int) -> int:
    """Simple interest of so many days, rounded half up to the minor unit."""
    whole = WHOLE * YEAR_DAYS
    return (owed_minor * rate_bp * days * 2 + whole) // (2 * whole)


def _equal_principal(debt: int, count: int, rate_bp: int, days: int) -> tuple[Share, ...]:
    part, rest = divmod(debt, count)
    made, owed = [], debt
    for number in range(count):
        principal = part + (1 if number < rest else 0)
        made.append(Share(principal_minor=principal, interest_minor=interest_of(owed, rate_bp, days)))
        owed -= principal
    return tuple(made)


def _equal_payment(debt: int, count: int, rate_bp: int, days: int) -> tuple[Share, ...]:
    """The smallest payment that is enough; the last instalment is what is left, at most as much."""
    least = -(-debt // count)
    most = debt + interest_of(debt, rate_bp, days)
    while least < most:
        middle = (least + most) // 2
        if _paid_off(debt, count, middle, rate_bp, days) is None:
            least = middle + 1
        else:
            most = middle
    made = _paid_off(debt, count, least, rate_bp, days)
    assert made is not None, "the whole debt at once is always enough"
    return made


def _paid_off(debt: int, count: int, payment: int, rate_bp: int, days: int) -> tuple[Share, ...] | None:
    made, owed = [], debt
    for number in range(count):
        interest = interest_of(owed, rate_bp, days)
        principal = owed if number == count - 1 else min(owed, payment - interest)
        if principal < 0 or principal + interest > payment:
            return None
        made.append(Share(principal_minor=principal, interest_minor=interest))
        owed -= principal
    return tuple(made)


def due_dates(
    first_due_on: date, count: int, *, every_days: int, closed_weekdays: Collection[int], closed_days: Collection[date]
) -> tuple[date, ...]:
    """The days of the instalments, each moved to the next open day; a moved one does not move those after it.

    Raises InvalidInput when so many days are closed that two of them would meet.
    """
    nominal = (first_due_on + number * timedelta(days=every_days) for number in range(count))
    dates = tuple(rolled_off_closed_days(on, closed_weekdays, closed_days) for on in nominal)
    if len(set(dates)) < count:
        raise InvalidInput(f"instalments every {every_days} days from {first_due_on} would fall on one day")
    return dates
