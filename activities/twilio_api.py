"""What the channels at Twilio share: its official client on our pool, and the ends that a call of it can have.

Source of the codes: https://www.twilio.com/docs/api/errors
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from activities.channel import Accepted, Busy, FindOutcome, NotFound, Refused, SendOutcome, Unknown
from activities.wire import (
    SETUP_RETRY_SECONDS,
    Limits,
    classify_failure,
    pooled_session,
    retry_after_seconds,
    silence_wire_loggers,
)

LIVE_URL = "https://api.twilio.com"
PROVIDER = "twilio"
DEFAULT_RETRY_SECONDS = 5.0
LOOKUP_MARGIN = timedelta(days=1)
LOOKUP_LIMIT = 1000


class TooManyRequests(Exception):
    """A 429, carrying the wait that the client's own exception would drop."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many requests")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTable:
    """What one product of Twilio means by its error codes."""

    refusals: Mapping[int, Refused]
    setup: Mapping[int, str]
    """Faults of our own account or sender: they say nothing about the borrower, and mending them lets it go."""
    busy: Mapping[int, str] = field(default_factory=dict)


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
            raise TooManyRequests(retry_after_seconds(headers, default=DEFAULT_RETRY_SECONDS))
        return response


def twilio_client(account_sid: str, auth_token: str, *, base_url: str | None, limits: Limits) -> Client:
    """The official client, thread-safe, with one pool. `base_url` None is the live API."""
    silence_wire_loggers()
    return Client(account_sid, auth_token, http_client=_PooledHttpClient(base_url=base_url or LIVE_URL, limits=limits))


def handed_over(call: Callable[[], Any], table: CodeTable) -> SendOutcome:
    """Make one creating call; its answer or its failure as an outcome."""
    try:
        taken = call()
        return Accepted(provider_id=str(taken.sid), status=str(taken.status))
    except TooManyRequests as error:
        return Busy(retry_after_seconds=error.seconds, why="Twilio asks for fewer messages")
    except RequestException as error:
        return classify_failure(error, "Twilio")
    except (TwilioRestException, TwilioServiceException) as error:
        return outcome_of(error.status, int(error.code or 0), table)
    except (TwilioException, ValueError):
        return Unknown(why="Twilio's answer could not be read")


def looked_up(search: Callable[[], FindOutcome]) -> FindOutcome:
    """Make one search; whatever goes wrong with it proves nothing."""
    try:
        return search()
    except TooManyRequests:
        return Unknown(why="Twilio asks for fewer lookups")
    except RequestException as error:
        return Unknown(why=f"Twilio did not answer the lookup: {type(error).__name__}")
    except (TwilioException, ValueError):
        return Unknown(why="Twilio refused the lookup")


def find_message(client: Client, *, to: str, reference: str, since: datetime) -> FindOutcome:
    """The newest message to `to` that carries `reference`.

    The provider's `DateSent` filter is not used: a message still in its queue has no date of sending, and would be
    missed exactly when it matters. Messages to one address are few and come newest first, so those created a day
    before `since` end the search. The provider's list lags a little behind: `NotFound` within its first minute is
    no proof.
    """
    oldest = since.astimezone(UTC) - LOOKUP_MARGIN

    def search() -> FindOutcome:
        seen = 0
        for candidate in client.messages.stream(to=to, limit=LOOKUP_LIMIT, page_size=100):
            seen += 1
            if candidate.date_created is not None and candidate.date_created < oldest:
                return NotFound()
            if reference in (candidate.body or ""):
                return Accepted(provider_id=str(candidate.sid), status=str(candidate.status))
        return NotFound() if seen < LOOKUP_LIMIT else Unknown(why="too many texts to this number to look through")

    return looked_up(search)


def outcome_of(status: int, code: int, table: CodeTable) -> SendOutcome:
    """From one of Twilio's errors to an outcome.

    The error's own sentence is never repeated: it quotes the recipient's number.
    """
    if code in table.refusals:
        return table.refusals[code]
    if code in table.busy:
        return Busy(retry_after_seconds=DEFAULT_RETRY_SECONDS, why=f"Twilio: {table.busy[code]} (code {code})")
    if status in (401, 403) or code in table.setup:
        why = table.setup.get(code, "the credentials were refused")
        return Busy(retry_after_seconds=SETUP_RETRY_SECONDS, why=f"Twilio: {why} (code {code})")
    if 400 <= status < 500 and status != 408:
        return Refused(code=str(code or status), why=f"Twilio refused the message with code {code or status}")
    return Unknown(why=f"Twilio failed with status {status}; it may have taken the message")


def _silent_logger() -> logging.Logger:
    """A logger that drops what the client would print: addresses and query strings."""
    logger = logging.getLogger("activities.twilio_api.wire")
    logger.disabled = True
    logger.setLevel(logging.CRITICAL + 1)  # uvicorn's logging set-up enables what was disabled before it
    return logger
