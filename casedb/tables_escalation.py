"""The tables of going to law: who agreed in which role, what was attested, which steps stand outside."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from casedb.columns import instant, one_of
from domain.escalation import OutsideKind, OutsideStatus, Subject


class ApprovalVote(SQLModel, table=True):
    """One person's yes to a request, in one role; the database refuses a second of the same person."""

    __tablename__ = "approval_vote"
    __table_args__ = (UniqueConstraint("approval_id", "voter"),)
    approval_id: str = Field(primary_key=True, foreign_key="approval.approval_id")
    role: str = Field(primary_key=True)
    voter: str
    on_behalf_of: str = ""
    """Whose role it was, when it was delegated."""
    at: datetime = instant()
    comment: str = ""


class OutsideStepRow(SQLModel, table=True):
    """One step to the outside world under its key: taken once, undone once."""

    __tablename__ = "outside_step"
    __table_args__ = (
        one_of("kind", OutsideKind),
        one_of("status", OutsideStatus),
        CheckConstraint("(status = 'undone') = (undone_at IS NOT NULL)", name="undone_once"),
    )
    key: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="case.case_id", index=True)
    account_id: str = Field(index=True)
    step_id: str
    kind: str
    approval_id: str = Field(foreign_key="approval.approval_id")
    """By whose leave."""
    status: str
    taken_at: datetime = instant()
    reference: str
    why: str
    undone_at: datetime | None = instant(nullable=True)
    undone_reference: str = ""
    undone_why: str = ""


class Attestation(SQLModel, table=True):
    """What a person of ours looked at before going to law: append-only, the latest of a subject counts."""

    __table_args__ = (one_of("subject", Subject),)
    attestation_id: int | None = Field(default=None, primary_key=True)
    account_id: str = Field(foreign_key="account.account_id", index=True)
    subject: str
    says: str
    """Of a contract where it lies, of the limitation `open` or `barred`, of a venue its name, of a notice its proof."""
    by: str
    at: datetime = instant()


class ChargeOff(SQLModel, table=True):
    """What was taken off the lender's books and is still owed."""

    __tablename__ = "charge_off"
    key: str = Field(primary_key=True)
    """Of the outside step."""
    account_id: str = Field(foreign_key="account.account_id", index=True)
    case_id: str
    amount_minor: int = Field(sa_type=BigInteger)
    at: datetime = instant()
    settled_at: datetime | None = instant(nullable=True)
    """When all of it had come back."""
