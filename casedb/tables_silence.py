"""The tables of what forbids contact: withdrawn consents, suppressed addresses, holds and switches.

Nothing here is ever deleted: a hold is released, a switch is lifted, a permission is followed by a withdrawal.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from casedb.columns import instant, one_of
from domain.vocabulary import Channel, HoldKind, Permission, SuppressionReason, SwitchScope


class Consent(SQLModel, table=True):
    """One statement of a person about one channel: append-only, the latest counts; withdrawal is at once."""

    __table_args__ = (
        one_of("channel", Channel),
        one_of("permission", Permission),
        Index("consent_person", "person_id", "channel", "at"),
    )
    consent_id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.person_id")
    channel: str
    address: str = ""
    """Empty: the whole channel."""
    permission: str
    at: datetime = instant()
    source: str
    """By what: import, sms_reply, console, provider."""
    evidence: str = ""
    """Where it can be looked up: a message's id at the provider, the version of a form; never its text."""
    expires_at: datetime | None = instant(nullable=True)
    """From when a permission no longer stands; a withdrawal never ends by itself."""


class Suppression(SQLModel, table=True):
    """An address that must not be contacted, as a salted hash: it outlives the erasure of its person."""

    __table_args__ = (one_of("reason", SuppressionReason),)
    fingerprint: str = Field(primary_key=True)
    """HMAC-SHA256 of channel and address under the salt of the settings."""
    reason: str = Field(primary_key=True)
    since: datetime = instant()


class Hold(SQLModel, table=True):
    """A reason not to contact, with an owner and a start; without an end it is reviewed, never forgotten."""

    __table_args__ = (
        one_of("kind", HoldKind),
        CheckConstraint("obligation_due_on IS NULL OR account_id IS NOT NULL", name="obligation_of_account"),
        ForeignKeyConstraint(["account_id", "obligation_due_on"], ["obligation.account_id", "obligation.due_on"]),
        Index("hold_person", "person_id"),
    )
    hold_id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.person_id")
    account_id: str | None = Field(default=None, foreign_key="account.account_id")
    """None: the whole person."""
    obligation_due_on: date | None = None
    """Only the amount of the account that fell due on this day; None: the whole account."""
    kind: str
    reason: str
    owner: str
    starts_at: datetime = instant()
    """May lie before it was placed: days past due are then counted anew."""
    ends_at: datetime | None = instant(nullable=True)
    review_at: datetime | None = instant(nullable=True)
    """When a human looks at a hold without an end for the first time."""
    released_at: datetime | None = instant(nullable=True)
    pauses_dpd: bool = True
    placed_at: datetime | None = instant(nullable=True)
    """When it was put on record, and by whom; nothing for one from before this was kept."""
    placed_by: str = ""
    released_by: str = ""
    code: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What it is about, of the codes that the rules name; never health details."""
    outcome: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What was decided; empty while nothing was."""
    decided_at: datetime | None = instant(nullable=True)
    decided_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    decided_why: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """For people of ours; no personal data."""


class ContactSwitch(SQLModel, table=True):
    """A stop of all contact, or that of one channel, campaign or strategy; lifted, it stays on record."""

    __tablename__ = "contact_switch"
    __table_args__ = (
        one_of("scope", SwitchScope),
        CheckConstraint("(scope = 'global') = (key = '')", name="key_of_scope"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_somebody"),
        Index(
            "contact_switch_one_set",
            "scope",
            "key",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )
    switch_id: int | None = Field(default=None, primary_key=True)
    scope: str
    key: str = ""
    """The channel, campaign or strategy; empty for the global one."""
    reason: str
    set_by: str
    set_at: datetime = instant()
    lifted_by: str | None = None
    lifted_at: datetime | None = instant(nullable=True)
