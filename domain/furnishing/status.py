"""What an account's state is in the codes of Metro 2: status, rating, history, first delinquency, dispute.

An account is not delinquent before it is thirty days past due. The date of first delinquency never moves forward
while the account stays delinquent, through charge-off and collection and until it is paid or current.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.errors import InvalidInput

HISTORY_LENGTH = 24
NO_HISTORY, NOT_FURNISHED = "B", "D"
_DELINQUENT_FROM = 30
_BY_AGE = (
    (180, "84", "6"),
    (150, "83", "5"),
    (120, "82", "4"),
    (90, "80", "3"),
    (60, "78", "2"),
    (_DELINQUENT_FROM, "71", "1"),
    (0, "11", "0"),
)
RATED = frozenset({"05", "13", "65", "88", "89", "94", "95"})
"""Statuses that need a payment rating; for every other it must be blank."""
PAID = frozenset({"13", "61", "62", "63", "64", "65"})
FINAL = PAID | {"DA", "DF", "05"}
"""After one of these an account is not furnished again, unless money goes back."""
_HISTORY = {
    "61": "J",
    "62": "G",
    "63": "K",
    "64": "L",
    "65": "H",
    "93": "G",
    "94": "H",
    "95": "J",
    "96": "K",
    "97": "L",
}


class Severity(StrEnum):
    """What became of an account besides growing old."""

    NONE = "none"
    SURRENDERED = "surrendered"
    """What was bought was given back."""
    COLLECTION = "collection"
    """An agency collects it, or our own collection after the ladder."""
    REPOSSESSED = "repossessed"
    CHARGED_OFF = "charged_off"
    FORECLOSED = "foreclosed"


_OWED = {
    Severity.SURRENDERED: "95",
    Severity.COLLECTION: "93",
    Severity.REPOSSESSED: "96",
    Severity.CHARGED_OFF: "97",
    Severity.FORECLOSED: "94",
}
_PAID_AS = {
    Severity.SURRENDERED: "61",
    Severity.COLLECTION: "62",
    Severity.REPOSSESSED: "63",
    Severity.CHARGED_OFF: "64",
    Severity.FORECLOSED: "65",
}


class DisputeState(StrEnum):
    """Where a dispute about the account stands."""

    NONE = "none"
    OPEN = "open"
    RESOLVED = "resolved"
    DISAGREED = "disagreed"
    """Resolved, and the consumer does not agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """What was furnished last, from which history and dates go on."""

    month: date
    """The first day of it."""
    status: str
    rating: str
    history: str
    compliance: str
    """The code that stands at the bureaus: theirs until another is told."""
    first_delinquent_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An account at the end of the period; amounts in minor units are the caller's to cut."""

    days_past_due: int
    due_on: date | None
    """Of the earliest amount still unpaid; None when nothing is owed."""
    paid: bool
    severity: Severity = Severity.NONE
    deleted: bool = False
    """What was furnished was wrong, or may not stand: everything is taken back."""
    rating_before: str = "0"
    """Of a paid account: the rating that it had before it was paid."""
    dispute: DisputeState = DisputeState.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """All that a month says in codes."""

    status: str
    rating: str
    history: str
    compliance: str
    first_delinquent_on: date | None


def rating_of(days_past_due: int, severity: Severity = Severity.NONE) -> str:
    """The one sign for how an account stood."""
    if severity is Severity.CHARGED_OFF:
        return "L"
    if severity is Severity.COLLECTION:
        return "G"
    return next(rating for least, _, rating in _BY_AGE if max(0, days_past_due) >= least)


def status_of(standing: Standing) -> str:
    """The account status of a state."""
    if standing.deleted:
        return "DA"
    if standing.paid:
        return _PAID_AS.get(standing.severity, "13")
    if standing.severity is not Severity.NONE:
        return _OWED[standing.severity]
    return next(status for least, status, _ in _BY_AGE if max(0, standing.days_past_due) >= least)


def codes_of(standing: Standing, month: date, previous: Previous | None) -> Codes:
    """The codes of a month, going on from what was furnished last."""
    status = status_of(standing)
    rating = _rating(status, standing)
    return Codes(
        status=status,
        rating=rating,
        history=history_of(month, previous),
        compliance=compliance_of(standing.dispute, previous.compliance if previous else ""),
        first_delinquent_on=_first_delinquent(status, rating, standing, previous),
    )


def _rating(status: str, standing: Standing) -> str:
    if status not in RATED:
        return ""
    return standing.rating_before if standing.paid else rating_of(standing.days_past_due)


def history_of(month: date, previous: Previous | None) -> str:
    """Twenty-four months before this one, the last first; what nobody furnished in between is said to be missing."""
    if previous is None:
        return NO_HISTORY * HISTORY_LENGTH
    gap = (month.year - previous.month.year) * 12 + month.month - previous.month.month
    if gap < 1:
        raise InvalidInput(f"month {month:%Y-%m} is not after {previous.month:%Y-%m}, which was furnished last")
    return (NOT_FURNISHED * (gap - 1) + sign_of(previous.status, previous.rating) + previous.history)[:HISTORY_LENGTH]


def sign_of(status: str, rating: str) -> str:
    """How a month that was furnished so stands in the history of the next."""
    if status in RATED and rating:
        return rating
    known = _HISTORY.get(status)
    return known or next((sign for _, code, sign in _BY_AGE if code == status), NOT_FURNISHED)


def _first_delinquent(status: str, rating: str, standing: Standing, previous: Previous | None) -> date | None:
    """Thirty days after the due date that was missed first; once told it stays, as ageing begins with it."""
    if status in ("11", "DA", "DF") or (status in RATED and rating == "0"):
        return None
    if previous is not None and previous.first_delinquent_on is not None:
        return previous.first_delinquent_on
    return standing.due_on + timedelta(days=_DELINQUENT_FROM) if standing.due_on is not None else None


def compliance_of(dispute: DisputeState, stands: str) -> str:
    """The compliance condition code of this month, given the one that stands at the bureaus; empty leaves it.

    A dispute is XB as long as it is open. When it ends it is told once, as XC when the consumer disagrees and else as
    XH. A dispute that opened and ended between two months was never told, and needs no code.
    """
    if dispute is DisputeState.OPEN:
        return "XB"
    if dispute is DisputeState.DISAGREED:
        return "" if stands == "XC" else "XC"
    if dispute is DisputeState.RESOLVED and stands == "XB":
        return "XH"
    return "XR" if stands == "XB" else ""


def stands_after(told: str, stood: str) -> str:
    """The code that stands at the bureaus after a month: the one told, none after a removal, else the one before."""
    return "" if told == "XR" else told or stood
