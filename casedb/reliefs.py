"""Relief on record: proposed, decided by a second person, granted with its effect in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from casedb import schema
from casedb.inbound import InboundFact, Receipt
from casedb.ledger import Entry, Standing, find_account, post
from casedb.relief_tasks import keep_relief_tasks
from domain.agreements import same_person
from domain.authority import Authority, ReliefKind, as_person
from domain.errors import IllegalTransition, InvalidInput, NotKnown
from domain.events import ReliefGranted
from domain.money import in_words
from domain.negotiation.allocation import Part, Parts, parts_of_ledger
from domain.negotiation.facts import DEFERRAL_OWNER, deferral_hold
from domain.negotiation.relief import ReliefStatus, Residual, given_up
from domain.vocabulary import HoldKind, LedgerKind

_relief, _entry = schema.relief, schema.ledger_entry
_FIND = select(_relief).where(_relief.c.relief_id == bindparam("id"))
_INSERT = insert(_relief)
_DECIDE = (
    update(_relief)
    .where(_relief.c.relief_id == bindparam("id"), _relief.c.status == ReliefStatus.PROPOSED.value)
    .values(
        status=bindparam("to"), decided_by=bindparam("by"), decided_at=bindparam("at"), decided_why=bindparam("why")
    )
)
_GRANT = (
    update(_relief)
    .where(_relief.c.relief_id == bindparam("id"))
    .values(
        status=ReliefStatus.GRANTED.value,
        granted_at=bindparam("at"),
        balance_minor=bindparam("balance"),
        ledger_version=bindparam("version"),
    )
)
_GRANTED = (
    select(_relief)
    .where(_relief.c.case_id == bindparam("case"), _relief.c.status == ReliefStatus.GRANTED.value)
    .order_by(_relief.c.granted_at, _relief.c.relief_id)
)
_ENTRIES = (
    select(_entry.c.kind, _entry.c.amount_minor)
    .where(_entry.c.account_id == bindparam("account"))
    .order_by(_entry.c.version)
)
_HOLD = insert(schema.hold)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefRecord:
    """A relief as its row stands."""

    relief_id: str
    case_id: str
    account_id: str
    kind: ReliefKind
    amount_minor: int
    until: date | None
    reason: str
    residual: Residual
    proposed_by: str
    proposed_as: str
    proposed_at: datetime
    expires_at: datetime
    balance_minor: int
    ledger_version: int
    status: ReliefStatus
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_why: str = ""
    granted_at: datetime | None = None

    def waits_at(self, now: datetime) -> bool:
        """Whether it can still be decided or accepted."""
        return self.status in (ReliefStatus.PROPOSED, ReliefStatus.OFFERED) and now < self.expires_at

    def stands_as(self, now: datetime) -> str:
        """Its status in a word; what nobody took in time is expired."""
        over = self.status in (ReliefStatus.PROPOSED, ReliefStatus.OFFERED) and now >= self.expires_at
        return "expired" if over else self.status.value


def propose(connection: Connection, record: ReliefRecord) -> None:
    """Put a relief on record, proposed or offered; a proposal becomes a task for somebody else."""
    connection.execute(_INSERT, {name: getattr(record, name) for name in ReliefRecord.__slots__})
    keep_relief_tasks(connection, record.proposed_at, case_id=record.case_id)


def find_relief(connection: Connection, relief_id: str) -> ReliefRecord:
    """The relief of that id. Raises NotKnown."""
    row = connection.execute(_FIND, {"id": relief_id}).first()
    if row is None:
        raise NotKnown(f"relief {relief_id} is not known: python starter.py relief list shows them")
    return _record(row)


def list_reliefs(
    connection: Connection, *, account_id: str | None = None, status: ReliefStatus | None = None
) -> list[ReliefRecord]:
    """Reliefs, the newest first."""
    wanted = select(_relief).order_by(_relief.c.proposed_at.desc(), _relief.c.relief_id)
    if account_id is not None:
        wanted = wanted.where(_relief.c.account_id == account_id)
    if status is not None:
        wanted = wanted.where(_relief.c.status == status.value)
    return [_record(row) for row in connection.execute(wanted)]


def decide(
    connection: Connection,
    authority: Authority,
    relief_id: str,
    *,
    by: str,
    approve: bool,
    why: str,
    currency: str,
    now: datetime,
) -> ReliefRecord:
    """A second person's word; approved, it may have its effect.

    Raises IllegalTransition: decided or expired already, the proposer's own word, or above the person's limit as well.
    """
    relief = find_relief(connection, relief_id)
    if not relief.waits_at(now) or relief.status is not ReliefStatus.PROPOSED:
        raise IllegalTransition(f"relief {relief_id} is {relief.stands_as(now)}: there is nothing to decide")
    if same_person(by, relief.proposed_by):
        raise IllegalTransition(f"relief {relief_id}: {by} proposed it and cannot decide; another person must")
    if approve and not _within_limit(authority, relief, by, currency, now):
        raise IllegalTransition(f"relief {relief_id}: it is above the limit of {by} as well; somebody with more must")
    status = ReliefStatus.OFFERED if approve else ReliefStatus.REFUSED
    connection.execute(_DECIDE, {"id": relief_id, "to": status.value, "by": by, "at": now, "why": why})
    keep_relief_tasks(connection, now, case_id=relief.case_id)
    return find_relief(connection, relief_id)


def _within_limit(authority: Authority, relief: ReliefRecord, by: str, currency: str, now: datetime) -> bool:
    """In a role of the person's own, or delegated by somebody else than the proposer."""
    amount = given_up(relief.kind, relief.amount_minor, relief.balance_minor)
    for standing in authority.standings(by, now):
        limit = authority.limits.get(standing.role, {}).get(relief.kind)
        foreign = not standing.of or standing.of != as_person(relief.proposed_by)
        if limit is not None and foreign and limit.allows(amount, relief.balance_minor, currency):
            return True
    return False


