"""Claiming an address for a touch: the kill switches and the gate are asked of each candidate, the first that passes
is written to and claimed, all in the transaction of the person's lock. Every answer is on record.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from activities.agreed_words import agreement_words
from activities.channel import OutboundMessage
from activities.composing import Composer
from activities.gatekeeping import Gatekeeper
from activities.house_rules import held, stale, switched_off
from activities.planning import Planner
from casedb import ledger, touches, verdicts
from casedb.message_texts import Said, record_said
from casedb.snapshot import ELSEWHERE, NOT_FOUND, RESENT, Point, Snapshot
from casedb.task_raising import Need, raise_task
from casedb.touches import Claim
from casedb.verdicts import ChainHead, VerdictAbout
from domain.case import CaseState
from domain.compliance.verdict import Fired, Verdict
from domain.errors import MessageRefused
from domain.itemisation import Itemisation
from domain.reference import reference_code
from domain.step import Contact
from domain.switches import stopped_by
from domain.vocabulary import Channel, TaskKind

log = logging.getLogger(__name__)

LOST_BEFORE = (NOT_FOUND, ELSEWHERE, RESENT)
ITEMISED = frozenset({Channel.EMAIL, Channel.LETTER})
"""Channels with room for what a balance is made of."""
REFUSED_TEXT = "MESSAGE-REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One run of the contact: the request and the instant it goes by."""

    case: CaseState
    contact: Contact
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A claim that was committed, and the message to hand over."""

    claim: Claim
    message: OutboundMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDesk:
    """Finds the address that a touch may go to now."""

    gatekeeper: Gatekeeper
    composer: Composer
    planner: Planner
    providers: Mapping[Channel, str]
    ledger_stale_after: timedelta | None

    def claim(
        self, connection: Connection, moment: Moment, snapshot: Snapshot, refused: set[str]
    ) -> Claimed | Verdict | None:
        """The claim of the first candidate that passes, else the earliest deferral; None when nothing is open to it."""
        blocked = self.blocked(moment, snapshot)
        if blocked is not None:
            about = _about(moment, moment.contact.channels[0])
            verdicts.record_verdict(connection, about, blocked, snapshot.chain)
            return blocked
        chain, deferred = snapshot.chain, []
        for point in self.gatekeeper.candidates(moment.contact, snapshot, refused):
            verdict = self.verdict(moment, snapshot, point)
            chain = verdicts.record_verdict(connection, _about(moment, point.channel), verdict, chain)
            if verdict.decision == "allow":
                claimed = self._claim_point(connection, moment, snapshot, point, chain)
                if isinstance(claimed, Claimed):
                    return claimed
                chain = claimed
            elif verdict.decision == "defer":
                deferred.append(verdict)
        return min(deferred, key=lambda each: each.until or moment.now, default=None)

    def blocked(self, moment: Moment, snapshot: Snapshot) -> Verdict | None:
        """What stops the case whatever the channel: a kill switch, a hold, a ledger that nobody vouches for."""
        strategy = snapshot.strategy or moment.case.strategy
        switch = stopped_by(snapshot.switches, campaign_id=moment.case.campaign_id, strategy=strategy)
        if switch is not None:
            return switched_off(switch, moment.now, self.gatekeeper.tzdata)
        holding = held(snapshot, moment.now, self.gatekeeper.tzdata, touch_key=moment.contact.touch_key)
        return holding or stale(snapshot, moment.now, self.ledger_stale_after, self.gatekeeper.tzdata)

    def verdict(self, moment: Moment, snapshot: Snapshot, point: Point) -> Verdict:
        """What a channel's kill switch says, else the gate."""
        switch = stopped_by(
            snapshot.switches, channel=point.channel, strategy=snapshot.strategy or moment.case.strategy
        )
        if switch is not None:
            return switched_off(switch, moment.now, self.gatekeeper.tzdata)
        return self.gatekeeper.verdict(moment.case, snapshot, point, moment.now)

    def _claim_point(
        self, connection: Connection, moment: Moment, snapshot: Snapshot, point: Point, chain: ChainHead
    ) -> Claimed | ChainHead:
        """Write to it and claim it; a text that breaks a rule is on record instead, and the next address is tried."""
        claim = self._claim_of(moment, snapshot, point)
        try:
            message = self.compose(connection, moment, snapshot, point, claim.reference)
        except MessageRefused as error:
            log.warning("%s: %s", moment.case.case_id, error)
            raise_task(connection, _mend(error, moment.contact.template, point.channel), moment.now)
            return verdicts.record_verdict(connection, _about(moment, point.channel), self.refusal(error), chain)
        if snapshot.touch is None:
            touches.insert_claim(connection, claim)
        else:
            touches.renew_claim(connection, claim)
        record_said(connection, _said(claim, message))
        return Claimed(claim=claim, message=message)

    def _claim_of(self, moment: Moment, snapshot: Snapshot, point: Point) -> Claim:
        case, contact, touch = moment.case, moment.contact, snapshot.touch
        return Claim(
            case_id=case.case_id,
            account_id=case.account_id,
            person_id=case.person_id,
            touch_key=contact.touch_key,
            channel=point.channel,
            contact_point_id=point.contact_point_id,
            reference=reference_code(case.case_id, contact.touch_key),
            template=contact.template,
            provider=self.providers[point.channel],
            at=moment.now,
            attempted_at=datetime.now(UTC),
            balance_minor=snapshot.balance_minor,
            code=RESENT if touch is not None and touch.code in LOST_BEFORE else "",
        )

    def compose(
        self, connection: Connection, moment: Moment, snapshot: Snapshot, point: Point, reference: str
    ) -> OutboundMessage:
        """The finished message to that address. Raises MessageRefused when it breaks a rule."""
        case, asked = self.planner.asked_for(moment.case, snapshot, moment.now)
        items: Itemisation | None = None
        if point.channel in ITEMISED and asked.balance_minor == snapshot.balance_minor:
            items = ledger.items_of(connection, snapshot.account_id, snapshot.currency)
        return self.composer.compose(
            case,
            asked,
            point,
            template=moment.contact.template,
            reference=reference,
            now=moment.now,
            items=items,
            agreement=agreement_words(connection, case, snapshot, moment.contact.touch_key),
        )

    def refusal(self, error: MessageRefused) -> Verdict:
        """What stands in the place of a verdict for a text that breaks a rule."""
        fired = Fired(rule=REFUSED_TEXT, citation="", why=str(error))
        return Verdict(
            decision="deny",
            until=None,
            decided_by=REFUSED_TEXT,
            fired=(fired,),
            profile="",
            tzdata=self.gatekeeper.tzdata,
        )


def _mend(error: MessageRefused, template: str, channel: Channel) -> Need:
    """One task per template and channel, however many cases it holds up."""
    return Need(kind=TaskKind.MESSAGE_REFUSED, key=f"{template}/{channel.value}", owner="content", why=str(error))


def _said(claim: Claim, message: OutboundMessage) -> Said:
    return Said(
        message_id=claim.touch_id,
        attempted_at=claim.attempted_at,
        channel=claim.channel,
        contact_point_id=claim.contact_point_id,
        template=claim.template,
        locale=message.locale,
        subject=message.subject,
        body=message.body,
    )


def _about(moment: Moment, channel: Channel) -> VerdictAbout:
    return VerdictAbout(
        case_id=moment.case.case_id,
        person_id=moment.case.person_id,
        touch_key=moment.contact.touch_key,
        channel=channel,
        at=moment.now,
    )
