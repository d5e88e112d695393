"""Rates of providers as a setting: read, refused in a line, and which queue follows from them."""

import pytest

from config.queues import provider_queues, read_rates
from config.settings import load_settings
from domain.errors import ConfigurationError
from domain.vocabulary import Channel

ADDRESSES = {"twilio_base_url": "http://127.0.0.1:9", "sendgrid_base_url": "http://127.0.0.1:9"}


def test_a_channel_with_a_rate_has_a_queue_of_its_own() -> None:
    rates = read_rates("sms=20, email=0.5")
    assert rates == {Channel.SMS: 20.0, Channel.EMAIL: 0.5}
    assert provider_queues("amicable", rates) == {Channel.SMS: "amicable-sms", Channel.EMAIL: "amicable-email"}


def test_without_the_setting_every_contact_waits_on_the_queue_of_its_case() -> None:
    assert load_settings(None, **ADDRESSES).rates() == {}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("fax=1", "'fax' is no channel"),
        ("sms", "must be a number of contacts per second"),
        ("sms=fast", "must be a number"),
        ("sms=0", "must be a number"),
        ("sms=nan", "must be a number"),
        ("sms=1 sms=2", "sms has two rates"),
    ],
)
def test_a_rate_that_is_none_is_refused_when_a_process_starts(told: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=f"AMICABLE_PROVIDER_RATES: .*{why}"):
        load_settings(None, provider_rates=told, **ADDRESSES)
