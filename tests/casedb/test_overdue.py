"""The overdue report on both databases: who stands in it, with which days and amounts, in which order."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert

from casedb import schema
from casedb.engine import writing
from casedb.overdue import OverdueAccount, Wanted, longest_first, overdue_accounts
from casedb.overdue_file import COLUMNS, Totals, write_csv, write_report
from casedb.switches import set_switch
from domain.errors import ConfigurationError
from domain.switches import Switch
from domain.vocabulary import SwitchScope
from tests.casedb.debts import AS_OF, LONG_AGO, add_case, add_debt

NOON = datetime(2027, 2, 12, 17, tzinfo=UTC)
"""Noon in New York, 40 days after LONG_AGO."""


def report(engine: Engine, now: datetime = NOON, **wanted: Any) -> list[OverdueAccount]:
    return list(overdue_accounts(engine, now, Wanted(**wanted)))


def test_an_overdue_account_shows_what_its_balance_is_made_of_and_the_parts_sum_to_it(any_engine: Engine) -> None:
    add_debt(any_engine, ledger={"charge": 10_000, "interest": 250, "fee": 500, "payment": -1_000, "waiver": -50})

    (row,) = report(any_engine)

    assert (row.account_id, row.days_past_due, row.bucket, row.due_on) == ("A-1", 40, "31-60", LONG_AGO)
    assert (row.principal_minor, row.interest_minor, row.fees_minor, row.paid_minor) == (10_000, 250, 500, 1_050)
    assert row.total_minor == 10_000 + 250 + 500 - 1_050


def test_days_count_from_the_earliest_amount_that_money_has_not_covered(any_engine: Engine) -> None:
    add_debt(any_engine, due={LONG_AGO: 4_000, date(2027, 2, 2): 6_000}, ledger={"charge": 10_000, "payment": -4_000})

    (row,) = report(any_engine)

    assert (row.due_on, row.days_past_due, row.total_minor) == (date(2027, 2, 2), 10, 6_000)


@pytest.mark.parametrize(
    ("zone", "overdue"),
    [("Pacific/Kiritimati", True), ("Asia/Shanghai", True), ("America/New_York", False), ("Pacific/Honolulu", False)],
)
def test_an_account_is_overdue_by_its_own_calendar(any_engine: Engine, zone: str, overdue: bool) -> None:
    due_on = date(2027, 3, 13)
    add_debt(any_engine, due={due_on: 10_000}, zone=zone)
    # The 14th in Shanghai and in Kiritimati, the 13th in the Americas; New York changes its clock that night.
    now = datetime(2027, 3, 13, 16, 30, tzinfo=UTC)

    assert [row.days_past_due for row in report(any_engine, now)] == ([1] if overdue else [])


def test_the_night_of_a_clock_change_ends_at_the_accounts_own_midnight(any_engine: Engine) -> None:
    add_debt(any_engine, due={date(2027, 3, 14): 10_000})
    # From 14 March New York is four hours behind, not five: its midnight is 04:00 UTC.
    midnight = datetime(2027, 3, 15, 4, tzinfo=UTC)

    assert report(any_engine, midnight - timedelta(seconds=1)) == []
    assert [row.days_past_due for row in report(any_engine, midnight)] == [1]


def test_days_under_a_hold_do_not_count_and_the_account_stays_in_the_report(any_engine: Engine) -> None:
    add_debt(any_engine)
    held = {
        "hold_id": "H-1", "person_id": "P-A-1", "kind": "hardship", "owner": "care", "reason": "",
        "starts_at": NOON - timedelta(days=30), "pauses_dpd": True,
    }  # fmt: skip
    with writing(any_engine) as connection:
        connection.execute(insert(schema.hold), held)

    (row,) = report(any_engine)

    assert (row.days_past_due, row.bucket) == (10, "1-30")


@pytest.mark.parametrize("balance_minor", [0, -500])
def test_who_owes_nothing_is_not_in_the_report(any_engine: Engine, balance_minor: int) -> None:
    add_debt(any_engine, balance_minor=balance_minor)
    assert report(any_engine) == []


def test_a_case_says_its_stage_and_what_is_next_and_a_switch_that_stops_it(any_engine: Engine) -> None:
    add_debt(any_engine)
    with writing(any_engine) as connection:
        add_case(connection, stage="follow_up", next_action="contact", next_at=NOON, next_why="follow-up-1 is due")
    set_switch(
        any_engine,
        Switch(scope=SwitchScope.STRATEGY, key="wallet-standard", reason="audit", set_by="dana", set_at=NOON),
        strategies=("wallet-standard",),
    )

    (row,) = report(any_engine)

    assert (row.case_id, row.stage, row.next_action, row.next_at) == ("A-1-1", "follow_up", "contact", NOON)
    assert row.why == "stopped (strategy wallet-standard); follow-up-1 is due"


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("paid", "no case is open: the next sweep looks at it"),
        ("legal_referral", "the last case ended as legal_referral: a human decides what becomes of the account"),
    ],
)
def test_an_account_without_an_open_case_says_why(any_engine: Engine, reason: str, why: str) -> None:
    add_debt(any_engine)
    with writing(any_engine) as connection:
        add_case(connection, closed_at=AS_OF, close_reason=reason, stage="closed")

    (row,) = report(any_engine)

    assert (row.case_id, row.why) == (None, why)


def test_filters_choose_by_age_and_strategy_and_totals_are_of_what_was_chosen(any_engine: Engine) -> None:
    for account_id, due_on in (("A-1", LONG_AGO), ("A-2", date(2027, 2, 1)), ("A-3", date(2026, 10, 1))):
        add_debt(any_engine, account_id, due={due_on: 10_000}, currency="USD" if account_id != "A-3" else "CNY")
    with writing(any_engine) as connection:
        add_case(connection, "A-2")

    assert [row.account_id for row in report(any_engine, bucket="31-60")] == ["A-1"]
    assert [row.account_id for row in report(any_engine, least_days=40)] == ["A-1", "A-3"]
    assert [row.account_id for row in report(any_engine, strategy="wallet-standard")] == ["A-2"]
    assert [row.account_id for row in longest_first(report(any_engine))] == ["A-3", "A-1", "A-2"]
    totals = Totals()
    assert len([totals.add(row) for row in report(any_engine)]) == totals.accounts == 3
    listed = [(each.currency, each.bucket, each.accounts, each.total_minor) for each in totals.listed()]
    assert listed == [("CNY", "90+", 1, 10_000), ("USD", "1-30", 1, 10_000), ("USD", "31-60", 1, 10_000)]


def test_pages_miss_nobody_and_the_number_of_statements_grows_with_pages_only(any_engine: Engine) -> None:
    for number in range(7):
        add_debt(any_engine, f"A-{number}")
    statements: list[str] = []

    @event.listens_for(any_engine, "checkout")
    def count(*_: Any) -> None:
        statements.append("a transaction")

    pages = list(overdue_accounts(any_engine, NOON, page_size=3))

    assert [row.account_id for row in pages] == [f"A-{number}" for number in range(7)]
    assert len(statements) == 4
    assert pages == list(overdue_accounts(any_engine, NOON, page_size=100))


def test_csv_has_major_units_and_no_name_or_number_of_a_person(any_engine: Engine) -> None:
    add_debt(any_engine, ledger={"charge": 10_005, "interest": 250})
    stream = io.StringIO()

    write_csv(stream, report(any_engine))

    head, line = csv.reader(stream.getvalue().splitlines())
    assert tuple(head) == COLUMNS
    cells = dict(zip(head, line, strict=True))
    assert (cells["principal"], cells["interest"], cells["total"]) == ("100.05", "2.50", "102.55")
    assert "Wei" not in stream.getvalue()


def test_a_report_stands_whole_under_its_instant_and_only_the_newest_are_kept(
    any_engine: Engine, tmp_path: Path
) -> None:
    add_debt(any_engine)
    directory = tmp_path / "reports"
    for day in range(3):
        write_report(directory, report(any_engine), NOON + timedelta(days=day), keep=2)
        write_report(directory, report(any_engine), NOON + timedelta(days=day), keep=2)

    kept = sorted(path.name for path in directory.iterdir())

    assert kept == ["overdue-20270213T170000Z.csv", "overdue-20270214T170000Z.csv"]
    assert len((directory / kept[0]).read_text().splitlines()) == 2


def test_a_report_that_fails_halfway_leaves_the_one_before_and_nothing_else(any_engine: Engine, tmp_path: Path) -> None:
    add_debt(any_engine)
    path = write_report(tmp_path, report(any_engine), NOON, keep=2)
    before = path.read_text()

    def breaking() -> Any:
        yield from report(any_engine)
        raise OSError(28, "No space left on device")

    with pytest.raises(ConfigurationError, match=r"cannot be written .*AMICABLE_REPORTS_DIR"):
        write_report(tmp_path, breaking(), NOON, keep=2)
    assert (path.read_text(), list(tmp_path.glob("*.tmp"))) == (before, [])
