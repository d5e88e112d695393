"""The act that is proposed and everything the rules may ask about it, as plain values.

Shapes follow the regulation rules, section 3. Instants are aware and in UTC; dates and times of day are civil and
belong to the zone named beside them. Texts arrive with their readings, which are made at the border.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from domain.compliance.flags import NO_FLAGS, Flags
from domain.compliance.vocabulary import (
    NOT_PLACED,
    VOICE,
    ActKind,
    AddressProcedure,
    AddressType,
    Medium,
    Purpose,
    Recipient,
    Role,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateZone:
    """A zone the person may be in, and what says so, such as `address` or `mobile_area_code`."""

    name: str
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the act would reach the person."""

    type: AddressType | None = None
    procedure: AddressProcedure | None = None
    number: str | None = None
    """Any name that tells two numbers apart; not the number itself."""
    notice_sent: date | None = None
    optout_by: date | None = None
    last_inbound_text: date | None = None
    reassigned_check: date | None = None


NO_ADDRESS = Address()


@dataclass(frozen=True, slots=True, kw_only=True)
class PastContact:
    """A contact that was made, attempted, received, or is on its way (`in_flight`)."""

    at: datetime
    channel: Medium
    outcome: str
    inbound: bool = False
    debt_ids: tuple[str, ...] = ()
    """Of a conversation: the debts talked about; else those it is attributed to. Empty: not known, so it counts."""
    recipient: Recipient = Recipient.CONSUMER
    number: str | None = None
    text: str = ""
    """What the person wrote or said."""
    purpose: Purpose | None = None
    misdirected: bool = False

    @property
    def is_placed(self) -> bool:
        """Whether it went out and counts as an attempt."""
        return not self.inbound and self.outcome not in NOT_PLACED


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the person agreed to."""

    type: str
    at: datetime
    given_to: str | None = None
    via: str | None = None
    debt_ids: tuple[str, ...] = ()
    """Empty: every debt."""
    on_date: date | None = None
    """The one local day it is for."""
    revoked_at: datetime | None = None
    start: time | None = None
    end: time | None = None
    zone: str | None = None

    def holds_at(self, instant: datetime) -> bool:
        """Whether it was given and is not revoked."""
        return self.at <= instant and (self.revoked_at is None or instant < self.revoked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class InconvenientTime:
    """Times the person named as inconvenient, half-open; no end means the next midnight."""

    zone: str
    days: tuple[int, ...]
    """ISO weekdays."""
    start: time
    end: time | None
    through: date | None = None
    """The last local date, inclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A text that would be sent or said."""

    text: str
    readings: tuple[str, ...] = ()
    """Normalised forms of the text; empty when nobody made any."""
    disclosures: frozenset[str] = frozenset()
    """Declared: identity, from_debt_collector, attempting_to_collect, info_used, optout, or the id of a rule."""
    lang: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody is about to do, and what is known at that moment."""

    kind: ActKind = ActKind.CONTACT
    jurisdiction: str
    role: Role
    at: datetime
    """Of the hand-off to carrier or provider, not of receipt."""
    channel: Medium
    recipient: Recipient = Recipient.CONSUMER
    purpose: Purpose = Purpose.COLLECT
    zones: tuple[CandidateZone, ...] = ()
    superseded_zones: tuple[CandidateZone, ...] = ()
    """Zones that a stated location displaced; kept for the record, never asked."""
    closed_dates: frozenset[date] = frozenset()
    """Local dates closed besides those the profile knows."""
    debt_ids: tuple[str, ...] = ()
    debt_groups: Mapping[str, str] = field(default_factory=dict)
    """Debt to account number: the debts of one account are one debt."""
    address: Address = NO_ADDRESS
    history: tuple[PastContact, ...] = ()
    flags: Flags = NO_FLAGS
    consents: tuple[Consent, ...] = ()
    inconvenient: tuple[InconvenientTime, ...] = ()
    content: Content | None = None
    zone_names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """Every candidate zone once."""

    def __post_init__(self) -> None:
        """Name each zone once."""
        names = (
            (self.zones[0].name,) if len(self.zones) == 1 else tuple(dict.fromkeys(each.name for each in self.zones))
        )
        object.__setattr__(self, "zone_names", tuple(names))

    def concerns(self, debt_ids: tuple[str, ...]) -> bool:
        """Whether any of these debts is one the act is about; none named on either side means all."""
        if not debt_ids or not self.debt_ids:
            return True
        groups = self.debt_groups
        mine = {groups.get(debt, debt) for debt in self.debt_ids}
        return any(groups.get(debt, debt) in mine for debt in debt_ids)

    def by_debt(self) -> tuple["Act", ...]:
        """The act once for each account it is about; one about no more than one account is itself alone."""
        if len(self.debt_ids) < 2:
            return (self,)
        accounts = {self.debt_groups.get(debt, debt): debt for debt in self.debt_ids}
        return tuple(replace(self, debt_ids=(debt,)) for debt in accounts.values())

    def before(self, instant: datetime) -> tuple[PastContact, ...]:
        """The history up to that instant, oldest first."""
        return tuple(sorted((each for each in self.history if each.at <= instant), key=lambda each: each.at))

    def unanswered(self, instant: datetime, since: datetime | None = None) -> int:
        """How many times the person wrote or called by this medium and still has a reply to come.

        Every message earns one reply, and an automatic one is a reply. (Comment 6(b)(1)-2.)
        """
        waiting = 0
        for past in self.before(instant):
            if not same_medium(past.channel, self.channel) or (since is not None and past.at < since):
                continue
            waiting = waiting + 1 if past.inbound else max(0, waiting - 1)
        return waiting


def same_medium(one: Medium, other: Medium) -> bool:
    """Whether a reply by the one answers a message by the other: the same, or both a telephone call."""
    return one is other or (one in VOICE and other in VOICE)
