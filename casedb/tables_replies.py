"""The table of what people wrote back: the one place where their words stand, and what was read in them."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Column
from sqlmodel import Field, SQLModel

from casedb.columns import instant, one_of
from domain.vocabulary import Channel


class Reply(SQLModel, table=True):
    """One message of a person, under the sender's id; its text is personal data and goes when the person is erased."""

    __table_args__ = (one_of("channel", Channel),)
    reply_id: str = Field(primary_key=True)
    """The id of the fact in the inbox."""
    person_id: str | None = Field(default=None, foreign_key="person.person_id", index=True)
    """None: nobody we know wrote it, or several have that address."""
    account_id: str | None = Field(default=None, foreign_key="account.account_id", index=True)
    """None: it could not be told which account it is about."""
    contact_point_id: str | None = Field(default=None, foreign_key="contact_point.contact_point_id")
    """From which address of the person it came."""
    channel: str
    written_from: str = Field(index=True)
    """The address by its fingerprint: by it the words are found when one of the persons who have it is erased."""
    at: datetime = instant()
    received_at: datetime = instant()
    text: str
    attachments: int = 0
    """How many came with it; they are not kept."""
    intents: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """What was certain, and was acted on."""
    doubtful: list[str] = Field(sa_column=Column(JSON, nullable=False))
    amount_minor: int | None = Field(default=None, sa_type=BigInteger)
    promised_on: date | None = None
    rules: str
    """The version of the phrases that it was read by."""
    answer: str = ""
    """Which answer it earns; empty for none."""
    answer_status: str = ""
    """Empty while nobody tried; then as that of a touch, or `skipped`."""
    answer_why: str = ""
    answer_provider_id: str | None = None
    answered_at: datetime | None = instant(nullable=True)
