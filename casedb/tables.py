"""The tables of the case database.

Money is integers in minor units; instants are UTC; ids are text that the lender or a key chose, so that the
same fact stored twice meets a unique constraint. What must never happen is a constraint here, not only code.
What forbids contact is in `casedb.tables_silence`, what people write in `casedb.tables_replies`, what strategies were
in `casedb.tables_strategies`. Personal data stands in `person`, `contact_point`, `furnishing_subject`
(`casedb.tables_furnishing`), the address of a `consent`, the text of a `reply` and that of a `message_text`
(`casedb.tables_papers`), and nowhere else.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from casedb.columns import instant, one_of
from domain.vocabulary import (
    ApprovalStatus,
    Channel,
    CloseReason,
    DeliveryStatus,
    LedgerKind,
    LineType,
    Stage,
    TaskKind,
    TouchStatus,
)


def minor_units(*, default: Any = ...) -> Any:
    """An amount column; 64 bits, as 32 hold only 21 million rupiah."""
    return Field(default=default, sa_type=BigInteger)


class Person(SQLModel, table=True):
    """A human being who owes; every account of his is contacted under one set of caps."""

    person_id: str = Field(primary_key=True)
    full_name: str
    locale: str
    jurisdiction: str
    """Which profile of config/jurisdictions applies, such as `US` or `CN`."""
    zones: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Every IANA zone the person may be in; contact must be lawful in all."""
    created_at: datetime = instant()
    restricted_at: datetime | None = instant(nullable=True)
    """Since when only legal and compliance may look: erasure was asked for and could not be done yet."""
    erased_at: datetime | None = instant(nullable=True)
    """Since when name and addresses are gone; ids and the audit chain stay."""


class ContactPoint(SQLModel, table=True):
    """One address of a person for one channel."""

    __tablename__ = "contact_point"
    __table_args__ = (
        UniqueConstraint("person_id", "channel", "address"),
        Index("contact_point_address", "address", "channel"),
        one_of("channel", Channel),
        one_of("line_type", LineType),
    )
    contact_point_id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.person_id", index=True)
    channel: str
    address: str
    line_type: str = LineType.UNKNOWN.value
    preference: int = 0
    """Lower is tried first within a channel."""
    undeliverable_since: datetime | None = instant(nullable=True)


class Account(SQLModel, table=True):
    """One wallet-credit account; its balance is the sum of its ledger, kept by the same transaction."""

    __table_args__ = (CheckConstraint("length(currency) = 3", name="currency_iso"),)
    account_id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.person_id", index=True)
    creditor: str
    product: str
    currency: str
    zone: str
    """The account's calendar: due dates and days past due are counted here."""
    balance_minor: int = minor_units(default=0)
    """What is owed now; negative when overpaid."""
    ledger_version: int = 0
    """Grows by one with every ledger entry; a fact carrying an older version is stale."""
    ledger_as_of: datetime | None = instant(nullable=True)
    """When the lender last vouched for this ledger."""
    stated_as_of: datetime | None = instant(nullable=True)
    """As of when a book last stated the balance: what moved before is in it, and is not booked again."""
    segment: str = Field(default="", sa_column=Column(String, nullable=False, server_default=""))
    """The lender's own label, such as `prime`; campaigns choose by it, and nothing else does."""


