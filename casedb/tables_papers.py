"""The tables of what can be shown later: the words of every message, and the papers that were made for a case."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from casedb.columns import UtcDateTime, instant, one_of
from domain.vocabulary import Channel, PaperKind


class MessageText(SQLModel, table=True):
    """The words of one attempt at a message, as they were handed to the channel: append-only.

    Triggers of its migration refuse DELETE, and any UPDATE but the one that blanks the words of an erased person.
    """

    __tablename__ = "message_text"
    __table_args__ = (one_of("channel", Channel),)
    message_id: str = Field(primary_key=True)
    """The id of the touch or of the paper, or `REPLY:answer`; no foreign key, as it may be any of them."""
    attempted_at: datetime = Field(sa_column=Column(UtcDateTime(), primary_key=True, nullable=False))
    channel: str
    contact_point_id: str
    template: str
    """The template of the touch or of the letter, or the intent that was answered."""
    locale: str
    subject: str
    body: str
    sha256: str
    """Of subject and body (`casedb.message_texts.hash_of`); it outlives them."""


class Paper(SQLModel, table=True):
    """One file that was made for a case, by its hash: a letter, a bundle of evidence, a pack for the court."""

    __table_args__ = (one_of("kind", PaperKind),)
    paper_id: str = Field(primary_key=True)
    """Of a step's paper the key of the step, so that twice is once."""
    case_id: str = Field(foreign_key="case.case_id", index=True)
    kind: str
    file_name: str
    sha256: str
    """Of the whole file."""
    made_at: datetime = instant()
    made_by: str
    """Who asked for it; `amicable` when a step did."""
    withdrawn_at: datetime | None = instant(nullable=True)
    """Since when it is no longer pursued."""
