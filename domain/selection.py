"""Whom a campaign is about: a condition over a closed list of fields, evaluated here and nowhere else.

The database only narrows down which accounts are read; what a condition means, and so who is chosen, is decided by
`holds_for`, the same for SQLite and PostgreSQL, for a preview and for a start. In words a condition is written and
read by `domain.selection_words`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.errors import InvalidInput
from domain.money import Money
from domain.vocabulary import CloseReason


class Field(StrEnum):
    """What may be asked of an account. None of it tells who the person is."""

    ACCOUNT = "account"
    CREDITOR = "creditor"
    PRODUCT = "product"
    SEGMENT = "segment"
    CURRENCY = "currency"
    JURISDICTION = "jurisdiction"
    LOCALE = "locale"
    LAST_OUTCOME = "last_outcome"
    DPD = "dpd"
    BALANCE = "balance"
    DAYS_SINCE_PAYMENT = "days_since_payment"


NUMBERS = frozenset({Field.DPD, Field.BALANCE, Field.DAYS_SINCE_PAYMENT})
NEVER = Decimal("Infinity")
"""So many days ago somebody paid who never did: more than any number, so that each comparison has an answer."""


class Op(StrEnum):
    """How a field is compared."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="

    @property
    def opposite(self) -> "Op":
        """What holds exactly where this does not."""
        return _OPPOSITE[self]


_OPPOSITE = {Op.EQ: Op.NE, Op.NE: Op.EQ, Op.LT: Op.GE, Op.GE: Op.LT, Op.GT: Op.LE, Op.LE: Op.GT}
_NUMBER_TESTS: dict[Op, Callable[[Decimal, Decimal], bool]] = {
    Op.EQ: lambda left, right: left == right,
    Op.NE: lambda left, right: left != right,
    Op.LT: lambda left, right: left < right,
    Op.LE: lambda left, right: left <= right,
    Op.GT: lambda left, right: left > right,
    Op.GE: lambda left, right: left >= right,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An account as a campaign sees it before it is chosen."""

    account_id: str
    person_id: str
    creditor: str
    product: str
    segment: str
    currency: str
    jurisdiction: str
    locale: str
    """The language in which the person is written to."""
    last_outcome: str
    """Why the last case ended; empty when none has."""
    zone: str
    balance_minor: int
    due_on: date | None
    """Of the earliest amount still unpaid."""
    days_past_due: int
    """Without the days that holds take off."""
    days_since_payment: int | None
    """Of the account's calendar; None when nothing was paid yet. A payment that was taken back counts."""
    overdue: bool
    """By the account's own calendar, whatever a hold takes off."""
    has_open_case: bool
    gone: CloseReason | None
    """The last case ended for good: a human decides what becomes of the account."""
    shielded_by: str
    """Why no case of its person is started; empty when one may be."""
    enrolling_in: str
    """Another campaign that will start it; empty for none."""

    @property
    def balance(self) -> Decimal:
        """What is owed, in major units of its currency."""
        return Money(self.balance_minor, self.currency).to_decimal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A field of words is one of these."""

    field: Field
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A field of numbers compares with one; a balance counts in major units of the account's currency."""

    field: Field
    op: Op
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Every part holds; without parts, always."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """At least one part holds; without parts, never."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Condition = Text | Number | AllOf | AnyOf | Not
EVERYBODY = AllOf(parts=())


def holds_for(condition: Condition, candidate: Candidate) -> bool:
    """Whether the account is one that the condition means."""
    if isinstance(condition, Text):
        return (_text_of(candidate, condition.field) in condition.values) is not condition.negated
    if isinstance(condition, Number):
        return _NUMBER_TESTS[condition.op](_number_of(candidate, condition.field), condition.value)
    if isinstance(condition, Not):
        return not holds_for(condition.part, candidate)
    if isinstance(condition, AllOf):
        return all(holds_for(part, candidate) for part in condition.parts)
    return any(holds_for(part, candidate) for part in condition.parts)


def _text_of(candidate: Candidate, field: Field) -> str:
    return candidate.account_id if field is Field.ACCOUNT else str(getattr(candidate, field.value))


def _number_of(candidate: Candidate, field: Field) -> Decimal:
    if field is Field.BALANCE:
        return candidate.balance
    days = candidate.days_past_due if field is Field.DPD else candidate.days_since_payment
    return NEVER if days is None else Decimal(days)


def plainly(condition: Condition, *, negated: bool = False) -> Condition:
    """The same condition without `Not`: each negation is pushed into what is compared."""
    if isinstance(condition, Not):
        return plainly(condition.part, negated=not negated)
    if isinstance(condition, Text):
        return Text(field=condition.field, values=condition.values, negated=condition.negated is not negated)
    if isinstance(condition, Number):
        return Number(
            field=condition.field, op=condition.op.opposite if negated else condition.op, value=condition.value
        )
    parts = tuple(plainly(part, negated=negated) for part in condition.parts)
    return AllOf(parts=parts) if isinstance(condition, AllOf) is not negated else AnyOf(parts=parts)


def refuse_mixed_amounts(condition: Condition) -> None:
    """Raise InvalidInput where a balance is compared and the currency is not one: 100 of what?"""
    if any(not pinned for pinned in _balances(plainly(condition), pinned=False)):
        raise InvalidInput(
            "a balance counts in the currency of its account: name exactly one beside it, as currency = 'USD'"
        )


def _balances(condition: Condition, *, pinned: bool) -> Iterator[bool]:
    if isinstance(condition, Number) and condition.field is Field.BALANCE:
        yield pinned
    if isinstance(condition, AllOf | AnyOf):
        here = isinstance(condition, AllOf) and any(_names_one_currency(part) for part in condition.parts)
        for part in condition.parts:
            yield from _balances(part, pinned=pinned or here)


def _names_one_currency(condition: Condition) -> bool:
    named = isinstance(condition, Text) and condition.field is Field.CURRENCY and not condition.negated
    return named and isinstance(condition, Text) and len(set(condition.values)) == 1
