"""What a preview comes to: the first messages of a sample, when they go out, and what all members would cost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from activities.previewing import FirstContact
from casedb.selecting import SelectionTotals
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
    by_arm: Mapping[str, int] = field(default_factory=dict)
    """The count by arm; one arm has all where nothing is split."""


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

    def add(self, found: FirstContact, arm: str) -> None:
        """One account more, of that arm."""
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
        self._keep(found, arm)

    def _keep(self, found: FirstContact, arm: str) -> None:
        assert found.message is not None
        assert found.channel is not None
        self.sms_parts += found.sms_parts
        key = (found.template, found.channel.value, found.locale, found.jurisdiction)
        known = self.messages.get(key)
        by_arm = Counter(known.by_arm if known else {}) + Counter([arm])
        self.messages[key] = Sampled(
            template=found.template,
            channel=found.channel,
            locale=found.locale,
            jurisdiction=found.jurisdiction,
            subject=known.subject if known else found.message.subject,
            body=known.body if known else found.message.body,
            sms_parts=known.sms_parts if known else found.sms_parts,
            count=known.count + 1 if known else 1,
            by_arm=by_arm,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What so many members come to, as far as the sample of them tells."""

    members: int
    outlook: Outlook

    @property
    def scale(self) -> float:
        """How many members each account of the sample stands for."""
        return self.members / self.outlook.looked_at if self.outlook.looked_at else 0.0

    def scaled(self, number: float) -> int:
        """A number of the sample for all members."""
        return round(number * self.scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Everything that a preview tells."""

    at: datetime
    selection: str
    strategy: str
    starts_per_second: float
    totals: SelectionTotals
    outlook: Outlook
    arms: Mapping[str, Expected] = field(default_factory=dict)
    """Where the campaign is split, the champion first. Each has a scale of its own, so they sum to about the whole."""

    @property
    def whole(self) -> Expected:
        """All members together."""
        return Expected(members=self.totals.members, outlook=self.outlook)

    @property
    def starting_seconds(self) -> float:
        """How long it takes to start all members at that pace."""
        return self.totals.members / self.starts_per_second


def _half_hour(at: datetime, zone_name: str) -> str:
    wall = at.astimezone(zone(zone_name))
    return f"{wall:%Y-%m-%d %H}:{wall.minute // HALF_HOUR * HALF_HOUR:02d}"
