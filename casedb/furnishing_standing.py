"""How a furnished account stood at the end of a day: from its ledger, its dated amounts, its holds and its steps.

Entries, holds and placements that came later are left out, so that the last day of a month reads the same whenever its
file is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from casedb.cases import obligations_of
from casedb.furnishing import FurnishingRecord
from casedb.schema import account, charge_off, furnishing_subject, ledger_entry, placement
from casedb.snapshot import Snapshot, read_snapshot
from domain.calendar import days_past_due, local_date, start_of_day
from domain.errors import InvalidInput
from domain.furnishing.rules import FurnishingRules
from domain.furnishing.status import DisputeState, Severity, Standing, rating_of
from domain.furnishing.tradeline import Amounts, Consumer, Terms, problem
from domain.holds import HoldState, pauses_of
from domain.obligations import earliest_unpaid, unpaid_amounts
from domain.vocabulary import HoldKind, LedgerKind

PAST_DUE_AFTER = timedelta(days=30)
COLLECTION = "93"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStanding:
    """All that a line says."""

    as_of: date
    paid: bool
    days_past_due: int
    due_on: date | None
    """Of the earliest amount still unpaid; of a paid account the one that was, before it was paid."""
    rating_before: str
    severity: Severity
    dispute: DisputeState
    deleted: bool
    consumer: Consumer
    terms: Terms
    amounts: Amounts
    creditor: str

    def codes_from(self, before: str) -> Standing:
        """What the codes are made of; an account that was furnished as in collection is paid as such."""
        collected = self.paid and self.severity is Severity.NONE and before == COLLECTION
        return Standing(
            days_past_due=self.days_past_due,
            due_on=self.due_on,
            paid=self.paid,
            severity=Severity.COLLECTION if collected else self.severity,
            deleted=self.deleted,
            rating_before=self.rating_before,
            dispute=self.dispute,
        )


def read_standing(
    connection: Connection, rules: FurnishingRules, known: FurnishingRecord, on: date, now: datetime
) -> AccountStanding:
    """The account at the end of a day that has begun. Raises InvalidInput with the field that cannot be filled."""
    account_id = known.account_id
    row = connection.execute(select(account).where(account.c.account_id == account_id)).one()
    at = min(now, start_of_day(on + timedelta(days=1), row.zone) - timedelta(microseconds=1))
    snapshot = read_snapshot(connection, account_id, "", "", at, lock=False)
    if any(hold.kind is HoldKind.BANKRUPTCY and hold.active_at(at) for hold in snapshot.holds):
        told = problem(
            "consumer_information", "a bankruptcy stands, and its chapter is not known: a person furnishes it"
        )
        raise InvalidInput(f"account {account_id} is not furnished: {told}", field="consumer_information")
    entries = connection.execute(
        select(ledger_entry.c.kind, ledger_entry.c.amount_minor, ledger_entry.c.at)
        .where(ledger_entry.c.account_id == account_id, ledger_entry.c.at <= at)
        .order_by(ledger_entry.c.at, ledger_entry.c.version)
    ).all()
    obligations = obligations_of(connection, account_id)
    money = _Money(entries, obligations, snapshot.holds, row.zone, at)
    charged = connection.execute(
        select(charge_off.c.amount_minor).where(charge_off.c.account_id == account_id, charge_off.c.at <= at)
    ).scalar()
    severity = Severity.CHARGED_OFF if charged else _collected(connection, account_id, at)
    return AccountStanding(
        as_of=money.paid_on if money.is_paid and money.paid_on else on,
        paid=money.is_paid,
        days_past_due=money.days_past_due,
        due_on=money.due_on,
        rating_before=rating_of(money.days_past_due),
        severity=severity,
        dispute=_dispute(snapshot.holds, known, at),
        deleted=known.deleted,
        consumer=_consumer(connection, snapshot, account_id, at),
        terms=_terms(connection, rules, row),
        amounts=Amounts(
            balance_minor=max(0, money.balance_minor),
            past_due_minor=money.balance_minor if severity is not Severity.NONE else money.past_due_minor(on),
            paid_in_month_minor=money.paid_in_month(on),
            charged_off_minor=int(charged or 0),
            last_paid_on=money.last_paid_on,
        ),
        creditor=row.creditor,
    )


class _Money:
    """The ledger up to an instant, and what was due by it."""

    def __init__(
        self,
        entries: Sequence[Any],
        obligations: list[tuple[date, int]],
        holds: Sequence[HoldState],
        zone: str,
        at: datetime,
    ) -> None:
        self._entries, self._obligations, self._holds, self._zone = entries, obligations, holds, zone
        self.balance_minor = sum(row.amount_minor for row in entries)
        self.is_paid = self.balance_minor <= 0
        self._paid_at: datetime | None = None
        before = self.balance_minor
        if self.is_paid:
            self._paid_at, before = self._before_paid()
        self.due_on = earliest_unpaid(obligations, before)
        counted_at = self._paid_at or at
        self.days_past_due = (
            days_past_due(self.due_on, counted_at, zone, pauses_of(holds, self.due_on)) if self.due_on else 0
        )

    @property
    def paid_on(self) -> date | None:
        """The day on which nothing was owed any more."""
        return local_date(self._paid_at, self._zone) if self._paid_at else None

    @property
    def last_paid_on(self) -> date | None:
        """The day of the newest payment."""
        return max((local_date(row.at, self._zone) for row in self._payments()), default=None)

    def paid_in_month(self, on: date) -> int:
        """What payments brought in the month of a day, less what went back."""
        kinds = (LedgerKind.PAYMENT.value, LedgerKind.REVERSAL.value)
        month = [row for row in self._entries if row.kind in kinds and self._in_month(row.at, on)]
        return max(0, -sum(int(row.amount_minor) for row in month))

    def past_due_minor(self, on: date) -> int:
        """What is thirty days or more past due."""
        unpaid = unpaid_amounts(self._obligations, self.balance_minor)
        return sum(amount for due_on, amount in unpaid if due_on + PAST_DUE_AFTER <= on)

    def _payments(self) -> list[Any]:
        return [row for row in self._entries if row.kind == LedgerKind.PAYMENT.value]

    def _in_month(self, at: datetime, on: date) -> bool:
        day = local_date(at, self._zone)
        return (day.year, day.month) == (on.year, on.month)

    def _before_paid(self) -> tuple[datetime | None, int]:
        """The entry after which nothing was owed for good, and what was owed before it."""
        owed, found = 0, (None, 0)
        for row in self._entries:
            before, owed = owed, owed + row.amount_minor
            if before > 0 >= owed:
                found = (row.at, before)
        return found


def _collected(connection: Connection, account_id: str, at: datetime) -> Severity:
    """Whether an agency had it at that instant."""
    rows = connection.execute(
        select(placement.c.closed_on).where(
            placement.c.account_id == account_id, placement.c.told_at.is_not(None), placement.c.told_at <= at
        )
    )
    with_agency = any(row.closed_on is None or row.closed_on > at.date() for row in rows)
    return Severity.COLLECTION if with_agency else Severity.NONE


def _dispute(holds: Sequence[HoldState], known: FurnishingRecord, at: datetime) -> DisputeState:
    disputes = [hold for hold in holds if hold.kind is HoldKind.DISPUTE and hold.starts_at and hold.starts_at <= at]
    if any(hold.active_at(at) for hold in disputes):
        return DisputeState.OPEN
    if not disputes:
        return DisputeState.NONE
    return DisputeState.DISAGREED if known.disagreed_at and known.disagreed_at <= at else DisputeState.RESOLVED


def _consumer(connection: Connection, snapshot: Snapshot, account_id: str, at: datetime) -> Consumer:
    row = connection.execute(select(furnishing_subject).where(furnishing_subject.c.account_id == account_id)).first()
    if row is None:
        told = problem("surname", "is missing: python starter.py furnishing subjects FILE brings who it is")
        raise InvalidInput(f"account {account_id} is not furnished: {told}", field="surname")
    died = any(hold.kind is HoldKind.DECEASED and hold.active_at(at) for hold in snapshot.holds)
    names = ("surname", "first_name", "middle_name", "born_on", "address_1", "address_2", "city", "state", "zip")
    return Consumer(**{name: getattr(row, name) for name in names}, deceased=died)


def _terms(connection: Connection, rules: FurnishingRules, row: Any) -> Terms:
    credit = rules.products.get(row.product)
    if credit is None:
        told = problem("portfolio_type", "is missing: the rules of furnishing do not name this account's product")
        raise InvalidInput(f"account {row.account_id} is not furnished: {told}", field="portfolio_type")
    subject = connection.execute(
        select(furnishing_subject).where(furnishing_subject.c.account_id == row.account_id)
    ).one()
    return Terms(
        opened_on=subject.opened_on,
        portfolio_type=credit.portfolio_type,
        account_type=credit.account_type,
        duration=credit.duration,
        frequency=credit.frequency,
        highest_credit_minor=subject.highest_credit_minor,
        credit_limit_minor=subject.credit_limit_minor,
    )
