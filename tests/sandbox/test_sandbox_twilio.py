"""Twilio's official client cannot tell the sandbox from Twilio."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from sandbox.twilio_pages import segments
from tests.sandbox.serving import RunningSandbox, SandboxConfig, borrower, controls, open_door, running_sandbox

TO = "+15125550111"
FROM = "+15005550006"


class Redirected(TwilioHttpClient):
    """The official HTTP client, at the sandbox's address."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=20)
        self.base_url = base_url

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        return super().request(method, url.replace("https://api.twilio.com", self.base_url), *args, **kwargs)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(SandboxConfig(webhook_pause_seconds=0.01)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    with controls(running) as client:
        client.post("/reset")
    return running


def twilio(sandbox: RunningSandbox, token: str | None = None) -> Client:
    sid = sandbox.credentials.twilio_account_sid
    return Client(sid, token or sandbox.credentials.twilio_auth_token, http_client=Redirected(sandbox.url))


def settle(sandbox: RunningSandbox) -> None:
    with controls(sandbox) as client:
        assert client.get("/webhooks", params={"wait_seconds": 20}).json()["waiting"] == 0


def test_ids_look_like_twilios(sandbox: RunningSandbox) -> None:
    message = twilio(sandbox).messages.create(to=TO, from_=FROM, body="Hello")
    assert len(message.sid) == 34
    assert message.sid.startswith("SM")
    assert int(message.sid[2:], 16) >= 0
    assert len(message.account_sid) == 34
    assert message.account_sid.startswith("ACsandbox")


def test_a_created_message_can_be_fetched_and_ends_delivered(sandbox: RunningSandbox) -> None:
    client = twilio(sandbox)
    created = client.messages.create(to=TO, from_=FROM, body="您好")
    assert (created.status, created.direction, created.date_sent) == ("queued", "outbound-api", None)
    settle(sandbox)
    fetched = client.messages(created.sid).fetch()
    assert (fetched.body, fetched.status, fetched.error_code) == ("您好", "delivered", None)
    assert isinstance(fetched.date_sent, datetime)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"to": "12345", "from_": FROM, "body": "x"}, 21211),
        ({"to": "+15005550001", "from_": FROM, "body": "x"}, 21211),
        ({"to": "+15005550004", "from_": FROM, "body": "x"}, 21610),
        ({"to": "+15005550009", "from_": FROM, "body": "x"}, 21614),
        ({"to": TO, "from_": FROM, "body": ""}, 21602),
        ({"to": TO, "body": "x"}, 21603),
        ({"to": "", "from_": FROM, "body": "x"}, 21604),
        ({"to": TO, "from_": FROM, "body": "x" * 1601}, 21617),
    ],
)
def test_a_refusal_has_twilios_code_and_nothing_is_recorded(
    sandbox: RunningSandbox, form: dict[str, str], code: int
) -> None:
    with pytest.raises(TwilioRestException) as caught:
        twilio(sandbox).messages.create(**form)
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert sandbox.network.messages() == ()


