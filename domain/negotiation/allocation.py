"""What a payment pays: fees, interest and principal in a stated order, without losing a minor unit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.errors import InvalidInput
from domain.vocabulary import LedgerKind


class Part(StrEnum):
    """What a debt is made of."""

    FEES = "fees"
    INTEREST = "interest"
    PRINCIPAL = "principal"


USUAL_ORDER = (Part.FEES, Part.INTEREST, Part.PRINCIPAL)
_CHARGES = {LedgerKind.FEE: Part.FEES, LedgerKind.INTEREST: Part.INTEREST, LedgerKind.CHARGE: Part.PRINCIPAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is left of each part; `credit` is what was paid beyond all of them."""

    fees: int = 0
    interest: int = 0
    principal: int = 0
    credit: int = 0

    @property
    def owed_minor(self) -> int:
        """The balance that they make; negative with a credit."""
        return self.fees + self.interest + self.principal - self.credit


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """How one payment was used; the four sum to it."""

    fees: int = 0
    interest: int = 0
    principal: int = 0
    unused: int = 0


def check_order(order: Sequence[Part]) -> tuple[Part, ...]:
    """The order itself. Raises InvalidInput unless it names each part once."""
    if sorted(order) != sorted(Part):
        raise InvalidInput(f"an order of allocation names {', '.join(Part)} once each: {', '.join(order)}")
    return tuple(order)


def allocate(payment_minor: int, owed: Parts, order: Sequence[Part] = USUAL_ORDER) -> Allocation:
    """The payment over the parts, each in full before the next. Raises InvalidInput for a payment below zero."""
    if payment_minor < 0:
        raise InvalidInput(f"a payment of {payment_minor} minor units cannot be allocated: it is a reversal")
    left, used = payment_minor, {}
    for part in check_order(order):
        used[part.value] = min(left, max(0, getattr(owed, part.value)))
        left -= used[part.value]
    return Allocation(**used, unused=left)


def parts_of_ledger(entries: Iterable[tuple[LedgerKind, int]], order: Sequence[Part] = USUAL_ORDER) -> Parts:
    """What is left of each part after every entry in its order; the parts make the ledger's balance exactly.

    Amounts are signed as in the ledger. What is taken back comes off the part that was paid last.
    """
    charged = Parts()
    paid_minor = 0
    for kind, amount in entries:
        part = _CHARGES.get(kind)
        if part is None:
            paid_minor -= amount
        else:
            charged = replace(charged, **{part.value: getattr(charged, part.value) + amount})
    if paid_minor < 0:  # more was taken back than came: it is owed like the principal
        return replace(charged, principal=charged.principal - paid_minor)
    used = allocate(paid_minor, charged, order)
    return Parts(
        fees=charged.fees - used.fees,
        interest=charged.interest - used.interest,
        principal=charged.principal - used.principal,
        credit=used.unused,
    )
