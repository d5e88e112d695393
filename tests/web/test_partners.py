"""Who signs is known by his secret; what nobody of ours signed a moment ago is refused before it is read."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from tests.web.partners import FIRST, SECOND, STRANGER, Counter, counter, payment, signatures
from web.partners import LONGEST_BODY_BYTES, Partners

DOORS = ["/v1/ledger-events", "/v1/ledger-events/batch"]
BODY = b'{"test": 2432232314}'


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Counter]:
    with counter(sqlite_url, partners=f"ledger={FIRST},{SECOND}") as made:
        yield made


def test_the_vector_of_the_specification_is_signed_as_published() -> None:
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    made = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), BODY.decode()
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_partner_is_known_by_any_of_its_secrets() -> None:
    partners = Partners({"ledger": (FIRST,), "bureau": (SECOND,)})
    assert partners.signer_of(BODY, signatures(BODY, FIRST)) == "ledger"
    assert partners.signer_of(BODY, signatures(BODY, SECOND)) == "bureau"
    assert partners.signer_of(BODY, signatures(BODY, STRANGER)) is None
    assert partners.signer_of(BODY, signatures(BODY, STRANGER, SECOND)) == "bureau", "who changes a secret signs twice"


@pytest.mark.parametrize(("minutes", "known"), [(6, False), (4, True), (-4, True), (-6, False)])
def test_a_signature_counts_for_five_minutes_in_either_direction(minutes: int, known: bool) -> None:
    headers = signatures(BODY, FIRST, age=timedelta(minutes=minutes))
    assert (Partners({"ledger": (FIRST,)}).signer_of(BODY, headers) == "ledger") is known


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["webhook-id", "webhook-timestamp", "webhook-signature"], st.text())
    ),
    st.binary(max_size=40),
)
def test_whatever_is_posted_without_a_secret_is_nobodys(headers: dict[str, str], body: bytes) -> None:
    assert Partners({"ledger": (FIRST,)}).signer_of(body, headers) is None


@pytest.mark.parametrize("secret", [FIRST, SECOND])
def test_two_secrets_are_good_at_once(desk: Counter, secret: str) -> None:
    assert desk.post(DOORS[0], payment(), secret).status_code == 202


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("body", [payment(), b"{", b"\xff"])
def test_a_stranger_hears_401_and_nothing_about_the_form(desk: Counter, path: str, body: object) -> None:
    raw = body if isinstance(body, bytes) else b"{}"
    headers = signatures(b"{}", STRANGER)
    answers = [desk.http.post(path, content=raw, headers=headers), desk.http.post(path, content=raw)]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json()["error"]["field"] is None
    assert desk.rows("inbox_event") == []


def test_a_body_that_was_changed_on_the_way_is_refused(desk: Counter) -> None:
    headers = signatures(b'{"amount_minor": 1}', FIRST)
    assert desk.http.post(DOORS[0], content=b'{"amount_minor": 9}', headers=headers).status_code == 401


def test_a_signature_of_yesterday_is_refused(desk: Counter) -> None:
    headers = signatures(b"{}", FIRST, age=timedelta(days=1))
    assert desk.http.post(DOORS[0], content=b"{}", headers=headers).status_code == 401


def test_a_body_that_is_too_long_is_refused_before_its_signature_is_looked_at(desk: Counter) -> None:
    assert desk.http.post(DOORS[0], content=b" " * (LONGEST_BODY_BYTES + 1)).status_code == 413


def test_without_partners_there_is_no_door(sqlite_url: str) -> None:
    with counter(sqlite_url, partners="") as desk:
        assert [desk.post(path, payment()).status_code for path in DOORS] == [404, 404]
