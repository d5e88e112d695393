"""Accounts that the credit bureaus hear of: begun once under an order's key after a notice, taken back once."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from casedb.engine import lock_person
from casedb.schema import account, furnished_month, furnishing, furnishing_notice, furnishing_subject, touch
from casedb.snapshot import read_snapshot
from domain.calendar import start_of_day
from domain.errors import NotKnown, StepRefused
from domain.furnishing.rules import FurnishingRules
from domain.vocabulary import DeliveryStatus, HoldKind, TouchStatus

DOLLARS = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class FurnishingOrder:
    """What is asked for; the same key again is the same furnishing."""

    key: str
    account_id: str
    case_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FurnishingRecord:
    """A furnishing as its row stands."""

    furnishing_id: int
    order_key: str
    account_id: str
    case_id: str | None
    started_at: datetime
    notice_at: datetime
    undo_key: str | None
    undone_at: datetime | None
    deleted: bool
    disagreed_at: datetime | None
    ended_at: datetime | None


def begin(connection: Connection, rules: FurnishingRules, order: FurnishingOrder) -> FurnishingRecord:
    """Let the bureaus hear of an account from the next file on. Raises StepRefused with the reason when they may not.

    The person was told at least so many days before as the rules say; until then the refusal says from when on.
    """
    found = find_by_order(connection, order.key)
    if found is not None:
        return found
    row = connection.execute(select(account).where(account.c.account_id == order.account_id)).first()
    if row is None:
        raise NotKnown(f"account {order.account_id} is not in the case database: import its book first")
    lock_person(connection, row.person_id)
    snapshot = read_snapshot(connection, order.account_id, "", "", order.at, lock=False)
    _require_furnishable(rules, order.account_id, snapshot.jurisdiction, row)
    if snapshot.balance_minor <= 0:
        raise StepRefused(f"account {order.account_id} owes nothing: no bureau is told")
    held = {hold.kind for hold in snapshot.holds if hold.active_at(order.at)}
    if HoldKind.BANKRUPTCY in held:
        raise StepRefused(f"account {order.account_id} is under a bankruptcy: a person must say how it is furnished")
    if connection.execute(_subject(order.account_id)).first() is None:
        raise StepRefused(
            f"account {order.account_id} has no furnishing subject: python starter.py furnishing subjects FILE"
        )
    already = open_of(connection, order.account_id)
    if already is not None:
        raise StepRefused(f"account {order.account_id} is furnished already, since {already.started_at:%Y-%m-%d}")
    notice_at = _require_notice(connection, rules, order, row.zone)
    values = {
        "order_key": order.key,
        "account_id": order.account_id,
        "case_id": order.case_id,
        "started_at": order.at,
        "notice_at": notice_at,
        "deleted": False,
    }
    connection.execute(insert(furnishing), values)
    begun = find_by_order(connection, order.key)
    assert begun is not None, "it was inserted just now"
    return begun


def undo(connection: Connection, order_key: str, undo_key: str, at: datetime) -> FurnishingRecord:
    """Correct what was furnished, once: paid and disputed accounts by their codes, every other by a deletion.

    What no file told yet is ended without a word.
    """
    known = find_by_order(connection, order_key)
    if known is None:
        raise NotKnown(f"nothing was furnished under {order_key}: nothing is to be corrected")
    if known.undo_key is not None or known.ended_at is not None:
        return known
    snapshot = read_snapshot(connection, known.account_id, "", "", at, lock=False)
    disputed = any(hold.kind is HoldKind.DISPUTE and hold.active_at(at) for hold in snapshot.holds)
    told = last_month(connection, known.account_id) is not None
    connection.execute(
        update(furnishing)
        .where(furnishing.c.furnishing_id == known.furnishing_id, furnishing.c.undo_key.is_(None))
        .values(
            undo_key=undo_key,
            undone_at=at,
            deleted=snapshot.balance_minor > 0 and not disputed,
            ended_at=None if told else at,
        )
    )
    changed = find_by_order(connection, order_key)
    assert changed is not None, "it was there before"
    return changed


def told_by_letter(connection: Connection, account_id: str, sent_at: datetime, evidence: str, by: str) -> bool:
    """Put on record that the person was told by other means; the first time counts. Answers whether it is new."""
    known = select(furnishing_notice.c.account_id).where(furnishing_notice.c.account_id == account_id)
    if connection.execute(known).first() is not None:
        return False
    row = {"account_id": account_id, "sent_at": sent_at, "evidence": evidence, "by": by}
    connection.execute(insert(furnishing_notice), row)
    return True


def disagree(connection: Connection, account_id: str, at: datetime) -> FurnishingRecord:
    """The consumer does not agree with how a dispute ended; the first time counts. Raises NotKnown."""
    known = open_of(connection, account_id)
    if known is None:
        raise NotKnown(f"account {account_id} is not furnished: no bureau has to hear of it")
    connection.execute(
        update(furnishing)
        .where(furnishing.c.furnishing_id == known.furnishing_id, furnishing.c.disagreed_at.is_(None))
        .values(disagreed_at=at)
    )
    return known


def notice_of(connection: Connection, account_id: str, template: str) -> datetime | None:
    """When the person was first told that the account will be furnished; what did not arrive does not count."""
    by_message = select(touch.c.at).where(
        touch.c.account_id == account_id,
        touch.c.template == template,
        touch.c.status == TouchStatus.SENT.value,
        touch.c.delivery != DeliveryStatus.FAILED.value,
    )
    by_letter = select(furnishing_notice.c.sent_at).where(furnishing_notice.c.account_id == account_id)
    found = [*connection.scalars(by_message), *connection.scalars(by_letter)]
    return min(found, default=None)


def find_by_order(connection: Connection, order_key: str) -> FurnishingRecord | None:
    """What was begun under an order, if anything was."""
    row = connection.execute(select(furnishing).where(furnishing.c.order_key == order_key)).first()
    return record_of(row) if row else None


def open_of(connection: Connection, account_id: str) -> FurnishingRecord | None:
    """The furnishing of an account that is not over."""
    row = connection.execute(
        select(furnishing).where(furnishing.c.account_id == account_id, furnishing.c.ended_at.is_(None))
    ).first()
    return record_of(row) if row else None


def listed(connection: Connection, *, everything: bool, limit: int) -> list[tuple[FurnishingRecord, Any]]:
    """Furnishings by account, each with its last month; those that are over only if `everything` is asked for."""
    wanted = select(furnishing).order_by(furnishing.c.account_id, furnishing.c.furnishing_id).limit(limit)
    if not everything:
        wanted = wanted.where(furnishing.c.ended_at.is_(None))
    found = [record_of(row) for row in connection.execute(wanted)]
    return [(each, last_month(connection, each.account_id)) for each in found]


def last_month(connection: Connection, account_id: str, *, before: str = "9999-99") -> Any:
    """The row of what was furnished last, before a month if one is given; None for never."""
    return connection.execute(
        select(furnished_month)
        .where(furnished_month.c.account_id == account_id, furnished_month.c.month < before)
        .order_by(furnished_month.c.month.desc(), furnished_month.c.number.desc())
        .limit(1)
    ).first()


def record_of(row: Any) -> FurnishingRecord:
    """A row in our words."""
    return FurnishingRecord(**{name: getattr(row, name) for name in FurnishingRecord.__dataclass_fields__})


def month_of(on: date) -> str:
    """A month as the tables name it."""
    return f"{on:%Y-%m}"


def _subject(account_id: str) -> Any:
    return select(furnishing_subject.c.account_id).where(furnishing_subject.c.account_id == account_id)


def _require_furnishable(rules: FurnishingRules, account_id: str, jurisdiction: str, row: Any) -> None:
    if jurisdiction not in rules.jurisdictions:
        raise StepRefused(
            f"account {account_id} is in {jurisdiction}, which has no Metro 2: furnishing is for "
            f"{', '.join(sorted(rules.jurisdictions))}"
        )
    if row.currency != DOLLARS:
        raise StepRefused(f"account {account_id} is in {row.currency}: Metro 2 knows whole dollars alone")
    if row.product not in rules.products:
        known = ", ".join(sorted(rules.products))
        raise StepRefused(f"account {account_id} is of product {row.product}: the rules of furnishing have {known}")


def _require_notice(connection: Connection, rules: FurnishingRules, order: FurnishingOrder, zone: str) -> datetime:
    told_at = notice_of(connection, order.account_id, rules.notice_template)
    if told_at is None:
        raise StepRefused(
            f"the person of account {order.account_id} was not told beforehand: send {rules.notice_template}, or "
            "record a letter with python starter.py furnishing notice"
        )
    free_at = start_of_day(rules.free_on(told_at, zone), zone)
    if order.at < free_at:
        raise StepRefused(
            f"the person of account {order.account_id} was told on {told_at:%Y-%m-%d}: {rules.notice_days} days are "
            "not over",
            until=free_at,
        )
    return told_at
