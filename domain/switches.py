"""Switches that stop contact at once: all of it, or that of one channel, campaign or strategy."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.vocabulary import Channel, SwitchScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One stop, by whom and why."""

    scope: SwitchScope
    key: str
    """The channel, campaign or strategy; empty for the global one."""
    reason: str
    set_by: str
    set_at: datetime

    @property
    def name(self) -> str:
        """What it stops, in words."""
        return f"{self.scope.value} {self.key}" if self.key else self.scope.value

    @property
    def says(self) -> str:
        """What it stops, since when, by whom and why."""
        return f"{self.name} is switched off since {self.set_at:%Y-%m-%d %H:%M} UTC by {self.set_by}: {self.reason}"


def stopped_by(
    switches: Iterable[Switch], *, channel: Channel | None = None, campaign_id: str | None = None, strategy: str
) -> Switch | None:
    """The widest switch that stops a contact on this channel; without a channel, one that stops the whole case."""
    keys = {
        SwitchScope.GLOBAL: "",
        SwitchScope.CHANNEL: channel.value if channel else None,
        SwitchScope.CAMPAIGN: campaign_id,
        SwitchScope.STRATEGY: strategy,
    }
    stopping = [each for each in switches if keys[each.scope] == each.key]
    return min(stopping, key=lambda each: list(SwitchScope).index(each.scope), default=None)


def affecting(switches: Iterable[Switch], *, campaign_id: str | None, strategy: str) -> tuple[Switch, ...]:
    """Every switch that stops a case, or a channel of it; the widest first."""
    mine = [
        each
        for each in switches
        if each.scope is SwitchScope.CHANNEL or stopped_by([each], campaign_id=campaign_id, strategy=strategy)
    ]
    return tuple(sorted(mine, key=lambda each: (list(SwitchScope).index(each.scope), each.key)))