def test_an_error_body_has_twilios_four_fields(sandbox: RunningSandbox) -> None:
    path = f"/2010-04-01/Accounts/{sandbox.credentials.twilio_account_sid}/Messages.json"
    with controls(sandbox) as client:
        body = client.get(path).json()
    assert body == {
        "code": 20003,
        "message": "Authentication Error - invalid username",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


def test_a_wrong_token_is_20003_and_a_missing_message_is_20404(sandbox: RunningSandbox) -> None:
    with pytest.raises(TwilioRestException) as wrong:
        twilio(sandbox, token="wrong").messages.create(to=TO, from_=FROM, body="x")
    with pytest.raises(TwilioRestException) as missing:
        twilio(sandbox).messages("SM" + "0" * 32).fetch()
    assert (wrong.value.code, wrong.value.status) == (20003, 401)
    assert (missing.value.code, missing.value.status) == (20404, 404)


@pytest.mark.parametrize("code", [30003, 30005, 30006])
def test_an_unreachable_phone_is_accepted_and_then_undelivered(sandbox: RunningSandbox, code: int) -> None:
    with controls(sandbox) as client:
        client.put("/addresses", json={"address": TO, "condition": str(code)})
    created = twilio(sandbox).messages.create(to=TO, from_=FROM, body="x")
    settle(sandbox)
    fetched = twilio(sandbox).messages(created.sid).fetch()
    assert (fetched.status, fetched.error_code) == ("undelivered", code)
    assert fetched.error_message


def test_a_list_is_newest_first_and_pages_to_the_end(sandbox: RunningSandbox) -> None:
    client = twilio(sandbox)
    for number in range(7):
        client.messages.create(to=TO, from_=FROM, body=f"n{number}")
    bodies = [message.body for message in client.messages.list(to=TO, page_size=3)]
    assert bodies == [f"n{number}" for number in reversed(range(7))]
    assert len(client.messages.list(to=TO, limit=2)) == 2


def test_list_filters_narrow_by_address_sender_and_day(sandbox: RunningSandbox) -> None:
    with controls(sandbox) as http:
        http.post("/borrowers", json=[borrower()])
        client = twilio(sandbox)
        for day in (1, 2, 3):
            http.put("/clock", json={"borrower_id": "B1", "now": f"2026-03-0{day}T16:00:00Z"})
            client.messages.create(to=TO, from_=FROM, body=f"day {day}")
            settle(sandbox)

    def bodies(**filters: object) -> list[str]:
        return sorted(message.body for message in client.messages.list(**filters))

    assert bodies(date_sent="2026-03-02") == ["day 2"]
    assert bodies(date_sent_after=datetime(2026, 3, 2, 16, tzinfo=UTC)) == ["day 2", "day 3"]
    assert bodies(date_sent_before=datetime(2026, 3, 2, 16, tzinfo=UTC)) == ["day 1", "day 2"]
    assert bodies(to="+15125550000") == []
    assert bodies(from_="+15005550000") == []
    assert len(bodies(from_=FROM)) == 3


def test_a_message_still_queued_has_no_date_sent_and_no_date_filter_finds_it(sandbox: RunningSandbox) -> None:
    sandbox.network.set_condition(TO, "held")
    client = twilio(sandbox)
    client.messages.create(to=TO, from_=FROM, body="x")
    assert client.messages.list(to=TO, date_sent_after=datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert len(client.messages.list(to=TO)) == 1


def test_dates_are_the_virtual_clock_of_whoever_owns_the_address(sandbox: RunningSandbox) -> None:
    with controls(sandbox) as http:
        http.post("/borrowers", json=[borrower()])
        http.put("/clock", json={"borrower_id": "B1", "now": "2027-01-02T03:04:05Z"})
    message = twilio(sandbox).messages.create(to=TO, from_=FROM, body="x")
    assert message.date_created == datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
    stranger = twilio(sandbox).messages.create(to="+15125550999", from_=FROM, body="x")
    assert abs((stranger.date_created - datetime.now(UTC)).total_seconds()) < 60


def test_callbacks_tell_the_journey_in_order_with_a_valid_signature(sandbox: RunningSandbox) -> None:
    sandbox.network.set_condition(TO, "30003")
    with open_door() as door:
        twilio(sandbox).messages.create(to=TO, from_=FROM, body="x", status_callback=door.url)
        posts = door.wait_for(3)
    params = [dict(parse_qsl(post.body.decode())) for post in posts]
    assert [each["MessageStatus"] for each in params] == ["queued", "sent", "undelivered"]
    assert params[-1]["ErrorCode"] == "30003"
    validator = RequestValidator(sandbox.credentials.twilio_auth_token)
    for post, each in zip(posts, params, strict=True):
        assert validator.validate(door.url, each, post.headers["x-twilio-signature"])
        assert not validator.validate(door.url, each | {"To": "+1"}, post.headers["x-twilio-signature"])


def test_a_callback_that_fails_is_sent_again_and_a_dead_customer_harms_nobody(sandbox: RunningSandbox) -> None:
    with open_door() as door:
        door.answers = [503, 200, 200, 200]
        twilio(sandbox).messages.create(to=TO, from_=FROM, body="x", status_callback=door.url)
        assert len(door.wait_for(4)) == 4
    gone = twilio(sandbox).messages.create(to=TO, from_=FROM, body="y", status_callback=door.url)
    settle(sandbox)
    assert twilio(sandbox).messages(gone.sid).fetch().status == "delivered"


@pytest.mark.parametrize(
    ("body", "count"), [("a" * 160, 1), ("a" * 161, 2), ("您" * 70, 1), ("您" * 71, 2), ("€" * 80, 1), ("€" * 81, 2)]
)
def test_segments_are_counted_as_the_network_bills_them(body: str, count: int) -> None:
    assert segments(body) == count
