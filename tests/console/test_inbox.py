"""`inbox list`, `inbox show` and `inbox retry` as people and programs run them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from casedb.engine import writing
from casedb.inbox import InboundFact, InboundKind, mark_signalled, receive
from tests.casedb.people import NOW, add_account, add_person
from tests.console.conftest import Run


@pytest.fixture
def waiting(sqlite_engine: Engine) -> Engine:
    """A parked payment, one whose case was not told, and one with which everything is done."""
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
    now = datetime.now(UTC)
    for number, account in enumerate(("A-9", "A-1", "A-1")):
        fact = InboundFact(
            event_id=f"pay-{number}",
            source="ledger",
            kind=InboundKind.PAYMENT,
            at=NOW,
            account_id=account,
            amount_minor=100,
            currency="USD",
        )
        receive(sqlite_engine, fact, received_at=now - timedelta(hours=1) + timedelta(minutes=number))
    mark_signalled(sqlite_engine, "pay-2", NOW)
    return sqlite_engine


def test_the_list_says_what_waits_for_what_and_for_how_long(run: Run, waiting: Engine) -> None:
    told = json.loads(run("inbox", "list", "--json").out)
    assert told["total"] == 2
    assert [(fact["event_id"], fact["state"], fact["account_id"]) for fact in told["facts"]] == [
        ("pay-0", "parked", "A-9"),
        ("pay-1", "untold", "A-1"),
    ]
    assert told["facts"][0]["age_seconds"] == pytest.approx(3_600, abs=60)
    page = run("inbox", "list").out
    assert "nobody knows whom it is about" in " ".join(page.split())
    assert max(map(len, page.splitlines())) <= 100
    assert "1 of 2 facts: --limit 2 shows all" in run("inbox", "list", "--limit", "1").out


def test_one_fact_is_shown_with_what_became_of_it(run: Run, waiting: Engine) -> None:
    assert json.loads(run("inbox", "show", "pay-1", "--json").out)["accounts_to_tell"] == ["A-1"]
    assert "it had its effect, and its case was told" in run("inbox", "show", "pay-2").out
    missing = run("inbox", "show", "pay-404")
    assert (missing.code, "fact pay-404 is not in the inbox" in missing.err) == (2, True)


def test_a_parked_fact_is_tried_again_when_its_account_is_known(run: Run, waiting: Engine) -> None:
    assert json.loads(run("inbox", "retry", "pay-0", "--json").out)["parked"]
    with writing(waiting) as connection:
        add_account(connection, "A-9", "P-1")
    tried = run("inbox", "retry", "pay-0")
    assert tried.code == 2, "it has its effect, and no server is there to tell its case"
    assert "payment pay-0 is recorded, but the case was not told" in tried.err
    assert json.loads(run("inbox", "show", "pay-0", "--json").out)["state"] == "untold"


def test_nothing_waits_is_said(run: Run, sqlite_engine: Engine) -> None:
    assert "no fact waits" in run("inbox", "list").out
