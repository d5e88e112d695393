"""What a balance is made of, as a demand has to show it: principal, interest, fees, and what was taken off."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from domain.errors import InvalidInput
from domain.money import Money
from domain.vocabulary import LedgerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Itemisation:
    """Four amounts of one currency; `payments` is what payments, credits and relief took off, as a positive amount."""

    principal: Money
    interest: Money
    fees: Money
    payments: Money

    def __post_init__(self) -> None:
        """Refuse parts in several currencies: they could not be summed."""
        if len({self.principal.currency, self.interest.currency, self.fees.currency, self.payments.currency}) > 1:
            raise InvalidInput("the items of a balance must be of one currency: convert first")

    @property
    def total(self) -> Money:
        """What is owed now."""
        return self.principal + self.interest + self.fees - self.payments

    @classmethod
    def of_ledger(cls, entries: Iterable[tuple[LedgerKind, int]], currency: str) -> Self:
        """The items of signed ledger entries in minor units; the total is their sum, whatever the entries are.

        A reversal gives back what a payment took off, hence `payments` shrinks by it.
        """
        sums = dict.fromkeys((LedgerKind.CHARGE, LedgerKind.INTEREST, LedgerKind.FEE), 0)
        taken_off = 0
        for kind, amount_minor in entries:
            if kind in sums:
                sums[kind] += amount_minor
            else:
                taken_off -= amount_minor
        return cls(
            principal=Money(sums[LedgerKind.CHARGE], currency),
            interest=Money(sums[LedgerKind.INTEREST], currency),
            fees=Money(sums[LedgerKind.FEE], currency),
            payments=Money(taken_off, currency),
        )
