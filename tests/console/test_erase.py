"""`erase` as a person runs it."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from casedb import schema
from casedb.engine import reading, writing
from config.jurisdictions import load_profiles
from config.retention import retention_in
from tests.casedb.people import NOW, add_account, add_person
from tests.console.conftest import Run

PROFILES = load_profiles(Path(__file__).parents[2] / "config" / "jurisdictions")


@pytest.fixture
def person(sqlite_engine: Engine) -> Engine:
    """A person with an account on which nothing is owed."""
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1", phone="+12125550142")
        add_account(connection, "A-1", "P-1")
    return sqlite_engine


def test_a_person_without_debt_or_record_is_erased_once(run: Run, person: Engine) -> None:
    assert "person P-1 is erased" in run("erase", "P-1", "--by", "dana").out
    again = run("erase", "P-1")
    assert (again.code, "was erased at" in again.out) == (0, True)
    assert "no account or person" not in run("consent", "show", "P-1").err, "the id stays"


def test_a_person_who_owes_is_restricted_and_told_why(run: Run, person: Engine) -> None:
    with writing(person) as connection:
        connection.execute(schema.account.update().values(balance_minor=700))
    ran = run("erase", "P-1", "--by", "dana")
    assert (ran.code, ran.out) == (2, "")
    assert "hold_placed restrict:P-1 is recorded, but the case was not told" in ran.err
    with reading(person) as connection:
        hold = connection.execute(select(schema.hold)).one()
        restricted = connection.scalar(select(schema.person.c.restricted_at))
    assert (hold.hold_id, hold.account_id, hold.owner, hold.placed_by) == ("P-1:restricted", None, "privacy", "dana")
    assert hold.review_at is not None
    assert restricted is not None


def test_a_record_that_a_law_keeps_names_the_law_and_the_day(run: Run, person: Engine) -> None:
    with writing(person) as connection:
        connection.execute(
            insert(schema.ledger_entry).values(
                entry_id="L", account_id="A-1", version=1, kind="payment", amount_minor=-1, at=NOW, recorded_at=NOW
            )
        )
        connection.execute(schema.account.update().values(person_id="P-1"))
    run("erase", "P-1")
    with writing(person) as connection:
        connection.execute(schema.inbox_event.update().values(signalled_at=NOW))
    ran = run("erase", "P-1")
    assert ran.code == 1
    assert "the law keeps the record until 2029-11-21" in ran.out
    assert "12 CFR 1006.100" in ran.out
    told = json.loads(run("erase", "P-1", "--json").out)
    assert (told["erased"], told["kept_until"], told["owing"]) == (False, "2029-11-21", [])


def test_nobody_is_named(run: Run, person: Engine) -> None:
    ran = run("erase", "P-9")
    assert (ran.code, ran.err) == (2, "person P-9 is not known: import the book that holds the person first\n")


@pytest.mark.parametrize(("jurisdiction", "years"), [("US", 3), ("US-NYC", 3), ("CN", 10), ("UK", 7), ("ZZ", 10)])
def test_records_are_kept_as_long_as_the_law_of_the_place_says(jurisdiction: str, years: int) -> None:
    assert retention_in(jurisdiction, PROFILES).years == years
