"""The Metro 2 file of a month: each furnished account once, as it stood on the last day that has passed of it.

What is wrong with an account keeps that account out, with every field named; the others go. A correction that was
asked for after the account's line of the month went out goes as a replacement of that line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update

from casedb.furnishing import FurnishingRecord, last_month, month_of, record_of
from casedb.furnishing_standing import read_standing
from casedb.schema import furnished_month, furnishing
from domain.errors import InvalidInput
from domain.furnishing.file import line_of, write_file
from domain.furnishing.rules import FurnishingRules
from domain.furnishing.status import FINAL, Codes, DisputeState, Previous, codes_of, stands_after
from domain.furnishing.tradeline import Amounts, Tradeline, account_number

_ONE_EXPORT = text("SELECT pg_advisory_xact_lock(hashtext('amicable.bureau'))")


@dataclass(frozen=True, slots=True)
class Refused:
    """An account that is not furnished this time, and why."""

    account_id: str
    why: str


@dataclass(frozen=True, slots=True)
class MonthFile:
    """The file of a month, not written yet; without lines there is none."""

    name: str
    data: bytes
    lines: int
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    values: dict[str, Any]
    ends: bool


def export_month(
    connection: Connection, rules: FurnishingRules, month: date, now: datetime, *, names_original_creditor: bool
) -> MonthFile:
    """Make the file and mark what it tells. Raises InvalidInput for a month that has not begun or is long past."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_EXPORT)
    _require_month(month, now.date())
    lines: list[_Line] = []
    refused: list[Refused] = []
    owners = _owners(connection)
    whole = _Month(connection, rules, month, now, names_original_creditor)
    for known, number in _due(connection, month):
        try:
            _require_own_number(owners, known.account_id)
            made = whole.line(known, number)
        except InvalidInput as error:
            refused.append(Refused(known.account_id, str(error)))
            continue
        lines.append(made)
    name = _name(connection, month)
    for made in lines:
        connection.execute(insert(furnished_month), made.values | {"file_name": name})
        if made.ends:
            ended = update(furnishing).where(furnishing.c.furnishing_id == made.values["furnishing_id"])
            connection.execute(ended.values(ended_at=now))
    as_of = min(last_day(month), now.date())
    data = write_file([made.text for made in lines], rules.furnisher, as_of, now.date()) if lines else b""
    return MonthFile(name if lines else "", data, len(lines), tuple(refused))


def last_day(month: date) -> date:
    """The last day of a month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _require_month(month: date, today: date) -> None:
    if month > today:
        raise InvalidInput(f"month {month:%Y-%m} has not begun: nothing is furnished ahead")
    if last_day(month) < today - timedelta(days=31):
        raise InvalidInput(f"month {month:%Y-%m} is over for more than a month: furnish the one that runs")


def _due(connection: Connection, month: date) -> Iterator[tuple[FurnishingRecord, int]]:
    """Every account that the month's files do not have yet, or have as it was before a correction was asked for."""
    rows = connection.execute(
        select(furnishing).where(furnishing.c.ended_at.is_(None)).order_by(furnishing.c.account_id)
    )
    for row in rows.all():
        known, last = record_of(row), last_month(connection, row.account_id)
        if last is None or last.month < month_of(month):
            yield known, 0
        elif last.month == month_of(month) and _is_to_correct(known, last):
            yield known, last.number + 1


def _is_to_correct(known: FurnishingRecord, last: Any) -> bool:
    """Whether the account's line of the month went out before a correction was asked for."""
    return last.furnishing_id == known.furnishing_id and known.undone_at is not None and last.at < known.undone_at


def _owners(connection: Connection) -> dict[str, str]:
    """Whose each account number is at the bureaus: theirs who was furnished under it first."""
    owners: dict[str, str] = {}
    for account_id in connection.scalars(select(furnishing.c.account_id).order_by(furnishing.c.furnishing_id)):
        owners.setdefault(account_number(account_id), account_id)
    return owners


def _require_own_number(owners: Mapping[str, str], account_id: str) -> None:
    other = owners.get(account_number(account_id), account_id)
    if other != account_id:
        raise InvalidInput(
            f"account {account_id} is not furnished: "
            f"consumer_account_number (positions 43-72): would be that of {other}"
        )


@dataclass(frozen=True, slots=True)
class _Month:
    connection: Connection
    rules: FurnishingRules
    month: date
    now: datetime
    names_original_creditor: bool

    def line(self, known: FurnishingRecord, number: int) -> _Line:
        """The account's line and the row that keeps it. Raises InvalidInput with every field that is wrong."""
        on = min(last_day(self.month), self.now.date())
        standing = read_standing(self.connection, self.rules, known, on, self.now)
        earlier = last_month(self.connection, known.account_id, before=month_of(self.month))
        stood = last_month(self.connection, known.account_id)
        stands = stood.stands if stood else ""
        previous = _previous(earlier, stands) if earlier else None
        codes = codes_of(standing.codes_from(stood.account_status if stood else ""), self.month, previous)
        line = Tradeline(
            account_id=known.account_id,
            as_of=standing.as_of,
            stamped_at=self.now.astimezone(UTC),
            consumer=standing.consumer,
            terms=standing.terms,
            amounts=standing.amounts,
            codes=codes,
            correction=number > 0,
            original_creditor=standing.creditor if self.names_original_creditor else "",
            creditor_classification=self.rules.creditor_classification if self.names_original_creditor else 0,
        )
        told = line_of(line, self.rules.furnisher, disputed=standing.dispute is DisputeState.OPEN)
        return _Line(told, self._row(known, number, codes, standing.amounts, stands), codes.status in FINAL)

    def _row(self, known: FurnishingRecord, number: int, codes: Codes, amounts: Amounts, stands: str) -> dict[str, Any]:
        return {
            "furnishing_id": known.furnishing_id,
            "month": month_of(self.month),
            "number": number,
            "account_id": known.account_id,
            "account_status": codes.status,
            "payment_rating": codes.rating,
            "history": codes.history,
            "compliance": codes.compliance,
            "stands": stands_after(codes.compliance, stands),
            "first_delinquent_on": codes.first_delinquent_on,
            "balance_minor": amounts.balance_minor,
            "past_due_minor": amounts.past_due_minor,
            "at": self.now,
        }


def _previous(row: Any, stands: str) -> Previous:
    return Previous(
        month=date.fromisoformat(f"{row.month}-01"),
        status=row.account_status,
        rating=row.payment_rating,
        history=row.history,
        compliance=stands,
        first_delinquent_on=row.first_delinquent_on,
    )


def _name(connection: Connection, month: date) -> str:
    made = connection.execute(
        select(func.count(func.distinct(furnished_month.c.file_name))).where(furnished_month.c.month == month_of(month))
    ).scalar_one()
    return f"metro2-{month:%Y-%m}{f'-{made + 1}' if made else ''}.txt"
