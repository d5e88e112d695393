"""`report overdue` as people and programs meet it."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from casedb.engine import open_engine
from tests.casedb.debts import add_debt
from tests.console.conftest import Run

TODAY = datetime.now(UTC).date()


@pytest.fixture
def book(sqlite_url: str) -> None:
    """Three accounts, 100, 40 and 5 days past due."""
    engine = open_engine(sqlite_url)
    for account_id, days in (("A-1", 5), ("A-2", 100), ("A-3", 40)):
        due = {TODAY - timedelta(days=days): 10_000}
        add_debt(engine, account_id, due=due, ledger={"charge": 10_000, "interest": 123}, zone="UTC")
    engine.dispose()


@pytest.mark.usefixtures("book")
def test_the_table_shows_the_longest_overdue_and_totals_of_all(run: Run) -> None:
    ran = run("report", "overdue", "--limit", "1")
    assert ran.code == 0
    assert "A-2" in ran.out
    assert "A-1" not in ran.out
    assert "1 of 3 accounts" in ran.out
    assert [line.split()[:3] for line in ran.out.splitlines() if line.startswith("USD")] == [
        ["USD", "1-30", "1"], ["USD", "31-60", "1"], ["USD", "90+", "1"],
    ]  # fmt: skip
    assert max(map(len, ran.out.splitlines())) <= 100


@pytest.mark.usefixtures("book")
def test_json_has_minor_units_the_longest_overdue_first(run: Run) -> None:
    told = json.loads(run("report", "overdue", "--min-dpd", "30", "--json").out)
    assert [each["account_id"] for each in told["accounts"]] == ["A-2", "A-3"]
    assert (told["accounts"][0]["interest_minor"], told["totals"][0]["total_minor"]) == (123, 10_123)


@pytest.mark.usefixtures("book")
def test_csv_goes_to_a_file_or_to_standard_output(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "overdue.csv"
    assert "3 overdue accounts written" in run("report", "overdue", "--csv", str(path)).out
    assert run("report", "overdue", "--csv", "-").out == path.read_text()
    assert [row["account_id"] for row in csv.DictReader(path.open())] == ["A-2", "A-3", "A-1"]


def test_an_empty_book_says_so(run: Run) -> None:
    assert run("report", "overdue").out == "no account is overdue\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--strategy", "walet"), "--strategy walet is not in config/strategies; known: wallet-"),
        (("--csv", "-", "--json"), "not both"),
        (("--csv", "/nowhere/at/all.csv"), "--csv /nowhere/at/all.csv cannot be written"),
        (("--bucket", "31-90"), "31-90"),
    ],
)
def test_what_cannot_be_asked_is_one_line(run: Run, arguments: tuple[str, ...], says: str) -> None:
    ran = run("report", "overdue", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert says in ran.err
