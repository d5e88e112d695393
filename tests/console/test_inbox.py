"""`inbox list|show|retry|assign|dismiss` as people and programs run them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from casedb import schema
from casedb.engine import reading, writing
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


@pytest.fixture
def nameless(sqlite_engine: Engine) -> Engine:
    """A payment without an account, and the chargeback of it."""
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
    for name, kind in (("succeeded", InboundKind.PAYMENT), ("withdrawn", InboundKind.REVERSAL)):
        fact = InboundFact(
            event_id=f"stripe:pi_1:{name}",
            source="stripe",
            kind=kind,
            at=NOW,
            payment="stripe:pi_1",
            amount_minor=100 if kind is InboundKind.PAYMENT else 40,
            currency="USD",
        )
        assert receive(sqlite_engine, fact, received_at=NOW).parked
    return sqlite_engine


def test_a_payment_without_an_account_is_given_to_one_with_all_that_belongs_to_it(run: Run, nameless: Engine) -> None:
    told = json.loads(run("inbox", "list", "--json").out)["facts"]
    assert "inbox assign it to one" in told[0]["why"]
    wrong = run("inbox", "assign", "stripe:pi_1:succeeded", "A-9", "--by", "dana")
    assert (wrong.code, "account A-9 is not in the case database" in wrong.err) == (2, True)

    given = run("inbox", "assign", "stripe:pi_1:succeeded", "A-1", "--by", "dana")

    assert given.code == 2, "it has its effect, and no server is there to tell its case"
    assert "is recorded, but the case was not told" in given.err
    assert json.loads(run("inbox", "show", "stripe:pi_1:withdrawn", "--json").out)["state"] == "untold"
    with reading(nameless) as connection:
        assert connection.scalar(select(schema.account.c.balance_minor)) == -60
        assert connection.scalars(select(schema.human_task.c.done_at)).all().count(None) == 0
    assert (
        "is recorded, but the case was not told"
        in run("inbox", "assign", "stripe:pi_1:succeeded", "A-1", "--by", "dana").err
    )


def test_a_payment_for_something_else_is_dismissed_and_asks_nobody_any_more(run: Run, nameless: Engine) -> None:
    for name in ("succeeded", "withdrawn"):
        done = run("inbox", "dismiss", f"stripe:pi_1:{name}", "--by", "dana", "--note", "a shop sale")
        assert (done.code, "is dismissed by dana" in done.out) == (0, True)
    assert "no fact waits" in run("inbox", "list").out
    assert json.loads(run("inbox", "show", "stripe:pi_1:succeeded", "--json").out)["state"] == "dismissed"
    assert "no task waits" in run("task", "list").out
    again = run("inbox", "dismiss", "stripe:pi_1:succeeded", "--by", "dana")
    assert (again.code, "is not parked" in again.err) == (2, True)
