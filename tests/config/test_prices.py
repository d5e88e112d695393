"""Prices of messages: exact below a cent, and a mistake names the channel."""

import pytest

from config.prices import read_prices
from config.settings import load_settings
from domain.errors import ConfigurationError
from domain.vocabulary import Channel
from tests.config.conftest import SANDBOX_URLS


def test_a_price_below_a_cent_is_exact() -> None:
    prices = read_prices("USD sms=0.0079 email=0.000600 letter=1")
    assert prices.currency == "USD"
    assert prices.micros == {Channel.SMS: 7_900, Channel.EMAIL: 600, Channel.LETTER: 1_000_000}


def test_an_action_has_a_price_beside_the_channels() -> None:
    assert read_prices("USD sms=0.0079").action_micros is None
    prices = read_prices("USD action=0.00005 sms=0.0079")
    assert (prices.action_micros, dict(prices.micros)) == (50, {Channel.SMS: 7_900})


def test_a_text_costs_as_much_as_its_parts_and_other_messages_count_once() -> None:
    prices = read_prices("USD sms=0.0079 email=0.0006")
    assert prices.micros_of(Channel.SMS, "a" * 160) == 7_900
    assert prices.micros_of(Channel.SMS, "a" * 161) == 2 * 7_900
    assert prices.micros_of(Channel.SMS, "中" * 71) == 2 * 7_900
    assert prices.micros_of(Channel.EMAIL, "a" * 1_000) == 600
    assert prices.micros_of(Channel.LETTER, "a") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sms=0.0079", "must be a currency and prices"),
        ("USD", "must be a currency and prices"),
        ("usd sms=1", "must be a currency and prices"),
        ("USD fax=1", "'fax' is no channel: there are .*, and action"),
        ("USD action=1 action=2", "action has two prices"),
        ("USD sms=1 sms=2", "sms has two prices"),
        ("USD sms=cheap", "the price of sms must be a number"),
        ("USD sms=", "the price of sms must be a number"),
        ("USD sms=-1", "the price of sms must be a number"),
        ("USD sms=0.0000001", "the price of sms must be a number"),
        ("USD sms=NaN", "the price of sms must be a number"),
        ("USD sms=Infinity", "the price of sms must be a number"),
    ],
)
def test_what_is_no_price_is_refused_by_the_name_of_its_variable(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^AMICABLE_MESSAGE_PRICES: {reason}"):
        load_settings(None, **SANDBOX_URLS, message_prices=text)


@pytest.mark.parametrize("address", ["127.0.0.1", "9464", "http://127.0.0.1:9464", "here:9464"])
def test_numbers_are_served_at_an_address_and_port(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^AMICABLE_METRICS_ADDRESS: must be an address and a port"):
        load_settings(None, **SANDBOX_URLS, metrics_address=address)


def test_worker_and_web_serve_their_numbers_at_two_addresses() -> None:
    both = {"metrics_address": "127.0.0.1:9464", "web_metrics_address": "127.0.0.1:9464"}
    with pytest.raises(ConfigurationError, match=r"^AMICABLE_WEB_METRICS_ADDRESS: must be another address"):
        load_settings(None, **SANDBOX_URLS, **both)
    assert load_settings(None, **SANDBOX_URLS, metrics_address="[::1]:9464").metrics_address == "[::1]:9464"
