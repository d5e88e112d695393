"""What a case agreed on and is bound by: a promise, a plan, a settlement, an approval of legal escalation."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.events import Instalment
from domain.vocabulary import ApprovalStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseState:
    """A promise in force; money since `baseline_minor` decides whether it was kept."""

    promise_id: str
    amount_minor: int
    due_on: date
    made_at: datetime
    baseline_minor: int
    baseline_version: int | None = None
    """The ledger's version then: money that came later counts. None: only the balance can tell."""

    @property
    def agreed_as(self) -> str:
        """Kind and id, by which a case knows it again."""
        return f"promise:{self.promise_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanState:
    """An instalment plan in force; money since `baseline_minor` decides whether it performs."""

    plan_id: str
    instalments: tuple[Instalment, ...]
    """A down payment is the first of them."""
    accepted_at: datetime
    baseline_minor: int
    baseline_version: int | None = None
    down_payment_minor: int = 0
    interest_minor: tuple[int, ...] = ()
    """The interest inside each instalment; empty when the plan has none."""

    @property
    def agreed_as(self) -> str:
        """Kind and id, by which a case knows it again."""
        return f"plan:{self.plan_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementState:
    """Part of the debt is enough if it comes in time; money since `baseline_minor` decides."""

    relief_id: str
    amount_minor: int
    due_on: date
    accepted_at: datetime
    baseline_minor: int
    baseline_version: int | None = None

    @property
    def agreed_as(self) -> str:
        """Kind and id, by which a case knows it again."""
        return f"relief:{self.relief_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One person's yes in one role."""

    role: str
    by: str
    at: datetime
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalState:
    """The one request for legal escalation that counts; expiry is a matter of the clock, not of an event."""

    approval_id: str
    status: ApprovalStatus
    requested_by: str
    expires_at: datetime
    decided_by: str | None = None
    """Of several approvers the last one."""
    roles: tuple[str, ...] = ()
    """In which people must agree, each another person; none: one person is enough."""
    votes: tuple[Vote, ...] = ()
    requested_at: datetime | None = None
    ledger_version: int = 0
    refused_as: str = ""
    comment: str = ""
    """Why it was refused."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Roles in which nobody has agreed yet."""
        return tuple(role for role in self.roles if all(vote.role != role for vote in self.votes))

    def stands_at(self, now: datetime) -> bool:
        """Whether it still waits or still holds; what was refused or has expired may be asked for again."""
        return self.status in (ApprovalStatus.REQUESTED, ApprovalStatus.GRANTED) and now < self.expires_at


SYSTEM = "amicable"
"""In whose name a case asks by itself: no person, so it never decides."""


def may_decide(approval: ApprovalState, by: str) -> bool:
    """Four eyes: neither whoever asked, nor the system, nor nobody."""
    return bool(by.strip()) and not any(same_person(by, other) for other in (approval.requested_by, SYSTEM))


def same_person(one: str, other: str) -> bool:
    """Whether two names mean one person; another spelling is no second pair of eyes."""
    return one.strip().casefold() == other.strip().casefold()
