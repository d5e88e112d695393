"""Facts about somebody we do not know yet: kept under a key, and brought to life when somebody brings who it is.

A book brings accounts and people; a payment says whose the money is that came back of it; a person says whose a payment
is. They take effect in the order of their instants, in the transaction that makes their account or person known; the
relay tells their cases. An opt-out by an address waits under the address's fingerprint, as the address itself is not
kept, and the address is on the suppression list at once.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Engine, bindparam, or_, select, text, update

from casedb import suppression
from casedb.engine import reading, writing
from casedb.inbound import InboundFact, InboundKind, Receipt
from casedb.inbound_payload import from_payload, to_payload
from casedb.schema import account, human_task, inbox_event, person
from casedb.task_raising import Need, raise_task
from domain.errors import AmicableError, InvalidInput
from domain.vocabulary import SuppressionReason, TaskKind

OWNER = "ops"
_ONE_BOOK = text("SELECT pg_advisory_xact_lock(hashtext('amicable.book'))")

Effect = Callable[[Connection, InboundFact, datetime], Receipt]

_event = inbox_event
_PARKED = select(_event.c.event_id, _event.c.payload, _event.c.parked_for).where(_event.c.parked_for.is_not(None))
_ONE_PARKED = (
    select(_event.c.payload)
    .where(_event.c.event_id == bindparam("id"), _event.c.parked_for.is_not(None))
    .with_for_update()
)
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
_PARK_ANEW = (
    update(_event)
    .where(_event.c.event_id == bindparam("id"), _event.c.parked_for.is_not(None))
    .values(payload=bindparam("receipt"), parked_for=bindparam("key"))
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
    if fact.payment:
        return payment_key(fact.payment)
    if fact.channel is not None and fact.address:
        return address_key(connection, fact.channel.value, fact.address)
    return None


def payment_key(payment: str) -> str:
    """The key of what only its payment tells whose it is."""
    return f"payment:{payment}"


def waits_for_payment(fact: InboundFact) -> bool:
    """Whether it names a payment and no account: no book brings whose it is."""
    return bool(fact.payment) and not fact.account_id


def address_key(connection: Connection, channel: str, address: str) -> str | None:
    """The key of an address, which does not show it; None without the salt of the suppression list."""
    found = suppression.fingerprint_of(connection, (channel, address))
    return f"address:{found}" if found else None


def suppress_unknown(connection: Connection, fact: InboundFact) -> None:
    """Somebody whom we do not know wants no more messages: the address is refused whoever it comes with."""
    if fact.kind is InboundKind.OPT_OUT and fact.channel is not None and fact.address:
        address = (fact.channel.value, fact.address)
        suppression.suppress(connection, [address], SuppressionReason.OPT_OUT, fact.at)


def ask_whose(connection: Connection, fact: InboundFact, at: datetime, why: str = "") -> None:
    """A parked fact is a person's to look after: it says something, and not about anybody we know."""
    need = Need(kind=TaskKind.PARKED_FACT, key=fact.event_id, owner=OWNER, why=why or _whose(fact))
    raise_task(connection, need, at)


def _whose(fact: InboundFact) -> str:
    told = f"{fact.kind.value} {fact.event_id}"
    if waits_for_payment(fact):
        return (
            f"{told} belongs to payment {fact.payment} and names no account: python starter.py inbox assign "
            f"{fact.event_id} ACCOUNT if it pays a debt, inbox dismiss {fact.event_id} if it does not"
        )
    about = f"account {fact.account_id}" if fact.account_id else "a person"
    return f"{told} is about {about} that is not in the case database: import the book of it"


