"""The list of addresses that must not be contacted, kept as salted hashes: it outlives the erasure of their people.

An address stands here under each reason for it. Nobody can read an address back, but whoever brings it again, for
whichever person, finds out: the import of a book marks such an address as opted out at once. The salt is the
engine's (`open_engine`); an engine without one keeps no list, and refuses only to erase people.
"""

import hmac
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import Any
from unicodedata import normalize

from sqlalchemy import Connection, and_, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from casedb.engine import SUPPRESSION_SALT
from casedb.schema import contact_point, suppression
from domain.vocabulary import SuppressionReason

_INSERT: dict[str, Any] = {
    name: dialect.insert(suppression).on_conflict_do_nothing(index_elements=["fingerprint", "reason"])
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
_FIND = (
    select(suppression.c.fingerprint, func.min(suppression.c.since, type_=suppression.c.since.type).label("since"))
    .where(suppression.c.fingerprint.in_(bindparam("fingerprints", expanding=True)))
    .group_by(suppression.c.fingerprint)
)
_FORGET = delete(suppression).where(
    suppression.c.fingerprint.in_(bindparam("fingerprints", expanding=True)),
    suppression.c.reason == bindparam("because"),
)
_POINT = select(contact_point.c.channel, contact_point.c.address).where(
    contact_point.c.contact_point_id == bindparam("point")
)
_POINTS = select(contact_point.c.channel, contact_point.c.address).where(
    and_(contact_point.c.person_id == bindparam("person"), contact_point.c.channel == bindparam("channel"))
)

Address = tuple[str, str]
"""Channel and address."""


def fingerprint(salt: str, channel: str, address: str) -> str:
    """What is kept of an address: HMAC-SHA256 of channel and address under the salt, in hexadecimal.

    Written in another case, width or spacing, it is the same address.
    """
    plain = "".join(normalize("NFKC", address).casefold().split())
    return hmac.new(salt.encode(), f"{channel}\0{plain}".encode(), sha256).hexdigest()


def fingerprint_of(connection: Connection, address: Address) -> str:
    """What this process keeps of an address; empty when it keeps no list."""
    return next(iter(_fingerprints(connection, [address])), "")


def has_salt(connection: Connection) -> bool:
    """Whether this process keeps the list."""
    return bool(_salt(connection))


def suppress(
    connection: Connection, addresses: Collection[Address], reason: SuppressionReason, since: datetime
) -> None:
    """Put addresses on the list; the first time counts."""
    rows = [
        {"fingerprint": each, "reason": reason.value, "since": since} for each in _fingerprints(connection, addresses)
    ]
    if rows:
        connection.execute(_INSERT[connection.dialect.name], rows)


def suppress_point(connection: Connection, contact_point_id: str, reason: SuppressionReason, since: datetime) -> None:
    """Put one known address on the list."""
    suppress(connection, _read(connection, _POINT, {"point": contact_point_id}), reason, since)


def suppress_channel(
    connection: Connection, person_id: str, channel: str, reason: SuppressionReason, since: datetime
) -> None:
    """Put every address of a person on one channel on the list."""
    suppress(connection, _read(connection, _POINTS, {"person": person_id, "channel": channel}), reason, since)


def forget_opt_out(connection: Connection, person_id: str, channel: str, contact_point_id: str | None = None) -> None:
    """Take one address, or a person's channel, off the list: whose it is gave consent anew. Other reasons stay."""
    if contact_point_id is not None:
        addresses = _read(connection, _POINT, {"point": contact_point_id})
    else:
        addresses = _read(connection, _POINTS, {"person": person_id, "channel": channel})
    found = _fingerprints(connection, addresses)
    if found:
        connection.execute(_FORGET, {"fingerprints": sorted(found), "because": SuppressionReason.OPT_OUT.value})


def find_suppressed(connection: Connection, addresses: Collection[Address]) -> dict[Address, datetime]:
    """Those of the addresses that are on the list, and since when."""
    by_fingerprint = _fingerprints(connection, addresses)
    if not by_fingerprint:
        return {}
    rows = connection.execute(_FIND, {"fingerprints": sorted(by_fingerprint)})
    return {by_fingerprint[row.fingerprint]: row.since for row in rows}


def _salt(connection: Connection) -> str:
    return str(connection.get_execution_options().get(SUPPRESSION_SALT, ""))


def _fingerprints(connection: Connection, addresses: Collection[Address]) -> dict[str, Address]:
    salt = _salt(connection)
    return {fingerprint(salt, *each): each for each in addresses} if salt else {}


def _read(connection: Connection, wanted: Any, parameters: dict[str, str]) -> list[Address]:
    return [(row.channel, row.address) for row in connection.execute(wanted, parameters)]
