"""What each arm of a campaign came to, counted by the database; of payments a row for each person who paid."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, and_, case, cast, func, or_, select

from casedb import schema
from casedb.arms import cases_by_arm, find_arms
from casedb.campaign_totals import CampaignRecord
from domain.experiments.assignment import Arm
from domain.experiments.means import Amounts
from domain.experiments.report import ArmFigures
from domain.vocabulary import CloseReason, HoldKind, LedgerKind, Permission, TouchStatus

CURES = (CloseReason.PAID, CloseReason.SETTLED, CloseReason.IMMATERIAL)
"""Ends after which nothing of the debt is left that is worth asking for."""
_case, _member, _touch, _account = schema.case, schema.campaign_member, schema.touch, schema.account
_entry, _consent, _hold, _arm = schema.ledger_entry, schema.consent, schema.hold, schema.campaign_arm


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Counts by arm."""

    connection: Connection
    campaign_id: str

    def cases(self, *columns: Any) -> Select[Any]:
        """Of the campaign's cases, with the arm of their person as it was assigned."""
        return cases_by_arm(self.campaign_id, *columns)

    def by_arm(self, wanted: Select[Any]) -> dict[str, int]:
        """One number to an arm."""
        return {row[0]: int(row[1] or 0) for row in self.connection.execute(wanted)}


def read_arms(connection: Connection, campaign: CampaignRecord) -> list[ArmFigures]:
    """The arms in their order, the champion first; a campaign from before there were arms is one arm.

    What they spent is not among it: that is a sum of prices (`casedb.campaign_spending`).
    """
    arms = list(find_arms(connection, campaign.campaign_id))
    if not arms:
        arms = [Arm(name="", strategy=campaign.strategy, version="", weight=1)]
    rows = _Rows(connection=connection, campaign_id=campaign.campaign_id)
    people, money = defaultdict(lambda: _NOBODY, _people(rows)), _money(rows)
    contacts = rows.by_arm(_contacts(rows))
    complained = rows.by_arm(_meanwhile(rows, _complained()))
    opted_out = rows.by_arm(_meanwhile(rows, _opted_out()))
    moved = rows.by_arm(_moved(rows))
    return [
        ArmFigures(
            arm=each,
            people=people[each.name]["people"],
            cases=people[each.name]["cases"],
            cured=people[each.name]["cured"],
            undecided=people[each.name]["undecided"],
            moved=moved.get(each.name, 0),
            contacts=contacts.get(each.name, 0),
            complained=complained.get(each.name, 0),
            opted_out=opted_out.get(each.name, 0),
            money=money.get(each.name, {}),
        )
        for each in arms
    ]


_NOBODY = {"people": 0, "cases": 0, "cured": 0, "undecided": 0}


def _people(rows: _Rows) -> dict[str, dict[str, int]]:
    """A person is cured when every case of his in the campaign ended so."""
    ended_well = case((_case.c.close_reason.in_([each.value for each in CURES]), 1), else_=0)
    still_open = case((_case.c.closed_at.is_(None), 1), else_=0)
    each = (
        rows.cases(
            func.count().label("cases"),
            func.min(ended_well).label("cured"),
            func.max(still_open).label("undecided"),
        )
        .group_by(_member.c.arm, _case.c.person_id)
        .subquery()
    )
    found = select(
        each.c.arm,
        func.count().label("people"),
        *(func.sum(column).label(column.name) for column in (each.c.cases, each.c.cured, each.c.undecided)),
    ).group_by(each.c.arm)
    return {
        row.arm: {
            "people": int(row.people),
            "cases": int(row.cases),
            "cured": int(row.cured),
            "undecided": int(row.undecided),
        }
        for row in rows.connection.execute(found)
    }


def _moved(rows: _Rows) -> Select[Any]:
    elsewhere = or_(_case.c.strategy != _arm.c.strategy, _case.c.strategy_version != _arm.c.strategy_version)
    mine = and_(_arm.c.campaign_id == _member.c.campaign_id, _arm.c.arm == _member.c.arm)
    return rows.cases(func.count()).join(_arm, mine).where(elsewhere).group_by(_member.c.arm)


def _contacts(rows: _Rows) -> Select[Any]:
    sent = and_(_touch.c.case_id == _case.c.case_id, _touch.c.status == TouchStatus.SENT.value)
    return rows.cases(func.count()).join(_touch, sent).group_by(_member.c.arm)


def _meanwhile(rows: _Rows, said: tuple[Any, Any, Any]) -> Select[Any]:
    """People of whom something is on record from while a case of theirs in the campaign was open."""
    table, at, condition = said
    then = and_(
        table.c.person_id == _case.c.person_id,
        at >= _case.c.opened_at,
        or_(_case.c.closed_at.is_(None), at <= _case.c.closed_at),
        condition,
    )
    return rows.cases(func.count(_case.c.person_id.distinct())).join(table, then).group_by(_member.c.arm)


def _complained() -> tuple[Any, Any, Any]:
    return _hold, _hold.c.starts_at, _hold.c.kind == HoldKind.COMPLAINT.value


def _opted_out() -> tuple[Any, Any, Any]:
    return _consent, _consent.c.at, _consent.c.permission == Permission.WITHDRAWN.value


def _money(rows: _Rows) -> dict[str, dict[str, Amounts]]:
    """What everybody paid while his cases were open, less what was taken back; who paid nothing counts with zero."""
    found: dict[str, dict[str, Amounts]] = {}
    there = rows.cases(_account.c.currency, func.count(_case.c.person_id.distinct()))
    there = there.join(_account, _account.c.account_id == _case.c.account_id)
    for arm, currency, people in rows.connection.execute(there.group_by(_member.c.arm, _account.c.currency)):
        found.setdefault(arm, {})[currency] = Amounts(count=int(people))
    for arm, currency, paid in _payers(rows):
        amounts = found[arm][currency]
        amounts.total += paid
        amounts.squares += paid * paid
    return found


def _payers(rows: _Rows) -> Iterator[tuple[str, str, int]]:
    while_open = and_(
        _entry.c.account_id == _case.c.account_id,
        _entry.c.kind.in_([LedgerKind.PAYMENT.value, LedgerKind.REVERSAL.value]),
        _entry.c.at >= _case.c.opened_at,
        or_(_case.c.closed_at.is_(None), _entry.c.at <= _case.c.closed_at),
    )
    paid = (
        rows.cases(_account.c.currency, cast(-func.sum(_entry.c.amount_minor), BigInteger))
        .join(_account, _account.c.account_id == _case.c.account_id)
        .join(_entry, while_open)
        .group_by(_member.c.arm, _account.c.currency, _case.c.person_id)
    )
    for row in rows.connection.execution_options(yield_per=10_000).execute(paid):
        yield row[0], row[1], int(row[2])
