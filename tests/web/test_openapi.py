"""The description of the API is true: whatever it allows, signed or not, is answered as it says and never with 5xx."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi_checks
from sendgrid.helpers.eventwebhook import EventWebhookHeader
from starlette.datastructures import ImmutableMultiDict
from stripe import WebhookSignature
from twilio.request_validator import RequestValidator

from casedb.engine import writing
from config.partners import SANDBOX_STRIPE_SECRETS
from config.settings import SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY, SANDBOX_TWILIO_AUTH_TOKEN
from sandbox.credentials import SandboxCredentials
from sandbox.signatures import sign_sendgrid_events
from tests.casedb.people import add_account, add_person
from tests.web.partners import FIRST, Counter, counter, signatures

EXAMPLES = 10
DOORS = [
    "/v1/ledger-events",
    "/v1/ledger-events/batch",
    "/v1/delinquencies",
    "/v1/delinquencies/batch",
    "/v1/payments/stripe",
]
WEB = "http://127.0.0.1:8080"
OPEN = {
    "stripe_webhook_secrets": ",".join(SANDBOX_STRIPE_SECRETS),
    "sendgrid_webhook_public_key": SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY,
    "web_url": WEB,
    "voice_web_url": WEB,
}
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def desk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    path = tmp_path_factory.mktemp("described") / "cases.db"
    path.write_bytes(sqlite_template.read_bytes())
    with counter(f"sqlite:///{path}", **OPEN) as made:
        with writing(made.engine) as connection:
            add_person(connection, "P-1")
            add_account(connection, "A-1", "P-1")
        yield made


def signed(path: str, url: str, body: bytes) -> dict[str, str]:
    """As whoever posts there signs; a body that is no text cannot be."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {}
    if path.startswith("/v1/payments"):
        return {"stripe-signature": WebhookSignature.generate_signature_header(text, SANDBOX_STRIPE_SECRETS[0])}
    if path.startswith("/v1/"):
        return signatures(body, FIRST)
    if path == "/receipts/sendgrid":
        at = str(int(time.time()))
        made = sign_sendgrid_events(text, at, SandboxCredentials().event_signing_key())
        return {EventWebhookHeader.SIGNATURE: made, EventWebhookHeader.TIMESTAMP: at}
    form = ImmutableMultiDict(parse_qsl(text, keep_blank_values=True))
    address = WEB + urlsplit(url)._replace(scheme="", netloc="").geturl()
    return {"X-Twilio-Signature": RequestValidator(SANDBOX_TWILIO_AUTH_TOKEN).compute_signature(address, form)}


def answer_to(desk: Counter, case: Any, *, with_signature: bool) -> int:
    """Post what was made up, check the answer against the description, and say its status."""
    request = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    url = str(request.url)
    headers = dict(request.headers) | (signed(case.path, url, body) if with_signature else {})
    headers.pop("Content-Length", None)
    answer = desk.http.request(case.method, url, content=body, headers=headers)
    case.validate_response(answer, checks=CHECKS)
    return answer.status_code


def statuses_of(desk: Counter, operation: Any, *, with_signature: bool) -> set[int]:
    """What a door answers to whatever its description allows, and to what it forbids."""
    made, told = operation.as_strategy(), set[int]()
    if operation.method == "post":
        made |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made)
    def post(case: Any) -> None:
        told.add(answer_to(desk, case, with_signature=with_signature))

    post()
    return told


@pytest.mark.timeout(180)
@pytest.mark.parametrize("with_signature", [True, False])
def test_whatever_is_posted_is_answered_as_described(desk: Counter, with_signature: bool) -> None:
    described = schemathesis.openapi.from_dict(desk.http.get("/openapi.json").json())
    operations = [found.ok() for found in described.get_all_operations()]
    seen = {each.path: statuses_of(desk, each, with_signature=with_signature) for each in operations}
    for path in DOORS:
        assert (seen[path] == {401}) is not with_signature, (path, seen[path])


def test_every_door_is_described_with_who_may_post_and_an_example(desk: Counter) -> None:
    told = desk.http.get("/openapi.json").json()
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary"), path
            assert method == "get" or "503" in operation["responses"], path
    for path in DOORS:
        assert told["paths"][path]["post"]["security"], path
    for name in ("LedgerEvent", "Delinquency"):
        assert told["components"]["schemas"][name]["examples"], name


@pytest.mark.parametrize(("name", "path"), [("LedgerEvent", DOORS[0]), ("Delinquency", DOORS[2])])
def test_the_examples_of_the_description_are_taken(desk: Counter, name: str, path: str) -> None:
    examples = desk.http.get("/openapi.json").json()["components"]["schemas"][name]["examples"]
    assert {desk.post(path, each).status_code for each in examples} <= {200, 202}
