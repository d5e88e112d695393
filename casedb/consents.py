"""The consent ledger: what a person said about a channel or an address, when, by what, and where that can be seen.

Append-only; of the statements about one channel and one address the latest counts. A withdrawal is in force at once
and stays until something is given anew; a permission may end by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ScalarSelect, String, and_, bindparam, case, insert, literal, select

from casedb import suppression
from casedb.inbound import InboundFact
from casedb.schema import consent, contact_point
from domain.errors import InvalidInput
from domain.vocabulary import Channel, Permission, SuppressionReason

EXPIRED = "expired"
"""What a permission that ended by itself reads as."""
_STATED: dict[str, Any] = {
    "consent_id": bindparam("id", type_=String),
    "person_id": bindparam("person", type_=String),
    "channel": bindparam("on_channel", type_=String),
    "permission": bindparam("said", type_=String),
    "at": bindparam("said_at", type_=consent.c.at.type),
    "source": bindparam("by_what", type_=String),
    "evidence": bindparam("seen_at", type_=String),
    "expires_at": bindparam("ends_at", type_=consent.c.expires_at.type),
}


def _state(address: Any, *where: Any) -> Any:
    stated = select(*_STATED.values(), address).where(*where)
    return insert(consent).from_select([*_STATED, "address"], stated).returning(consent.c.consent_id)


_ABOUT_CHANNEL = _state(literal(""))
# The address goes from table to table: as a parameter it would stand in the text of a database error.
_ABOUT_POINT = _state(
    contact_point.c.address,
    contact_point.c.contact_point_id == bindparam("point"),
    contact_point.c.person_id == bindparam("person", type_=String),
    contact_point.c.channel == bindparam("on_channel", type_=String),
)
_STATEMENTS = (
    select(consent, contact_point.c.contact_point_id)
    .outerjoin(
        contact_point,
        and_(
            contact_point.c.person_id == consent.c.person_id,
            contact_point.c.channel == consent.c.channel,
            contact_point.c.address == consent.c.address,
        ),
    )
    .where(consent.c.person_id == bindparam("person"))
    .order_by(consent.c.channel, consent.c.at, consent.c.consent_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One line of a person's ledger, without the address itself."""

    consent_id: str
    channel: Channel
    contact_point_id: str | None
    """The address it is about; None: the whole channel, or an address that is not ours any more."""
    whole_channel: bool
    permission: Permission
    at: datetime
    source: str
    evidence: str
    expires_at: datetime | None

    def stands_at(self, now: datetime) -> bool:
        """Whether it has not ended by itself."""
        return self.expires_at is None or now < self.expires_at


def state(connection: Connection, fact: InboundFact, persons: Sequence[str], permission: Permission) -> None:
    """Add what these people said, and keep the suppression list in step. Raises InvalidInput for an unknown address.

    Without an address it is about the whole channel: nobody who said stop is reached by a second phone.
    """
    assert fact.channel is not None, "checked at the door"
    for person_id in persons:
        stated = {
            "id": f"{fact.event_id}:{person_id}",
            "person": person_id,
            "on_channel": fact.channel.value,
            "said": permission.value,
            "said_at": fact.at,
            "by_what": fact.source,
            "seen_at": fact.evidence,
            "ends_at": fact.ends_at,
        }
        if fact.contact_point_id is None:
            connection.execute(_ABOUT_CHANNEL, stated)
        elif connection.execute(_ABOUT_POINT, stated | {"point": fact.contact_point_id}).first() is None:
            raise InvalidInput(
                f"contact_point_id {fact.contact_point_id} of {fact.kind} {fact.event_id} is no {fact.channel.value} "
                f"address of person {person_id}: consent show {person_id} lists them"
            )
        _keep_in_step(connection, fact, person_id, permission)


def _keep_in_step(connection: Connection, fact: InboundFact, person_id: str, permission: Permission) -> None:
    channel = str(fact.channel)
    if permission is Permission.GIVEN:
        suppression.forget_opt_out(connection, person_id, channel, fact.contact_point_id)
    elif fact.contact_point_id is None:
        suppression.suppress_channel(connection, person_id, channel, SuppressionReason.OPT_OUT, fact.at)
    else:
        reason = SuppressionReason.WRONG_NUMBER if fact.wrong_number else SuppressionReason.OPT_OUT
        suppression.suppress_point(connection, fact.contact_point_id, reason, fact.at)


def statements_of(connection: Connection, person_id: str) -> list[Statement]:
    """Everything a person said, by channel, oldest first."""
    return [
        Statement(
            consent_id=row.consent_id,
            channel=Channel(row.channel),
            contact_point_id=row.contact_point_id,
            whole_channel=row.address == "",
            permission=Permission(row.permission),
            at=row.at,
            source=row.source,
            evidence=row.evidence,
            expires_at=row.expires_at,
        )
        for row in connection.execute(_STATEMENTS, {"person": person_id})
    ]


def latest_permission(person_id: Any, channel: Any, address: Any, now: Any) -> ScalarSelect[Any]:
    """What was said last about an address, or with the empty one about the channel: for a column of a larger select.

    `given`, `withdrawn`, `expired` for a permission that has ended at `now`, or NULL. Channels that need a consent
    are open when the answer for the channel or the address is `given` and neither is `withdrawn`.
    """
    ended = and_(consent.c.permission == Permission.GIVEN.value, consent.c.expires_at <= now)
    return (
        select(case((ended, literal(EXPIRED)), else_=consent.c.permission))
        .where(consent.c.person_id == person_id, consent.c.channel == channel, consent.c.address == address)
        .order_by(consent.c.at.desc(), consent.c.consent_id.desc())
        .limit(1)
        .scalar_subquery()
    )
