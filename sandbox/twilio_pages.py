"""Twilio's JSON: a message and a page of messages, with the list filters."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.network import Message

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
ERROR_MESSAGES = {
    30003: "Unreachable destination handset",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    63016: "Failed to send freeform message because you are outside the allowed window",
    63024: "Invalid message recipient",
}


class InvalidFilter(ValueError):
    """A list filter that the API cannot read."""


def message_json(message: Message, account_sid: str) -> dict[str, Any]:
    """One message as the API shows it; `date_sent` stays null until the message has left the queue."""
    uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{message.message_id}"
    created = format_datetime(message.at)
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": created,
        "date_sent": format_datetime(message.sent_at) if message.sent_at else None,
        "date_updated": format_datetime(message.sent_at) if message.sent_at else created,
        "direction": "outbound-api",
        "error_code": message.error_code,
        "error_message": ERROR_MESSAGES.get(message.error_code or 0),
        "from": message.sender or None,
        "messaging_service_sid": message.service_sid,
        "num_media": "0",
        "num_segments": "0" if message.status == "accepted" else str(segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.message_id,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json", "feedback": f"{uri}/Feedback.json"},
        "tags": None,
        "to": shown_address(message),
        "uri": f"{uri}.json",
    }


def shown_address(message: Message) -> str:
    """The recipient as the customer wrote him."""
    return f"whatsapp:{message.to}" if message.channel == "social_private" else message.to


def segments(body: str) -> int:
    """How many texts the network bills: 160 GSM-7 or 70 UCS-2 characters, fewer when split."""
    if all(character in _GSM7 for character in body):
        length = sum(2 if character in "^{}\\[~]|€" else 1 for character in body)
        single, split = 160, 153
    else:
        length = len(body.encode("utf-16-be")) // 2
        single, split = 70, 67
    return 1 if length <= single else -(-length // split)


def page_json(messages: Sequence[Message], account_sid: str, query: Mapping[str, str]) -> dict[str, Any]:
    """One page of the messages that pass the filters, newest first, with the links to its neighbours."""
    found = [message for message in reversed(messages) if _passes(message, query)]
    try:
        size = min(max(int(query.get("PageSize", 50)), 1), 1000)
        page = max(int(query.get("Page", 0)), 0)
    except ValueError as error:
        raise InvalidFilter("PageSize and Page must be numbers") from error
    shown = found[page * size : (page + 1) * size]
    is_last = (page + 1) * size >= len(found)
    return {
        "messages": [message_json(message, account_sid) for message in shown],
        "first_page_uri": _page_uri(account_sid, query, 0, size),
        "next_page_uri": None if is_last else _page_uri(account_sid, query, page + 1, size),
        "previous_page_uri": _page_uri(account_sid, query, page - 1, size) if page else None,
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(len(shown) - 1, 0),
        "uri": _page_uri(account_sid, query, page, size),
    }


def _page_uri(account_sid: str, query: Mapping[str, str], page: int, size: int) -> str:
    filters = {name: value for name, value in query.items() if name not in ("Page", "PageSize", "PageToken")}
    parts = urlencode(filters | {"PageSize": size, "Page": page})
    return f"/2010-04-01/Accounts/{account_sid}/Messages.json?{parts}"


def _passes(message: Message, query: Mapping[str, str]) -> bool:
    """A message still in the queue has no date of sending, so no date filter finds it."""
    if query.get("From") not in (None, message.sender):
        return False
    for name in ("DateSent", "DateSent<", "DateSent>"):
        if name not in query:
            continue
        if message.sent_at is None:
            return False
        wanted = _parse(query[name])
        sent: date = message.sent_at.astimezone(UTC)
        if not isinstance(wanted, datetime):
            sent = message.sent_at.astimezone(UTC).date()
        if not {"DateSent": sent == wanted, "DateSent<": sent <= wanted, "DateSent>": sent >= wanted}[name]:
            return False
    return True


def _parse(text: str) -> date:
    """A day (whole UTC day) or an instant, as the clients write either."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise InvalidFilter("Invalid DateSent") from error
