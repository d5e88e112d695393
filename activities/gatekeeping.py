"""At the gate: which addresses a touch may try, and what the law says of each at this instant."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from activities.house_rules import not_asked_for
from casedb.snapshot import ELSEWHERE, NOT_FOUND, RESENT, Point, Snapshot, TouchRecord
from domain.calendar import local_date
from domain.case import CaseState
from domain.compliance.facts import NO_ADDRESS, Act, Address, CandidateZone, Consent, PastContact
from domain.compliance.flags import NO_FLAGS, Attorney, Bankruptcy, BreathingSpace, Cease, Dispute, Flags
from domain.compliance.gate import check
from domain.compliance.profile import Profile
from domain.compliance.verdict import Verdict
from domain.compliance.vocabulary import ELECTRONIC, VOICE, AddressType, Medium, Purpose, Role
from domain.holds import HoldState
from domain.step import Contact
from domain.vocabulary import Channel, HoldKind

SENT = "sent"
"""The outcome of a message that left the house, or may have."""
EXPRESS_CONSENT = "tcpa_express"
ELECTRONIC_CONSENT = "nyc_electronic"
DURABLE = frozenset({Channel.EMAIL, Channel.LETTER})
"""Channels whose messages the person can keep and show."""
_UNKNOWN_LINE = Address(type=AddressType.MOBILE)
"""Nobody looked up which line a number is: it is called as a mobile one is, which the law protects most."""
_MEDIA = {Channel.VOICE: Medium.PRERECORDED_CALL}
"""A call of ours speaks a text that was made beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatekeeper:
    """Asks the gate with fresh facts, for the channels that we speak."""

    profiles: Mapping[str, Profile]
    channels: tuple[Channel, ...]
    tzdata: str

    def candidates(self, contact: Contact, snapshot: Snapshot, refused: Collection[str]) -> Iterator[Point]:
        """Addresses in the touch's order of channels; a mandatory notice may take any channel we speak.

        Of those others, the ones that leave the person something to keep come first.

        A touch that a provider could not find is sent again to the same address or not at all, since the first
        message may yet turn up; unless its stage wants another channel. One that did not arrive goes by none of the
        channels by which it did not. Opted-out addresses are yielded, so that the denial is on record.
        """
        others = [channel for channel in self.channels if channel not in contact.channels] if contact.mandatory else []
        for channel in (*contact.channels, *sorted(others, key=_keeps_nothing)):
            for point in snapshot.points:
                open_to_us = point.channel is channel and channel in self.channels and point.deliverable
                if open_to_us and _is_way_for(snapshot.touch, point) and point.contact_point_id not in refused:
                    yield point

    def verdict(self, case: CaseState, snapshot: Snapshot, point: Point, now: datetime) -> Verdict:
        """What the house says of this address now, else the law."""
        return self.verdict_of(snapshot, point.channel, now, point=point, stopped=case.stopped)

    def verdict_of(
        self,
        snapshot: Snapshot,
        channel: Channel,
        now: datetime,
        *,
        point: Point | None,
        stopped: Collection[Channel] = (),
    ) -> Verdict:
        """The same for somebody who has no such address, or outside of any case."""
        unasked = not_asked_for(point, self.tzdata) if point is not None else None
        if unasked is not None:
            return unasked
        profile = self.profiles.get(snapshot.jurisdiction)
        act = live_act(snapshot, channel, now, profile, point=point, stopped=stopped)
        return check(act, profile, tzdata=self.tzdata)


def live_act(
    snapshot: Snapshot,
    channel: Channel,
    now: datetime,
    profile: Profile | None,
    *,
    point: Point | None,
    stopped: Collection[Channel],
) -> Act:
    """The proposed contact with all that the case database knows of it; what it does not hold is an absent fact.

    Touches carry no debt, so each counts for every debt. Without a profile there is nothing to ask it about.
    """
    medium = medium_of(channel)
    opted_out = channel in stopped or (point is not None and point.opted_out)
    return Act(
        jurisdiction=snapshot.jurisdiction,
        role=profile.role if profile else Role.CREDITOR,
        at=now,
        channel=medium,
        purpose=Purpose.COLLECT,
        zones=tuple(CandidateZone(name=name) for name in snapshot.zones),
        debt_ids=(snapshot.account_id,),
        address=_UNKNOWN_LINE if medium in VOICE else NO_ADDRESS,
        history=tuple(PastContact(at=at, channel=medium_of(each), outcome=SENT) for each, at in snapshot.contacts),
        flags=known_flags(medium, profile, snapshot, now, opted_out=opted_out),
        consents=_consents(medium, now) if point is not None and point.opted_in else (),
    )


def _consents(medium: Medium, now: datetime) -> tuple[Consent, ...]:
    """A permission on record, under the names by which the laws ask for it."""
    consent = EXPRESS_CONSENT if medium in VOICE else ELECTRONIC_CONSENT
    return (Consent(type=consent, at=now),) if medium in VOICE | ELECTRONIC else ()


def known_flags(
    medium: Medium, profile: Profile | None, snapshot: Snapshot, now: datetime, *, opted_out: bool = False
) -> Flags:
    """What the case database knows of the person besides contacts: holds in force, an opt-out, our licence."""
    licensed = profile.licensed if profile else None
    if not opted_out and licensed is None and not snapshot.holds:
        return NO_FLAGS
    flags = Flags(opted_out=(medium.value,) if opted_out else (), agency_licensed=licensed)
    for hold in snapshot.holds:
        if hold.active_at(now) and hold.obligation_due_on is None and hold.starts_at is not None:
            flags = replace(flags, **_known_by_law(hold, hold.starts_at, snapshot.zone))
    return flags


def _known_by_law(hold: HoldState, began: datetime, zone_name: str) -> dict[str, Any]:
    """A hold under the name by which the laws ask for it; one on a single amount silences only that amount."""
    if hold.kind is HoldKind.BREATHING_SPACE:
        days = (hold.ends_at - began).days if hold.ends_at else None
        return {"breathing_space": BreathingSpace(start=local_date(began, zone_name), days=days)}
    named: dict[HoldKind, dict[str, Any]] = {
        HoldKind.BANKRUPTCY: {"bankrupt": Bankruptcy()},
        HoldKind.DECEASED: {"deceased": True},
        HoldKind.CEASE: {"cease": Cease(received_at=began, in_writing=True)},
        HoldKind.ATTORNEY: {"attorney": Attorney(known=True)},
        HoldKind.DISPUTE: {"dispute": Dispute(received_at=began, in_writing=True)},
    }
    return named.get(hold.kind, {})


def medium_of(channel: Channel) -> Medium:
    """The medium of the law by which a channel reaches a person."""
    return _MEDIA.get(channel) or Medium(channel.value)


def _keeps_nothing(channel: Channel) -> bool:
    return channel not in DURABLE


def _is_way_for(touch: TouchRecord | None, point: Point) -> bool:
    """Whether a touch that was lost or did not arrive before may go to this address."""
    if touch is None:
        return True
    if touch.code in (NOT_FOUND, RESENT):
        return touch.contact_point_id == point.contact_point_id
    if point.channel in touch.undelivered_by:
        return False
    return touch.code != ELSEWHERE or touch.channel is not point.channel
