"""Facts about somebody we do not know yet: kept under a key, and brought to life when the book brings who it is.

They take effect in the order of their instants, in the transaction that makes their account or person known; the
relay tells their cases. An opt-out by an address waits under the address's fingerprint, as the address itself is not
kept, and the address is on the suppression list at once.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, or_, select, text, update

from casedb import suppression
from casedb.inbound import InboundFact, InboundKind, Receipt
from casedb.inbound_payload import from_payload, to_payload
from casedb.schema import account, human_task, inbox_event, person
from casedb.task_raising import Need, raise_task
from domain.errors import AmicableError
from domain.vocabulary import SuppressionReason, TaskKind

OWNER = "ops"
_ONE_BOOK = text("SELECT pg_advisory_xact_lock(hashtext('amicable.book'))")

Effect = Callable[[Connection, InboundFact, datetime], Receipt]

_event = inbox_event
_PARKED = select(_event.c.event_id, _event.c.payload, _event.c.parked_for).where(_event.c.parked_for.is_not(None))
_ANY = select(_event.c.event_id).where(_event.c.parked_for.is_not(None)).limit(1)
_OF_KEYS = (
    _PARKED.where(_event.c.parked_for.in_(bindparam("keys", expanding=True)))
    .order_by(_event.c.at, _event.c.event_id)
    .with_for_update(skip_locked=True)
)
"""What another transaction wakes just now is not waited for."""
_OF_KNOWN = (
    select(_event.c.parked_for)
    .where(
        or_(
            _event.c.parked_for.in_(select("account:" + account.c.account_id)),
            _event.c.parked_for.in_(select("person:" + person.c.person_id)),
        )
    )
    .distinct()
)
_WAKE = (
    update(_event)
    .where(_event.c.event_id == bindparam("id"), _event.c.parked_for.is_not(None))
    .values(
        account_id=bindparam("account"),
        payload=bindparam("receipt"),
        signalled_at=bindparam("signalled"),
        parked_for=None,
    )
)
_TICK = (
    update(human_task)
    .where(
        human_task.c.case_id.is_(None),
        human_task.c.kind == TaskKind.PARKED_FACT.value,
        human_task.c.key == bindparam("of"),
        human_task.c.done_at.is_(None),
    )
    .values(done_at=bindparam("at"))
)
_RETELL = (
    update(human_task)
    .where(
        human_task.c.case_id.is_(None),
        human_task.c.kind == TaskKind.PARKED_FACT.value,
        human_task.c.key == bindparam("of"),
        human_task.c.why != bindparam("because"),
    )
    .values(why=bindparam("because"), done_at=None)
)
"""A reason that was told already leaves the task as it is: who has done with it is not asked again every minute."""


def key_of(connection: Connection, fact: InboundFact) -> str | None:
    """For whom a fact waits; None for one that nobody can ever be found for."""
    if fact.report is not None:
        return None
    if fact.account_id:
        return f"account:{fact.account_id}"
    if fact.person_id:
        return f"person:{fact.person_id}"
    if fact.channel is not None and fact.address:
        return address_key(connection, fact.channel.value, fact.address)
    return None


def address_key(connection: Connection, channel: str, address: str) -> str | None:
    """The key of an address, which does not show it; None without the salt of the suppression list."""
    found = suppression.fingerprint_of(connection, (channel, address))
    return f"address:{found}" if found else None


def suppress_unknown(connection: Connection, fact: InboundFact) -> None:
    """Somebody whom we do not know wants no more messages: the address is refused whoever it comes with."""
    if fact.kind is InboundKind.OPT_OUT and fact.channel is not None and fact.address:
        address = (fact.channel.value, fact.address)
        suppression.suppress(connection, [address], SuppressionReason.OPT_OUT, fact.at)


def ask_whose(connection: Connection, fact: InboundFact, at: datetime) -> None:
    """A parked fact is a person's to look after: it says something, and not about anybody we know."""
    about = f"account {fact.account_id}" if fact.account_id else "a person"
    why = f"{fact.kind.value} {fact.event_id} is about {about} that is not in the case database: import the book of it"
    raise_task(connection, Need(kind=TaskKind.PARKED_FACT, key=fact.event_id, owner=OWNER, why=why), at)


def wait_for_books(connection: Connection) -> None:
    """One at a time brings people, or looks whether they are there; on SQLite the transaction is alone already."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_BOOK)


def any_parked(connection: Connection) -> bool:
    """Whether anything waits at all: mostly not, and then a book need not look."""
    return connection.execute(_ANY).first() is not None


def wake_known(connection: Connection, take_effect: Effect, now: datetime) -> int:
    """Wake what waits for accounts and persons that are known by now; how many facts took effect.

    A fact may be parked in the very moment in which its account comes in; nobody else would see it.
    """
    keys = list(connection.scalars(_OF_KNOWN))
    return wake(connection, dict.fromkeys(keys, ""), take_effect, now) if keys else 0


def wake(connection: Connection, keys: Mapping[str, str], take_effect: Effect, now: datetime) -> int:
    """Let the facts that wait for these keys take effect; a key of an address maps to the address.

    A fact that still cannot be true, such as one in another currency, stays parked with the reason on its task.
    """
    woken = 0
    for row in connection.execute(_OF_KEYS, {"keys": sorted(keys)}).all():
        fact = replace(from_payload(row.payload).fact, address=keys[row.parked_for])
        try:
            with connection.begin_nested():
                receipt = take_effect(connection, fact, now)
        except AmicableError as error:
            connection.execute(_RETELL, {"of": row.event_id, "because": str(error)})
            continue
        if receipt.parked:
            continue
        woken += 1
        connection.execute(
            _WAKE,
            {
                "id": row.event_id,
                "account": fact.account_id,
                "receipt": to_payload(receipt),
                "signalled": None if receipt.account_ids else now,
            },
        )
        connection.execute(_TICK, {"of": row.event_id, "at": now})
    return woken


def keys_of_book(
    connection: Connection, accounts: Collection[str], persons: Collection[str], addresses: Collection[tuple[str, str]]
) -> dict[str, str]:
    """The keys of what a batch brought that was not known before."""
    keys = {f"account:{each}": "" for each in accounts} | {f"person:{each}": "" for each in persons}
    for channel, address in addresses:
        key = address_key(connection, channel, address)
        if key is not None:
            keys[key] = address
    return keys
