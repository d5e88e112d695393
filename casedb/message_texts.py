"""What was said: the words of every message that was about to leave, each attempt for itself.

Written in the transaction of the claim, because only then the words are known and the message is not out yet. The
words are personal data, as a greeting has a name: they go when the person is erased, and their hash stays. Nothing
else about a row ever changes; the database refuses it.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, insert

from casedb.prepared import Prepared
from casedb.schema import message_text
from domain.vocabulary import Channel

ANSWER = ":answer"
"""Behind the id of a reply: the message that answers it."""
_INSERT = Prepared(insert(message_text), columns=tuple(column.key for column in message_text.columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message as it was handed to a channel."""

    message_id: str
    """The id of the touch or the paper, or of the reply with `ANSWER` behind it."""
    attempted_at: datetime
    """Of which attempt: by channel after channel, a touch may have several."""
    channel: Channel
    contact_point_id: str
    template: str
    locale: str
    subject: str
    body: str


def record_said(connection: Connection, said: Said) -> None:
    """Put the words on record, before they are sent; the same attempt twice fails in the database."""
    _INSERT.run(
        connection,
        {
            "message_id": said.message_id,
            "attempted_at": said.attempted_at,
            "channel": said.channel.value,
            "contact_point_id": said.contact_point_id,
            "template": said.template,
            "locale": said.locale,
            "subject": said.subject,
            "body": said.body,
            "sha256": hash_of(said.subject, said.body),
        },
    )


def hash_of(subject: str, body: str) -> str:
    """SHA-256 of the JSON array of both texts in UTF-8, without blanks or escapes, in hexadecimal."""
    return sha256(json.dumps([subject, body], ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
