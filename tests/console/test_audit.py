"""`audit verify` as a person and a program run it."""

import json

import pytest
from sqlalchemy import Engine, text

from casedb.engine import writing
from tests.casedb.people import NOW
from tests.casedb.test_verdicts import add_two_cases
from tests.casedb.verdicts import put_on_record
from tests.console.conftest import Run


@pytest.fixture
def verdicts(sqlite_engine: Engine) -> Engine:
    """Two verdicts of one case."""
    add_two_cases(sqlite_engine)
    with writing(sqlite_engine) as connection:
        for _ in range(2):
            put_on_record(connection, "a-1", NOW)
    return sqlite_engine


def test_whole_chains_end_with_zero_and_one_case_tells_its_last_hash(run: Run, verdicts: Engine) -> None:
    everything = run("audit", "verify")
    assert (everything.code, everything.err) == (0, "")
    assert "2 verdicts in 1 chains: each is as it was written" in everything.out
    assert "its last is number 2, hash " in run("audit", "verify", "a").out
    told = json.loads(run("audit", "verify", "a-1", "--json").out)
    assert (told["chains"], told["verdicts"], told["broken"], told["head"]["number"]) == (1, 2, [], 2)


def test_a_broken_chain_is_named_and_ends_with_one(run: Run, verdicts: Engine) -> None:
    with writing(verdicts) as connection:
        connection.execute(text("DROP TRIGGER verdict_undeleted"))
        connection.execute(text("DELETE FROM verdict WHERE number = 2"))
    ran = run("audit", "verify")
    assert ran.code == 1
    assert "verdict 2 is missing" in ran.out
    told = run("audit", "verify", "--json")
    assert told.code == 1
    assert json.loads(told.out)["broken"] == [{"case_id": "a-1", "number": 2, "what": "missing"}]


def test_a_case_without_verdicts_and_one_that_nobody_knows(run: Run, verdicts: Engine) -> None:
    assert "0 verdicts in 0 chains" in run("audit", "verify", "b-1").out
    assert "no account or case c" in run("audit", "verify", "c").err
