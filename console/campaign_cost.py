"""What the messages and actions of a preview cost, at the prices that the settings name."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.prices import ACTION, MICROS, SETTING, Prices
from console.campaign_outlook import Expected
from domain.vocabulary import Channel

NO_PRICE = f"no price set ({SETTING})"
CENT = MICROS // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A sum in millionths of the currency, and what in it has no price."""

    micros: int = 0
    unpriced: tuple[str, ...] = ()
    priced: bool = False
    """Whether anything in it has a price: nothing may cost nothing."""

    def plus(self, other: "Cost") -> "Cost":
        """Both together."""
        return Cost(
            micros=self.micros + other.micros,
            unpriced=tuple(dict.fromkeys((*self.unpriced, *other.unpriced))),
            priced=self.priced or other.priced,
        )

    def in_words(self, currency: str) -> str:
        """For a person: `USD 12.40`, and what is not in it."""
        if not self.priced:
            return NO_PRICE if self.unpriced else ""
        told = self.sum_in_words(currency)
        return f"{told}, without {', '.join(self.unpriced)} (no price)" if self.unpriced else told

    def sum_in_words(self, currency: str) -> str:
        """The sum alone, to the cent."""
        return f"under {currency} 0.01" if 0 < self.micros < CENT else f"{currency} {self.micros / MICROS:,.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEstimate:
    """Of everybody who would be enrolled; what depends on the sample is scaled up from it."""

    currency: str
    first: Cost
    planned: Cost
    """Every message if nobody pays or answers, the first ones among them."""
    actions: Cost
    first_sms_parts: int
    planned_sms_parts: int
    """A text that is not written yet is taken to have as many parts as the first ones have on average."""

    @property
    def whole(self) -> Cost:
        """Messages and actions if nobody pays or answers."""
        return self.planned.plus(self.actions)


def estimate_cost(expected: Expected, prices: Prices) -> CostEstimate:
    """What the members of a preview, or of an arm, come to in money."""
    outlook = expected.outlook
    sms = Channel.SMS.value
    first_parts = expected.scaled(outlook.sms_parts)
    planned_parts = expected.scaled(outlook.planned[sms] * outlook.parts_of_a_text)
    actions = expected.scaled(outlook.actions)
    return CostEstimate(
        currency=prices.currency,
        first=cost_of(_pieces(expected, outlook.by_channel, first_parts), prices),
        planned=cost_of(_pieces(expected, outlook.planned, planned_parts), prices),
        actions=cost_of({ACTION: actions}, prices),
        first_sms_parts=first_parts,
        planned_sms_parts=planned_parts,
    )


def _pieces(expected: Expected, counts: Counter[str], sms_parts: int) -> dict[str, int]:
    """How many of what has a price: messages, and parts of texts."""
    scaled = {name: expected.scaled(number) for name, number in sorted(counts.items())}
    return scaled | ({Channel.SMS.value: sms_parts} if Channel.SMS.value in scaled else {})


def cost_of(pieces: Mapping[str, int], prices: Prices) -> Cost:
    """Of so many messages by channel, texts in parts, and `action` for actions."""
    named = prices.by_name()
    known = {name: named[name] for name in pieces if name in named}
    return Cost(
        micros=sum(pieces[name] * price for name, price in known.items()),
        unpriced=tuple(name for name, number in pieces.items() if number and name not in known),
        priced=bool(known),
    )


def cost_as_json(estimate: CostEstimate) -> dict[str, Any]:
    """In millionths of the currency; null where nothing of it has a price."""

    def told(cost: Cost) -> dict[str, Any]:
        return {"micros": cost.micros if cost.priced else None, "without_price": list(cost.unpriced)}

    return {
        "currency": estimate.currency or None,
        "first_messages": told(estimate.first),
        "messages_if_nobody_pays": told(estimate.planned),
        "actions_if_nobody_pays": told(estimate.actions),
        "whole_if_nobody_pays": told(estimate.whole),
    }
