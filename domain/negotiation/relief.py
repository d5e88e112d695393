"""Relief beyond the terms on offer: what may be proposed at all, who may grant it alone, and until when it stands."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.authority import ReliefKind
from domain.calendar import local_date, start_of_day
from domain.errors import IllegalTransition
from domain.money import in_words
from domain.negotiation.allocation import Parts
from domain.strategy import ReliefTerms


class ReliefStatus(StrEnum):
    """The life of a relief; that a proposal or an offer has expired is a matter of the clock."""

    PROPOSED = "proposed"
    """Above the limit of whoever proposed it: a second person must say yes."""
    REFUSED = "refused"
    OFFERED = "offered"
    """Of a settlement: the borrower may accept it."""
    GRANTED = "granted"
    """It has its effect."""


class Residual(StrEnum):
    """What becomes of what is left."""

    OWED = "owed"
    """It stays owed."""
    WAIVED_WHEN_SETTLED = "waived_when_settled"
    """It is waived in the moment in which the settlement is paid, and owed in full if that is missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefRequest:
    """What somebody of ours wants to grant."""

    kind: ReliefKind
    amount_minor: int
    """What is waived, or paid to settle; a deferral is about all that is owed."""
    until: date | None = None
    """The day on which a deferral ends, or by which a settlement is paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What relief is judged by."""

    account_id: str
    balance_minor: int
    currency: str
    zone: str
    parts: Parts
    granted: tuple[ReliefKind, ...] = ()
    """What the case was granted before."""
    agreement: str = ""
    """A plan or a settlement in force; empty without one."""


def given_up(kind: ReliefKind, amount_minor: int, balance_minor: int) -> int:
    """What the lender gives up, by which limits are measured; of a deferral, what is deferred."""
    return balance_minor - amount_minor if kind is ReliefKind.SETTLEMENT else amount_minor


def residual_of(kind: ReliefKind) -> Residual:
    """What becomes of the rest, by kind."""
    return Residual.WAIVED_WHEN_SETTLED if kind is ReliefKind.SETTLEMENT else Residual.OWED


def check_relief(request: ReliefRequest, debt: Debt, terms: ReliefTerms, now: datetime) -> None:
    """Raise IllegalTransition, with a sentence for whoever asked, unless the strategy knows such relief at all."""
    about, today = f"account {debt.account_id}", local_date(now, debt.zone)
    if debt.balance_minor <= 0:
        raise IllegalTransition(f"{about}: nothing is owed any more")
    if request.kind is ReliefKind.DEFERRAL:
        _check_deferral(request, debt, terms, today)
    elif request.kind is ReliefKind.SETTLEMENT:
        _check_settlement(request, debt, terms, today)
    else:
        fees = request.kind is ReliefKind.FEE_WAIVER
        what, owed = ("fees", debt.parts.fees) if fees else ("interest", debt.parts.interest)
        if not 0 < request.amount_minor <= min(owed, debt.balance_minor):
            raise IllegalTransition(
                f"{about}: {in_words(owed, debt.currency)} of {what} are owed; no more can be waived"
            )


def _check_deferral(request: ReliefRequest, debt: Debt, terms: ReliefTerms, today: date) -> None:
    about = f"account {debt.account_id}"
    first, last = today + timedelta(days=1), today + timedelta(days=terms.deferral_days_max)
    if terms.deferral_days_max == 0:
        raise IllegalTransition(f"{about}: its strategy knows no deferral (relief.deferral_days_max)")
    if request.until is None or not first <= request.until <= last:
        raise IllegalTransition(f"{about}: a deferral must end between {first} and {last}")
    before = sum(kind is ReliefKind.DEFERRAL for kind in debt.granted)
    if before >= terms.deferrals_max:
        raise IllegalTransition(f"{about}: {before} deferrals were granted and its strategy allows no more")
    if debt.agreement:
        raise IllegalTransition(f"{about}: {debt.agreement} is in force; its days would fall into the deferral")


def _check_settlement(request: ReliefRequest, debt: Debt, terms: ReliefTerms, today: date) -> None:
    about = f"account {debt.account_id}"
    if terms.settlement_within_days == 0:
        raise IllegalTransition(f"{about}: its strategy knows no settlement (relief.settlement_within_days)")
    least = max(1, -(-debt.balance_minor * terms.settlement_least_percent // 100))
    if not least <= request.amount_minor < debt.balance_minor:
        raise IllegalTransition(
            f"{about}: a settlement must be between {in_words(least, debt.currency)} and "
            f"{in_words(debt.balance_minor - 1, debt.currency)}"
        )
    last = today + timedelta(days=terms.settlement_within_days)
    if request.until is None or not today <= request.until <= last:
        raise IllegalTransition(f"{about}: a settlement must be paid between {today} and {last}")
    if debt.agreement.startswith("settlement"):
        raise IllegalTransition(f"{about}: {debt.agreement} is in force")


def stands_until(request: ReliefRequest, terms: ReliefTerms, zone: str, now: datetime) -> datetime:
    """When a proposal or an offer lapses: after the strategy's days, and never after its own day is over."""
    lapses = now + timedelta(days=terms.offer_stands_days)
    if request.until is None:
        return lapses
    return min(lapses, start_of_day(request.until + timedelta(days=1), zone))
