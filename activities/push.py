"""Push messages in the wallet's own app: a signed call to the wallet's own endpoint.

The wallet knows its users, their devices and whether they let it notify them; we know its user ids only. The
contract, which `sandbox/wallet_api.py` plays:

    POST /v1/pushes         {"reference", "user_id", "title", "body", "locale"}   202 {"push_id", "status"}
    POST /v1/pushes/lookup  {"reference", "user_id"}                             200 {"push_id", "status"} or 404

Every call carries `X-Timestamp` (Unix seconds) and `X-Signature`, which is `v1=` and the hex HMAC-SHA256 over
timestamp, path and body joined by line feeds; the wallet refuses one that is five minutes old. `Idempotency-Key` is
the reference: the same one with the same body answers as the first time. Ids stand in bodies, never in addresses.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field, SecretStr
from requests import Response, Session
from requests.exceptions import JSONDecodeError, RequestException

from activities.channel import (
    Accepted,
    Busy,
    ChannelAdapter,
    FindOutcome,
    NotFound,
    OutboundMessage,
    Refused,
    SendOutcome,
    Unknown,
)
from activities.wire import (
    SETUP_RETRY_SECONDS,
    Limits,
    classify_failure,
    limits_of,
    pooled_session,
    retry_after_seconds,
    silence_wire_loggers,
)
from config.partners import SANDBOX_PARTNER_SECRETS, read_secrets
from config.sections import ChannelSettings, Sandboxed, Url, read_section
from config.settings import NOT_ONES_OWN, NOT_THE_SANDBOXS, Settings, variable
from domain.errors import ConfigurationError
from domain.vocabulary import Channel

CHANNEL = Channel.PUSH
PROVIDER = "wallet"
SANDBOX_SECRET = "sandbox-push-secret"  # noqa: S105  # opens only the sandbox
DEFAULT_RETRY_SECONDS = 10.0
SEND, LOOKUP = "/v1/pushes", "/v1/pushes/lookup"
REFUSALS = {
    "unknown_user": Refused(code="unknown_user", why="the wallet knows no such user", address_dead=True),
    "app_uninstalled": Refused(code="app_uninstalled", why="the user has no device with the app", address_dead=True),
    "push_disabled": Refused(code="push_disabled", why="the user switched notifications off", opted_out=True),
    "message_too_long": Refused(code="message_too_long", why="the text is too long for a notification"),
}


class PushSettings(ChannelSettings):
    """The channel is on once the wallet's endpoint is known."""

    SWITCH: ClassVar[str] = "url"

    url: Url = Field(
        None, description="Where the wallet takes push messages; in a rehearsal the sandbox; empty: no push messages."
    )
    secret: Annotated[SecretStr, Sandboxed()] = Field(
        SecretStr(SANDBOX_SECRET), description="The secret that signs calls to the wallet."
    )
    receipt_secrets: SecretStr | None = Field(
        None, description="Secrets of the wallet's receipts, whsec_...,whsec_...; empty: it reports none."
    )


SETTINGS = PushSettings


def receipt_secrets_of(settings: Settings) -> tuple[str, ...]:
    """Every secret that proves a receipt of the wallet's; none while it reports none.

    Raises ConfigurationError, without a secret in it, for one that is none or does not fit the mode.
    """
    section = read_section(settings, CHANNEL, PushSettings)
    if section is None or section.receipt_secrets is None:
        return ()
    name, live = variable(f"{CHANNEL.value}_receipt_secrets"), settings.mode == "live"
    try:
        secrets = read_secrets(section.receipt_secrets.get_secret_value())
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from None
    if any((secret in SANDBOX_PARTNER_SECRETS) is live for secret in secrets):
        raise ConfigurationError(f"{name}: {NOT_ONES_OWN if live else NOT_THE_SANDBOXS}")
    return secrets


@dataclass(frozen=True, kw_only=True)
class WalletPush:
    """The wallet's endpoint as a channel; an address is the wallet's own user id. Thread-safe, one pool."""

    base_url: str
    secret: str = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    _session: Session = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        silence_wire_loggers()
        object.__setattr__(self, "_session", pooled_session(self.limits, base_url=self.base_url))

    @property
    def provider(self) -> str:
        """The provider's name as it is recorded with a touch."""
        return PROVIDER

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Hand one notification over, once."""
        told = {
            "reference": message.reference,
            "user_id": message.to,
            "title": message.subject,
            "body": message.body,
            "locale": message.locale,
        }
        try:
            answer = self._call(SEND, told, {"Idempotency-Key": message.reference})
        except RequestException as error:
            return classify_failure(error, "the wallet")
        if answer.status_code in (200, 202):
            push = _push_of(answer)
            return push or Unknown(why="the wallet's answer could not be read")
        return _outcome_of(answer)

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """The notification to a user under a reference; the wallet keeps each for as long as we may ask."""
        try:
            answer = self._call(LOOKUP, {"reference": reference, "user_id": to}, {})
        except RequestException as error:
            return Unknown(why=f"the wallet did not answer the lookup: {type(error).__name__}")
        if answer.status_code == 404 and _code_of(answer) == "unknown_reference":
            return NotFound()
        found = _push_of(answer) if answer.status_code == 200 else None
        return found or Unknown(why=f"the wallet refused the lookup with status {answer.status_code}")

    def _call(self, path: str, told: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        timestamp = str(int(time.time()))
        signed = {
            "Content-Type": "application/json",
            "X-Timestamp": timestamp,
            "X-Signature": signature(self.secret, timestamp, path, body),
        }
        return self._session.post(
            self.base_url.rstrip("/") + path,
            data=body,
            headers={**signed, **headers},
            timeout=self.limits.timeout,
            allow_redirects=False,
        )


def signature(secret: str, timestamp: str, path: str, body: bytes) -> str:
    """What proves that a call is ours and how old it is."""
    signed = b"\n".join((timestamp.encode(), path.encode(), body))
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _outcome_of(answer: Response) -> SendOutcome:
    """The one table from the wallet's errors to outcomes."""
    status, code = answer.status_code, _code_of(answer)
    if code in REFUSALS:
        return REFUSALS[code]
    if status == 429:
        seconds = retry_after_seconds(answer.headers, default=DEFAULT_RETRY_SECONDS)
        return Busy(retry_after_seconds=seconds, why="the wallet asks for fewer messages")
    if status in (401, 403):
        why = f"the wallet does not accept our signature (status {status}): check the secret and the clock"
        return Busy(retry_after_seconds=SETUP_RETRY_SECONDS, why=why)
    if status == 409:
        return Unknown(why="the wallet has another text under this reference: it was sent before")
    if 400 <= status < 500 and status != 408:
        return Refused(code=code or str(status), why=f"the wallet refused the message with status {status}")
    return Unknown(why=f"the wallet failed with status {status}; it may have taken the message")


def _push_of(answer: Response) -> Accepted | None:
    told = _json(answer)
    push_id = told.get("push_id")
    return Accepted(provider_id=str(push_id), status=str(told.get("status", "accepted"))) if push_id else None


def _code_of(answer: Response) -> str:
    return str(_json(answer).get("code", ""))


def _json(answer: Response) -> dict[str, Any]:
    """The answer as an object; an answer of another shape says nothing."""
    try:
        told = answer.json()
    except JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def create(settings: Settings) -> ChannelAdapter | None:
    """The channel as the settings describe it; None without an endpoint."""
    own = read_section(settings, CHANNEL, PushSettings)
    if own is None or own.url is None:
        return None
    return WalletPush(base_url=own.url, secret=own.secret.get_secret_value(), limits=limits_of(settings))
