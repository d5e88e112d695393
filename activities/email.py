"""E-mail through SendGrid's official client.

Sources: https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/responses,
https://www.twilio.com/docs/sendgrid/for-developers/sending-email/getting-started-email-activity-api
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import Request

import python_http_client
from python_http_client.exceptions import HTTPError
from requests import Response, Session
from requests.exceptions import RequestException
from sendgrid import SendGridAPIClient

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
from config.settings import Settings
from domain.vocabulary import Channel

CHANNEL = Channel.EMAIL
LIVE_URL = "https://api.sendgrid.com"
DEFAULT_RETRY_SECONDS = 10.0
LOOKUP_MARGIN = timedelta(days=1)


class _PooledClient(python_http_client.Client):  # type: ignore[misc]  # the library has no types
    """SendGrid's HTTP client on our pool: it would open a connection per mail and wait for ever."""

    def __init__(self, *, session: Session, limits: Limits, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._session = session
        self._limits = limits

    def _build_client(self, name: str | None = None) -> "_PooledClient":
        return _PooledClient(
            session=self._session,
            limits=self._limits,
            host=self.host,
            version=self._version,
            request_headers=dict(self.request_headers),
            url_path=[*self._url_path, name] if name else self._url_path,
        )

    def _make_request(self, opener: object, request: Request, timeout: float | None = None) -> "_Answer":
        response = self._session.request(
            request.get_method(),
            request.full_url,
            data=request.data,
            headers=dict(request.header_items()),
            timeout=self._limits.timeout,
            allow_redirects=False,
        )
        if not 200 <= response.status_code < 300:
            raise HTTPError(response.status_code, response.reason, response.content, response.headers)
        return _Answer(response)


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer in the shape that the library reads."""

    response: Response

    def getcode(self) -> int:
        """The status."""
        return self.response.status_code

    def read(self) -> bytes:
        """The body."""
        return self.response.content

    def info(self) -> Mapping[str, str]:
        """The headers."""
        return self.response.headers


@dataclass(frozen=True, kw_only=True)
class SendGridEmail:
    """One SendGrid key as a channel. `base_url` None is the live API. Thread-safe, one connection pool."""

    api_key: str = field(repr=False)
    from_email: str
    from_name: str
    base_url: str | None = None
    limits: Limits = field(default_factory=Limits)
    _client: _PooledClient = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        silence_wire_loggers()
        base_url = (self.base_url or LIVE_URL).rstrip("/")
        api = SendGridAPIClient(self.api_key, host=base_url)
        client = _PooledClient(
            session=pooled_session(self.limits, base_url=base_url),
            limits=self.limits,
            host=base_url,
            version=3,
            request_headers=api.client.request_headers,
        )
        object.__setattr__(self, "_client", client)

    @property
    def provider(self) -> str:
        """The provider's name as it is recorded with a touch."""
        return "sendgrid"

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Hand one mail over, once; the reference travels as a custom argument and comes back in events."""
        try:
            answer = self._client.mail.send.post(request_body=self._mail(message))
        except HTTPError as error:
            return _outcome_of(error)
        except RequestException as error:
            return classify_failure(error, "SendGrid")
        return Accepted(provider_id=str(answer.headers.get("X-Message-Id", message.reference)))

    def _mail(self, message: OutboundMessage) -> dict[str, Any]:
        """The request body; the library's `Mail` guesses names out of addresses and drops what it cannot parse."""
        return {
            "from": {"email": self.from_email, "name": self.from_name},
            "personalizations": [{"to": [{"email": message.to}], "custom_args": {"reference": message.reference}}],
            "subject": message.subject,
            "content": [{"type": "text/plain", "value": message.body}],
        }

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """Ask Email Activity for the reference.

        It is a paid addition, and lags minutes behind: without it every lost answer stays `Unknown`, and
        `NotFound` within its first half hour is no proof.
        """
        query = f"(unique_args['reference']=\"{reference}\")"
        try:
            answer = self._client.messages.get(query_params={"query": query, "limit": "10"})
            candidates = json.loads(answer.body)["messages"]
        except HTTPError as error:
            if error.status_code in (403, 404):
                return Unknown(why="SendGrid's Email Activity is not part of this account, so nothing can be found")
            return Unknown(why=f"SendGrid refused the lookup with status {error.status_code}")
        except RequestException as error:
            return Unknown(why=f"SendGrid did not answer the lookup: {type(error).__name__}")
        except (ValueError, KeyError, TypeError):
            return Unknown(why="SendGrid's answer to the lookup could not be read")
        return _match(candidates, to=to, oldest=since.astimezone(UTC) - LOOKUP_MARGIN)


def _match(candidates: list[dict[str, Any]], *, to: str, oldest: datetime) -> FindOutcome:
    """The candidate that went to our address; its id without the part that events add."""
    for candidate in candidates:
        is_ours = str(candidate.get("to_email", "")).lower() == to.lower()
        if is_ours and _instant(candidate.get("last_event_time")) >= oldest:
            provider_id = str(candidate.get("msg_id", "")).partition(".")[0]
            return Accepted(provider_id=provider_id, status=str(candidate.get("status", "accepted")))
    return NotFound()


def _instant(text: object) -> datetime:
    """An event's instant; an unreadable one is taken as new, for a find may be doubted, never overlooked."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def _outcome_of(error: HTTPError) -> SendOutcome:
    """The one table from SendGrid's errors to outcomes."""
    status: int = error.status_code
    if status == 429:
        seconds = retry_after_seconds(error.headers, default=DEFAULT_RETRY_SECONDS)
        return Busy(retry_after_seconds=seconds, why="SendGrid asks for fewer messages")
    if status in (401, 403):
        why = f"SendGrid: the credentials or the sender were refused (status {status})"
        return Busy(retry_after_seconds=SETUP_RETRY_SECONDS, why=why)
    if status == 413:
        return Refused(code="413", why="the mail is too large")
    if _blames_recipient(error.body):
        return Refused(code=str(status), why="not a valid e-mail address", address_dead=True)
    if 400 <= status < 500 and status != 408:
        return Refused(code=str(status), why=f"SendGrid refused the mail with status {status}")
    return Unknown(why=f"SendGrid failed with status {status}; it may have taken the message")


def _blames_recipient(body: bytes) -> bool:
    """Whether the error names the recipient's place in the request (`personalizations.0.to`)."""
    try:
        errors = json.loads(body)["errors"]
        return any(str(e.get("field") or "").startswith("personalizations.0.to") for e in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def create(settings: Settings) -> ChannelAdapter:
    """The channel as the settings describe it; it is always on."""
    return SendGridEmail(
        api_key=settings.sendgrid_api_key.get_secret_value(),
        from_email=settings.sendgrid_from_email,
        from_name=settings.sendgrid_from_name,
        base_url=settings.sendgrid_base_url,
        limits=limits_of(settings),
    )
