"""The one door for outside facts: stored under the sender's id in the same transaction as their effect.

The order of locks is the event, then the person, then the account. A fact that comes twice changes nothing the
second time, and facts may come in any order: a release of a hold may be here before the hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from casedb import (
    calls,
    consents,
    delinquencies,
    deliveries,
    hold_ways,
    holds,
    moves,
    parking,
    reliefs,
    residues,
    tasks,
)
from casedb.engine import lock_person, reading, writing
from casedb.inbound import MOVES, InboundFact, InboundKind, Receipt
from casedb.inbound_payload import from_payload, to_payload
from casedb.ledger import Entry, find_account, post
from casedb.recoveries import balanced
from casedb.reply_waking import wake_reply
from casedb.schema import account, contact_point, inbox_event, person
from domain.calendar import as_utc
from domain.errors import InvalidInput
from domain.vocabulary import Permission
from telemetry.tracing import current_traceparent

__all__ = [
    "InboundFact",
    "InboundKind",
    "Receipt",
    "mark_signalled",
    "receive",
    "receive_all",
    "stored_fact",
    "take",
    "take_effect",
    "unsignalled",
    "was_signalled",
]

_STORE: dict[str, Any] = {
    name: dialect.insert(inbox_event)
    .on_conflict_do_nothing(index_elements=["event_id"])
    .returning(inbox_event.c.event_id)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
_STORED = select(inbox_event.c.payload).where(inbox_event.c.event_id == bindparam("id"))
_EFFECT = (
    update(inbox_event)
    .where(inbox_event.c.event_id == bindparam("id"))
    .values(
        account_id=bindparam("account"),
        payload=bindparam("payload"),
        signalled_at=bindparam("signalled"),
        parked_for=bindparam("parked"),
    )
)
_SIGNALLED = (
    update(inbox_event)
    .where(inbox_event.c.event_id == bindparam("id"), inbox_event.c.signalled_at.is_(None))
    .values(signalled_at=bindparam("now"))
)
_UNSIGNALLED = (
    select(inbox_event.c.payload)
    .where(inbox_event.c.signalled_at.is_(None), inbox_event.c.received_at <= bindparam("older_than"))
    .order_by(inbox_event.c.received_at, inbox_event.c.event_id)
    .limit(bindparam("limit"))
)
_KNOWN = select(person.c.person_id).where(person.c.person_id == bindparam("id"))
_PERSON_OF = select(account.c.person_id).where(account.c.account_id == bindparam("id"))
_PERSONS_AT = (
    select(contact_point.c.person_id)
    .where(contact_point.c.channel == bindparam("channel"), contact_point.c.address == bindparam("address"))
    .order_by(contact_point.c.person_id)
)
_ACCOUNTS_OF = (
    select(account.c.account_id)
    .where(account.c.person_id.in_(bindparam("persons", expanding=True)))
    .order_by(account.c.account_id)
)

_WORDS = frozenset({InboundKind.REPLY, InboundKind.PROMISE, InboundKind.PLAN, InboundKind.ANSWER})
"""Kept as they are: what follows from a reply are facts of their own, a promise or a plan is the case's to take, and an
answer is sent."""
_PERMISSIONS = {InboundKind.OPT_OUT: Permission.WITHDRAWN, InboundKind.OPT_IN: Permission.GIVEN}


def receive(engine: Engine, fact: InboundFact, *, received_at: datetime) -> Receipt:
    """Take in one fact. A duplicate answers with the first receipt; an unknown account or person parks the fact.

    Raises InvalidInput, and stores nothing, for a fact that cannot be true; the sentence names the field.
    """
    with writing(engine) as connection:
        return take(connection, fact, as_utc(received_at))


def take(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """As `receive`, inside a transaction of whoever brings several facts at once."""
    fact.check()
    if not _stored_first(connection, fact, now):
        return from_payload(connection.scalar(_STORED, {"id": fact.event_id}) or {}, duplicate=True)
    receipt, why = _tried(connection, fact, now)
    if receipt.parked and not why and fact.kind is not InboundKind.DELIVERY and not parking.waits_for_payment(fact):
        # A book may bring them at this very moment, and would not see what is parked here: look again after it.
        parking.wait_for_books(connection)
        receipt, why = _tried(connection, fact, now)
    parked_for = _park(connection, fact, now, why) if receipt.parked else None
    connection.execute(
        _EFFECT,
        {
            "id": fact.event_id,
            "account": None if receipt.parked else fact.account_id,
            "payload": to_payload(receipt),
            # With nobody to tell, the relay must not find it again and again.
            "signalled": None if receipt.account_ids else now,
            "parked": parked_for,
        },
    )
    if fact.payment and fact.account_id:
        parking.adopt(connection, fact.payment, fact.account_id, take_effect, now)
    return receipt


def _tried(connection: Connection, fact: InboundFact, now: datetime) -> tuple[Receipt, str]:
    """What a fact does. What a payment provider tells happened: one that cannot be booked is parked, with the reason.

    Whoever else states something that cannot be true is told so, and mends it.
    """
    if not fact.payment:
        return take_effect(connection, fact, now), ""
    try:
        with connection.begin_nested():
            return take_effect(connection, fact, now), ""
    except InvalidInput as error:
        return Receipt(fact=fact, account_ids=(), parked=True), str(error)


def receive_all(
    engine: Engine, facts_of: Callable[[Connection], Sequence[InboundFact]], *, received_at: datetime
) -> list[Receipt]:
    """Take in what one event means, all of it or nothing; the facts may depend on what is known inside of it."""
    now = as_utc(received_at)
    with writing(engine) as connection:
        return [take(connection, fact, now) for fact in facts_of(connection)]


def mark_signalled(engine: Engine, event_id: str, at: datetime) -> None:
    """Remember that the case was told; the first time counts."""
    with writing(engine) as connection:
        connection.execute(_SIGNALLED, {"id": event_id, "now": at})


def was_signalled(engine: Engine, event_id: str) -> bool:
    """Whether the case was told of this fact; a fact that nobody knows was told to nobody."""
    with reading(engine) as connection:
        told = select(inbox_event.c.signalled_at).where(inbox_event.c.event_id == event_id)
        return connection.scalar(told) is not None


def stored_fact(engine: Engine, event_id: str) -> InboundFact | None:
    """The fact of that id as it was stored; None when it never came."""
    with reading(engine) as connection:
        payload = connection.scalar(_STORED, {"id": event_id})
    return from_payload(payload).fact if payload else None


def unsignalled(engine: Engine, older_than: datetime, limit: int) -> list[Receipt]:
    """Receipts whose cases were not told, oldest first: received at or before `older_than`."""
    with reading(engine) as connection:
        found = connection.scalars(_UNSIGNALLED, {"older_than": older_than, "limit": limit})
        return [from_payload(payload) for payload in found]


def _stored_first(connection: Connection, fact: InboundFact, now: datetime) -> bool:
    stored = connection.execute(
        _STORE[connection.dialect.name],
        {
            "event_id": fact.event_id,
            "source": fact.source,
            "kind": fact.kind.value,
            "account_id": None,
            "at": fact.at,
            "received_at": now,
            "payload": {},
            "signalled_at": None,
            "payment": fact.payment or None,
            "traceparent": current_traceparent() or None,
        },
    )
    return stored.first() is not None


def _park(connection: Connection, fact: InboundFact, now: datetime, why: str) -> str | None:
    """Keep what is about nobody we know for when we know; a report about a message of others is nobody's."""
    if fact.kind is InboundKind.DELIVERY:
        return None
    parking.suppress_unknown(connection, fact)
    parking.ask_whose(connection, fact, now, why)
    return parking.key_of(connection, fact)


