"""What is known of one payment of a payment provider, read while nobody else tells of it.

Its events come in any order and on several connections at once; what one of them means depends on the others. So they
are taken one after the other: the payment is locked before anything else.
"""

from sqlalchemy import Connection, bindparam, select, text

from casedb.inbound import InboundFact
from casedb.inbound_payload import from_payload
from casedb.schema import inbox_event

_ONE_PAYMENT = text("SELECT pg_advisory_xact_lock(hashtext('amicable.payment'), hashtext(:payment))")
_TOLD = (
    select(inbox_event.c.payload)
    .where(inbox_event.c.payment == bindparam("of"))
    .order_by(inbox_event.c.at, inbox_event.c.event_id)
)


def lock_payment(connection: Connection, payment: str) -> tuple[InboundFact, ...]:
    """Every fact about it so far, the earliest first; until the transaction ends nobody else adds one.

    On SQLite the transaction of `writing` is alone already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_PAYMENT, {"payment": payment})
    return tuple(from_payload(payload).fact for payload in connection.scalars(_TOLD, {"of": payment}))
