"""The tables of what was agreed with a borrower: promises and plans, and what was granted beyond the terms on offer."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column
from sqlmodel import Field, SQLModel

from casedb.columns import instant, one_of
from domain.authority import ReliefKind
from domain.negotiation.judging import Judgement
from domain.negotiation.relief import ReliefStatus


class Agreement(SQLModel, table=True):
    """A promise or a plan of a case: what a lost workflow is told again, and how it was judged."""

    __table_args__ = (one_of("judgement", Judgement),)
    case_id: str = Field(primary_key=True, foreign_key="case.case_id")
    agreed_as: str = Field(primary_key=True)
    """Kind and id, as `promise:evt-7`."""
    agreed_at: datetime = instant()
    payments: list[list[Any]] = Field(sa_column=Column(JSON, nullable=False))
    """Day and amount of each; of a promise the one."""
    down_payment_minor: int = Field(default=0, sa_type=BigInteger)
    interest_minor: list[int] = Field(sa_column=Column(JSON, nullable=False))
    baseline_minor: int = Field(sa_type=BigInteger)
    """What was owed then."""
    baseline_version: int | None = None
    """The ledger's version then: money that came later counts."""
    judgement: str
    judged_at: datetime | None = instant(nullable=True)
    received_minor: int = Field(default=0, sa_type=BigInteger)
    """What had come when it was judged, or looked at last."""


class Relief(SQLModel, table=True):
    """A deferral, a waiver or a settlement: proposed, approved by a second person above the limit, then granted."""

    __table_args__ = (
        one_of("kind", ReliefKind),
        one_of("status", ReliefStatus),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
    )
    relief_id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="case.case_id", index=True)
    account_id: str = Field(foreign_key="account.account_id", index=True)
    kind: str
    amount_minor: int = Field(sa_type=BigInteger)
    """What is waived, deferred, or paid to settle."""
    until: date | None = None
    """Of a deferral the day on which it ends, of a settlement the day by which it is paid."""
    reason: str
    """For people of ours; no personal data."""
    residual: str
    """What becomes of the rest, in a word."""
    proposed_by: str
    proposed_as: str
    """The role in which it was within the limit; empty when it was above, or after the approver's."""
    proposed_at: datetime = instant()
    expires_at: datetime = instant()
    balance_minor: int = Field(sa_type=BigInteger)
    """What was owed when it was proposed; once it is granted, what was owed after it."""
    ledger_version: int
    status: str
    decided_by: str | None = None
    decided_at: datetime | None = instant(nullable=True)
    decided_why: str = ""
    granted_at: datetime | None = instant(nullable=True)
