"""At the gate: which addresses a touch may try, and what the law says of each at this instant."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from casedb.snapshot import NOT_FOUND, RESENT, Point, Snapshot
from domain.case import CaseState
from domain.compliance.gate import ContactFacts, Fired, ProposedContact, Verdict, check
from domain.compliance.profile import Profile
from domain.step import Contact
from domain.vocabulary import Channel

LEDGER_STALE = "LEDGER-STALE"
STALE_RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatekeeper:
    """Asks the gate with fresh facts, for the channels that we speak."""

    profiles: Mapping[str, Profile]
    channels: tuple[Channel, ...]
    tzdata: str
    ledger_stale_after: timedelta | None

    def candidates(self, contact: Contact, snapshot: Snapshot, refused: Collection[str]) -> Iterator[Point]:
        """Addresses in the touch's order of channels; a mandatory notice may take any channel we speak.

        A touch that a provider could not find is sent again to the same address or not at all: the first message
        may yet turn up, and elsewhere it would be a second one. Opted-out addresses are yielded, so that the
        denial is on record.
        """
        others = [channel for channel in self.channels if channel not in contact.channels] if contact.mandatory else []
        lost = snapshot.touch if snapshot.touch and snapshot.touch.code in (NOT_FOUND, RESENT) else None
        for channel in (*contact.channels, *others):
            for point in snapshot.points:
                open_to_us = point.channel is channel and channel in self.channels and point.deliverable
                elsewhere = lost is not None and lost.contact_point_id != point.contact_point_id
                if open_to_us and not elsewhere and point.contact_point_id not in refused:
                    yield point

    def verdict(self, case: CaseState, snapshot: Snapshot, point: Point, now: datetime) -> Verdict:
        """What the gate says of this address now."""
        return check(
            ProposedContact(channel=point.channel, jurisdiction=snapshot.jurisdiction),
            ContactFacts(
                zones=snapshot.zones,
                opted_out=point.opted_out or point.channel in case.stopped,
                contacts=snapshot.contacts,
            ),
            self.profiles.get(snapshot.jurisdiction),
            now,
            tzdata=self.tzdata,
        )

    def stale(self, snapshot: Snapshot, now: datetime) -> Verdict | None:
        """A deferral when nobody vouched for the ledger lately; None when it may be written about."""
        limit, vouched = self.ledger_stale_after, snapshot.ledger_as_of
        if limit is None or (vouched is not None and now - vouched <= limit):
            return None
        why = f"nobody vouched for the ledger since {vouched}: it may have been paid"
        fired = Fired(rule=LEDGER_STALE, citation="", why=why, until=now + STALE_RETRY)
        return Verdict(
            decision="defer",
            until=fired.until,
            decided_by=LEDGER_STALE,
            fired=(fired,),
            profile="",
            tzdata=self.tzdata,
        )