class Obligation(SQLModel, table=True):
    """One dated amount due under an account; DPD counts from the earliest unpaid one."""

    __table_args__ = (
        UniqueConstraint("account_id", "due_on"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )
    obligation_id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.account_id", index=True)
    due_on: date
    amount_minor: int = minor_units()


class LedgerEntry(SQLModel, table=True):
    """One movement of an account's balance: append-only; its id is the sender's, so twice is once."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        one_of("kind", LedgerKind),
        UniqueConstraint("account_id", "version"),
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
    )
    entry_id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.account_id", index=True)
    version: int
    kind: str
    amount_minor: int = minor_units()
    """Signed: charges add to what is owed, payments and relief take from it."""
    at: datetime = instant()
    """When it happened, in the sender's word."""
    recorded_at: datetime = instant()
    """When we learned of it."""


class Case(SQLModel, table=True):
    """One run of collection on one account; at most one is open per account."""

    __table_args__ = (
        one_of("stage", Stage),
        CheckConstraint(
            "close_reason IS NULL OR close_reason IN ("
            + ", ".join(f"'{reason.value}'" for reason in CloseReason)
            + ")",
            name="close_reason_known",
        ),
        CheckConstraint("(closed_at IS NULL) = (close_reason IS NULL)", name="closed_with_reason"),
        Index(
            "case_one_open_per_account",
            "account_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("case_next_at", "next_at"),
        Index("case_account_campaign", "account_id", "campaign_id"),
    )
    case_id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.account_id")
    person_id: str = Field(foreign_key="person.person_id", index=True)
    campaign_id: str | None = Field(default=None, foreign_key="campaign.campaign_id", index=True)
    strategy: str
    strategy_version: str
    stage: str
    opened_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    close_reason: str | None = None
    opening_balance_minor: int = minor_units()
    decisions: int = 0
    """How many decisions were recorded; the newest one is repeated in next_*."""
    next_at: datetime | None = instant(nullable=True)
    next_action: str | None = None
    next_why: str | None = None
    verdict_number: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The head of the chain of verdicts, moved by the database itself as each one is added."""
    verdict_hash: str = Field(default="", sa_column_kwargs={"server_default": ""})
    residual_kept_by: str | None = None
    """Who decided that the interest and fees that are left are chased; None while nobody did."""


class Decision(SQLModel, table=True):
    """What was decided for a case and why: append-only; the answer to "why was nothing sent?"."""

    __table_args__ = (UniqueConstraint("case_id", "number"),)
    decision_id: int | None = Field(default=None, primary_key=True)
    case_id: str = Field(foreign_key="case.case_id")
    number: int
    at: datetime = instant()
    because: str
    """What prompted it: opened, a fact's kind, or a touch's outcome."""
    action: str
    step_at: datetime = instant()
    why: str


class Touch(SQLModel, table=True):
    """One contact under one key, claimed before it is sent; the unique key is what makes it happen once."""

    __table_args__ = (
        UniqueConstraint("case_id", "touch_key"),
        UniqueConstraint("person_id", "reference"),
        one_of("channel", Channel),
        one_of("status", TouchStatus),
        one_of("delivery", DeliveryStatus),
        Index("touch_person_at", "person_id", "at"),
        Index("touch_provider", "provider", "provider_id"),
    )
    touch_id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="case.case_id")
    account_id: str
    person_id: str
    touch_key: str
    channel: str
    contact_point_id: str = Field(foreign_key="contact_point.contact_point_id")
    reference: str
    """Stands in the message: the borrower checks it is genuine, we find it at the provider."""
    template: str
    status: str
    at: datetime = instant()
    """When it was claimed, on the case's clock: what the caps count."""
    attempted_at: datetime = instant()
    """When it was last claimed, on the wall clock: how long an answer has been missing."""
    sent_at: datetime | None = instant(nullable=True)
    provider: str
    provider_id: str | None = None
    delivery: str = DeliveryStatus.NONE.value
    undelivered_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Channels by which it was taken and did not arrive, with blanks between: it does not go by these again."""
    code: str = ""
    """The provider's code of a refusal or a failed delivery."""
    balance_minor: int = minor_units()
    """What was owed when it was sent."""


class VerdictRow(SQLModel, table=True):
    """One answer of the gate, allow or not: append-only, each sealed to the one before it (`casedb.verdicts`).

    Triggers of revision 0003 refuse UPDATE and DELETE, and an INSERT that does not follow the head on the case; a
    migration that copies this table makes them again.
    """

    __tablename__ = "verdict"
    __table_args__ = (UniqueConstraint("case_id", "number"),)
    verdict_id: int | None = Field(default=None, primary_key=True)
    case_id: str = Field(foreign_key="case.case_id")
    number: int
    """Counts from 1 within the case."""
    person_id: str
    touch_key: str
    channel: str
    at: datetime = instant()
    decision: str
    until: datetime | None = instant(nullable=True)
    rule: str
    """The rule that decided; empty for a plain allow."""
    fired: list[str] = Field(sa_column=Column(JSON, nullable=False))
    why: str
    profile: str
    """The profile and its version, as `US@2026.11`."""
    tzdata: str
    previous_hash: str
    """The hash of the verdict before it; empty for the first."""
    hash: str
    """SHA-256 of every column above but `verdict_id`, in hexadecimal."""


class InboxEvent(SQLModel, table=True):
    """One outside fact under its sender's id, stored in the transaction of its effect, then signalled."""

    __tablename__ = "inbox_event"
    __table_args__ = (
        Index("inbox_unsignalled", "signalled_at", "received_at"),
        Index(
            "inbox_parked",
            "parked_for",
            sqlite_where=text("parked_for IS NOT NULL"),
            postgresql_where=text("parked_for IS NOT NULL"),
        ),
        Index(
            "inbox_payment",
            "payment",
            sqlite_where=text("payment IS NOT NULL"),
            postgresql_where=text("payment IS NOT NULL"),
        ),
    )
    event_id: str = Field(primary_key=True)
    source: str
    kind: str
    account_id: str | None = Field(default=None, index=True)
    at: datetime = instant()
    received_at: datetime = instant()
    payload: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """The fact as the workflow takes it: ids and amounts, no personal data."""
    signalled_at: datetime | None = instant(nullable=True)
    tell_at: datetime | None = instant(nullable=True)
    """Not before this instant does a relay tell it: another relay does just now, or it failed."""
    tell_failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    parked_for: str | None = None
    """Of a parked fact, for whom it waits: `account:`, `person:` with the id, `address:` with a fingerprint, `payment:`
    with the id below when only the payment tells whose it is."""
    payment: str | None = None
    """Of what a payment provider told, the payment that it belongs to."""
    traceparent: str | None = None
    """Where it came in, as W3C's trace context; None while traces are off."""


class Approval(SQLModel, table=True):
    """A request to let a case go to law; decided by another person than the one who asked."""

    __table_args__ = (
        one_of("status", ApprovalStatus),
        CheckConstraint("decided_by IS NULL OR decided_by <> requested_by", name="four_eyes"),
    )
    approval_id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="case.case_id", index=True)
    requested_by: str
    requested_at: datetime = instant()
    expires_at: datetime = instant()
    status: str
    decided_by: str | None = None
    decided_at: datetime | None = instant(nullable=True)
    comment: str = ""
    balance_minor: int = minor_units()
    roles: list[str] = Field(sa_column=Column(JSON, nullable=False, server_default="[]"))
    """In which roles people must agree (`approval_vote`); none: one person is enough."""
    ledger_version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class HumanTask(SQLModel, table=True):
    """Something only a person can settle; one open task per case, kind and key."""

    __tablename__ = "human_task"
    __table_args__ = (
        UniqueConstraint("case_id", "kind", "key"),
        one_of("kind", TaskKind),
        Index(
            "human_task_one_without_case",
            "kind",
            "key",
            unique=True,
            sqlite_where=text("case_id IS NULL"),
            postgresql_where=text("case_id IS NULL"),
        ),
    )
    task_id: int | None = Field(default=None, primary_key=True)
    case_id: str | None = Field(default=None, foreign_key="case.case_id")
    """None: it is about a fact that belongs to no case."""
    kind: str
    key: str
    """What it is about: an approval id, a touch key, a hold id, the id of a fact."""
    owner: str
    why: str
    raised_at: datetime = instant()
    done_at: datetime | None = instant(nullable=True)
    due_at: datetime | None = instant(nullable=True)
    """From when it is overdue; None for what only waits."""


class BookImport(SQLModel, table=True):
    """How far the import of one file got, by the content's hash: the same file twice changes nothing."""

    __tablename__ = "book_import"
    file_sha256: str = Field(primary_key=True)
    rows_done: int = 0
    accepted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    finished: bool = False
    started_at: datetime = instant()
