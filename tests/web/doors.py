"""Our web door behind a real address, to which the sandbox's providers post their receipts."""

import json
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from temporalio.client import Client

from activities.clock import wall_clock
from config.settings import SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY
from sandbox.serving import serving
from sandbox.signatures import sign_sendgrid_events, sign_twilio_request
from tests.sandbox.serving import RunningSandbox, controls
from tests.support.stage import Stage
from web.app import assemble

OPEN = {"sendgrid_webhook_public_key": SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY}
"""The setting that, beside an address, opens every door for receipts."""


def free_address() -> str:
    """An address of this machine at which nobody listens yet."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@contextmanager
def open_door(
    stage: Stage, connecting: Callable[[], Awaitable[Client]], now: Callable[[], datetime] = wall_clock
) -> Iterator[str]:
    """Serve our door at the address that the stage's settings name, and let the sandbox's mail events go there."""
    assert stage.settings.web_url is not None
    port = urlsplit(stage.settings.web_url).port
    assert port is not None
    parts = stage.dependencies
    app = assemble(stage.settings, stage.engine, parts.rules, parts.renderer, connecting, now=now)
    with serving(app, port=port) as url:
        redirect_mail_events(stage.sandbox, f"{url}/receipts/sendgrid")
        yield url


def redirect_mail_events(sandbox: RunningSandbox, url: str) -> None:
    """Where the sandbox's SendGrid posts from now on."""
    with controls(sandbox) as client:
        assert client.put("/webhooks", json={"sendgrid_event_url": url}).is_success


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """Posts what a provider might, signed with the sandbox's own keys unless told otherwise."""

    url: str
    sandbox: RunningSandbox

    def status(self, form: dict[str, str], *, token: str | None = None, signed: str = "", reference: str = "R") -> int:
        """One status of a message; `signed` is the address that the signature is made over, if it is another."""
        address = f"{self.url}/receipts/twilio/{reference}"
        secret = self.sandbox.credentials.twilio_auth_token if token is None else token
        signature = sign_twilio_request(signed or address, form, secret)
        return self._post(address, {"X-Twilio-Signature": signature}, data=form)

    def events(self, body: str, *, signed: str | None = None, timestamp: str | None = None, **headers: str) -> int:
        """A batch; `signed` is what the signature is made over, if it is another body."""
        now = str(int(time.time()))
        key = self.sandbox.credentials.event_signing_key()
        told = {
            "X-Twilio-Email-Event-Webhook-Signature": sign_sendgrid_events(
                body if signed is None else signed, timestamp or now, key
            ),
            "X-Twilio-Email-Event-Webhook-Timestamp": now,
        }
        return self._post(f"{self.url}/receipts/sendgrid", told | headers, content=body.encode())

    def batch(self, *events: Any) -> int:
        """Events as SendGrid posts them."""
        return self.events(json.dumps(events))

    def _post(self, address: str, headers: dict[str, str], **body: Any) -> int:
        with httpx.Client(trust_env=False, timeout=20) as client:
            return client.post(address, headers=headers, **body).status_code
