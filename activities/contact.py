"""The governed contact: the one door through which anything reaches a person.

Claim, send, confirm. Under the person's lock it re-reads everything, asks the core whether this touch is still
wanted and the gate whether it is allowed at this very instant, and claims the touch under its unique key; the claim
counts against the caps. No transaction is open over the provider call. The answer is recorded as sent, refused,
busy or unknown; what may have left the house is looked up by its reference before anything is sent again.

Idempotent on (case, touch key): asked again after a crash anywhere, it finds the claim and goes on from there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.channel import Accepted, Busy, ChannelAdapter, NotFound, OutboundMessage, Refused, Unknown
from activities.clock import now_of
from activities.planning import Planner
from casedb import cases, touches
from casedb.engine import writing
from casedb.snapshot import NOT_FOUND, Point, Snapshot, TouchRecord, read_snapshot
from casedb.touches import Claim, VerdictAbout
from config.messages import InstalmentOffer, MessageRenderer, MessageValues
from domain.calendar import days_past_due
from domain.case import CaseState, apply
from domain.compliance.gate import ContactFacts, Fired, ProposedContact, Verdict, check
from domain.compliance.profile import Profile
from domain.events import ContactDeferred, ContactForgone, ContactMade, Event
from domain.money import Money
from domain.reference import reference_code
from domain.step import Contact, NextStep
from domain.vocabulary import Channel, Stage, TouchStatus
from workflows.messages import CONTACT, StepOutcome, StepRequest

LEDGER_STALE = "LEDGER-STALE"
STALE_RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPolicy:
    """Settings of the contact that are neither law nor strategy."""

    tzdata: str
    reconcile_after: timedelta
    """How long a lost answer is looked up before the provider's "not found" is believed."""
    lookup_every: timedelta
    ledger_stale_after: timedelta | None
    """A ledger that nobody vouched for within this time is not written about; None switches the check off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LenderContact:
    """Where a borrower pays and reaches a human; stands in every message."""

    pay_url: str
    help_phone: str
    help_email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One run of the activity: the request and the instant it goes by."""

    case: CaseState
    contact: Contact
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A claim that was committed, and the message to hand over."""

    claim: Claim
    point: Point
    message: OutboundMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernedContact:
    """Contacts a person for a case, or says why not."""

    engine: Engine
    planner: Planner
    profiles: Mapping[str, Profile]
    adapters: Mapping[Channel, ChannelAdapter]
    renderer: MessageRenderer
    lender: LenderContact
    policy: ContactPolicy

    @activity.defn(name=CONTACT)
    def contact(self, request: StepRequest) -> StepOutcome:
        """Make one touch if it is wanted and lawful now.

        Raises retryable ApplicationErrors `ProviderBusy` and `OutcomeUnknown`; everything else is an outcome.
        """
        if not isinstance(request.step.action, Contact):
            raise ApplicationError("contact needs a contact step", type="WrongStep", non_retryable=True)
        moment = Moment(case=request.case, contact=request.step.action, now=now_of(request.now))
        refused: set[str] = set()
        while True:
            outcome = self._attempt(moment, refused)
            if outcome is not None:
                return outcome

    def _attempt(self, moment: Moment, refused: set[str]) -> StepOutcome | None:
        """One candidate address; None when it was refused and the next one should be tried."""
        with writing(self.engine) as connection:
            snapshot = self._read(connection, moment)
            settled = self._settled(connection, moment, snapshot)
            if settled is not None:
                return settled
            open_claim = _in_doubt(snapshot.touch)
            claimed = None if open_claim else self._claim(connection, moment, snapshot, refused)
        if open_claim is not None:
            return self._reconcile(moment, snapshot, open_claim)
        if isinstance(claimed, StepOutcome) or claimed is None:
            return claimed
        return self._send(moment, snapshot, claimed, refused)

    def _read(self, connection: Connection, moment: Moment) -> Snapshot:
        case = moment.case
        return read_snapshot(connection, case.account_id, case.case_id, moment.contact.touch_key, moment.now, lock=True)

    def _settled(self, connection: Connection, moment: Moment, snapshot: Snapshot) -> StepOutcome | None:
        """What needs no sending: sent already, or no longer wanted."""
        touch = snapshot.touch
        if touch is not None and touch.status is TouchStatus.SENT:
            return self._finish(connection, moment, snapshot, _made(moment, touch.channel, touch.at))
        if _in_doubt(touch) is not None:
            return None
        step = self.planner.next_step(moment.case, snapshot, moment.now)
        if _still_wanted(step, moment):
            return None
        cases.record_decision(connection, moment.case, step, "superseded", moment.now)
        return StepOutcome(event=None, next=step)

    def _claim(
        self, connection: Connection, moment: Moment, snapshot: Snapshot, refused: set[str]
    ) -> Claimed | StepOutcome:
        """Ask the gate about each candidate in order; claim the first that passes."""
        stale = self._stale(moment, snapshot)
        if stale is not None:
            return self._defer(connection, moment, snapshot, stale)
        deferred: list[Verdict] = []
        for point in self._candidates(moment.contact, snapshot, refused):
            verdict = self._verdict(moment, snapshot, point)
            touches.record_verdict(connection, _about(moment, point.channel), verdict)
            if verdict.decision == "allow":
                return self._claim_point(connection, moment, snapshot, point)
            if verdict.decision == "defer":
                deferred.append(verdict)
        if deferred:
            return self._defer(connection, moment, snapshot, min(deferred, key=lambda each: each.until or moment.now))
        return self._forgo(connection, moment, snapshot, "no channel is open to it: each is denied, missing or refused")

    def _candidates(self, contact: Contact, snapshot: Snapshot, refused: set[str]) -> Iterator[Point]:
        """Addresses in the touch's order of channels; a mandatory notice may take any channel we speak."""
        others = [channel for channel in self.adapters if channel not in contact.channels] if contact.mandatory else []
        for channel in (*contact.channels, *others):
            for point in snapshot.points:
                tried = point.contact_point_id in refused
                if point.channel is channel and channel in self.adapters and point.deliverable and not tried:
                    yield point

    def _verdict(self, moment: Moment, snapshot: Snapshot, point: Point) -> Verdict:
        opted_out = point.opted_out or point.channel in moment.case.stopped
        return check(
            ProposedContact(channel=point.channel, jurisdiction=snapshot.jurisdiction),
            ContactFacts(zones=snapshot.zones, opted_out=opted_out, contacts=snapshot.contacts),
            self.profiles.get(snapshot.jurisdiction),
            moment.now,
            tzdata=self.policy.tzdata,
        )

    def _stale(self, moment: Moment, snapshot: Snapshot) -> Verdict | None:
        limit, vouched = self.policy.ledger_stale_after, snapshot.ledger_as_of
        if limit is None or (vouched is not None and moment.now - vouched <= limit):
            return None
        fired = Fired(
            rule=LEDGER_STALE,
            citation="",
            why=f"nobody vouched for the ledger since {vouched}: it may have been paid",
            until=moment.now + STALE_RETRY,
        )
        return Verdict(
            decision="defer",
            until=fired.until,
            decided_by=LEDGER_STALE,
            fired=(fired,),
            profile="",
            tzdata=self.policy.tzdata,
        )

    def _claim_point(self, connection: Connection, moment: Moment, snapshot: Snapshot, point: Point) -> Claimed:
        case, contact = moment.case, moment.contact
        reference = reference_code(case.case_id, contact.touch_key)
        claim = Claim(
            case_id=case.case_id,
            account_id=case.account_id,
            person_id=case.person_id,
            touch_key=contact.touch_key,
            channel=point.channel,
            contact_point_id=point.contact_point_id,
            reference=reference,
            template=contact.template,
            provider=self.adapters[point.channel].provider,
            at=moment.now,
            balance_minor=snapshot.balance_minor,
        )
        message = self._render(moment, snapshot, point, reference)
        if snapshot.touch is None:
            touches.insert_claim(connection, claim)
        else:
            touches.renew_claim(connection, claim)
        return Claimed(claim=claim, point=point, message=message)

    def _render(self, moment: Moment, snapshot: Snapshot, point: Point, reference: str) -> OutboundMessage:
        case = moment.case
        values = MessageValues(
            name=snapshot.full_name,
            creditor=snapshot.creditor,
            product=snapshot.product,
            amount=Money(snapshot.balance_minor, snapshot.currency),
            due_on=case.due_on,
            days_past_due=days_past_due(case.due_on, moment.now, case.zone, case.pauses()),
            reference=reference,
            pay_url=self.lender.pay_url,
            help_phone=self.lender.help_phone,
            help_email=self.lender.help_email,
            instalments=_instalments_on_offer(case, snapshot.balance_minor),
        )
        text = self.renderer.render(moment.contact.template, point.channel, snapshot.locale, values)
        return OutboundMessage(
            to=point.address, subject=text.subject, body=text.body, reference=reference, locale=snapshot.locale
        )

    def _send(self, moment: Moment, snapshot: Snapshot, claimed: Claimed, refused: set[str]) -> StepOutcome | None:
        """Hand over, with no transaction open; then record the answer."""
        claim = claimed.claim
        answer = self.adapters[claim.channel].send(claimed.message)
        with writing(self.engine) as connection:
            if isinstance(answer, Accepted):
                touches.mark_sent(connection, claim.touch_id, answer.provider_id, datetime.now(UTC))
                made = _made(moment, claim.channel, claim.at)
                return self._finish(connection, moment, snapshot, made)
            if isinstance(answer, Refused):
                self._remember_refusal(connection, moment, claimed, answer)
                refused.add(claim.contact_point_id)
                return None
            if isinstance(answer, Busy):
                touches.mark_busy(connection, claim.touch_id)
            else:
                touches.mark_unknown(connection, claim.touch_id)
        raise self._try_again(claim.touch_key, answer)

    def _remember_refusal(self, connection: Connection, moment: Moment, claimed: Claimed, answer: Refused) -> None:
        claim = claimed.claim
        touches.mark_failed(connection, claim.touch_id, answer.code)
        if answer.address_dead:
            touches.mark_undeliverable(connection, claim.contact_point_id, moment.now)
        if answer.opted_out:
            touches.record_provider_opt_out(connection, claim.person_id, claimed.point, moment.now)

    def _reconcile(self, moment: Moment, snapshot: Snapshot, touch: TouchRecord) -> StepOutcome | None:
        """A claim without an answer: ask the provider; None when it is certain that nothing was sent."""
        adapter = self.adapters[touch.channel]
        address = next(p.address for p in snapshot.points if p.contact_point_id == touch.contact_point_id)
        found = adapter.find(to=address, reference=touch.reference, since=touch.at)
        with writing(self.engine) as connection:
            if isinstance(found, Accepted):
                touches.mark_sent(connection, touch.touch_id, found.provider_id, datetime.now(UTC))
                return self._finish(connection, moment, snapshot, _made(moment, touch.channel, touch.at))
            waited = datetime.now(UTC) - touch.attempted_at
            if isinstance(found, NotFound) and waited >= self.policy.reconcile_after:
                return self._believe_not_found(connection, moment, touch)
            touches.mark_unknown(connection, touch.touch_id)
        why = found.why if isinstance(found, Unknown) else "the provider does not know the message yet"
        raise self._try_again(moment.contact.touch_key, Unknown(why=why))

    def _believe_not_found(self, connection: Connection, moment: Moment, touch: TouchRecord) -> StepOutcome | None:
        """A reminder may be sent again; a legal notice that might go out twice waits for a human."""
        if moment.contact.stage is not Stage.LEGAL_ESCALATION:
            touches.mark_failed(connection, touch.touch_id, NOT_FOUND)
            return None
        touches.mark_unknown(connection, touch.touch_id, NOT_FOUND)
        step = self.planner.next_step(moment.case, self._read(connection, moment), moment.now)
        cases.record_decision(connection, moment.case, step, "outcome unknown", moment.now)
        return StepOutcome(event=None, next=step)

    def _try_again(self, touch_key: str, answer: Busy | Unknown) -> ApplicationError:
        """Expected trouble: Temporal tries again within the touch's lawful time, and the gate is asked again."""
        busy = isinstance(answer, Busy)
        delay = timedelta(seconds=answer.retry_after_seconds) if isinstance(answer, Busy) else self.policy.lookup_every
        return ApplicationError(
            f"{touch_key}: {answer.why}",
            type="ProviderBusy" if busy else "OutcomeUnknown",
            next_retry_delay=delay,
            category=ApplicationErrorCategory.BENIGN,
        )

    def _defer(self, connection: Connection, moment: Moment, snapshot: Snapshot, verdict: Verdict) -> StepOutcome:
        until = verdict.until or moment.now
        fact = ContactDeferred(
            event_id=f"deferred:{moment.contact.touch_key}:{until.isoformat()}",
            at=moment.now,
            touch_key=moment.contact.touch_key,
            until=until,
            rule=verdict.decided_by,
        )
        return self._finish(connection, moment, snapshot, fact, because=f"{fact.kind} by {verdict.decided_by}")

    def _forgo(self, connection: Connection, moment: Moment, snapshot: Snapshot, why: str) -> StepOutcome:
        fact = ContactForgone(
            event_id=f"forgone:{moment.contact.touch_key}",
            at=moment.now,
            touch_key=moment.contact.touch_key,
            stage=moment.contact.stage,
            why=why,
        )
        return self._finish(connection, moment, snapshot, fact, because=f"{fact.kind}: {why}")

    def _finish(
        self, connection: Connection, moment: Moment, snapshot: Snapshot, fact: Event, because: str = ""
    ) -> StepOutcome:
        """The fact, and the step that follows from it, on record together."""
        case = apply(moment.case, fact)
        step = self.planner.next_step(case, snapshot, moment.now)
        cases.record_decision(connection, case, step, because or fact.kind, moment.now)
        return StepOutcome(event=fact, next=step)


