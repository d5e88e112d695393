"""Faults happen on the wire, as often as scripted and to whom they are meant."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.serving import RunningSandbox, controls, running_sandbox

TO = "+15125550111"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def http(running: RunningSandbox) -> Iterator[httpx.Client]:
    with controls(running) as client:
        client.post("/reset")
        yield client


def send(http: httpx.Client, running: RunningSandbox, to: str = TO, **headers: str) -> httpx.Response:
    sid, token = running.credentials.twilio_account_sid, running.credentials.twilio_auth_token
    return http.post(
        f"/2010-04-01/Accounts/{sid}/Messages.json",
        data={"To": to, "From": "+15005550006", "Body": "x"},
        auth=(sid, token),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def test_a_lost_answer_is_a_cut_connection_after_acceptance(http: httpx.Client, running: RunningSandbox) -> None:
    http.post("/faults", json={"api": "twilio", "kind": "answer_lost"})
    with pytest.raises(httpx.RemoteProtocolError):
        send(http, running)
    assert len(running.network.messages()) == 1


def test_a_drop_is_a_cut_connection_and_nothing_is_recorded(http: httpx.Client, running: RunningSandbox) -> None:
    http.post("/faults", json={"api": "twilio", "kind": "drop_before_accept"})
    with pytest.raises(httpx.RemoteProtocolError):
        send(http, running)
    assert running.network.messages() == ()


def test_a_fault_happens_as_often_as_scripted(http: httpx.Client, running: RunningSandbox) -> None:
    http.post("/faults", json={"api": "twilio", "kind": "server_error", "times": 2})
    assert [send(http, running).status_code for _ in range(3)] == [500, 500, 201]
    assert http.get("/faults").json() == []


def test_a_fault_meant_for_one_address_spares_the_others(http: httpx.Client, running: RunningSandbox) -> None:
    http.post("/faults", json={"api": "twilio", "kind": "rate_limited", "match": TO, "delay_seconds": 9})
    assert send(http, running, to="+15125550999").status_code == 201
    limited = send(http, running)
    assert (limited.status_code, limited.headers["Retry-After"], limited.json()["code"]) == (429, "9", 20429)


def test_faults_of_one_provider_or_operation_spare_the_others(http: httpx.Client, running: RunningSandbox) -> None:
    http.post("/faults", json={"api": "sendgrid", "kind": "server_error"})
    http.post("/faults", json={"api": "twilio", "kind": "server_error", "operation": "find"})
    assert send(http, running).status_code == 201
    assert len(http.get("/faults").json()) == 2
    assert http.delete("/faults").json() == []
    assert http.get("/faults").json() == []


def test_a_request_may_carry_its_own_fault(http: httpx.Client, running: RunningSandbox) -> None:
    assert send(http, running, X_Sandbox_Fault="server_error").status_code == 500
    assert send(http, running).status_code == 201


def test_a_slow_answer_comes_after_its_delay_and_counts(http: httpx.Client, running: RunningSandbox) -> None:
    begun = time.monotonic()
    assert send(http, running, X_Sandbox_Fault="slow=0.5").status_code == 201
    assert time.monotonic() - begun >= 0.5
    assert len(running.network.messages()) == 1


def test_an_unknown_kind_is_refused(http: httpx.Client) -> None:
    assert http.post("/faults", json={"api": "twilio", "kind": "surprise"}).status_code == 422
