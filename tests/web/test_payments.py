"""What the payment provider tells: each movement of money once, whatever is told twice or late."""

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe import WebhookSignature

from casedb.engine import writing
from config.partners import SANDBOX_STRIPE_SECRETS
from domain.errors import InvalidInput
from tests.casedb.people import add_account, add_person
from tests.web.partners import Counter, counter
from web.stripe_events import LONGEST_EVENT_BYTES, StripeSignature, facts_of
from web.stripe_models import StripeEvent

PATH = "/v1/payments/stripe"
FIRST, SECOND = SANDBOX_STRIPE_SECRETS
AT = 1_795_251_600
ACCOUNT = {"account_id": "A-1"}
_numbers = itertools.count(1)


def event(kind: str, told: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """An event under an id of its own."""
    made = {"id": f"evt_{next(_numbers)}", "object": "event", "type": kind, "created": AT, "livemode": False}
    return made | {"data": {"object": told}} | changed


def intent(what: str, *, received: int = 0, name: str = "pi_1", **changed: Any) -> dict[str, Any]:
    """An event about one payment."""
    told = {
        "id": name,
        "currency": "usd",
        "amount_received": received,
        "metadata": ACCOUNT,
        "receipt_email": "a@b.example",
    }
    return event(f"payment_intent.{what}", told | changed)


def refund(total: int, *, before: int) -> dict[str, Any]:
    """A refund that brings the total to this."""
    charge = {"id": "ch_1", "currency": "usd", "amount_refunded": total, "payment_intent": "pi_1", "metadata": ACCOUNT}
    data = {"object": charge, "previous_attributes": {"amount_refunded": before}}
    return event("charge.refunded", charge, data=data)


def dispute(what: str, status: str = "needs_response") -> dict[str, Any]:
    """An event about one dispute of the payment."""
    told = {"id": "dp_1", "currency": "usd", "amount": 4_000, "charge": "ch_1", "payment_intent": "pi_1"}
    return event(f"charge.dispute.{what}", told | {"status": status, "metadata": {}})


def post(desk: Counter, told: Any, secret: str = FIRST, *, age: int = 0) -> httpx.Response:
    """An event, signed as Stripe's own library signs."""
    body = told if isinstance(told, str) else json.dumps(told)
    header = WebhookSignature.generate_signature_header(body, secret, int(time.time()) - age)
    return desk.http.post(PATH, content=body, headers={"stripe-signature": header, "content-type": "application/json"})


@pytest.fixture
def desk(any_database: str) -> Iterator[Counter]:
    with counter(any_database, stripe_webhook_secrets=f"{FIRST},{SECOND}") as made:
        with writing(made.engine) as connection:
            add_person(connection, "P-1")
            add_account(connection, "A-1", "P-1")
        yield made


PAID = intent("succeeded", received=4_000)


@pytest.mark.parametrize("secret", [FIRST, SECOND])
def test_a_payment_counts_under_either_secret(desk: Counter, secret: str) -> None:
    answer = post(desk, PAID, secret)
    assert (answer.status_code, answer.json()) == (200, {"event_id": PAID["id"], "status": "accepted"})
    assert desk.balance() == -4_000
    assert desk.connected == 1


@pytest.mark.parametrize(("secret", "age"), [("whsec_" + "x" * 32, 0), (FIRST, 301), ("whsec_", 0)])
def test_a_wrong_or_old_signature_is_refused(desk: Counter, secret: str, age: int) -> None:
    assert post(desk, PAID, secret, age=age).status_code == 401
    assert desk.rows("inbox_event") == []


@pytest.mark.parametrize("header", ["", "t=1", "v1=x", "t=x,v1=y", "t=1,v1=\u00e9", "t=99999999999999999999,v1=x"])
def test_a_header_that_is_none_is_refused(desk: Counter, header: str) -> None:
    headers = [(b"stripe-signature", header.encode("latin-1"))]
    assert desk.http.post(PATH, content=b"{}", headers=headers).status_code == 401
    assert desk.http.post(PATH, content=b"{}").status_code == 401


def test_a_body_that_was_changed_or_is_too_long_is_refused(desk: Counter) -> None:
    header = WebhookSignature.generate_signature_header('{"a": 1}', FIRST)
    assert desk.http.post(PATH, content=b'{"a": 2}', headers={"stripe-signature": header}).status_code == 401
    assert desk.http.post(PATH, content=b" " * (LONGEST_EVENT_BYTES + 1)).status_code == 413


def test_one_payment_is_one_however_many_events_tell_of_it(desk: Counter) -> None:
    again = intent("succeeded", received=4_000)
    charge = event("charge.succeeded", {"id": "ch_1", "amount": 4_000, "currency": "usd", "metadata": ACCOUNT})
    invoice = event("invoice.paid", {"id": "in_1", "amount_paid": 4_000, "currency": "usd", "metadata": ACCOUNT})
    session = event("checkout.session.completed", {"id": "cs_1", "amount_total": 4_000, "metadata": ACCOUNT})
    told = [PAID, PAID, again, charge, invoice, session]
    assert [post(desk, each).status_code for each in told] == [200] * 6
    assert desk.balance() == -4_000
    kinds = sorted(row.kind for row in desk.rows("inbox_event"))
    assert kinds == ["notice", "notice", "notice", "payment"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_refunds_add_up_in_any_order_and_however_often_they_are_told(desk: Counter, order: tuple[int, ...]) -> None:
    told = [PAID, refund(1_000, before=0), refund(4_000, before=1_000)]
    for each in order:
        assert [post(desk, told[each]).status_code for _ in range(2)] == [200, 200]
    assert desk.balance() == 0


def test_a_chargeback_is_taken_back_and_a_won_one_counts_again(desk: Counter) -> None:
    post(desk, PAID)
    for told in (dispute("created"), dispute("funds_withdrawn"), dispute("updated")):
        assert post(desk, told).status_code == 200
    assert desk.balance() == 0
    for told in (dispute("closed", "won"), dispute("funds_reinstated", "won")):
        assert post(desk, told).status_code == 200
    assert desk.balance() == -4_000


@pytest.mark.parametrize(
    ("what", "status"), [("created", "warning_needs_response"), ("closed", "lost"), ("closed", "")]
)
def test_an_inquiry_and_a_lost_dispute_move_nothing(desk: Counter, what: str, status: str) -> None:
    post(desk, PAID)
    assert post(desk, dispute(what, status)).status_code == 200
    assert desk.balance() == -4_000


def test_a_dispute_of_a_payment_that_nobody_knows_waits_for_it_and_for_a_human(desk: Counter) -> None:
    assert post(desk, dispute("created")).status_code == 202
    (task,) = desk.rows("human_task")
    assert (task.key, "payment stripe:pi_1" in task.why) == ("stripe:dp_1:withdrawn", True)
    assert post(desk, dispute("funds_withdrawn")).status_code == 202
    assert post(desk, PAID).status_code == 200
    assert desk.balance() == 0
    assert desk.rows("human_task")[0].done_at is not None
    assert post(desk, dispute("created")).status_code == 200


def test_a_payment_for_an_account_that_nobody_knows_is_parked(desk: Counter) -> None:
    told = intent("succeeded", received=4_000, metadata={"account_id": "A-9"})
    answers = [post(desk, told) for _ in range(2)]
    assert [(each.status_code, each.json()["status"]) for each in answers] == [(202, "parked")] * 2
    assert len(desk.rows("human_task")) == 1


def test_a_payment_that_names_no_account_is_parked_for_a_human_and_never_lost(desk: Counter) -> None:
    answers = [post(desk, intent("succeeded", received=4_000, metadata={})) for _ in range(2)]
    assert [(each.status_code, each.json()["status"]) for each in answers] == [(202, "parked")] * 2
    (task,) = desk.rows("human_task")
    assert (task.kind, task.key, "inbox assign stripe:pi_1:succeeded" in task.why) == (
        "parked_fact",
        "stripe:pi_1:succeeded",
        True,
    )
    assert desk.rows("ledger_entry") == []


def test_a_payment_in_another_currency_is_parked_with_the_reason_as_the_money_did_move(desk: Counter) -> None:
    assert post(desk, intent("succeeded", received=4_000, currency="eur")).status_code == 202
    (task,) = desk.rows("human_task")
    assert "is EUR, but account A-1 is kept in USD" in task.why
    assert desk.rows("ledger_entry") == []


def test_while_a_payment_is_on_its_way_nothing_is_sent_and_no_longer(desk: Counter) -> None:
    post(desk, intent("processing"))
    (hold,) = desk.rows("hold")
    assert (hold.account_id, hold.kind, hold.pauses_dpd, hold.released_at) == ("A-1", "custom", False, None)
    assert (hold.ends_at - hold.starts_at).days == 7
    post(desk, PAID)
    assert desk.rows("hold")[0].released_at is not None
    assert desk.balance() == -4_000


@pytest.mark.parametrize("end", ["payment_failed", "canceled"])
def test_a_payment_that_failed_ends_the_silence(desk: Counter, end: str) -> None:
    post(desk, intent("processing"))
    post(desk, intent(end))
    assert desk.rows("hold")[0].released_at is not None
    assert desk.rows("ledger_entry") == []


def test_news_that_a_payment_is_on_its_way_is_stale_once_it_arrived(desk: Counter) -> None:
    post(desk, PAID)
    post(desk, intent("processing"))
    assert desk.rows("hold") == []


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, "id"),
        (PAID | {"created": "now"}, "created"),
        (PAID | {"data": {}}, "data.object"),
        (intent("succeeded", received=4_000, currency="zzz"), "data.object.currency"),
        (intent("succeeded", received=-1), "data.object.amount_received"),
        (
            intent("succeeded", received=4_000, metadata={"account_id": "a@b.example"}),
            "data.object.metadata.account_id",
        ),
        (refund(1_000, before=1_000), "data.previous_attributes.amount_refunded"),
        (refund(1_000, before=0) | {"data": {"object": {"id": "ch_1"}}}, "data.object.currency"),
        (intent("succeeded", received=150, currency="isk"), "data.object"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field_so_that_stripe_shows_it(
    desk: Counter, told: dict[str, Any], field: str
) -> None:
    answer = post(desk, told)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert "a@b.example" not in answer.text
    assert desk.rows("inbox_event") == []


def test_nothing_of_the_person_is_kept(desk: Counter) -> None:
    post(desk, PAID)
    assert "a@b.example" not in str([row.payload for row in desk.rows("inbox_event")])


@pytest.mark.parametrize(
    ("currency", "told", "kept"),
    [("jpy", 500, 500), ("isk", 50_000, 500), ("ugx", 100, 1), ("mga", 5, 500), ("kwd", 10, 10)],
)
def test_amounts_are_in_the_minor_units_of_the_standard(currency: str, told: int, kept: int) -> None:
    made = StripeEvent.model_validate(intent("succeeded", received=told, currency=currency))
    (fact,) = facts_of(made, lambda _: (), live=False)
    assert (fact.amount_minor, fact.currency) == (kept, currency.upper())


def test_the_test_mode_of_stripe_moves_nothing_live() -> None:
    made = StripeEvent.model_validate(PAID)
    assert [fact.kind.value for fact in facts_of(made, lambda _: (), live=True)] == ["notice"]
    assert [fact.kind.value for fact in facts_of(made, lambda _: (), live=False)] == ["payment"]


@given(st.binary(max_size=50), st.none() | st.text(max_size=50))
def test_whatever_the_header_says_without_a_secret_nothing_is_signed(body: bytes, header: str | None) -> None:
    assert not StripeSignature((FIRST,)).signed(body, header)


ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.dictionaries(st.text(max_size=5), st.text())
)
PARTS = [
    "id",
    "currency",
    "amount",
    "amount_received",
    "amount_refunded",
    "metadata",
    "payment_intent",
    "charge",
    "status",
]
TYPES = ["payment_intent.succeeded", "payment_intent.processing", "charge.refunded", "charge.dispute.created", "a.b"]


@given(
    st.sampled_from(TYPES),
    st.dictionaries(st.sampled_from(PARTS), ANYTHING),
    st.none() | st.just({"amount_refunded": 0}),
)
def test_whatever_a_signed_event_is_about_it_is_facts_or_refused(kind: str, told: dict[str, Any], before: Any) -> None:
    made = StripeEvent.model_validate(event(kind, told, data={"object": told, "previous_attributes": before}))
    try:
        facts = facts_of(made, lambda _: (), live=False)
    except InvalidInput as error:
        assert error.field.startswith("data.")  # noqa: PT017  # most examples are refused here
        return
    for fact in facts:
        fact.check()