def _instalments_on_offer(case: CaseState, balance_minor: int) -> InstalmentOffer | None:
    """The longest plan within the case's terms; none when the balance is too small to divide."""
    count = min(case.terms.instalments_max, balance_minor // max(1, case.terms.instalment_floor_minor))
    if count < 2:
        return None
    return InstalmentOffer(count=count, each=Money(balance_minor, case.currency).split(count)[0])


def _in_doubt(touch: TouchRecord | None) -> TouchRecord | None:
    """A touch that may have left the house without our knowing."""
    if touch is not None and touch.status in (TouchStatus.CLAIMED, TouchStatus.UNKNOWN):
        return touch
    return None


def _still_wanted(step: NextStep, moment: Moment) -> bool:
    same = isinstance(step.action, Contact) and step.action.touch_key == moment.contact.touch_key
    return same and step.at <= moment.now


def _about(moment: Moment, channel: Channel) -> VerdictAbout:
    return VerdictAbout(
        case_id=moment.case.case_id,
        person_id=moment.case.person_id,
        touch_key=moment.contact.touch_key,
        channel=channel,
        at=moment.now,
    )


def _made(moment: Moment, channel: Channel, at: datetime) -> ContactMade:
    return ContactMade(
        event_id=f"made:{moment.contact.touch_key}",
        at=at,
        touch_key=moment.contact.touch_key,
        stage=moment.contact.stage,
        channel=channel,
    )
