"""The tables of what holds oblige us to, and of complaints with their numbers."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from casedb.columns import instant


class Duty(SQLModel, table=True):
    """One thing to be done about a hold by a day; done with a reference, or lapsed when the hold ended before."""

    __table_args__ = (
        CheckConstraint("done_at IS NULL OR lapsed_at IS NULL", name="one_end"),
        Index(
            "duty_open",
            "opens_at",
            sqlite_where=text("done_at IS NULL AND lapsed_at IS NULL"),
            postgresql_where=text("done_at IS NULL AND lapsed_at IS NULL"),
        ),
    )
    hold_id: str = Field(primary_key=True, foreign_key="hold.hold_id")
    duty: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    """Counts from 1: some duties come back."""
    what: str
    """As the rules said it then."""
    owner: str
    opens_at: datetime = instant()
    due_on: date
    """The last day, in the account's calendar, on which it is done in time."""
    due_at: datetime = instant()
    needs_evidence: bool
    asked_at: datetime | None = instant(nullable=True)
    """When a human task was raised for it."""
    done_at: datetime | None = instant(nullable=True)
    done_by: str = ""
    evidence: str = ""
    """Where it can be looked up; never what was said."""
    lapsed_at: datetime | None = instant(nullable=True)


class Complaint(SQLModel, table=True):
    """A complaint under its number; its hold has the duties. What the person wrote stands with the reply alone."""

    number: str = Field(primary_key=True)
    """As `C-2026-000123`."""
    hold_id: str = Field(foreign_key="hold.hold_id", unique=True)
    person_id: str = Field(foreign_key="person.person_id", index=True)
    account_id: str | None = Field(default=None, foreign_key="account.account_id")
    channel: str = ""
    """By which it came; empty when nobody said."""
    owner: str
    received_at: datetime = instant()
    acknowledge_by: date
    answer_by: date
    acknowledged_at: datetime | None = instant(nullable=True)
    answered_at: datetime | None = instant(nullable=True)
    outcome: str = ""
    answer: str = ""
    """Where the answer can be looked up."""


class ComplaintYear(SQLModel, table=True):
    """The last number given in a year."""

    __tablename__ = "complaint_year"
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int
