"""What a check of the ladder looks at, and what it answers."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.escalation import LegalFacts
from domain.holds import HoldState
from domain.negotiation.judging import Received
from domain.partial_holds import Remainder
from domain.schedule import Moment
from domain.score import Score
from domain.step import Action
from domain.vocabulary import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What the case database says at this instant; it overrules what the case remembers.

    But for money: of two balances the one with the higher ledger version counts (R6).
    """

    balance_minor: int
    ledger_version: int
    channels: tuple[Channel, ...]
    """Channels with an address that can be used: deliverable and not opted out."""
    holds: tuple[HoldState, ...] = ()
    accrued_minor: int = 0
    """Interest and fees ever charged: when no more than this is owed, the principal is paid."""
    residual_kept: bool = False
    """A person decided that the interest and fees that are left are chased."""
    unpaid: tuple[tuple[date, int], ...] = ()
    """Due date and what is left of each amount; told while a hold is on one of them alone."""
    unresolved_touch: str = ""
    """A touch whose outcome nobody could tell: sending it again might be sending it twice."""
    asked_about: str = ""
    """A touch of which nobody has heard yet: its provider is asked about it before anything is sent again."""
    score: Score | None = None
    """Told where the strategy asks for it."""
    received: tuple[Received, ...] = ()
    """What was paid since each agreement of the case, by the ledger; without it the balance must tell."""
    legal: LegalFacts | None = None
    """What stands in the way of going to law; None: nobody looked, because it is not its turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; `action` is None when it leaves the decision to the next check."""

    says: str
    at: datetime | None = None
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A check by name, with its finding."""

    name: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation(Moment):
    """Everything a check may look at: the case brought up to date with the facts, and the facts."""

    facts: CaseFacts
    remainder: Remainder | None = None
    """What is chased while other amounts of the account are held; the case's due date is then its."""
    softer: str = ""
    """Why the strategy is softer than its file says, in words."""


def next_review(moment: Situation, anchor: datetime) -> datetime:
    """The first review strictly after now; reviews are counted from the anchor, so that asking does not move them."""
    periods = max(0, (moment.now - anchor) // moment.review_every) + 1
    return anchor + periods * moment.review_every