def take_effect(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """What a fact does, in the transaction that stores it or brings it to life; parked when it is about nobody."""
    effect = _EFFECTS.get(fact.kind)
    if effect is not None:
        return effect(connection, fact, now)
    persons = _persons(connection, fact)
    if not persons:
        return Receipt(fact=fact, account_ids=(), parked=True)
    if fact.kind in MOVES:
        return _move_money(connection, fact, now)
    return _about_contact(connection, fact, persons, now)


def _about_contact(connection: Connection, fact: InboundFact, persons: Sequence[str], now: datetime) -> Receipt:
    """What somebody said about being contacted, a wish to talk, a hold or its end."""
    if fact.kind in _WORDS:
        if fact.kind is InboundKind.REPLY and fact.person_id is None:
            wake_reply(connection, fact, persons, now)
        return Receipt(fact=fact, account_ids=(fact.account_id,) if fact.account_id else ())
    if fact.kind in _PERMISSIONS:
        consents.state(connection, fact, persons, _PERMISSIONS[fact.kind])
        told = Receipt(fact=fact, account_ids=_accounts(connection, persons))
        return told if told.event() is not None else replace(told, account_ids=())
    if fact.kind is InboundKind.CALLBACK:
        calls.ask_for_callback(connection, fact, now)
        return Receipt(fact=fact, account_ids=())
    if fact.kind is InboundKind.HOLD_RELEASED:
        holds.release(connection, fact, persons[0], now)
    else:
        fact = holds.place(connection, fact, persons[0], now)
    account_ids = (fact.account_id,) if fact.account_id else _accounts(connection, persons)
    return Receipt(fact=fact, account_ids=account_ids)


def _keep(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """A notice moves nothing."""
    return Receipt(fact=fact, account_ids=())


def _find_owing(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    return delinquencies.take(connection, fact, now, take_effect)


def _deliver(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """A report about a message that we did not send is kept, without effect."""
    report = fact.report
    assert report is not None, "checked at the door"
    touched = deliveries.find_touch(connection, report, fact.address, fact.channel)
    if touched is None:
        return Receipt(fact=fact, account_ids=(), parked=True)
    lock_person(connection, touched.person_id)
    proven = deliveries.prove_sent(connection, touched.touch_id, report, fact.at)
    moved = deliveries.record_delivery(connection, touched.touch_id, report, fact.at)
    told = Receipt(fact=fact, account_ids=(), touch_key=touched.touch_key, made_at=touched.at, proven=proven)
    news = (moved or proven) and told.event() is not None
    return replace(told, account_ids=(touched.account_id,)) if news else told


def _grant(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """The person first, as everywhere; a relief is on record before it is granted, so it is about somebody."""
    _persons(connection, fact)
    return reliefs.take(connection, fact, now)


def _withdraw(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """The case closes itself when it hears; the person is locked, so that no contact is under way at this moment."""
    known = _persons(connection, fact)
    return Receipt(fact=fact, account_ids=(str(fact.account_id),) if known else (), parked=not known)


_EFFECTS: dict[InboundKind, Callable[[Connection, InboundFact, datetime], Receipt]] = {
    InboundKind.DELINQUENCY: _find_owing,
    InboundKind.DELIVERY: _deliver,
    InboundKind.NOTICE: _keep,
    InboundKind.OUTCOME_SETTLED: tasks.take,
    InboundKind.TASK_DONE: tasks.take,
    InboundKind.TASK_ASSIGNED: tasks.assign,
    InboundKind.DUTY_DONE: hold_ways.take_done,
    InboundKind.HOLD_DECIDED: hold_ways.take_decision,
    InboundKind.RESIDUE_WAIVED: residues.take,
    InboundKind.RESIDUE_KEPT: residues.take,
    InboundKind.RELIEF_GRANTED: _grant,
    InboundKind.STRATEGY_MOVED: moves.take,
    InboundKind.WITHDRAWAL: _withdraw,
}
"""Facts that find by themselves whom they are about; the others are about an account, a person or an address."""


def _persons(connection: Connection, fact: InboundFact) -> Sequence[str]:
    """Whom the fact is about, locked in the order of their ids; nobody when we do not know them.

    Only an opt-out or a reply may be about several: all who gave the same number.
    """
    if fact.account_id:
        found = connection.scalars(_PERSON_OF, {"id": fact.account_id}).all()
    elif fact.person_id:
        found = connection.scalars(_KNOWN, {"id": fact.person_id}).all()
    else:
        found = connection.scalars(_PERSONS_AT, {"channel": fact.channel, "address": fact.address}).all()
    for person_id in found:
        lock_person(connection, person_id)
    return found


def _accounts(connection: Connection, persons: Sequence[str]) -> tuple[str, ...]:
    return tuple(connection.scalars(_ACCOUNTS_OF, {"persons": list(persons)}))


def _move_money(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    standing = find_account(connection, str(fact.account_id), lock=True)
    assert standing is not None, "its person was found through it"
    assert fact.amount_minor is not None, "checked at the door"
    if fact.currency != standing.currency:
        raise InvalidInput(
            f"currency of {fact.kind} {fact.event_id} is {fact.currency}, "
            f"but account {fact.account_id} is kept in {standing.currency}",
            field="currency",
        )
    if standing.counts(fact.at):
        return Receipt(fact=fact, account_ids=(), counted=True)
    kind, sign = MOVES[fact.kind]
    entry = Entry(entry_id=fact.event_id, kind=kind, amount_minor=sign * fact.amount_minor, at=fact.at)
    moved = post(connection, standing, entry, recorded_at=now)
    moved = balanced(connection, moved, entry, recorded_at=now)
    return Receipt(
        fact=fact,
        account_ids=(moved.account_id,),
        balance_minor=moved.balance_minor,
        ledger_version=moved.version,
    )
