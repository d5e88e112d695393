"""Providers' receipts in our words: one pure function per provider, from the body it posts to a `DeliveryReport`.

What a provider says is a fact, whatever it is: a word that we do not know is kept as its code and moves nothing.
Sources: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status,
https://www.twilio.com/docs/voice/api/call-resource, https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from collections.abc import Mapping
from typing import Any

from activities.twilio_api import PROVIDER as TWILIO
from casedb.deliveries import DeliveryReport
from domain.errors import InvalidInput
from domain.vocabulary import DeliveryStatus

SENDGRID = "sendgrid"

_MESSAGE_STATUSES = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.DELIVERED,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}
_DEAD_NUMBERS = {"21211", "21214", "21217", "21614", "30005", "30006", "63003", "63024", "13224"}
"""30003 is none of them: a handset that is switched off is switched on again."""
_OPTED_OUT = {"21610"}

_CALL_STATUSES = {
    "in-progress": DeliveryStatus.SENT,
    "completed": DeliveryStatus.DELIVERED,
    "busy": DeliveryStatus.FAILED,
    "no-answer": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}
_MACHINES = ("machine", "fax")

_MAIL_EVENTS = {
    "processed": DeliveryStatus.SENT,
    "deferred": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "open": DeliveryStatus.DELIVERED,
    "click": DeliveryStatus.DELIVERED,
    "spamreport": DeliveryStatus.DELIVERED,
    "unsubscribe": DeliveryStatus.DELIVERED,
    "group_unsubscribe": DeliveryStatus.DELIVERED,
    "bounce": DeliveryStatus.FAILED,
    "blocked": DeliveryStatus.FAILED,
    "dropped": DeliveryStatus.FAILED,
}
_MAIL_OPT_OUTS = {"spamreport", "unsubscribe", "group_unsubscribe"}
_DEAD_DROPS = {"bounced address", "invalid"}
_OPT_OUT_DROPS = {"unsubscribed address", "spam reporting address"}


def of_twilio_message(params: Mapping[str, str]) -> DeliveryReport:
    """A status callback about a text or a WhatsApp message. Raises InvalidInput for one that names no message."""
    sid = _named(params, "MessageSid", "Twilio's status callback")
    status, code = params.get("MessageStatus", ""), params.get("ErrorCode", "")
    return DeliveryReport(
        provider=TWILIO,
        provider_id=sid,
        status=_MESSAGE_STATUSES.get(status, DeliveryStatus.NONE),
        code=code or status,
        address_dead=code in _DEAD_NUMBERS,
        opted_out=code in _OPTED_OUT,
    )


def of_twilio_call(params: Mapping[str, str]) -> DeliveryReport:
    """A status callback about a call. One that a machine took did not reach the person: nothing is said to machines.

    Raises InvalidInput for one that names no call.
    """
    sid = _named(params, "CallSid", "Twilio's call callback")
    status, code = params.get("CallStatus", ""), params.get("ErrorCode", "")
    machine = status == "completed" and params.get("AnsweredBy", "").startswith(_MACHINES)
    return DeliveryReport(
        provider=TWILIO,
        provider_id=sid,
        status=DeliveryStatus.FAILED if machine else _CALL_STATUSES.get(status, DeliveryStatus.NONE),
        code=code or (params["AnsweredBy"] if machine else status),
        address_dead=code in _DEAD_NUMBERS,
    )


def of_sendgrid(event: Mapping[str, Any]) -> DeliveryReport:
    """One event of SendGrid's webhook, which posts a list of them.

    A bounce says that the mailbox is not there, a block (`type` is `blocked`) only that the mail was not taken now.
    Raises InvalidInput for one that names no mail.
    """
    message_id = _named(event, "sg_message_id", "SendGrid's event").partition(".")[0]
    name, reason = str(event.get("event", "")), str(event.get("reason", "")).lower()
    blocked = name == "bounce" and event.get("type") == "blocked"
    dropped = name == "dropped"
    return DeliveryReport(
        provider=SENDGRID,
        provider_id=message_id,
        reference=str(event.get("reference", "")),
        status=_MAIL_EVENTS.get(name, DeliveryStatus.NONE),
        code=_mail_code(event, "blocked" if blocked else name),
        address_dead=(name == "bounce" and not blocked) or (dropped and reason in _DEAD_DROPS),
        opted_out=name in _MAIL_OPT_OUTS or (dropped and reason in _OPT_OUT_DROPS),
    )


def _mail_code(event: Mapping[str, Any], name: str) -> str:
    """The event, and for a failure the mail system's status, such as `bounce 5.1.1`; never its sentence."""
    status = str(event.get("status", ""))
    return f"{name} {status}".strip() if all(part.isdigit() for part in status.split(".")) else name


def _named(told: Mapping[str, Any], name: str, what: str) -> str:
    value = str(told.get(name) or "")
    if not value:
        raise InvalidInput(f"{name} of {what} is missing: nothing can be found by it")
    return value
