"""Which cases a filter lets through: by ids, money, time, holds and what waits for a person."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert

from casedb import schema
from casedb.case_filters import CaseFilter
from casedb.engine import reading, writing
from casedb.task_raising import Need, raise_task
from casedb.timeline import list_cases
from domain.vocabulary import Stage, TaskKind
from tests.casedb.people import add_account, add_person

NOW = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def add_case(connection: Connection, number: int, account: dict[str, Any], **changed: Any) -> None:
    """A case of an account and a person of its own."""
    person_id, account_id = f"P-{number}", f"A-{number}"
    add_person(connection, person_id)
    add_account(connection, account_id, person_id, **account)
    values: dict[str, Any] = {
        "case_id": f"A-{number}-1",
        "account_id": account_id,
        "person_id": person_id,
        "strategy": "wallet-standard",
        "strategy_version": "abc",
        "stage": "reminder",
        "opened_at": NOW - timedelta(days=number),
        "opening_balance_minor": 1,
        "next_at": NOW + timedelta(hours=number),
    }
    connection.execute(insert(schema.case), values | changed)


def hold(account_id: str | None, person_id: str, **times: datetime | None) -> dict[str, Any]:
    """A hold that began an hour ago."""
    values: dict[str, Any] = {"kind": "custom", "reason": "", "owner": "care", "starts_at": NOW - HOUR}
    values |= {"pauses_dpd": True, "placed_by": "", "released_by": "", "released_at": None, "ends_at": None}
    return values | {"hold_id": f"H-{person_id}", "account_id": account_id, "person_id": person_id} | times


@pytest.fixture
def book(any_engine: Engine) -> Iterator[Engine]:
    """Five cases; the fifth is closed."""
    with writing(any_engine) as connection:
        add_case(connection, 1, {"balance_minor": 10_000})
        add_case(connection, 2, {"balance_minor": 20_000}, strategy="wallet-gentle", next_at=NOW - HOUR)
        add_case(connection, 3, {"balance_minor": 30_000, "currency": "CNY"}, stage="follow_up")
        add_case(connection, 4, {"balance_minor": 40_000})
        add_case(connection, 5, {"balance_minor": 0}, stage="closed", closed_at=NOW, close_reason="paid")
        held = [
            hold(None, "P-1"),
            hold("A-2", "P-2", released_at=NOW),
            hold("A-3", "P-3", ends_at=NOW + HOUR),
            hold("A-4", "P-4", ends_at=NOW - timedelta(minutes=1)),
        ]
        connection.execute(insert(schema.hold), held)
        review = Need(kind=TaskKind.HOLD_REVIEW, key="H", owner="care", why="look")
        raise_task(connection, review, NOW, case_id="A-1-1")
        raise_task(connection, replace(review, kind=TaskKind.CALLBACK), NOW, case_id="A-4-1")
        connection.execute(schema.human_task.update().where(schema.human_task.c.kind == "callback").values(done_at=NOW))
    return any_engine


EXPECTED = [
    (CaseFilter(), "21345"),
    (CaseFilter(account_id="A-3"), "3"),
    (CaseFilter(person_id="P-4"), "4"),
    (CaseFilter(strategy="wallet-gentle"), "2"),
    (CaseFilter(jurisdiction="US", stage=Stage.FOLLOW_UP), "3"),
    (CaseFilter(jurisdiction="CN"), ""),
    (CaseFilter(currency="USD", owes_at_least=10_000, owes_at_most=20_000), "21"),
    (CaseFilter(next_before=NOW), "2"),
    (CaseFilter(next_from=NOW + 3 * HOUR), "34"),
    (CaseFilter(opened_from=NOW - timedelta(days=2)), "21"),
    (CaseFilter(is_open=False), "5"),
    (CaseFilter(is_open=True, currency="CNY"), "3"),
    (CaseFilter(held=True), "13"),
    (CaseFilter(held=False, is_open=True), "24"),
    (CaseFilter(waits_for_a_person=True), "1"),
    (CaseFilter(waits_for_a_person=False, is_open=True), "234"),
    (CaseFilter(task=TaskKind.HOLD_REVIEW), "1"),
    (CaseFilter(task=TaskKind.CALLBACK), ""),
    (CaseFilter(accounts=frozenset({"A-1", "A-5"})), "15"),
    (CaseFilter(accounts=frozenset()), ""),
]


def test_every_condition_that_is_given_must_hold(book: Engine) -> None:
    with reading(book) as connection:
        for wanted, numbers in EXPECTED:
            found, total = list_cases(connection, replace(wanted, now=NOW))
            assert "".join(case.account_id.removeprefix("A-") for case in found) == numbers, wanted
            assert total == len(numbers), wanted


def test_only_a_filter_without_a_condition_is_empty() -> None:
    assert CaseFilter(now=NOW).is_empty
    assert not CaseFilter(held=False).is_empty
