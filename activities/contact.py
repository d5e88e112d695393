"""The governed contact: the one door through which anything reaches a person.

Claim, send, confirm. Under the person's lock it re-reads everything, asks the core whether this touch is still
wanted and the gate whether it is allowed at this very instant, and claims the touch under its unique key; the claim
counts against the caps. No transaction is open over the provider call. The answer is recorded as sent, refused,
busy or unknown; what may have left the house is looked up by its reference before anything is sent again.

Idempotent on (case, touch key): asked again after a crash anywhere, it finds the claim and goes on from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.agreeing import with_money
from activities.channel import (
    Accepted,
    Busy,
    ChannelAdapter,
    FindOutcome,
    NotFound,
    Refused,
    Unknown,
)
from activities.claiming import LOST_BEFORE, ClaimDesk, Claimed, Moment
from activities.clock import wall_has_reached
from activities.composing import Composer, LenderContact
from activities.gatekeeping import Gatekeeper
from activities.planning import Planner
from casedb import cases, touches
from casedb.engine import writing
from casedb.snapshot import ELSEWHERE, IN_DOUBT, LEFT, NOT_FOUND, Snapshot, TouchRecord, read_snapshot
from casedb.touches import Claim
from config.messages import MessageRenderer
from domain.calendar import at_local, local_date, zone
from domain.case import apply
from domain.compliance.profile import Profile
from domain.events import ContactDeferred, ContactForgone, ContactMade, Outcome
from domain.step import Contact, NextStep
from domain.strategy import WhenLost
from domain.vocabulary import Channel, TouchStatus
from workflows.collection import ATTEMPT_TIMEOUT
from workflows.messages import CONTACT, StepOutcome, StepRequest

__all__ = ["ContactPolicy", "GovernedContact", "LenderContact"]

TOO_LATE = "LATEST-HOUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPolicy:
    """Settings of the contact that are neither law nor strategy."""

    tzdata: str
    reconcile_after: timedelta
    """How long a lost answer is looked up before the provider's "not found" is believed."""
    lookup_every: timedelta
    ledger_stale_after: timedelta | None
    """A ledger that nobody vouched for within this time is not written about; None switches the check off."""
    in_flight: timedelta = ATTEMPT_TIMEOUT
    """How long a claim may belong to another attempt that is still sending: the time one attempt may take."""


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
    _desk: ClaimDesk = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put the gate and the writing desk together."""
        gatekeeper = Gatekeeper(
            profiles=self.profiles,
            channels=tuple(self.adapters),
            tzdata=self.policy.tzdata,
        )
        desk = ClaimDesk(
            gatekeeper=gatekeeper,
            composer=Composer(renderer=self.renderer, lender=self.lender),
            planner=self.planner,
            providers={channel: adapter.provider for channel, adapter in self.adapters.items()},
            ledger_stale_after=self.policy.ledger_stale_after,
        )
        object.__setattr__(self, "_desk", desk)

    @activity.defn(name=CONTACT)
    def contact(self, request: StepRequest) -> StepOutcome:
        """Make one touch if it is wanted and lawful now.

        Raises retryable ApplicationErrors `ProviderBusy` and `OutcomeUnknown`; everything else is an outcome.
        """
        if not isinstance(request.step.action, Contact):
            raise ApplicationError("contact needs a contact step", type="WrongStep", non_retryable=True)
        moment = Moment(
            case=request.case, contact=request.step.action, now=wall_has_reached(request.now, request.step.at)
        )
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
        key = moment.contact.touch_key
        snapshot = read_snapshot(connection, case.account_id, case.case_id, key, moment.now, lock=True)
        snapshot = self.planner.with_history(connection, case, snapshot, moment.now)
        return with_money(connection, case, snapshot, moment.now)

    def _settled(self, connection: Connection, moment: Moment, snapshot: Snapshot) -> StepOutcome | None:
        """What needs no sending: sent already, no longer wanted, or too late today."""
        touch = snapshot.touch
        if touch is not None and touch.arrived_as_far_as_known:
            return self._finish(connection, moment, snapshot, _made(moment, touch))
        if _in_doubt(touch) is not None:
            return None
        step = self.planner.next_step(moment.case, snapshot, moment.now)
        wanted = _wanted_now(step, moment)
        if wanted is not None and moment.now >= wanted.not_after:
            tomorrow = _same_hour_tomorrow(step.at, moment)
            return self._defer(connection, moment, snapshot, tomorrow, TOO_LATE)
        if wanted is not None and moment.now < moment.contact.not_after:
            return None
        cases.record_decision(connection, moment.case, step, "superseded", moment.now)
        return StepOutcome(event=None, next=step)

    def _claim(
        self, connection: Connection, moment: Moment, snapshot: Snapshot, refused: set[str]
    ) -> Claimed | StepOutcome:
        """Claim the first address that passes the gate, or put the touch off, or let it go."""
        found = self._desk.claim(connection, moment, snapshot, refused)
        if isinstance(found, Claimed):
            return found
        if found is not None:
            return self._defer(connection, moment, snapshot, found.until or moment.now, found.decided_by)
        return self._forgo(connection, moment, snapshot, "no channel is open to it: each is denied, missing or refused")

    def _send(self, moment: Moment, snapshot: Snapshot, claimed: Claimed, refused: set[str]) -> StepOutcome | None:
        """Hand over, with no transaction open; then record the answer."""
        claim = claimed.claim
        answer = self.adapters[claim.channel].send(claimed.message)
        with writing(self.engine) as connection:
            if isinstance(answer, Accepted):
                touches.mark_sent(connection, claim.touch_id, answer.provider_id, datetime.now(UTC))
                return self._finish(connection, moment, snapshot, _made(moment, claim))
            if isinstance(answer, Refused):
                _remember_refusal(connection, moment, claim, answer)
                refused.add(claim.contact_point_id)
                return None
            mark = touches.mark_busy if isinstance(answer, Busy) else touches.mark_unknown
            mark(connection, claim.touch_id, claim.attempted_at, claim.code)
        raise self._try_again(claim.touch_key, answer)

    def _reconcile(self, moment: Moment, snapshot: Snapshot, touch: TouchRecord) -> StepOutcome | None:
        """A claim without an answer: ask the provider; None when it is certain that nothing was sent."""
        found = self._look_up(snapshot, touch)
        waited = datetime.now(UTC) - touch.attempted_at
        left = self.policy.in_flight - waited if touch.status is TouchStatus.CLAIMED else timedelta(0)
        with writing(self.engine) as connection:
            if isinstance(found, Accepted):
                touches.mark_sent(connection, touch.touch_id, found.provider_id, datetime.now(UTC))
                certain = replace(snapshot, unresolved="", asked_about="")
                return self._finish(connection, moment, certain, _made(moment, touch))
            if left <= timedelta(0):
                if isinstance(found, NotFound) and waited >= self.policy.reconcile_after:
                    return self._believe_not_found(connection, moment, snapshot, touch)
                touches.mark_unknown(connection, touch.touch_id, touch.attempted_at, touch.code)
        why = found.why if isinstance(found, Unknown) else "the provider does not know the message yet"
        raise self._try_again(moment.contact.touch_key, Unknown(why=why), after=left)

    def _look_up(self, snapshot: Snapshot, touch: TouchRecord) -> FindOutcome:
        """Ask by reference, since the earlier of both clocks: a rehearsal's provider lives on either."""
        adapter = self.adapters.get(touch.channel)
        points = [point for point in snapshot.points if point.contact_point_id == touch.contact_point_id]
        if adapter is None or not points:
            return Unknown(why=f"nobody can be asked about {touch.channel.value} any more")
        return adapter.find(to=points[0].address, reference=touch.reference, since=min(touch.at, touch.attempted_at))

    def _believe_not_found(
        self, connection: Connection, moment: Moment, snapshot: Snapshot, touch: TouchRecord
    ) -> StepOutcome | None:
        """What the stage wants for a message that nobody can find; one that was lost twice waits for a human.

        None when it may be tried again, and when another attempt went ahead meanwhile: what it did is read afresh.
        """
        wanted = self.planner.strategy_of(moment.case, snapshot).plan_of(moment.contact.stage).when_lost
        if touch.code not in LOST_BEFORE and wanted in (WhenLost.RESEND, WhenLost.OTHER_CHANNEL):
            code = NOT_FOUND if wanted is WhenLost.RESEND else ELSEWHERE
            touches.mark_failed(connection, touch.touch_id, touch.attempted_at, code)
            return None
        left = touch.code not in LOST_BEFORE and wanted is WhenLost.GO_ON
        if not touches.mark_unknown(connection, touch.touch_id, touch.attempted_at, LEFT if left else NOT_FOUND):
            return None
        if left:
            return self._forgo(connection, moment, snapshot, "nobody can tell whether it arrived; it is not sent again")
        step = self.planner.next_step(moment.case, self._read(connection, moment), moment.now)
        cases.record_decision(connection, moment.case, step, "outcome unknown", moment.now)
        return StepOutcome(event=None, next=step)

    def _try_again(
        self, touch_key: str, answer: Busy | Unknown, *, after: timedelta = timedelta(0)
    ) -> ApplicationError:
        """Expected trouble: Temporal tries again within the touch's lawful time, and the gate is asked again."""
        busy = isinstance(answer, Busy)
        delay = timedelta(seconds=answer.retry_after_seconds) if isinstance(answer, Busy) else self.policy.lookup_every
        return ApplicationError(
            f"{touch_key}: {answer.why}",
            type="ProviderBusy" if busy else "OutcomeUnknown",
            next_retry_delay=max(delay, after),
            category=ApplicationErrorCategory.BENIGN,
        )

    def _defer(
        self, connection: Connection, moment: Moment, snapshot: Snapshot, until: datetime, rule: str
    ) -> StepOutcome:
        fact = ContactDeferred(
            event_id=f"deferred:{moment.contact.touch_key}:{until.isoformat()}",
            at=moment.now,
            touch_key=moment.contact.touch_key,
            until=until,
            rule=rule,
        )
        return self._finish(connection, moment, snapshot, fact, because=f"{fact.kind} by {rule}")

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
        self, connection: Connection, moment: Moment, snapshot: Snapshot, fact: Outcome, because: str = ""
    ) -> StepOutcome:
        """The fact, and the step that follows from it, on record together."""
        case = apply(moment.case, fact)
        step = self.planner.next_step(case, snapshot, moment.now)
        cases.record_decision(connection, case, step, because or fact.kind, moment.now)
        return StepOutcome(event=fact, next=step)


