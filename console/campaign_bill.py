"""What each arm of a campaign cost by the prices that the settings name: messages, texts by their parts, actions."""

from collections import Counter
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from casedb.campaign_spending import Spent, read_spent
from config.prices import ACTION, MICROS, Prices
from config.segments import segments
from console.campaign_cost import Cost, cost_of
from domain.experiments.means import Amounts
from domain.experiments.report import ArmFigures
from domain.vocabulary import Channel

ACTIONS_PER_DECISION = 2
"""A start and an opening to a case; each later decision came after a timer or a signal, in an activity."""
ACTIONS_PER_ANSWER = 2
"""Its workflow and its activity."""


@dataclass(slots=True, kw_only=True)
class Bill:
    """Of one arm, person by person."""

    prices: Prices
    messages: Counter[str] = field(default_factory=Counter)
    sms_parts: int = 0
    actions: int = 0
    cost: Amounts = field(default_factory=Amounts)

    def add(self, spent: Spent) -> None:
        """One person more."""
        actions = ACTIONS_PER_DECISION * spent.decisions + ACTIONS_PER_ANSWER * spent.answers
        micros = actions * (self.prices.action_micros or 0)
        for each in spent.messages:
            parts = each.number * (segments(each.body) if each.channel is Channel.SMS else 1)
            self.messages[each.channel.value] += each.number
            self.sms_parts += parts if each.channel is Channel.SMS else 0
            micros += parts * self.prices.micros.get(each.channel, 0)
        self.actions += actions
        self.cost.add(micros)

    def on(self, figures: ArmFigures) -> ArmFigures:
        """The arm with what it spent."""
        return replace(
            figures,
            messages=dict(sorted(self.messages.items())),
            sms_parts=self.sms_parts if Channel.SMS in self.prices.micros else None,
            actions=self.actions,
            cost=self.cost if self.prices.currency else None,
        )


def with_bills(connection: Connection, campaign_id: str, arms: list[ArmFigures], prices: Prices) -> list[ArmFigures]:
    """The arms with what they spent. What texts said is read only where a part of them has a price."""
    bills = {each.arm.name: Bill(prices=prices) for each in arms}
    for spent in read_spent(connection, campaign_id, with_words=Channel.SMS in prices.micros):
        if spent.arm in bills:
            bills[spent.arm].add(spent)
    return [bills[each.arm.name].on(each) for each in arms]


def whole_cost(figures: ArmFigures, prices: Prices) -> Cost:
    """Of all people of the arm, and what of it has no price."""
    pieces = dict(figures.messages) | ({Channel.SMS.value: figures.sms_parts} if figures.sms_parts else {})
    return cost_of(pieces | {ACTION: figures.actions}, prices)


def exact(micros: float, currency: str, *, signed: bool = False) -> str:
    """What a person costs, with the digits of prices: `USD 0.0158`."""
    return f"{currency} {micros / MICROS:{'+' if signed else ''},.4f}"
