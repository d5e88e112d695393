"""`furnishing` as people and programs run it, on a database and without a server."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from casedb import furnishing
from casedb.engine import writing
from casedb.furnishing import FurnishingOrder
from casedb.schema import ledger_entry
from tests.casedb.bureaus import RULES
from tests.casedb.debts import add_debt
from tests.casedb.test_furnishing import ROW, subjects
from tests.console.conftest import Run

NOW = datetime.now(UTC)
DUE = (NOW - timedelta(days=100)).date()
TOLD = (NOW - timedelta(days=40)).date().isoformat()
THIS_MONTH = f"{NOW:%Y-%m}"


@pytest.fixture
def owing(sqlite_engine: Engine) -> Engine:
    """An account that is 100 days past due."""
    add_debt(sqlite_engine, due={DUE: 10_000})
    with writing(sqlite_engine) as connection:
        connection.execute(ledger_entry.update().values(at=NOW - timedelta(days=130)))
    return sqlite_engine


def furnished(run: Run, engine: Engine) -> None:
    Path("s.csv").write_bytes(subjects(ROW))
    assert run("furnishing", "subjects", "s.csv").code == 0
    noted = ("furnishing", "notice", "A-1", "--sent-on", TOLD, "--evidence", "letter-7", "--by", "dana")
    assert "is on record" in run(*noted).out
    assert "was on record before, nothing changed" in run(*noted).out
    with writing(engine) as connection:
        furnishing.begin(connection, RULES, FurnishingOrder(key="k", account_id="A-1", case_id=None, at=NOW))


def test_a_month_is_written_checked_and_listed_and_the_same_again_changes_nothing(run: Run, owing: Engine) -> None:
    furnished(run, owing)
    made = json.loads(run("furnishing", "export", "--month", THIS_MONTH, "--out", "out", "--json").out)
    assert made == {"path": f"out/metro2-{THIS_MONTH}.txt", "accounts": 1, "refused": []}
    assert "is sound" in run("furnishing", "check", made["path"]).out
    assert "nothing is due" in run("furnishing", "export", "--month", THIS_MONTH, "--out", "out").out
    listed = run("furnishing", "list").out
    assert "the next month" in listed
    assert max(map(len, listed.splitlines())) <= 100
    [one] = json.loads(run("furnishing", "list", "--json").out)
    assert (one["account_id"], one["last"]["account_status"]) == ("A-1", "80")


def test_a_file_that_is_not_sound_is_told_field_by_field(run: Run, owing: Engine) -> None:
    furnished(run, owing)
    run("furnishing", "export", "--month", THIS_MONTH, "--out", "out")
    path = Path(f"out/metro2-{THIS_MONTH}.txt")
    head, line, trailer = path.read_text().splitlines()
    Path("bad.txt").write_text("\n".join((head, line[:125] + "3" + line[126:], trailer)) + "\n")
    ran = run("furnishing", "check", "bad.txt")
    assert ran.code == 1
    assert "line 2, account A1, payment_rating (positions 126-126): must be blank for status 80" in ran.out
    [problem] = json.loads(run("furnishing", "check", "bad.txt", "--json").out)
    assert (problem["line"], problem["field"], problem["first"]) == (2, "payment_rating", 126)


def test_an_account_that_cannot_be_furnished_is_named_and_ends_the_command_with_one(run: Run, owing: Engine) -> None:
    furnished(run, owing)
    Path("s.csv").write_bytes(subjects(ROW.replace("Okafor", "O+Kafor")))
    run("furnishing", "subjects", "s.csv")
    ran = run("furnishing", "export", "--month", THIS_MONTH, "--out", "out")
    assert ran.code == 1
    assert "account A-1 is not furnished: surname (positions 232-256)" in ran.out
    assert not Path("out").exists()


def test_bad_rows_are_named_and_the_good_ones_taken(run: Run, owing: Engine) -> None:
    Path("s.csv").write_bytes(subjects(ROW, ROW.replace("A-1", "A-9")))
    ran = run("furnishing", "subjects", "s.csv")
    assert ran.code == 1
    assert "s.csv: 1 rows taken, 0 unchanged, 1 bad" in ran.out
    assert "line 3, account A-9: account_id: is not in the case database" in ran.out


def test_a_disagreement_is_on_record(run: Run, owing: Engine) -> None:
    furnished(run, owing)
    assert "the next file after the dispute tells XC" in run("furnishing", "disagree", "A-1").out
    assert json.loads(run("furnishing", "disagree", "A-1", "--json").out)["disagreed_at"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("furnishing notice A-9 --sent-on 2026-01-01 --evidence x --by d", "account A-9 is not in the case database"),
        ("furnishing notice A-1 --sent-on 2099-01-01 --evidence x --by d", "lies in the future"),
        ("furnishing notice A-1 --sent-on 2026-01-01 --evidence= --by d", "--evidence must be one line"),
        ("furnishing disagree A-1", "account A-1 is not furnished"),
        ("furnishing disagree A-9", "account A-9 is not in the case database"),
        ("furnishing export --month 2099-01", "month 2099-01 has not begun"),
        ("furnishing export --month 2026-13", "--month"),
        ("furnishing check none.txt", "file none.txt cannot be read"),
        ("furnishing subjects none.csv", "file none.csv cannot be read"),
    ],
)
def test_what_cannot_be_is_one_line(run: Run, owing: Engine, arguments: str, says: str) -> None:
    ran = run(*arguments.split())
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert says in ran.err
    assert run("furnishing", "list").out.startswith("no account is furnished")
