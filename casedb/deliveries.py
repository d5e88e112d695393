"""What a provider reported about a touch after taking it, by rank: a late report moves nothing back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, bindparam, case, func, select, update

from casedb import touches
from casedb.schema import contact_point, touch
from domain.vocabulary import Channel, DeliveryStatus, TouchStatus

RANKS = {status: rank for rank, status in enumerate(DeliveryStatus)}
"""A failure after a delivery counts: mail may bounce late. A delivery after a failure does not."""

_RANK = case({status.value: rank for status, rank in RANKS.items()}, value=touch.c.delivery)
_ADVANCE = (
    update(touch)
    .where(touch.c.touch_id == bindparam("id"), bindparam("rank") > _RANK)
    .values(delivery=bindparam("to_delivery"))
)
_NAME_CODE = (
    update(touch)
    .where(touch.c.touch_id == bindparam("id"), touch.c.status == TouchStatus.SENT.value)
    .values(code=bindparam("with_code"))
)
_NAME_CHANNEL = (
    update(touch)
    .where(touch.c.touch_id == bindparam("id"))
    .values(undelivered_by=func.trim(touch.c.undelivered_by.concat(" ").concat(touch.c.channel)))
)
_TOUCH = select(touch.c.touch_id, touch.c.touch_key, touch.c.account_id, touch.c.person_id, touch.c.at)
_BY_PROVIDER = _TOUCH.where(touch.c.provider == bindparam("by_provider"), touch.c.provider_id == bindparam("under_id"))
_BY_REFERENCE = _TOUCH.join(contact_point, contact_point.c.contact_point_id == touch.c.contact_point_id).where(
    touch.c.provider == bindparam("by_provider"),
    touch.c.provider_id.is_(None),
    touch.c.reference == bindparam("our_reference"),
    contact_point.c.address == bindparam("at_address"),
    touch.c.channel == func.coalesce(bindparam("by_channel", type_=String), touch.c.channel),
)
"""For a report that overtakes the answer to the sending itself: the claim is there, the provider's id is not yet.

Its channel must be the claim's, if it is known: a touch may go by text and then by a call to the same number.
"""
_STATUS = select(touch.c.status).where(touch.c.touch_id == bindparam("id"))
_POINT = select(touch.c.contact_point_id).where(touch.c.touch_id == bindparam("id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """One report in our words; what the provider did not say is empty."""

    provider: str
    provider_id: str
    """As it was answered when the message was taken."""
    reference: str = ""
    """Ours, where the provider gives it back."""
    status: DeliveryStatus
    """`NONE` for what says nothing of delivery, also for words that we do not know."""
    code: str = ""
    """The provider's own word or number."""
    address_dead: bool = False
    """The address cannot take this channel, for good."""
    opted_out: bool = False
    """The reader wants no more of it, and told the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedTouch:
    """The touch that a report is about."""

    touch_id: str
    touch_key: str
    account_id: str
    person_id: str
    at: datetime


def find_touch(
    connection: Connection, report: DeliveryReport, address: str, channel: Channel | None = None
) -> ReportedTouch | None:
    """The touch that went out as this message; None when it is none of ours, or went elsewhere since.

    A reference is unique per person only, so without the provider's id it takes the address as well.
    """
    row = connection.execute(_BY_PROVIDER, {"by_provider": report.provider, "under_id": report.provider_id}).first()
    if row is None and report.reference and address:
        known = {"by_provider": report.provider, "our_reference": report.reference, "at_address": address}
        row = connection.execute(_BY_REFERENCE, known | {"by_channel": channel.value if channel else None}).first()
    return ReportedTouch(**row._mapping) if row is not None else None


def prove_sent(connection: Connection, touch_id: str, report: DeliveryReport, at: datetime) -> bool:
    """A provider that reports about a message has it: its answer may have been lost. Whether that was in doubt.

    A claim whose answer is still on its way is none: the attempt that sent it will tell the case itself.
    """
    status = connection.scalar(_STATUS, {"id": touch_id})
    if status not in (TouchStatus.CLAIMED, TouchStatus.UNKNOWN):
        return False
    touches.mark_sent(connection, touch_id, report.provider_id, at)
    return bool(status == TouchStatus.UNKNOWN)


def record_delivery(connection: Connection, touch_id: str, report: DeliveryReport, at: datetime) -> bool:
    """Put one report on a touch, and on its address what it means for it; whether the touch moved on.

    The same report twice changes nothing the second time.
    """
    point = connection.scalar(_POINT, {"id": touch_id})
    if point is None:
        return False
    if report.address_dead:
        touches.mark_undeliverable(connection, point, at)
    if report.opted_out:
        touches.record_provider_opt_out(connection, touch_id, point, at)
    rank = RANKS[report.status]
    moved = connection.execute(_ADVANCE, {"id": touch_id, "rank": rank, "to_delivery": report.status.value}).rowcount
    if moved and report.status is DeliveryStatus.FAILED:
        connection.execute(_NAME_CODE, {"id": touch_id, "with_code": report.code})
        connection.execute(_NAME_CHANNEL, {"id": touch_id})
    return bool(moved)
