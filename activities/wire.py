"""What every provider's client needs of the network: a pool with timeouts, and one table of network failures.

The question that a failure must answer is whether the provider may have the message. Before the request has left,
it cannot (`Busy`); after that, nobody knows (`Unknown`).
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as NotConnected
from requests.exceptions import ConnectTimeout, ProxyError, RequestException
from urllib3.exceptions import MaxRetryError, NewConnectionError

from activities.channel import Busy, Unknown
from config.settings import Settings
from telemetry.tracing import span

CONNECT_RETRY_SECONDS = 10.0
SETUP_RETRY_SECONDS = 300.0
# These loggers print addresses and texts, from INFO or DEBUG on.
_TALKATIVE = ("twilio.http_client", "python_http_client", "urllib3.connectionpool", "requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long to wait for a provider, and for how many threads to keep connections."""

    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    pool_size: int = 100

    @property
    def timeout(self) -> tuple[float, float]:
        """The pair that requests takes."""
        return (self.connect_seconds, self.read_seconds)


def limits_of(settings: Settings) -> Limits:
    """The limits that a process's settings ask for: one connection for each of its threads."""
    return Limits(read_seconds=settings.provider_timeout_seconds, pool_size=settings.max_concurrent_activities)


def pooled_session(limits: Limits, *, base_url: str) -> Session:
    """A session that never retries; a loopback address is asked directly, whatever proxy the machine uses."""
    session = Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Observed(pool_connections=2, pool_maxsize=limits.pool_size, max_retries=0))
    session.trust_env = not _is_loopback(urlsplit(base_url).hostname or "")
    return session


class _Observed(HTTPAdapter):
    """One span for each request: to which host, and with which status; a path or a query may hold an address."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send it as the library does."""
        method, host = request.method or "", urlsplit(request.url or "").hostname or ""
        with span(f"HTTP {method}", "client", http__request__method=method, server__address=host) as noting:
            response = super().send(request, *args, **kwargs)
            noting.note(http__response__status_code=response.status_code)
            return response


def silence_wire_loggers() -> None:
    """Keep addresses and texts out of logs: the clients' own loggers speak from WARNING on only."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def classify_failure(error: RequestException, provider: str) -> Busy | Unknown:
    """The outcome of a request that got no answer."""
    if _never_left(error):
        return Busy(retry_after_seconds=CONNECT_RETRY_SECONDS, why=f"{provider} could not be reached")
    return Unknown(why=f"{provider} did not answer: {type(error).__name__}")


def retry_after_seconds(headers: Mapping[str, str], *, default: float, now: datetime | None = None) -> float:
    """The wait that a 429 asks for: `Retry-After` in seconds or as a date, else `X-RateLimit-Reset` (epoch).

    Never negative; `default` when the provider says nothing that can be read.
    """
    now = now or datetime.now(UTC)
    for name, read in (("Retry-After", _read_delay), ("X-RateLimit-Reset", _read_epoch)):
        value = headers.get(name)
        seconds = read(value, now) if value else None
        if seconds is not None and math.isfinite(seconds):
            return max(0.0, seconds)
    return default


def mask_address(address: str) -> str:
    """Enough of a phone number or e-mail address to recognise, too little to write to."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain[:1]}***"
    return f"{address[:2]}***{address[-2:]}" if len(address) > 6 else "***"


def _never_left(error: RequestException) -> bool:
    """Whether the failure came before the first byte of the request."""
    if isinstance(error, ConnectTimeout | ProxyError):
        return True
    cause = error.args[0] if isinstance(error, NotConnected) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _read_delay(value: str, now: datetime) -> float | None:
    try:
        return float(value)
    except ValueError:
        return _read_date(value, now)


def _read_date(value: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now.timestamp()


def _read_epoch(value: str, now: datetime) -> float | None:
    try:
        return float(value) - now.timestamp()
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
