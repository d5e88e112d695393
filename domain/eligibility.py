"""Whether an account may be enrolled at all, and if not, why: asked when members are chosen, and again at each start.

Whether a message then goes out is another question, which the contact answers at its instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.money import in_words
from domain.selection import Candidate
from domain.strategy import Strategy


class Exclusion(StrEnum):
    """Why an account that was asked for is left out."""

    UNKNOWN_ACCOUNT = "unknown_account"
    NOTHING_OWED = "nothing_owed"
    NO_DUE_DATE = "no_due_date"
    NOT_OVERDUE = "not_overdue"
    SHIELDED = "shielded"
    OPEN_CASE = "open_case"
    GONE_FOR_GOOD = "gone_for_good"
    ENROLLING = "enrolling"
    NO_AMOUNTS = "no_amounts"
    IMMATERIAL = "immaterial"

    @property
    def words(self) -> str:
        """The reason for a person."""
        return _WORDS[self]


_WORDS = {
    Exclusion.UNKNOWN_ACCOUNT: "no such account is in the case database",
    Exclusion.NOTHING_OWED: "nothing is owed",
    Exclusion.NO_DUE_DATE: "no due date is known",
    Exclusion.NOT_OVERDUE: "nothing is overdue yet",
    Exclusion.SHIELDED: "the person is restricted or was erased",
    Exclusion.OPEN_CASE: "a case is open already",
    Exclusion.GONE_FOR_GOOD: "the last case ended for good: a human decides what becomes of the account",
    Exclusion.ENROLLING: "another campaign is enrolling it",
    Exclusion.NO_AMOUNTS: "the strategy has no amounts for its currency",
    Exclusion.IMMATERIAL: "too little is owed to be asked for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A reason, and its words for this account."""

    reason: Exclusion
    why: str


def exclusion(
    candidate: Candidate, strategies: Sequence[Strategy], *, whoever_else_enrols: bool = False
) -> Excluded | None:
    """Why the account is left out by any of the strategies that it may get; None when it may be enrolled.

    `whoever_else_enrols`: that another campaign is enrolling it leaves it in.
    """
    found = _of_account(candidate, whoever_else_enrols)
    if found is None:
        return next((each for each in (_of_strategy(candidate, strategy) for strategy in strategies) if each), None)
    return Excluded(reason=found, why=_why(candidate, found))


def _of_account(candidate: Candidate, whoever_else_enrols: bool) -> Exclusion | None:
    checks = (
        (candidate.balance_minor <= 0, Exclusion.NOTHING_OWED),
        (candidate.due_on is None, Exclusion.NO_DUE_DATE),
        (bool(candidate.shielded_by), Exclusion.SHIELDED),
        (candidate.has_open_case, Exclusion.OPEN_CASE),
        (candidate.gone is not None, Exclusion.GONE_FOR_GOOD),
        (bool(candidate.enrolling_in) and not whoever_else_enrols, Exclusion.ENROLLING),
        (not candidate.overdue, Exclusion.NOT_OVERDUE),
    )
    return next((reason for holds, reason in checks if holds), None)


def _of_strategy(candidate: Candidate, strategy: Strategy) -> Excluded | None:
    amounts = strategy.currencies.get(candidate.currency)
    if amounts is None:
        why = f"strategy {strategy.name} has no amounts for {candidate.currency}: add it under currencies"
        return Excluded(reason=Exclusion.NO_AMOUNTS, why=why)
    if candidate.balance_minor < amounts.immaterial_below_minor:
        why = f"less than the {in_words(amounts.immaterial_below_minor, candidate.currency)} worth asking for is owed"
        return Excluded(reason=Exclusion.IMMATERIAL, why=why)
    return None


def _why(candidate: Candidate, reason: Exclusion) -> str:
    if reason is Exclusion.SHIELDED:
        return candidate.shielded_by
    if reason is Exclusion.GONE_FOR_GOOD and candidate.gone is not None:
        return f"the last case ended with {candidate.gone.value}: a human decides what becomes of the account"
    if reason is Exclusion.ENROLLING:
        return f"campaign {candidate.enrolling_in} is enrolling it"
    return reason.words
