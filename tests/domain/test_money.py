"""Money is exact: read without rounding, split without loss, never mixed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.money import MINOR_UNIT_DIGITS, Money, parse_money

CURRENCIES = st.sampled_from(sorted(MINOR_UNIT_DIGITS))


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1280.50", "USD", 128_050),
        ("1280.5", "USD", 128_050),
        (" 1280 ", "USD", 128_000),
        ("0.01", "CNY", 1),
        ("-3.20", "GBP", -320),
        ("+3.20", "GBP", 320),
        ("1.500", "USD", 150),
        ("1500", "JPY", 1_500),
        ("1500.0", "JPY", 1_500),
        ("1.234", "KWD", 1_234),
        ("999999999999999999.99", "USD", 99_999_999_999_999_999_999),
    ],
)
def test_a_plain_decimal_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert parse_money(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "USD"),
        (".", "USD"),
        ("1,280.50", "USD"),
        ("1 280.50", "USD"),
        ("1_280", "USD"),
        ("1e3", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("１２８", "USD"),
        ("١٢٨", "USD"),
        ("1280.505", "USD"),
        ("1280.5", "JPY"),
        ("$5", "USD"),
        ("1" * 19, "USD"),
        ("9" * 5_000, "USD"),
        ("5.00", "XXX"),
        ("5.00", "usd"),
    ],
)
def test_anything_else_is_refused_and_never_rounded(text: str, currency: str) -> None:
    with pytest.raises(InvalidInput):
        parse_money(text, currency)


def test_thirty_digits_are_refused_where_decimal_arithmetic_would_round_in_silence() -> None:
    with pytest.raises(InvalidInput):
        parse_money("12345678901234567890123456789.01", "USD")


@given(st.integers(-(10**17), 10**17), CURRENCIES)
def test_what_is_written_is_read_back(minor: int, currency: str) -> None:
    assert parse_money(f"{Money(minor, currency).to_decimal():f}", currency) == Money(minor, currency)


@given(st.integers(-(10**40), 10**40))
def test_major_units_are_exact_at_any_size(minor: int) -> None:
    assert f"{Money(minor, 'USD').to_decimal():f}".replace(".", "").lstrip("-0") == str(abs(minor)).lstrip("0")


@given(st.integers(-(10**15), 10**15), st.integers(1, 60))
def test_shares_sum_to_the_whole_and_differ_by_one_unit_at_most(minor: int, parts: int) -> None:
    shares = [share.amount_minor for share in Money(minor, "USD").split(parts)]
    assert sum(shares) == minor
    assert max(shares) - min(shares) <= 1
    assert shares == sorted(shares, reverse=True)


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(InvalidInput):
        Money(1, "USD") + Money(1, "GBP")
    with pytest.raises(InvalidInput):
        Money(1, "USD") - Money(1, "GBP")


@pytest.mark.parametrize("amount", [1.0, True, Decimal(1), "1"])
def test_an_amount_is_a_whole_number(amount: object) -> None:
    with pytest.raises(InvalidInput):
        Money(amount, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("parts", [0, -1])
def test_nothing_is_split_into_no_parts(parts: int) -> None:
    with pytest.raises(InvalidInput):
        Money(1, "USD").split(parts)
