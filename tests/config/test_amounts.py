"""Amounts are written as Babel writes them, with every digit that ISO 4217 gives the currency."""

import pytest
from babel import Locale
from babel.numbers import format_currency, get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from config.amounts import written
from domain.money import MINOR_UNIT_DIGITS, Money

TAGS = ("en", "en_GB", "en_IN", "zh_CN", "zh_Hant_TW", "de", "de_CH", "fr", "es", "pt_BR", "ru", "ja", "hi", "id")
AGREED = sorted(code for code, digits in MINOR_UNIT_DIGITS.items() if get_currency_precision(code) == digits)


@pytest.mark.parametrize(
    ("tag", "money", "text"),
    [
        ("en", Money(128050, "USD"), "$1,280.50"),
        ("en", Money(128050, "CNY"), "CN¥1,280.50"),
        ("en_GB", Money(5, "GBP"), "£0.05"),
        ("zh_CN", Money(128050, "CNY"), "¥1,280.50"),
        ("de", Money(128050, "EUR"), "1.280,50 €"),
        ("en_IN", Money(1234567_00, "INR"), "₹12,34,567.00"),
        ("en", Money(1280, "JPY"), "¥1,280"),
        ("en", Money(1280500, "KWD"), "KWD1,280.500"),
        ("en", Money(-5, "USD"), "-$0.05"),
    ],
)
def test_an_amount_is_written_as_the_language_does(tag: str, money: Money, text: str) -> None:
    assert written(money, Locale.parse(tag)) == text


@given(tag=st.sampled_from(TAGS), currency=st.sampled_from(AGREED), minor=st.integers(-(10**9), 10**15))
def test_it_is_what_babel_writes_but_for_its_special_spaces(tag: str, currency: str, minor: int) -> None:
    locale = Locale.parse(tag)
    money = Money(minor, currency)
    expected = format_currency(money.to_decimal(), currency, locale=locale)
    assert written(money, locale) == expected.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_demand_is_not_rounded_to_the_coins_in_use() -> None:
    assert format_currency(Money(1250, "LAK").to_decimal(), "LAK", locale="en") == "LAK12"
    assert written(Money(1250, "LAK"), Locale.parse("en")) == "LAK12.50"
