"""`residue waive` and `residue keep` as people and programs run them."""

import json

import pytest
from sqlalchemy import Engine, select

from casedb.engine import reading, writing
from casedb.schema import case, ledger_entry
from tests.casedb.debts import add_case, add_debt
from tests.console.conftest import Run


@pytest.fixture
def residue(sqlite_engine: Engine) -> Engine:
    """An account on which only a fee is left, and its case."""
    add_debt(sqlite_engine, ledger={"charge": 10_000, "fee": 700, "payment": -10_000}, balance_minor=700)
    with writing(sqlite_engine) as connection:
        add_case(connection)
    return sqlite_engine


def test_waiving_takes_what_is_left_off_the_ledger_once(run: Run, residue: Engine) -> None:
    done = run("residue", "waive", "A-1", "--by", "dana")
    assert "residue_waived residue:A-1-1:3:waived is recorded" in done.err, "no server is there to tell the case"
    with reading(residue) as connection:
        entry = ledger_entry.c
        waivers = connection.execute(select(entry.amount_minor, entry.entry_id).where(entry.kind == "waiver")).all()
    assert [tuple(row) for row in waivers] == [(-700, "residue:A-1-1:3:waived")]
    again = run("residue", "waive", "A-1", "--by", "dana")
    assert (again.code, "owes USD 0.00" in again.err) == (2, True)


def test_keeping_is_on_record_with_who_decided_it(run: Run, residue: Engine) -> None:
    assert run("residue", "keep", "A-1", "--by", "dana").code == 2, "no server is there to tell the case"
    with reading(residue) as connection:
        assert connection.scalar(select(case.c.residual_kept_by)) == "dana"
    shown = json.loads(run("inbox", "show", "residue:A-1-1:3:kept", "--json").out)
    assert (shown["kind"], shown["account_id"], shown["state"]) == ("residue_kept", "A-1", "untold")


def test_what_is_no_residue_is_refused_in_one_line(run: Run, sqlite_engine: Engine) -> None:
    add_debt(sqlite_engine)
    for account, why in (("A-9", "is not in the case database"), ("A-1", "has no open case")):
        refused = run("residue", "waive", account, "--by", "dana")
        assert (refused.code, why in refused.err, refused.err.count("\n")) == (2, True, 1)
