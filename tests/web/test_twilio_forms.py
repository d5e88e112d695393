"""What Twilio signs is taken, behind a proxy and with either token; nothing else is."""

import hashlib
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from twilio.request_validator import RequestValidator

from web.answers import add_answers
from web.twilio_forms import LONGEST_FORM_BYTES, TwilioForms

TOKEN, OTHER = "12345", "67890"
ADDRESS = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
JSON = '{"property": "value", "boolean": true}'


def client(*tokens: str, base_url: str = "https://mycompany.com") -> TestClient:
    """An application that answers with what it read."""
    app = FastAPI()
    add_answers(app)
    forms = Depends(TwilioForms(base_url, tokens or (TOKEN, OTHER)))

    @app.post("/{path:path}")
    def read(told: dict[str, str] = forms) -> dict[str, str]:
        return told

    return TestClient(app, raise_server_exceptions=False)


def signed(address: str, told: Any, token: str = TOKEN) -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(address, told)}


def test_the_vector_of_twilios_own_documentation_is_taken() -> None:
    headers = {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    answer = client().post("/myapp.php?foo=1&bar=2", data=FORM, headers=headers)
    assert (answer.status_code, answer.json()) == (200, FORM)


@pytest.mark.parametrize(("token", "status"), [(TOKEN, 200), (OTHER, 200), ("11111", 401)])
def test_two_tokens_are_good_at_once(token: str, status: int) -> None:
    answer = client().post("/myapp.php?foo=1&bar=2", data=FORM, headers=signed(ADDRESS, FORM, token))
    assert answer.status_code == status


def test_behind_a_proxy_the_address_is_the_one_that_the_settings_name() -> None:
    door = client(base_url="https://door.example/wallet/")
    taken = door.post("/sms?a=%2F", data=FORM, headers=signed("https://door.example/wallet/sms?a=%2F", FORM))
    inside = door.post("/sms?a=%2F", data=FORM, headers=signed("http://testserver/sms?a=%2F", FORM))
    assert (taken.status_code, inside.status_code) == (200, 401)


def test_a_path_is_signed_as_it_came() -> None:
    headers = signed("https://mycompany.com/a%3Fb", FORM)
    assert client().post("/a%3Fb", data=FORM, headers=headers).status_code == 200
    assert client().post("/a?b", data=FORM, headers=headers).status_code == 401


def test_a_field_that_comes_twice_is_signed_with_both_values() -> None:
    body = "Media=a&Media=b"
    mac = RequestValidator(TOKEN).compute_signature("https://mycompany.com/", {"Media": "aMediab"})
    headers = {"X-Twilio-Signature": mac, "content-type": "application/x-www-form-urlencoded"}
    assert client().post("/", content=body, headers=headers).status_code == 200


def _of_json(body: str, *, hashed: str | None = None) -> tuple[str, dict[str, str]]:
    digest = hashlib.sha256((body if hashed is None else hashed).encode()).hexdigest()
    path = f"/myapp.php?bodySHA256={digest}"
    return path, signed(f"https://mycompany.com{path}", {}) | {"content-type": "application/json; charset=utf-8"}


def test_json_is_signed_by_its_hash_in_the_address() -> None:
    path, headers = _of_json(JSON)
    answer = client().post(path, content=JSON, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"property": "value"})


@pytest.mark.parametrize("body", [JSON + " ", "{}", ""])
def test_json_that_was_changed_on_the_way_is_refused(body: str) -> None:
    path, headers = _of_json(JSON)
    assert client().post(path, content=body, headers=headers).status_code == 401


def test_json_without_its_hash_is_not_signed() -> None:
    headers = signed("https://mycompany.com/", {}) | {"content-type": "application/json"}
    assert client().post("/", content=JSON, headers=headers).status_code == 401


@pytest.mark.parametrize("body", ["[]", "7", "{", "[" * 5_000])
def test_signed_json_that_is_no_object_is_refused(body: str) -> None:
    path, headers = _of_json(body)
    answer = client().post(path, content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, None)


@pytest.mark.parametrize("signature", ["", "x", "é", "RSOYDt4T1cUTdK1PDd93/VVr8B9="])
def test_any_other_signature_is_refused(signature: str) -> None:
    headers = [(b"x-twilio-signature", signature.encode("latin-1"))]
    assert client().post("/myapp.php?foo=1&bar=2", data=FORM, headers=headers).status_code == 401


def test_what_is_too_long_is_refused() -> None:
    assert client().post("/", content="x" * (LONGEST_FORM_BYTES + 1)).status_code == 413
