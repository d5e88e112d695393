"""What a preview comes to: the first messages of a sample, when they go out, and what all members would cost."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from activities.previewing import FirstContact
from casedb.selecting import SelectionTotals
from console.output import plain
from domain.calendar import zone
from domain.vocabulary import Channel

HALF_HOUR = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A first message as it would be read, and how many of the sample get one like it."""

    template: str
    channel: Channel
    locale: str
    jurisdiction: str
    subject: str
    body: str
    sms_parts: int
    """As what an SMS is billed; 0 for other channels."""
    count: int


@dataclass(slots=True, kw_only=True)
class Outlook:
    """What the sample came to."""

    looked_at: int = 0
    messages: dict[tuple[str, str, str, str], Sampled] = field(default_factory=dict)
    by_channel: Counter[str] = field(default_factory=Counter)
    """First messages."""
    sms_parts: int = 0
    starts: Counter[str] = field(default_factory=Counter)
    """First messages by the half hour of the account's own wall clock."""
    held_back: Counter[str] = field(default_factory=Counter)
    """No first message, by what stands in the way."""
    put_off: Counter[str] = field(default_factory=Counter)
    """First messages that a rule moves, by rule."""
    planned: Counter[str] = field(default_factory=Counter)
    """Every message of the way to a human's decision, by channel, if nobody pays or answers."""
    actions: int = 0
    """Billable ones of that way, about."""

    @property
    def parts_of_a_text(self) -> float:
        """How many parts a first SMS has on average; 1 where there is none to go by."""
        texts = self.by_channel[Channel.SMS.value]
        return self.sms_parts / texts if texts else 1.0

    def add(self, found: FirstContact) -> None:
        """One account more."""
        self.looked_at += 1
        self.actions += found.actions
        self.planned.update(channel.value for channel in found.forecast.channels)
        if found.at is None or found.message is None or found.channel is None:
            self.held_back[f"{found.held_back_by}: {found.why}" if found.why else found.held_back_by] += 1
            return
        if found.held_back_by:
            self.put_off[found.held_back_by] += 1
        self.by_channel[found.channel.value] += 1
        self.starts[_half_hour(found.at, found.zone)] += 1
        self._keep(found)

    def _keep(self, found: FirstContact) -> None:
        assert found.message is not None
        assert found.channel is not None
        self.sms_parts += found.sms_parts
        key = (found.template, found.channel.value, found.locale, found.jurisdiction)
        known = self.messages.get(key)
        self.messages[key] = Sampled(
            template=found.template,
            channel=found.channel,
            locale=found.locale,
            jurisdiction=found.jurisdiction,
            subject=known.subject if known else found.message.subject,
            body=known.body if known else found.message.body,
            sms_parts=known.sms_parts if known else found.sms_parts,
            count=known.count + 1 if known else 1,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Everything that a preview tells."""

    at: datetime
    selection: str
    strategy: str
    starts_per_second: float
    totals: SelectionTotals
    outlook: Outlook
    members_by_arm: dict[str, int] = field(default_factory=dict)
    """Where the campaign is split."""

    @property
    def scale(self) -> float:
        """How many members each account of the sample stands for."""
        return self.totals.members / self.outlook.looked_at if self.outlook.looked_at else 0.0

    @property
    def starting_seconds(self) -> float:
        """How long it takes to start all members at that pace."""
        return self.totals.members / self.starts_per_second

    def scaled(self, number: float) -> int:
        """A number of the sample for all members."""
        return round(number * self.scale)


def _half_hour(at: datetime, zone_name: str) -> str:
    wall = at.astimezone(zone(zone_name))
    return f"{wall:%Y-%m-%d %H}:{wall.minute // HALF_HOUR * HALF_HOUR:02d}"


def preview_as_json(preview: Preview) -> dict[str, Any]:
    totals, outlook = preview.totals, preview.outlook
    return {
        "at": plain(preview.at),
        "selection": preview.selection,
        "strategy": preview.strategy,
        "starts_per_second": preview.starts_per_second,
        "starting_seconds": round(preview.starting_seconds, 1),
        "members": totals.members,
        "members_by_arm": preview.members_by_arm,
        "members_by_currency": totals.by_currency,
        "owed_minor": totals.members_minor,
        "excluded": totals.exclusions,
        "excluded_minor": totals.excluded_minor,
        "sample": {
            "accounts": outlook.looked_at,
            "each_stands_for": round(preview.scale, 6),
            "first_messages": [plain(each) for each in outlook.messages.values()],
            "first_messages_by_channel": dict(outlook.by_channel),
            "first_sms_parts": outlook.sms_parts,
            "first_send_times": dict(sorted(outlook.starts.items())),
            "put_off_by_rule": dict(outlook.put_off),
            "no_first_message": dict(outlook.held_back),
        },
        "estimate": {
            "first_messages": {name: preview.scaled(number) for name, number in outlook.by_channel.items()},
            "first_sms_parts": preview.scaled(outlook.sms_parts),
            "messages_if_nobody_pays": {name: preview.scaled(number) for name, number in outlook.planned.items()},
            "billable_actions_if_nobody_pays": preview.scaled(outlook.actions),
        },
    }
