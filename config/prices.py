"""What one message costs by channel, as the settings say it: `USD sms=0.0079 email=0.0006`.

Kept in millionths of the currency, so that a price below a cent is exact and sums stay integers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from domain.vocabulary import Channel

MICROS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The price of a message by channel; a channel without one costs nothing that we know of."""

    currency: str = ""
    micros: Mapping[Channel, int] = field(default_factory=dict)


def read_prices(text: str) -> Prices:
    """The prices that a text says. Raises ValueError with a sentence that says what would do."""
    currency, *told = text.split()
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()) or not told:
        raise ValueError("must be a currency and prices, as: USD sms=0.0079 email=0.0006")
    micros: dict[Channel, int] = {}
    for each in told:
        name, _, price = each.partition("=")
        if name not in list(Channel):
            raise ValueError(f"{name!r} is no channel: there are {', '.join(Channel)}")
        channel = Channel(name)
        if channel in micros:
            raise ValueError(f"{name} has two prices")
        micros[channel] = _micros(name, price)
    return Prices(currency=currency, micros=micros)


def _micros(name: str, price: str) -> int:
    try:
        exact = Decimal(price) * MICROS
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite() or exact != exact.to_integral_value() or not 0 <= exact <= 10_000 * MICROS:
        raise ValueError(f"the price of {name} must be a number such as 0.0079, of at most six digits after the point")
    return int(exact)
