"""The tables of accounts that an agency collects: ids, codes and amounts, and no personal data."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from casedb.columns import instant, one_of
from casedb.tables import minor_units
from domain.placement.life import PlacementStatus


class Placement(SQLModel, table=True):
    """One account with one agency; at most one of an account is open."""

    __table_args__ = (
        one_of("status", PlacementStatus),
        CheckConstraint("commission_bp BETWEEN 0 AND 10000", name="commission_is_a_share"),
        Index(
            "placement_one_open_per_account",
            "account_id",
            unique=True,
            sqlite_where=text("status IN ('placed', 'recall_pending')"),
            postgresql_where=text("status IN ('placed', 'recall_pending')"),
        ),
    )
    file_number: int | None = Field(default=None, primary_key=True)
    """By which both sides know it."""
    order_key: str = Field(unique=True)
    """The step's key, or what a person's command stands for: the same order twice is one placement."""
    account_id: str = Field(foreign_key="account.account_id", index=True)
    case_id: str | None = Field(default=None, foreign_key="case.case_id")
    agency: str = Field(index=True)
    status: str
    placed_at: datetime = instant()
    placed_version: int
    """Where the ledger stood: what was booked later is news for the agency."""
    currency: str
    principal_minor: int = minor_units()
    interest_minor: int = minor_units()
    fees_minor: int = minor_units()
    product: str
    days_past_due: int
    due_on: date | None = None
    commission_bp: int
    """Agreed at the placement; a rate that changes later changes nothing here."""
    told_at: datetime | None = instant(nullable=True)
    """When a file told the agency."""
    undo_key: str | None = Field(default=None, unique=True)
    recall_reason: str | None = None
    recall_on: date | None = None
    objections: int = 0
    objected_on: date | None = None
    objection_code: str = ""
    closed_on: date | None = None
    close_code: str = ""


class AgencyRecord(SQLModel, table=True):
    """One record that an agency is to be told once; what it says is read when it goes out."""

    __tablename__ = "agency_record"
    __table_args__ = (UniqueConstraint("file_number", "kind", "key"),)
    record_id: int | None = Field(default=None, primary_key=True)
    file_number: int = Field(foreign_key="placement.file_number")
    agency: str = Field(index=True)
    kind: str
    key: str
    """The ledger entry, hold or recall that it is about; empty for the placement itself."""
    queued_at: datetime = instant()
    file_name: str | None = None
    """The file that it went out by."""


class AgencyFile(SQLModel, table=True):
    """One file that went to an agency or came from one: by its name out, by its content in."""

    __tablename__ = "agency_file"
    __table_args__ = (
        UniqueConstraint("agency", "direction", "name", "sha256"),
        CheckConstraint("direction IN ('in', 'out')", name="direction_known"),
    )
    file_id: int | None = Field(default=None, primary_key=True)
    agency: str
    direction: str
    kind: str
    name: str
    sha256: str
    records: int
    bad: int = 0
    sums: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Minor units by currency, as the trailer vouches for them."""
    at: datetime = instant()


class AgencyPayment(SQLModel, table=True):
    """Money that an agency took, or its reversal, and what it handed over of it."""

    __tablename__ = "agency_payment"
    agency: str = Field(primary_key=True)
    payment_id: str = Field(primary_key=True)
    payment_type: str = Field(primary_key=True)
    file_number: int = Field(foreign_key="placement.file_number", index=True)
    amount_minor: int = minor_units()
    currency: str
    paid_on: date
    commission_bp: int
    remitted_in: str = ""
    """The remittance that handed it over; empty while it is open."""
    commission_minor: int | None = minor_units(default=None)
    remitted_minor: int | None = minor_units(default=None)
    remitted_at: datetime | None = instant(nullable=True)
