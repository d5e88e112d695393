"""Text messages through Twilio's official client.

Source of the codes: https://www.twilio.com/docs/api/errors
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from activities.channel import (
    Accepted,
    Busy,
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
    pooled_session,
    retry_after_seconds,
    silence_wire_loggers,
)

LIVE_URL = "https://api.twilio.com"
DEFAULT_RETRY_SECONDS = 5.0
LOOKUP_MARGIN = timedelta(days=1)
LOOKUP_LIMIT = 1000

# Faults of our own account or sender: they say nothing about the borrower, and mending them lets the message go.
SETUP_CODES = {
    20003: "the credentials were refused",
    20005: "the account is not active",
    20404: "the account was not found",
    21408: "the account may not send to this region",
    21603: "no sender is configured",
    21606: "the sender cannot send texts",
    21659: "the sender does not belong to the account",
    21660: "the sender does not belong to the account",
}
REFUSALS = {
    21211: Refused(code="21211", why="not a valid phone number", address_dead=True),
    21217: Refused(code="21217", why="not a possible phone number", address_dead=True),
    21610: Refused(code="21610", why="the recipient opted out with the provider", opted_out=True),
    21612: Refused(code="21612", why="the number cannot be reached by this sender", address_dead=True),
    21614: Refused(code="21614", why="not a mobile number", address_dead=True),
    21617: Refused(code="21617", why="the text is too long"),
}


class _TooManyRequests(Exception):
    """A 429, carrying the wait that the client's own exception would drop."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many requests")
        self.seconds = seconds


class _PooledHttpClient(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """Twilio's HTTP client on our pool, with timeouts, without its log, and at another address if told so."""

    def __init__(self, *, base_url: str, limits: Limits) -> None:
        super().__init__(logger=_silent_logger())
        self._base = urlsplit(base_url)
        self.session = pooled_session(limits, base_url=base_url)
        self.timeout = limits.timeout

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """The same request at our base address."""
        moved = urlunsplit(urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc))
        response = super().request(method, moved, *args, **kwargs)
        if response.status_code == 429:
            headers: Mapping[str, str] = response.headers
            raise _TooManyRequests(retry_after_seconds(headers, default=DEFAULT_RETRY_SECONDS))
        return response


@dataclass(frozen=True, kw_only=True)
class TwilioSms:
    """One Twilio account as a channel; give `messaging_service_sid` or `from_number` as the sender.

    `base_url` None is the live API. Thread-safe, one connection pool.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    messaging_service_sid: str | None = None
    from_number: str | None = None
    status_callback: str | None = None
    base_url: str | None = None
    limits: Limits = field(default_factory=Limits)
    _client: Client = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not (self.messaging_service_sid or self.from_number):
            raise ValueError("a Twilio channel needs a messaging service or a number to send from")
        silence_wire_loggers()
        http_client = _PooledHttpClient(base_url=self.base_url or LIVE_URL, limits=self.limits)
        client = Client(self.account_sid, self.auth_token, http_client=http_client)
        object.__setattr__(self, "_client", client)

    @property
    def provider(self) -> str:
        """The provider's name as it is recorded with a touch."""
        return "twilio"

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Hand one text over, once."""
        sender = {
            "messaging_service_sid": self.messaging_service_sid,
            "from_": self.from_number,
            "status_callback": self.status_callback,
        }
        given = {name: value for name, value in sender.items() if value is not None}
        try:
            taken = self._client.messages.create(to=message.to, body=message.body, **given)
            return Accepted(provider_id=str(taken.sid), status=str(taken.status))
        except _TooManyRequests as error:
            return Busy(retry_after_seconds=error.seconds, why="Twilio asks for fewer messages")
        except RequestException as error:
            return classify_failure(error, "Twilio")
        except (TwilioRestException, TwilioServiceException) as error:
            return _outcome_of(error.status, int(error.code or 0))
        except (TwilioException, ValueError):
            return Unknown(why="Twilio's answer could not be read")

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """The newest text to `to` that carries `reference`.

        The provider's `DateSent` filter is not used: a text still in its queue has no date of sending, and would
        be missed exactly when it matters. Texts to one number are few and come newest first, so those created a
        day before `since` end the search. The provider's list lags a little behind: `NotFound` within its first
        minute is no proof.
        """
        oldest = since.astimezone(UTC) - LOOKUP_MARGIN
        try:
            seen = 0
            for candidate in self._client.messages.stream(to=to, limit=LOOKUP_LIMIT, page_size=100):
                seen += 1
                if candidate.date_created is not None and candidate.date_created < oldest:
                    return NotFound()
                if reference in (candidate.body or ""):
                    return Accepted(provider_id=str(candidate.sid), status=str(candidate.status))
        except _TooManyRequests:
            return Unknown(why="Twilio asks for fewer lookups")
        except RequestException as error:
            return Unknown(why=f"Twilio did not answer the lookup: {type(error).__name__}")
        except (TwilioException, ValueError):
            return Unknown(why="Twilio refused the lookup")
        return NotFound() if seen < LOOKUP_LIMIT else Unknown(why="too many texts to this number to look through")


def _outcome_of(status: int, code: int) -> SendOutcome:
    """The one table from Twilio's errors to outcomes.

    The error's own sentence is never repeated: it quotes the recipient's number.
    """
    if code in REFUSALS:
        return REFUSALS[code]
    if status in (401, 403) or code in SETUP_CODES:
        why = SETUP_CODES.get(code, "the credentials were refused")
        return Busy(retry_after_seconds=SETUP_RETRY_SECONDS, why=f"Twilio: {why} (code {code})")
    if 400 <= status < 500 and status != 408:
        return Refused(code=str(code or status), why=f"Twilio refused the message with code {code or status}")
    return Unknown(why=f"Twilio failed with status {status}; it may have taken the message")


def _silent_logger() -> logging.Logger:
    """A logger that drops what the client would print: addresses and query strings."""
    logger = logging.getLogger("activities.sms.wire")
    logger.disabled = True
    return logger
