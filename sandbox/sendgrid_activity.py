"""SendGrid's Email Activity: the small part of its query language that senders use to look a message up."""

import re
from typing import Any

from sandbox.network import Message, Network

_TERM = re.compile(
    r"""\(*\s*(?:unique_args\['(?P<arg>[^']+)'\]|(?P<field>msg_id|to_email|from_email|subject|status))
        \s*(?P<operator>=|!=|LIKE)\s*"(?P<value>[^"]*)"\s*\)*""",
    re.VERBOSE | re.IGNORECASE,
)
STATUSES = {"delivered": "delivered", "bounce": "not_delivered", "dropped": "not_delivered"}


class InvalidQuery(ValueError):
    """A query that the sandbox does not understand, so that no lookup silently finds everything."""


def find_messages(network: Network, query: str) -> list[Message]:
    """E-mails for which every term holds, newest first; terms are joined by AND."""
    terms = []
    for part in re.split(r"\s+AND\s+", query.strip()) if query.strip() else []:
        term = _TERM.fullmatch(part.strip())
        if term is None:
            raise InvalidQuery("invalid query")
        terms.append(term)
    found = network.messages(channel="email")
    return [message for message in reversed(found) if all(_holds(term, message) for term in terms)]


def activity_json(message: Message) -> dict[str, Any]:
    """One message as Email Activity shows it."""
    return {
        "from_email": message.sender,
        "msg_id": message.message_id,
        "subject": message.subject,
        "to_email": message.to,
        "status": STATUSES.get(message.status, "processed"),
        "opens_count": 0,
        "clicks_count": 0,
        "last_event_time": message.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _holds(term: re.Match[str], message: Message) -> bool:
    shown = activity_json(message)
    name = term["field"]
    actual = message.custom_args.get(term["arg"]) if term["arg"] else str(shown[name.lower()])
    if actual is None:
        return False
    if term["operator"].upper() == "LIKE":
        pattern = ".*".join(re.escape(part) for part in term["value"].split("%"))
        return re.fullmatch(pattern, actual, re.IGNORECASE | re.DOTALL) is not None
    return (actual.lower() == term["value"].lower()) == (term["operator"] == "=")