def take(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """Give a relief its effect: the waiver on the ledger, the deferral as a hold, the settlement as agreed.

    Raises InvalidInput when it may not be granted (any more): nothing is changed then.
    """
    relief = find_relief(connection, fact.relief_id)
    standing = find_account(connection, relief.account_id, lock=True)
    assert standing is not None, "a relief is on an account that is there"
    if relief.status is not ReliefStatus.OFFERED or not relief.waits_at(now):
        raise InvalidInput(f"relief {relief.relief_id} is {relief.stands_as(now)}: it cannot be granted now")
    if relief.amount_minor > standing.balance_minor or standing.balance_minor <= 0:
        raise InvalidInput(
            f"relief {relief.relief_id} is about {in_words(relief.amount_minor, standing.currency)}, and only "
            f"{in_words(standing.balance_minor, standing.currency)} is owed now: propose another"
        )
    if relief.kind is ReliefKind.DEFERRAL:
        _hold(connection, fact, relief, standing, now)
    elif relief.kind is not ReliefKind.SETTLEMENT:
        entry = Entry(entry_id=fact.event_id, kind=LedgerKind.WAIVER, amount_minor=-relief.amount_minor, at=fact.at)
        standing = post(connection, standing, entry, recorded_at=now)
    after = {"balance": standing.balance_minor, "version": standing.version}
    connection.execute(_GRANT, after | {"id": relief.relief_id, "at": fact.at})
    return Receipt(
        fact=fact,
        account_ids=(relief.account_id,),
        balance_minor=standing.balance_minor,
        ledger_version=standing.version,
    )


def _hold(connection: Connection, fact: InboundFact, relief: ReliefRecord, standing: Standing, now: datetime) -> None:
    connection.execute(
        _HOLD,
        {
            "hold_id": deferral_hold(relief.relief_id),
            "person_id": standing.person_id,
            "account_id": relief.account_id,
            "kind": HoldKind.DEFERRAL.value,
            "reason": relief.reason,
            "owner": DEFERRAL_OWNER,
            "starts_at": fact.at,
            "ends_at": fact.ends_at,
            "pauses_dpd": True,
            "placed_at": now,
            "placed_by": relief.proposed_by,
            "released_by": "",
        },
    )


def granted_facts(connection: Connection, case_id: str) -> list[ReliefGranted]:
    """Every relief of a case as the fact that it was, oldest first; a deferral's end stands with its hold."""
    facts = []
    for row in connection.execute(_GRANTED, {"case": case_id}):
        relief = _record(row)
        assert relief.granted_at is not None
        if relief.kind is not ReliefKind.DEFERRAL:
            facts.append(granted_fact(relief, relief.granted_at, None))
            continue
        ends = select(schema.hold.c.ends_at).where(schema.hold.c.hold_id == deferral_hold(relief.relief_id))
        facts.append(granted_fact(relief, relief.granted_at, connection.scalar(ends)))
    return facts


def granted_fact(relief: ReliefRecord, at: datetime, ends_at: datetime | None) -> ReliefGranted:
    """The fact that it was granted."""
    return ReliefGranted(
        event_id=f"relief:{relief.relief_id}",
        at=at,
        relief_id=relief.relief_id,
        relief=relief.kind,
        amount_minor=relief.amount_minor,
        until=relief.until,
        ends_at=ends_at,
        balance_minor=relief.balance_minor,
        ledger_version=relief.ledger_version,
    )


def parts_owed(connection: Connection, account_id: str, order: Sequence[Part]) -> Parts:
    """Fees, interest and principal that are left of an account's ledger."""
    rows = connection.execute(_ENTRIES, {"account": account_id})
    return parts_of_ledger(((LedgerKind(row.kind), row.amount_minor) for row in rows), order)


def _record(row: Any) -> ReliefRecord:
    given = {name: getattr(row, name) for name in ReliefRecord.__slots__}
    words = {
        "kind": ReliefKind(row.kind),
        "status": ReliefStatus(row.status),
        "residual": Residual(row.residual),
    }
    return ReliefRecord(**given | words)
