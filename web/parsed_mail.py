"""A mail as SendGrid's inbound parse posts it, as a reply: the person's own words in the subject and the text."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parseaddr
from hashlib import sha256
from html.parser import HTMLParser

from casedb.replies import IncomingReply
from domain.errors import InvalidInput
from domain.replies.intent import Intent
from domain.vocabulary import Channel
from web.mail_proof import envelope_sender, is_proven

LONGEST_PAGE = 500_000
"""Signs of a page that are looked at: its words come before its pictures, and few of them are read."""
_ANSWER_TO_OURS = re.compile(r"^\s*(?:re|aw|fwd?|回复|答复|转发)\s*[:：]", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_MACHINE = re.compile(
    r"^(?:auto-submitted:\s*(?!no\b)|x-autoreply:|x-autorespond:|precedence:\s*(?:bulk|auto_reply|junk))",
    re.IGNORECASE | re.MULTILINE,
)
"""A machine wrote it (RFC 3834). Nobody answers a machine: the two would never end."""


def incoming_mail(told: Mapping[str, str], now: datetime) -> IncomingReply:
    """One mail. Raises InvalidInput, without repeating any of it, when nobody is named as its sender."""
    headers = told.get("headers", "")
    address = _named_sender(told.get("from", "")) or envelope_sender(told.get("envelope", ""))
    if not address:
        raise InvalidInput("from of SendGrid's mail names no address", field="from")
    text = _in_its_charset(told, "text") or _text_of_html(_in_its_charset(told, "html"))
    subject = _in_its_charset(told, "subject")
    own_subject = "" if _ANSWER_TO_OURS.match(subject) else subject
    named = _MESSAGE_ID.search(headers)
    # A message id may hold the sender's address: only its hash is kept.
    name = sha256((named.group(1) if named else "\0".join((headers, subject, text))).encode()).hexdigest()[:32]
    attached = told.get("attachments", "")
    return IncomingReply(
        reply_id=f"sendgrid:reply:{name}",
        source="sendgrid",
        channel=Channel.EMAIL,
        address=address,
        at=now,
        text=f"{own_subject}\n{text}".strip(),
        attachments=int(attached) if attached.isdecimal() and len(attached) < 4 else 0,
        evidence=f"sendgrid mail {name}",
        told=Intent.AUTOMATIC if _MACHINE.search(headers) else None,
        proven=is_proven(told, address),
    )


def _named_sender(named: str) -> str:
    try:
        return parseaddr(named)[1]
    except RecursionError:  # comments within comments: nobody's name is written so
        return ""


def _in_its_charset(told: Mapping[str, str], field: str) -> str:
    """A field whose bytes are in the charset that the mail had: SendGrid names it beside, and does not convert."""
    value = told.get(field, "")
    try:
        charset = json.loads(told.get("charsets", "")).get(field, "utf-8")
        return value.encode("latin-1").decode(charset) if charset.casefold() not in ("utf-8", "us-ascii") else value
    except (ValueError, AttributeError, LookupError):
        return value  # it came readable after all


class _Words(HTMLParser):
    """Collects the text of a page, a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Blocks begin a line; a quotation is somebody else's."""
        self._quoted += tag in ("blockquote", "style", "script")
        if tag in ("br", "p", "div", "tr", "li"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Out of a quotation again."""
        self._quoted -= tag in ("blockquote", "style", "script") and self._quoted > 0

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self._quoted:
            self.parts.append(data)


def _text_of_html(html: str) -> str:
    reader = _Words()
    with suppress(AssertionError):  # a declaration that nobody can read: what stood before it is words
        reader.feed(html[:LONGEST_PAGE])
    return "".join(reader.parts).strip()
