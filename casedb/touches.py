"""Touches: claim before sending, confirm after; the unique key is what makes a touch happen once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, bindparam, insert, literal, or_, select, update

from casedb import schema
from casedb.prepared import Prepared
from casedb.suppression import suppress_point
from domain.vocabulary import Channel, DeliveryStatus, Permission, SuppressionReason, TouchStatus

_touch = schema.touch
_INSERT_TOUCH = Prepared(insert(_touch), columns=tuple(column.key for column in _touch.columns))
_RECLAIM = Prepared(
    update(_touch)
    .where(_touch.c.touch_id == bindparam("id"))
    .values(
        status=TouchStatus.CLAIMED.value,
        channel=bindparam("to_channel"),
        contact_point_id=bindparam("to_point"),
        provider=bindparam("by_provider"),
        template=bindparam("with_template"),
        at=bindparam("claimed_at"),
        attempted_at=bindparam("wall_at"),
        balance_minor=bindparam("owed"),
        code=bindparam("with_code"),
        delivery=DeliveryStatus.NONE.value,
        provider_id=None,
        sent_at=None,
    )
)
_MARK_SENT = Prepared(
    update(_touch)
    .where(_touch.c.touch_id == bindparam("id"), _touch.c.status != TouchStatus.SENT.value)
    .values(
        status=TouchStatus.SENT.value,
        code="",
        provider_id=bindparam("as_provider_id"),
        sent_at=bindparam("was_sent_at"),
    )
)
_MARK_NOT_SENT = Prepared(
    update(_touch)
    .where(
        _touch.c.touch_id == bindparam("id"),
        _touch.c.attempted_at == bindparam("claimed_at"),
        or_(_touch.c.status == TouchStatus.CLAIMED.value, _touch.c.status == TouchStatus.UNKNOWN.value),
    )
    .values(status=bindparam("to_status"), code=bindparam("with_code"))
)
"""Only the attempt whose claim stands may say so: a slow one must not undo what a later one did."""
_UNDELIVERABLE = (
    update(schema.contact_point)
    .where(
        schema.contact_point.c.contact_point_id == bindparam("id"),
        schema.contact_point.c.undeliverable_since.is_(None),
    )
    .values(undeliverable_since=bindparam("since"))
)
_point, _consent = schema.contact_point, schema.consent
_WITHDRAW = insert(_consent).from_select(
    ["consent_id", "person_id", "channel", "address", "permission", "at", "source"],
    select(
        bindparam("id", type_=String),
        _point.c.person_id,
        _point.c.channel,
        _point.c.address,
        literal(Permission.WITHDRAWN.value),
        bindparam("withdrawn_at", type_=_consent.c.at.type),
        literal("provider"),
    ).where(
        _point.c.contact_point_id == bindparam("point"),
        ~select(_consent.c.consent_id).where(_consent.c.consent_id == bindparam("id", type_=String)).exists(),
    ),
)
"""The address goes from table to table: as a parameter it would stand in the text of a database error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A touch about to be sent."""

    case_id: str
    account_id: str
    person_id: str
    touch_key: str
    channel: Channel
    contact_point_id: str
    reference: str
    template: str
    provider: str
    at: datetime
    attempted_at: datetime
    """The wall clock's instant of this very attempt: by it the attempt knows its claim again."""
    balance_minor: int
    code: str = ""
    """`RESENT` when an earlier attempt was lost without a trace."""

    @property
    def touch_id(self) -> str:
        """The touch's own id: the same touch of the same case always has the same."""
        return f"{self.case_id}:{self.touch_key}"


def insert_claim(connection: Connection, claim: Claim) -> None:
    """Claim a touch for the first time; a second claim of the same key fails in the database."""
    _INSERT_TOUCH.run(
        connection,
        {
            "touch_id": claim.touch_id,
            "case_id": claim.case_id,
            "account_id": claim.account_id,
            "person_id": claim.person_id,
            "touch_key": claim.touch_key,
            "channel": claim.channel.value,
            "contact_point_id": claim.contact_point_id,
            "reference": claim.reference,
            "template": claim.template,
            "status": TouchStatus.CLAIMED.value,
            "at": claim.at,
            "attempted_at": claim.attempted_at,
            "sent_at": None,
            "provider": claim.provider,
            "provider_id": None,
            "delivery": DeliveryStatus.NONE.value,
            "undelivered_by": "",
            "code": claim.code,
            "balance_minor": claim.balance_minor,
        },
    )


def renew_claim(connection: Connection, claim: Claim) -> None:
    """Claim again a touch of which it is certain that nothing arrived: busy, refused, not found, or undelivered."""
    _RECLAIM.run(
        connection,
        {
            "id": claim.touch_id,
            "to_channel": claim.channel.value,
            "to_point": claim.contact_point_id,
            "by_provider": claim.provider,
            "with_template": claim.template,
            "claimed_at": claim.at,
            "wall_at": claim.attempted_at,
            "owed": claim.balance_minor,
            "with_code": claim.code,
        },
    )


def mark_sent(connection: Connection, touch_id: str, provider_id: str, at: datetime) -> None:
    """The provider took it and named it; whichever attempt learned of it, and for good."""
    _MARK_SENT.run(connection, {"id": touch_id, "as_provider_id": provider_id, "was_sent_at": at})


def mark_failed(connection: Connection, touch_id: str, attempted_at: datetime, code: str) -> bool:
    """Refused for good: nothing was sent, and the cap is free again. False when the attempt was overtaken."""
    return _mark_not_sent(connection, touch_id, attempted_at, TouchStatus.FAILED, code)


def mark_busy(connection: Connection, touch_id: str, attempted_at: datetime, code: str) -> bool:
    """Not taken now: nothing was sent, and the cap is free until the next attempt. False when overtaken."""
    return _mark_not_sent(connection, touch_id, attempted_at, TouchStatus.BUSY, code)


def mark_unknown(connection: Connection, touch_id: str, attempted_at: datetime, code: str) -> bool:
    """The answer was lost; it counts against the cap until it is known. False when overtaken."""
    return _mark_not_sent(connection, touch_id, attempted_at, TouchStatus.UNKNOWN, code)


def _mark_not_sent(
    connection: Connection, touch_id: str, attempted_at: datetime, status: TouchStatus, code: str
) -> bool:
    parameters = {"id": touch_id, "claimed_at": attempted_at, "to_status": status.value, "with_code": code}
    return _MARK_NOT_SENT.run(connection, parameters) == 1


def mark_undeliverable(connection: Connection, contact_point_id: str, since: datetime) -> None:
    """Remember that an address cannot be reached; the first time counts."""
    connection.execute(_UNDELIVERABLE, {"id": contact_point_id, "since": since})


def record_provider_opt_out(connection: Connection, touch_id: str, contact_point_id: str, at: datetime) -> None:
    """The provider holds an opt-out against us that we did not know: it becomes ours at once; twice is once.

    One statement per touch: a later consent may be answered by a later refusal.
    """
    connection.execute(
        _WITHDRAW,
        {"id": f"provider:{touch_id}:{contact_point_id}", "point": contact_point_id, "withdrawn_at": at},
    )
    suppress_point(connection, contact_point_id, SuppressionReason.OPT_OUT, at)
