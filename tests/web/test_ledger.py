"""What the ledger posts: once, at once, with its effect, and answered so that the sender knows what to do."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from casedb.engine import writing
from tests.casedb.people import add_account, add_person
from tests.web.partners import FIRST, SECOND, Counter, counter, payment
from web.ledger_models import MOST_ITEMS, LedgerEventType

ONE, MANY = "/v1/ledger-events", "/v1/ledger-events/batch"


@pytest.fixture
def desk(any_database: str) -> Iterator[Counter]:
    with counter(any_database, partners=f"ledger={FIRST}; bureau={SECOND}") as made:
        with writing(made.engine) as connection:
            add_person(connection, "P-1")
            add_account(connection, "A-1", "P-1")
        yield made


@pytest.mark.parametrize(
    ("kind", "moved"),
    [
        ("payment", -4_000),
        ("reversal", 4_000),
        ("chargeback", 4_000),
        ("credit", -4_000),
        ("fee", 4_000),
        ("waiver", -4_000),
        ("refund", -4_000),
        ("write_off", -4_000),
    ],
)
def test_each_type_moves_the_balance_in_its_own_direction(desk: Counter, kind: str, moved: int) -> None:
    answer = desk.post(ONE, payment(type=kind))
    assert (answer.status_code, answer.json()) == (200, {"event_id": "pay-1", "status": "accepted"})
    assert desk.balance() == moved
    assert [(row.entry_id, row.amount_minor) for row in desk.rows("ledger_entry")] == [("ledger:pay-1", moved)]
    assert desk.connected == 1, "the case is told after the answer"


def test_every_type_is_tried_above() -> None:
    assert len(LedgerEventType) == 8


def test_the_same_event_again_changes_nothing_and_is_answered_alike(desk: Counter) -> None:
    first, again = desk.post(ONE, payment()), desk.post(ONE, payment(occurred_at="2026-11-21T09:00:00+01:00"))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert desk.balance() == -4_000
    assert len(desk.rows("inbox_event")) == 1


def test_an_id_that_stands_for_another_fact_is_told_to_its_sender(desk: Counter) -> None:
    desk.post(ONE, payment())
    answer = desk.post(ONE, payment(amount_minor=5_000))
    assert (answer.status_code, answer.json()["error"]["field"]) == (409, "event_id")
    assert desk.balance() == -4_000


def test_two_partners_may_use_the_same_id(desk: Counter) -> None:
    answers = [desk.post(ONE, payment(), secret).status_code for secret in (FIRST, SECOND)]
    assert answers == [200, 200]
    assert [row.event_id for row in desk.rows("inbox_event")] == ["bureau:pay-1", "ledger:pay-1"]
    assert {row.source for row in desk.rows("inbox_event")} == {"bureau", "ledger"}
    assert desk.balance() == -8_000


def test_an_account_that_nobody_knows_is_parked_for_a_human_and_once(desk: Counter) -> None:
    answers = [desk.post(ONE, payment(account_id="A-9")) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json() == {"event_id": "pay-1", "status": "parked"}
    (task,) = desk.rows("human_task")
    assert (task.kind, task.key, task.case_id, task.done_at) == ("parked_fact", "ledger:pay-1", None, None)
    assert "A-9" in task.why


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"event_id": ""}, "event_id"),
        ({"event_id": "mail@example.com"}, "event_id"),
        ({"event_id": "x" * 121}, "event_id"),
        ({"event_id": 7}, "event_id"),
        ({"type": "gift"}, "type"),
        ({"account_id": "+12025550143"}, "account_id"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"amount_minor": 10**16}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"amount_minor": 12.0}, "amount_minor"),
        ({"amount_minor": "12"}, "amount_minor"),
        ({"currency": "usd"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": {}}, "currency"),
        ({"account_id": []}, "account_id"),
        ({"account_id": "4045550102"}, "account_id"),
        ({"currency": "EUR"}, "currency"),
        ({"occurred_at": "2026-11-21"}, "occurred_at"),
        ({"occurred_at": "2026-11-21T08:00:00"}, "occurred_at"),
        ({"occurred_at": 1_795_000_000}, "occurred_at"),
        ({"occurred_at": "2026-11-21T09:06:00Z"}, "occurred_at"),
        ({"occurred_at": "1999-11-21T09:06:00Z"}, "occurred_at"),
        ({"note": "Denise"}, "note"),
        ({"+12025550143": "Denise"}, "?"),
    ],
)
def test_what_is_malformed_is_refused_by_the_name_of_its_field_and_without_its_value(
    desk: Counter, changed: dict[str, Any], field: str
) -> None:
    answer = desk.post(ONE, payment(**changed))
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (422, field)
    assert error["message"]
    assert not any(word in answer.text for word in ("Denise", "12025550143", "mail@example.com"))
    assert desk.rows("inbox_event") == []


def test_what_is_missing_is_named(desk: Counter) -> None:
    told = payment()
    del told["currency"]
    assert desk.post(ONE, told).json()["error"] == {"field": "currency", "message": "is missing"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"\xff\xfe", b"null", b'"a"', b"[" * 5_000, b'{"a": NaN}'])
@pytest.mark.parametrize("path", [ONE, MANY])
def test_a_body_that_is_no_form_is_refused(desk: Counter, path: str, body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        assert desk.http.post(path, content=body).status_code == 401, "no text can be signed over it"
        return
    answer = desk.post(path, body)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_good_events_of_a_batch_go_on_and_bad_ones_come_back(desk: Counter) -> None:
    events = [
        payment(),
        payment(event_id="pay-2", amount_minor=0),
        "nothing",
        payment(event_id="pay-3", account_id="A-9"),
        payment(),
        payment(amount_minor=1),
        payment(event_id="pay-4", currency="EUR"),
    ]
    answer = desk.post(MANY, {"events": events})
    told = answer.json()
    assert answer.status_code == 200
    assert [told[name] for name in ("accepted", "parked", "refused")] == [2, 1, 4]
    assert [(each["index"], each["event_id"], each["status"]) for each in told["results"]] == [
        (0, "pay-1", "accepted"),
        (1, None, "refused"),
        (2, None, "refused"),
        (3, "pay-3", "parked"),
        (4, "pay-1", "accepted"),
        (5, "pay-1", "refused"),
        (6, "pay-4", "refused"),
    ]
    fields = [(each["error"] or {}).get("field") for each in told["results"]]
    assert fields == [None, "amount_minor", None, None, None, "event_id", "currency"]
    assert desk.balance() == -4_000


def test_a_batch_that_comes_again_is_answered_alike(desk: Counter) -> None:
    batch = {"events": [payment(event_id=f"pay-{number}") for number in range(20)]}
    first, again = desk.post(MANY, batch), desk.post(MANY, batch)
    assert first.json() == again.json()
    assert desk.balance() == -80_000


@pytest.mark.parametrize(("count", "status"), [(0, 422), (MOST_ITEMS, 200), (MOST_ITEMS + 1, 422)])
def test_a_batch_has_bounds(sqlite_url: str, count: int, status: int) -> None:
    with counter(sqlite_url) as desk:
        answer = desk.post(MANY, {"events": ["nothing"] * count})
        assert answer.status_code == status
        if status == 422:
            assert answer.json()["error"]["field"] == "events"


@pytest.mark.parametrize("path", [ONE, MANY])
def test_without_its_database_a_door_asks_to_come_again_and_names_nobody(
    desk: Counter, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    body = payment() if path == ONE else {"events": [payment()]}
    with writing(desk.engine) as connection:
        connection.execute(text("ALTER TABLE inbox_event RENAME TO gone"))
    answer = desk.post(path, body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert set(answer.json()["error"]) == {"field", "message"}
    assert "A-1" not in caplog.text + answer.text
    with writing(desk.engine) as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO inbox_event"))
    assert desk.post(path, body).status_code == 200
    assert desk.balance() == -4_000


def test_a_file_that_is_no_database_any_more_is_trouble_of_ours(sqlite_url: str) -> None:
    with counter(sqlite_url) as desk:
        desk.engine.dispose()
        with open(sqlite_url.removeprefix("sqlite:///"), "wb") as file:
            file.write(b"not a database at all" * 1_000)
        assert desk.post(ONE, payment()).status_code == 503


def test_nothing_is_lost_when_the_case_cannot_be_told(desk: Counter) -> None:
    desk.post(ONE, payment())
    (stored,) = desk.rows("inbox_event")
    assert stored.signalled_at is None
    assert json.loads(json.dumps(stored.payload))["balance_minor"] == -4_000
