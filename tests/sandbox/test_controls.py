"""The controls as a conductor uses them, and the page that shows the result."""

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.serving import RunningSandbox, borrower, controls, running_sandbox


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def http(running: RunningSandbox) -> Iterator[httpx.Client]:
    with controls(running) as client:
        client.post("/reset")
        yield client


def send(http: httpx.Client, running: RunningSandbox, body: str, to: str = "+15125550111") -> int:
    sid, token = running.credentials.twilio_account_sid, running.credentials.twilio_auth_token
    path = f"/2010-04-01/Accounts/{sid}/Messages.json"
    return http.post(path, data={"To": to, "From": "+15005550006", "Body": body}, auth=(sid, token)).status_code


def test_a_conductor_can_tell_a_whole_story(http: httpx.Client, running: RunningSandbox) -> None:
    assert http.get("/health").json() == {"status": "ok"}
    assert http.post("/borrowers", json=[borrower(script="replies_stop")]).json() == {"borrowers": 1}
    http.put("/clock", json={"borrower_id": "B1", "now": "2026-03-02T10:00:00-06:00"})
    assert http.get("/borrowers/B1/next").json() is None
    assert send(http, running, "Hello. Ref: ABCD-2345") == 201

    action = http.get("/borrowers/B1/next", params={"after": "2026-03-02T16:00:00Z"}).json()
    assert (action["kind"], action["at"]) == ("stop_reply", "2026-03-02T17:00:00+00:00")
    assert (action["text"], action["address"]) == ("STOP", "+15125550111")
    done = http.post("/borrowers/B1/done", json={"action_id": action["action_id"]}).json()
    assert (done["applied"], done["balances"]) == (True, {"A1": 10_000})
    again = http.post("/borrowers/B1/done", json={"action_id": action["action_id"]}).json()
    assert again["applied"] is False

    http.put("/clock", json={"borrower_id": "B1", "now": "2026-03-03T16:00:00Z"})
    assert send(http, running, "Hello again") == 400
    (message,) = http.get("/messages", params={"borrower_id": "B1", "channel": "sms"}).json()
    assert (message["at"], message["to"]) == ("2026-03-02T16:00:00+00:00", "+15125550111")
    report = http.get("/invariants").json()
    assert (report["messages"], len(report["attempts_after_stop"])) == (1, 1)


def test_messages_are_filtered_by_address_and_channel(http: httpx.Client, running: RunningSandbox) -> None:
    http.post("/borrowers", json=[borrower()])
    send(http, running, "to her")
    send(http, running, "to nobody", to="+15125550999")
    assert len(http.get("/messages").json()) == 2
    assert len(http.get("/messages", params={"borrower_id": "B1"}).json()) == 1
    assert [m["body"] for m in http.get("/messages", params={"address": "+15125550999"}).json()] == ["to nobody"]
    assert http.get("/messages", params={"channel": "email"}).json() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/borrowers/nobody/next", None, 404),
        ("POST", "/borrowers/nobody/done", {"action_id": "x"}, 404),
        ("POST", "/borrowers", [borrower(script="no_such_script")], 422),
        ("POST", "/borrowers", [borrower(zones=["Mars/Olympus"])], 422),
        ("POST", "/borrowers", [borrower(zones=[])], 422),
        ("PUT", "/clock", {"borrower_id": "B1", "now": "2026-03-02T10:00:00"}, 422),
        ("PUT", "/addresses", {"address": "x", "condition": "haunted"}, 422),
    ],
)
def test_a_wrong_order_is_refused(http: httpx.Client, method: str, path: str, body: object, status: int) -> None:
    assert http.request(method, path, json=body).status_code == status


def test_an_action_that_is_not_open_is_a_conflict(http: httpx.Client) -> None:
    http.post("/borrowers", json=[borrower(script="pays_after_first")])
    assert http.post("/borrowers/B1/done", json={"action_id": "B1:A1:0"}).status_code == 409


def test_the_inbox_shows_both_sides_in_local_time_and_escapes_everything(
    http: httpx.Client, running: RunningSandbox
) -> None:
    script = {"pays_after_nth": {"n": 1, "days": 1}}
    entry = borrower(name="<script>alert(1)</script>", country="CN", zones=["Asia/Shanghai"], script=script)
    http.post("/borrowers", json=[entry])
    http.put("/clock", json={"borrower_id": "B1", "now": "2026-03-02T04:00:00Z"})
    send(http, running, "您好，<b>请还款</b>")
    action = http.get("/borrowers/B1/next").json()
    http.post("/borrowers/B1/done", json={"action_id": action["action_id"]})
    page = http.get("/").text
    assert "<script" not in page
    assert "您好，&lt;b&gt;请还款&lt;/b&gt;" in page
    assert "12:00" in page
    assert "Paid $100.00" in page
    assert "paid in full" in page
    assert page.index("您好") < page.index("Paid $100.00")


def test_the_inbox_marks_what_should_not_have_come(http: httpx.Client, running: RunningSandbox) -> None:
    http.post("/borrowers", json=[borrower()])
    http.put("/clock", json={"borrower_id": "B1", "now": "2026-03-02T08:00:00Z"})
    send(http, running, "Wake up")
    assert "should not have come" in http.get("/").text


def test_the_inbox_needs_nothing_from_outside(http: httpx.Client, running: RunningSandbox) -> None:
    http.post("/borrowers", json=[borrower()])
    send(http, running, "Hello")
    page = http.get("/").text
    assert not any(word in page for word in ("http://", "https://", "src=", "@import", "url("))


def test_an_empty_inbox_says_how_to_begin(http: httpx.Client) -> None:
    assert "POST /borrowers" in http.get("/").text
