"""What the ledger says is overdue: as a row of a book, at once, and once."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import update

from casedb.book import import_book
from casedb.engine import writing
from casedb.inbox import unsignalled
from casedb.schema import person
from domain.errors import InvalidInput
from tests.casedb.books import SOUND, write_book
from tests.casedb.people import NOW
from tests.web.partners import Counter, counter, no_value_of, payment
from web.delinquency_models import Delinquency

ONE, MANY = "/v1/delinquencies", "/v1/delinquencies/batch"
FIGURES: dict[str, Any] = {
    "event_id": "dq-1",
    "occurred_at": "2026-11-21T08:00:00Z",
    "account_id": "A-1",
    "as_of": "2026-11-20",
    "due_date": "2026-11-01",
    "currency": "USD",
    "principal_minor": 10_000,
    "interest_minor": 250,
    "fees_minor": 500,
}
NOT_A_COLUMN = {"principal", "interest", "fees", "as_of", "due_date", "currency", "account_id"}
PERSON = {name: value for name, value in SOUND.items() if name not in NOT_A_COLUMN and value}


def short(**changed: Any) -> dict[str, Any]:
    """Figures alone."""
    return FIGURES | changed


def long(**changed: Any) -> dict[str, Any]:
    """Figures with the person."""
    return FIGURES | PERSON | changed


@pytest.fixture
def desk(any_database: str) -> Iterator[Counter]:
    with counter(any_database) as made:
        yield made


def test_an_account_with_its_person_is_what_a_book_would_make_of_it(
    desk: Counter, sqlite_template: Path, tmp_path: Path
) -> None:
    assert desk.post(ONE, long()).json() == {"event_id": "dq-1", "status": "accepted"}
    shutil.copyfile(sqlite_template, tmp_path / "other.db")
    with counter(f"sqlite:///{tmp_path / 'other.db'}") as other:
        book = write_book(tmp_path / "book.csv", SOUND | {"as_of": FIGURES["as_of"]})
        import_book(other.engine, book, now=NOW)
        for table in ("person", "contact_point", "account", "obligation", "ledger_entry", "consent"):
            assert [_undated(row) for row in desk.rows(table)] == [_undated(row) for row in other.rows(table)], table
    assert desk.balance() == 10_750
    assert desk.connected == 1, "its case is told, or started"


def _undated(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in ("created_at", "recorded_at")}


def test_figures_alone_move_the_ledger_of_an_account_that_we_know(desk: Counter) -> None:
    desk.post(ONE, long())
    assert desk.post(ONE, short(event_id="dq-2", as_of="2026-11-21", fees_minor=900)).status_code == 200
    assert desk.balance() == 11_150
    assert desk.rows("person")[0].full_name == PERSON["full_name"]
    assert len(desk.rows("contact_point")) == 2


def test_a_day_that_fell_due_since_is_added(desk: Counter) -> None:
    desk.post(ONE, long())
    desk.post(ONE, short(event_id="dq-2", as_of="2026-11-21", due_date="2026-11-15", principal_minor=20_000))
    assert [str(row.due_on) for row in desk.rows("obligation")] == ["2026-11-01", "2026-11-15"]


def test_figures_of_an_older_day_do_not_undo_what_happened_since(desk: Counter) -> None:
    desk.post(ONE, long())
    desk.post("/v1/ledger-events", payment())
    assert desk.post(ONE, short(event_id="dq-2", as_of="2026-11-19", principal_minor=1)).status_code == 200
    assert desk.balance() == 6_750


def test_other_figures_for_the_same_day_are_refused(desk: Counter) -> None:
    desk.post(ONE, long())
    answer = desk.post(ONE, short(event_id="dq-2", principal_minor=1))
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "as_of")
    assert [row.event_id for row in desk.rows("inbox_event")] == ["ledger:dq-1"]


def test_an_account_that_nobody_knows_is_parked_without_its_person(desk: Counter) -> None:
    answers = [desk.post(ONE, short()) for _ in range(2)]
    assert [(each.status_code, each.json()["status"]) for each in answers] == [(202, "parked")] * 2
    (stored,), (task,) = desk.rows("inbox_event"), desk.rows("human_task")
    assert stored.payload["fact"]["owed"]["principal_minor"] == 10_000
    assert (task.kind, task.key) == ("parked_fact", "ledger:dq-1")
    assert desk.connected == 0


def test_the_same_delinquency_again_changes_nothing(desk: Counter) -> None:
    assert [desk.post(ONE, long()).json()["status"] for _ in range(3)] == ["accepted"] * 3
    assert len(desk.rows("ledger_entry")) == 3
    assert desk.post(ONE, long(principal_minor=1)).status_code == 409


def test_it_is_told_until_it_was_told(desk: Counter) -> None:
    desk.post(ONE, long())
    (waiting,) = unsignalled(desk.engine, desk.rows("inbox_event")[0].received_at, 10)
    event = waiting.event()
    assert event is not None
    assert event.kind == "ledger_changed"
    assert (waiting.account_ids, waiting.balance_minor) == (("A-1",), 10_750)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (short(as_of="2026-12-25"), "as_of"),
        (short(as_of=20_261_121), "as_of"),
        (short(due_date="2026-11-21"), "due_date"),
        (short(due_date="yesterday"), "due_date"),
        (short(principal_minor=-1), "principal_minor"),
        (short(principal_minor=1.5), "principal_minor"),
        (short(interest_minor=10**15), "interest_minor"),
        (short(currency="XXX"), "currency"),
        (short(occurred_at="2026-11-22T08:00:00Z"), "occurred_at"),
        (short(account_id="+14045550102"), "account_id"),
        (short(account_id="4045550102"), "account_id"),
        (short(full_name="Denise Okafor"), "country"),
        (long(phone="4045550102 ext"), "phone"),
        (long(country="XX"), "country"),
        (long(time_zone="here"), "time_zone"),
        (long(email="denise"), "email"),
        (long(principal_minor=0, interest_minor=0, fees_minor=0), "principal"),
        (long(whatsapp="+14045550102"), "whatsapp_consent"),
        (long(phone=7), "phone"),
        (long(unknown="x"), "unknown"),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_its_field_and_without_its_value(
    sqlite_url: str, told: dict[str, Any], field: str
) -> None:
    with counter(sqlite_url) as desk:
        answer = desk.post(ONE, told)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
        assert no_value_of(answer, "Denise", "denise", "4045550102")
        assert desk.rows("inbox_event") == desk.rows("person") == []


def test_good_ones_of_a_batch_go_on_and_bad_ones_come_back(desk: Counter) -> None:
    told = desk.post(
        MANY,
        {
            "delinquencies": [
                long(),
                long(event_id="dq-2", account_id="A-2"),
                long(event_id="dq-3", account_id="A-3", phone="1"),
                short(event_id="dq-4", account_id="A-9"),
            ]
        },
    ).json()
    assert [each["status"] for each in told["results"]] == ["accepted", "accepted", "refused", "parked"]
    assert [row.account_id for row in desk.rows("account")] == ["A-1", "A-2"]
    assert len(desk.rows("person")) == 1


def test_nothing_about_the_person_is_in_the_inbox(desk: Counter) -> None:
    desk.post(ONE, long())
    stored = str(desk.rows("inbox_event")[0].payload)
    assert not any(value in stored for value in (PERSON["full_name"], PERSON["phone"], PERSON["email"]))


def test_a_person_who_was_forgotten_does_not_come_back_with_old_figures(desk: Counter) -> None:
    desk.post(ONE, long())
    with writing(desk.engine) as connection:
        connection.execute(update(person).values(erased_at=NOW, full_name=""))
    desk.post(ONE, long(event_id="dq-2", account_id="A-2"))
    assert desk.rows("person")[0].full_name == ""


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from([*FIGURES, *PERSON]), ANYTHING, max_size=4))
def test_whatever_is_posted_is_taken_or_refused_with_a_sentence(changed: dict[str, Any]) -> None:
    try:
        fact = Delinquency.model_validate(long(**changed)).fact("ledger", NOW)
    except (InvalidInput, ValidationError):
        return
    fact.check()
