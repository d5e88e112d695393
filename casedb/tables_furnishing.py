"""The tables of what the credit bureaus are told. Personal data stands in `furnishing_subject` and goes by erasure."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from casedb.columns import instant
from casedb.tables import minor_units


class FurnishingSubject(SQLModel, table=True):
    """Who owes on an account, and since when, as the bureaus match people; never a social security number."""

    __tablename__ = "furnishing_subject"
    account_id: str = Field(primary_key=True, foreign_key="account.account_id")
    surname: str
    first_name: str
    middle_name: str = ""
    born_on: date | None = None
    address_1: str
    address_2: str = ""
    city: str
    state: str
    zip: str
    opened_on: date
    highest_credit_minor: int = minor_units()
    credit_limit_minor: int = minor_units(default=0)
    stated_at: datetime = instant()


class Furnishing(SQLModel, table=True):
    """One account that the bureaus hear of, from the step that began it to its last month."""

    __table_args__ = (
        Index(
            "furnishing_one_open_per_account",
            "account_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    furnishing_id: int | None = Field(default=None, primary_key=True)
    order_key: str = Field(unique=True)
    account_id: str = Field(foreign_key="account.account_id", index=True)
    case_id: str | None = Field(default=None, foreign_key="case.case_id")
    started_at: datetime = instant()
    notice_at: datetime = instant()
    """When the person was told beforehand."""
    undo_key: str | None = Field(default=None, unique=True)
    undone_at: datetime | None = instant(nullable=True)
    deleted: bool = False
    """Whether the correction takes everything back, as what was told may not stand."""
    disagreed_at: datetime | None = instant(nullable=True)
    """Since when the consumer disagrees with how a dispute ended."""
    ended_at: datetime | None = instant(nullable=True)
    """When its last month was furnished, or it was taken back before the first."""


class FurnishingNotice(SQLModel, table=True):
    """That a person was told beforehand by other means than a message of ours."""

    __tablename__ = "furnishing_notice"
    account_id: str = Field(primary_key=True, foreign_key="account.account_id")
    sent_at: datetime = instant()
    evidence: str
    """Where it can be looked up, such as the number of a letter."""
    by: str


class FurnishedMonth(SQLModel, table=True):
    """What was furnished for one month: the codes, and no name."""

    __tablename__ = "furnished_month"
    __table_args__ = (UniqueConstraint("account_id", "month", "number"),)
    furnishing_id: int = Field(primary_key=True, foreign_key="furnishing.furnishing_id")
    month: str = Field(primary_key=True)
    """As 2026-11."""
    number: int = Field(default=0, primary_key=True)
    """0, or counting from 1 a correction of the same month."""
    account_id: str = Field(foreign_key="account.account_id")
    account_status: str
    payment_rating: str
    history: str
    compliance: str
    """The code that was told; empty leaves the one before."""
    stands: str
    """The code that stands at the bureaus after it."""
    first_delinquent_on: date | None = None
    balance_minor: int = minor_units()
    past_due_minor: int = minor_units()
    file_name: str
    at: datetime = instant()