def _remember_refusal(connection: Connection, moment: Moment, claim: Claim, answer: Refused) -> None:
    touches.mark_failed(connection, claim.touch_id, claim.attempted_at, answer.code)
    if answer.address_dead:
        touches.mark_undeliverable(connection, claim.contact_point_id, moment.now)
    if answer.opted_out:
        touches.record_provider_opt_out(connection, claim.touch_id, claim.contact_point_id, moment.now)


def _in_doubt(touch: TouchRecord | None) -> TouchRecord | None:
    """A touch that may have left the house without our knowing."""
    if touch is not None and touch.status in IN_DOUBT:
        return touch
    return None


def _wanted_now(step: NextStep, moment: Moment) -> Contact | None:
    """This very touch as the core sees it now, if it is due."""
    action = step.action
    if isinstance(action, Contact) and action.touch_key == moment.contact.touch_key and step.at <= moment.now:
        return action
    return None


def _same_hour_tomorrow(at: datetime, moment: Moment) -> datetime:
    """The wall time of a step on the next day of the account's calendar."""
    name = moment.case.zone
    wall = at.astimezone(zone(name)).time()
    return at_local(local_date(moment.now, name) + timedelta(days=1), wall, name)


def _made(moment: Moment, touch: Claim | TouchRecord) -> ContactMade:
    return ContactMade(
        event_id=f"made:{moment.contact.touch_key}",
        at=touch.at,
        touch_key=moment.contact.touch_key,
        stage=moment.contact.stage,
        channel=touch.channel,
    )
