"""At the gate: which addresses a touch may try, and what the law says of each at this instant."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from casedb.snapshot import ELSEWHERE, NOT_FOUND, RESENT, Point, Snapshot, TouchRecord
from domain.case import CaseState
from domain.compliance.facts import NO_ADDRESS, Act, Address, CandidateZone, Consent, PastContact
from domain.compliance.flags import NO_FLAGS, Flags
from domain.compliance.gate import check
from domain.compliance.profile import Profile
from domain.compliance.verdict import Effect, Fired, Precedence, RuleClass, Verdict
from domain.compliance.vocabulary import ELECTRONIC, VOICE, AddressType, Medium, Purpose, Role
from domain.step import Contact
from domain.vocabulary import Channel

LEDGER_STALE = "LEDGER-STALE"
STALE_RETRY = timedelta(hours=1)
SENT = "sent"
"""The outcome of a message that left the house, or may have."""
EXPRESS_CONSENT = "tcpa_express"
ELECTRONIC_CONSENT = "nyc_electronic"
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
    ledger_stale_after: timedelta | None

    def candidates(self, contact: Contact, snapshot: Snapshot, refused: Collection[str]) -> Iterator[Point]:
        """Addresses in the touch's order of channels; a mandatory notice may take any channel we speak.

        A touch that a provider could not find is sent again to the same address or not at all, since the first
        message may yet turn up; unless its stage wants another channel. Opted-out addresses are yielded, so that
        the denial is on record.
        """
        others = [channel for channel in self.channels if channel not in contact.channels] if contact.mandatory else []
        for channel in (*contact.channels, *others):
            for point in snapshot.points:
                open_to_us = point.channel is channel and channel in self.channels and point.deliverable
                if open_to_us and _is_way_for(snapshot.touch, point) and point.contact_point_id not in refused:
                    yield point

    def verdict(self, case: CaseState, snapshot: Snapshot, point: Point, now: datetime) -> Verdict:
        """What the gate says of this address now."""
        profile = self.profiles.get(snapshot.jurisdiction)
        act = live_act(snapshot, point.channel, now, profile, point=point, stopped=case.stopped)
        return check(act, profile, tzdata=self.tzdata)

    def stale(self, snapshot: Snapshot, now: datetime) -> Verdict | None:
        """A deferral when nobody vouched for the ledger lately; None when it may be written about."""
        limit, vouched = self.ledger_stale_after, snapshot.ledger_as_of
        if limit is None or (vouched is not None and now - vouched <= limit):
            return None
        why = f"nobody vouched for the ledger since {vouched}: it may have been paid"
        fired = Fired(
            rule=LEDGER_STALE,
            citation="",
            why=why,
            effect=Effect.DEFER,
            precedence=Precedence.AMOUNT,
            rule_class=RuleClass.POLICY,
            until=now + STALE_RETRY,
        )
        return Verdict(
            decision="defer",
            until=fired.until,
            decided_by=LEDGER_STALE,
            fired=(fired,),
            profile="",
            tzdata=self.tzdata,
        )


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
        flags=_flags(medium, profile, opted_out=opted_out),
        consents=_consents(medium, now) if point is not None and point.opted_in else (),
    )


def _consents(medium: Medium, now: datetime) -> tuple[Consent, ...]:
    """A permission on record, under the names by which the laws ask for it."""
    consent = EXPRESS_CONSENT if medium in VOICE else ELECTRONIC_CONSENT
    return (Consent(type=consent, at=now),) if medium in VOICE | ELECTRONIC else ()


def _flags(medium: Medium, profile: Profile | None, *, opted_out: bool) -> Flags:
    licensed = profile.licensed if profile else None
    if not opted_out and licensed is None:
        return NO_FLAGS
    return Flags(opted_out=(medium.value,) if opted_out else (), agency_licensed=licensed)


def medium_of(channel: Channel) -> Medium:
    """The medium of the law by which a channel reaches a person."""
    return _MEDIA.get(channel) or Medium(channel.value)


def _is_way_for(touch: TouchRecord | None, point: Point) -> bool:
    """Whether a touch that was lost before may go to this address."""
    if touch is not None and touch.code in (NOT_FOUND, RESENT):
        return touch.contact_point_id == point.contact_point_id
    return touch is None or touch.code != ELSEWHERE or touch.channel is not point.channel
