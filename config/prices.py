"""What one message costs by channel, as the settings say it: `USD sms=0.0079 email=0.0006 action=0.00005`.

A text is billed by its parts, so its price is that of one part. `action` is a billable action of Temporal's.

Kept in millionths of the currency, so that a price below a cent is exact and sums stay integers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from config.segments import segments
from domain.vocabulary import Channel

MICROS = 1_000_000
ACTION = "action"
SETTING = "AMICABLE_MESSAGE_PRICES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The price of a message by channel, of a text by part; a channel without one costs nothing that we know of."""

    currency: str = ""
    micros: Mapping[Channel, int] = field(default_factory=dict)
    action_micros: int | None = None
    """Of one billable action of Temporal's; None: nobody said."""

    def by_name(self) -> dict[str, int]:
        """Whatever has a price, as the setting names it."""
        actions = {} if self.action_micros is None else {ACTION: self.action_micros}
        return {channel.value: price for channel, price in self.micros.items()} | actions

    def micros_of(self, channel: Channel, body: str) -> int | None:
        """What one message of that text costs; None for a channel without a price."""
        price = self.micros.get(channel)
        return price * segments(body) if price is not None and channel is Channel.SMS else price


def read_prices(text: str) -> Prices:
    """The prices that a text says. Raises ValueError with a sentence that says what would do."""
    currency, *told = text.split()
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()) or not told:
        raise ValueError("must be a currency and prices, as: USD sms=0.0079 email=0.0006")
    micros: dict[str, int] = {}
    for each in told:
        name, _, price = each.partition("=")
        if name != ACTION and name not in list(Channel):
            raise ValueError(f"{name!r} is no channel: there are {', '.join(Channel)}, and {ACTION}")
        if name in micros:
            raise ValueError(f"{name} has two prices")
        micros[name] = _micros(name, price)
    action = micros.pop(ACTION, None)
    by_channel = {Channel(name): price for name, price in micros.items()}
    return Prices(currency=currency, micros=by_channel, action_micros=action)


def _micros(name: str, price: str) -> int:
    try:
        exact = Decimal(price) * MICROS
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite() or exact != exact.to_integral_value() or not 0 <= exact <= 10_000 * MICROS:
        raise ValueError(f"the price of {name} must be a number such as 0.0079, of at most six digits after the point")
    return int(exact)
