"""What a provider's silence, delay or headers mean."""

from datetime import UTC, datetime

import pytest
from requests.exceptions import ConnectionError as NotConnected
from requests.exceptions import ConnectTimeout, ProxyError, ReadTimeout, SSLError
from urllib3.exceptions import ProtocolError

from activities.channel import Busy, Unknown
from activities.wire import Limits, classify_failure, mask_address, pooled_session, retry_after_seconds

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("error", [ConnectTimeout(), ProxyError()])
def test_a_request_that_never_left_is_busy(error: ConnectTimeout) -> None:
    assert isinstance(classify_failure(error, "Provider"), Busy)


@pytest.mark.parametrize("error", [ReadTimeout(), NotConnected(ProtocolError("reset")), NotConnected(), SSLError()])
def test_a_request_that_may_have_left_is_unknown(error: NotConnected) -> None:
    assert isinstance(classify_failure(error, "Provider"), Unknown)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Mon, 02 Mar 2026 12:01:30 GMT"}, 90.0),
        ({"Retry-After": "Mon, 02 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 30)}, 30.0),
        ({"Retry-After": "soon"}, 5.0),
        ({"Retry-After": "inf"}, 5.0),
        ({}, 5.0),
    ],
)
def test_the_wait_is_what_the_provider_says_else_the_default(headers: dict[str, str], seconds: float) -> None:
    assert retry_after_seconds(headers, default=5.0, now=NOW) == seconds


@pytest.mark.parametrize(
    ("address", "masked"),
    [("+15125550111", "+1***11"), ("maria@example.com", "m***@e***"), ("12", "***"), ("", "***")],
)
def test_a_masked_address_cannot_be_written_to(address: str, masked: str) -> None:
    assert mask_address(address) == masked


def test_only_a_loopback_address_bypasses_the_machines_proxy() -> None:
    assert not pooled_session(Limits(), base_url="http://127.0.0.1:1").trust_env
    assert pooled_session(Limits(), base_url="https://api.twilio.com").trust_env