def wait_for_books(connection: Connection) -> None:
    """One at a time brings people, or looks whether they are there; on SQLite the transaction is alone already."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_BOOK)


def any_parked(connection: Connection) -> bool:
    """Whether anything waits at all: mostly not, and then a book need not look."""
    return connection.execute(_ANY).first() is not None


def known_keys(connection: Connection) -> list[str]:
    """The keys of what waits for accounts and persons that are known by now.

    A fact may be parked in the very moment in which its account comes in; nobody else would see it.
    """
    return sorted(connection.scalars(_OF_KNOWN))


def wake_known(engine: Engine, take_effect: Effect, now: datetime) -> int:
    """Wake what waits for somebody known by now, each account or person in a transaction of its own; how many facts."""
    with reading(engine) as connection:
        keys = known_keys(connection) if any_parked(connection) else []
    woken = 0
    for key in keys:
        with writing(engine) as connection:
            woken += wake(connection, {key: ""}, take_effect, now)
    return woken


def adopt(
    connection: Connection, payment: str, account_id: str, take_effect: Effect, now: datetime, *, by: str = ""
) -> int:
    """Whose a payment is, is known now: what waits for it is about that account; how many facts took effect."""
    keys = {payment_key(payment): ""}
    return wake(connection, keys, take_effect, now, known=lambda fact: replace(fact, account_id=account_id, by=by))


def assign(engine: Engine, event_id: str, account_id: str, take_effect: Effect, now: datetime, *, by: str) -> int:
    """A person says whose a parked fact is, and with it all that waits for the same payment; how many took effect.

    Raises InvalidInput, and changes nothing, for a fact that does not wait or that the account cannot take.
    """
    with writing(engine) as connection:
        fact = replace(_waiting(connection, event_id), account_id=account_id, by=by)
        receipt = take_effect(connection, fact, now)
        if receipt.parked:
            raise InvalidInput(f"account {account_id} is not in the case database: import its book first")
        _revive(connection, receipt, now)
        return 1 + (adopt(connection, fact.payment, account_id, take_effect, now, by=by) if fact.payment else 0)


def dismiss(engine: Engine, event_id: str, now: datetime, *, by: str, note: str) -> None:
    """A person says that a parked fact is about none of our accounts: it is kept, and waits no longer."""
    with writing(engine) as connection:
        receipt = _parked(replace(_waiting(connection, event_id), by=by, note=note))
        receipt.fact.check()
        connection.execute(_PARK_ANEW, {"id": event_id, "key": None, "receipt": to_payload(receipt)})
        connection.execute(_TICK, {"of": event_id, "at": now})


def _waiting(connection: Connection, event_id: str) -> InboundFact:
    payload = connection.scalar(_ONE_PARKED, {"id": event_id})
    if payload is None:
        raise InvalidInput(f"fact {event_id} is not parked: python starter.py inbox list shows those that are")
    return from_payload(payload).fact


def _parked(fact: InboundFact) -> Receipt:
    return Receipt(fact=fact, account_ids=(), parked=True)


def wake(
    connection: Connection,
    keys: Mapping[str, str],
    take_effect: Effect,
    now: datetime,
    *,
    known: Callable[[InboundFact], InboundFact] | None = None,
) -> int:
    """Let the facts that wait for these keys take effect; a key of an address maps to the address.

    A fact that still cannot be true, such as one in another currency, stays parked with the reason on its task.
    `known` adds what became known of the facts themselves; one that stays parked waits under its new key.
    """
    woken = 0
    for row in connection.execute(_OF_KEYS, {"keys": sorted(keys)}).all():
        fact = replace(from_payload(row.payload).fact, address=keys[row.parked_for])
        if known is not None:
            fact = known(fact)
        why = ""
        try:
            with connection.begin_nested():
                receipt = take_effect(connection, fact, now)
        except AmicableError as error:
            receipt, why = _parked(fact), str(error)
        if receipt.parked:
            _stay(connection, receipt, why, anew=known is not None)
            continue
        woken += 1
        _revive(connection, receipt, now)
    return woken


def _revive(connection: Connection, receipt: Receipt, now: datetime) -> None:
    """It had its effect: nobody waits for it, and whoever must hear of it is told by the relay."""
    connection.execute(
        _WAKE,
        {
            "id": receipt.event_id,
            "account": receipt.account_id,
            "receipt": to_payload(receipt),
            "signalled": None if receipt.account_ids else now,
        },
    )
    connection.execute(_TICK, {"of": receipt.event_id, "at": now})


def _stay(connection: Connection, receipt: Receipt, why: str, *, anew: bool) -> None:
    """Still parked: under the key of what is known now, and with the reason on its task."""
    fact = receipt.fact
    if anew:
        key = key_of(connection, fact)
        connection.execute(_PARK_ANEW, {"id": fact.event_id, "key": key, "receipt": to_payload(receipt)})
    if why or anew:
        connection.execute(_RETELL, {"of": fact.event_id, "because": why or _whose(fact)})


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
