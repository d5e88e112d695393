"""Answering what a person wrote: by the same channel, to the same address, at most once, and only if the gate allows.

An answer is asked for by the person, so it counts against no cap of ours (12 CFR 1006, comment 6(b)(1)-2: each
message earns one reply). The gate is asked with that purpose, and what the law says of hours, holds
and opt-outs stands. A no is confirmed once, within minutes or not at all, and then
there is silence. Claimed before it is sent: after a crash it is
looked up at the provider and never sent again blindly, since no answer is better than two.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.channel import Accepted, Busy, ChannelAdapter, NotFound, OutboundMessage, Refused
from activities.clock import wall_clock
from activities.composing import LenderContact
from activities.gatekeeping import live_act, medium_of
from activities.house_rules import not_asked_for
from activities.offering import Offer, offer
from activities.planning import Planner
from casedb import answers
from casedb.answers import CLAIMED, FAILED, SENT, SKIPPED, UNKNOWN, OwedAnswer
from casedb.engine import writing
from casedb.message_texts import ANSWER, Said, record_said
from casedb.replies import plan_unanswered
from casedb.snapshot import Point, Snapshot, read_snapshot
from casedb.verdicts import VerdictAbout, record_verdict
from config.answers import Answers, AnswerValues
from config.lints import lint
from config.readings import readings
from domain.calendar import local_date
from domain.compliance.facts import Content, PastContact
from domain.compliance.gate import check
from domain.compliance.profile import Profile
from domain.compliance.verdict import Verdict
from domain.compliance.vocabulary import Purpose
from domain.errors import ConfigurationError, NotKnown
from domain.reference import reference_code
from domain.replies.intent import ENDS_CONTACT, Intent
from domain.strategy import Strategy
from domain.switches import stopped_by
from domain.vocabulary import Channel
from workflows.answering import WORTHLESS_AFTER
from workflows.messages import ANSWER_REPLY, AnswerRequest

log = logging.getLogger(__name__)

RECEIVED = "received"
IDENTITY = "identity"
CONFIRMED_WITHIN = timedelta(minutes=5)
"""A confirmation later than that is presumed to need a consent that the person has just withdrawn.
(47 CFR 64.1200(a)(12).)"""
SUBJECT = {"zh": "您的来信"}
ANY_SUBJECT = "Your message"
MOST_A_DAY = 5
"""Answers to one person on one channel. A machine that does not say so answers every answer, without an end."""
STILL_SENDING = timedelta(minutes=1)
"""How long a claim may belong to an attempt that is still at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Sends the one answer that a reply earns."""

    engine: Engine
    profiles: Mapping[str, Profile]
    adapters: Mapping[Channel, ChannelAdapter]
    planner: Planner
    answers: Answers
    lender: LenderContact
    tzdata: str
    now: Callable[[], datetime] = wall_clock

    @activity.defn(name=ANSWER_REPLY)
    def answer_reply(self, request: AnswerRequest) -> str:
        """What became of it: sent, skipped, failed, unknown, or that nothing is owed.

        Raises retryable ApplicationErrors `ProviderBusy`, `OutcomeUnknown` and `AnswerLater`.
        """
        at = request.now
        return self._answered(request) if at is None else replace(self, now=lambda: at)._answered(request)

    def _answered(self, request: AnswerRequest) -> str:
        now = self.now()
        with writing(self.engine) as connection:
            owed = answers.find_owed(connection, request.reply_id)
            if owed is None:
                return "nothing is owed"
            if owed.status in (SENT, FAILED, SKIPPED):
                return owed.status
            snapshot = read_snapshot(connection, owed.account_id, "", "", now, lock=True)
            point = next((each for each in snapshot.points if each.contact_point_id == owed.contact_point_id), None)
            claimed = None if owed.status else self._claimed(connection, owed, snapshot, point, now)
        if owed.status:
            return self._look_up(owed, point, now)
        if isinstance(claimed, datetime):
            if request.now is not None:
                return self._record(owed, SKIPPED, why="it would have to wait, and nothing moves an answer's clock")
            raise _later(owed, claimed - now)
        return self._send(owed, claimed) if claimed is not None else SKIPPED

    def _claimed(
        self, connection: Connection, owed: OwedAnswer, snapshot: Snapshot, point: Point | None, now: datetime
    ) -> OutboundMessage | datetime | None:
        """The message, claimed; when to ask again; or None for silence, and then why is on record."""
        why = self._silence(connection, owed, snapshot, point, now)
        if why or point is None:
            self._skip(connection, owed, why, now)
            return None
        plans = self._plans(owed, snapshot, now)
        text = self._text(owed, snapshot, plans)
        verdict = self._verdict(owed, snapshot, point, text, now)
        if owed.case_id is not None:
            about = VerdictAbout(
                case_id=owed.case_id,
                person_id=owed.person_id,
                touch_key=f"reply/{owed.reply_id}",
                channel=owed.channel,
                at=now,
            )
            record_verdict(connection, about, verdict)
        if verdict.until is not None and verdict.until - owed.at <= _worthless_after(owed):
            return verdict.until
        if verdict.decision != "allow" or lint(text):
            rule = verdict.decided_by if verdict.decision != "allow" else "a rule of content"
            self._skip(connection, owed, f"{rule} forbids it now", now)
            return None
        if plans is not None:
            answers.offer(connection, owed.reply_id, plans.first_due_on)
        elif owed.intent is Intent.PLAN:
            plan_unanswered(connection, owed.reply_id, owed.case_id, "none is on offer to this case", now)
        answers.move(connection, owed.reply_id, CLAIMED, now)
        subject = SUBJECT.get(snapshot.locale.partition("-")[0], ANY_SUBJECT)
        message = OutboundMessage(
            to=point.address,
            subject=subject if owed.channel is Channel.EMAIL else "",
            body=text,
            reference=_reference(owed),
            locale=snapshot.locale,
        )
        record_said(connection, _said(owed, message))
        return message

    def _silence(
        self, connection: Connection, owed: OwedAnswer, snapshot: Snapshot, point: Point | None, now: datetime
    ) -> str:
        """Why nothing is said whatever the law allows; empty when something may be."""
        switch = stopped_by(snapshot.switches, channel=owed.channel, strategy="")
        confirms = owed.intent in ENDS_CONTACT
        checks = (
            (point is None or not point.deliverable, "the address takes no messages"),
            (owed.channel not in self.adapters, "the channel is switched off"),
            (switch is not None, switch.says if switch else ""),
            (now - owed.at > _worthless_after(owed), "it would come too late"),
            (confirms and answers.was_confirmed(connection, owed), "it was confirmed before"),
            (not confirms and point is not None and point.opted_out, "the person opted out of the channel"),
            (not confirms and self._many(connection, owed, now), "the person was answered often enough for a day"),
        )
        return next((why for true, why in checks if true), "")

    def _many(self, connection: Connection, owed: OwedAnswer, now: datetime) -> bool:
        return answers.answered_since(connection, owed, now - timedelta(days=1)) >= MOST_A_DAY

    def _skip(self, connection: Connection, owed: OwedAnswer, why: str, now: datetime) -> None:
        """Nothing is said; who asked for a plan then waits for a person."""
        answers.move(connection, owed.reply_id, SKIPPED, now, why=why)
        if owed.intent is Intent.PLAN:
            plan_unanswered(connection, owed.reply_id, owed.case_id, why, now)

    def _plans(self, owed: OwedAnswer, snapshot: Snapshot, now: datetime) -> Offer | None:
        if owed.intent is not Intent.PLAN:
            return None
        return offer(
            self._strategy(owed),
            balance_minor=snapshot.balance_minor,
            currency=snapshot.currency,
            today=local_date(now, snapshot.zone),
            locale=self.answers.language(snapshot.locale)[1],
            jurisdiction=snapshot.jurisdiction,
        )

    def _strategy(self, owed: OwedAnswer) -> Strategy | None:
        """That of the open case; none of a version that nobody kept, and then a person answers."""
        if owed.strategy is None or owed.strategy_version is None:
            return None
        try:
            return self.planner.version(owed.strategy, owed.strategy_version)
        except (NotKnown, ConfigurationError) as error:
            log.warning("reply %s: no plan is offered: %s", owed.reply_id, error)
            return None

    def _text(self, owed: OwedAnswer, snapshot: Snapshot, plans: Offer | None) -> str:
        values = AnswerValues(
            sender=self.lender.agency or snapshot.creditor,
            creditor=snapshot.creditor,
            pay_url=self.lender.pay_url,
            help_phone=self.lender.help_phone,
            reference=_reference(owed),
            options=plans.options if plans else "",
            first_on=plans.first_on if plans else "",
            every_days=plans.every_days if plans else "",
            example=plans.example if plans else "",
        )
        by_people = owed.intent is Intent.PLAN and plans is None
        return self.answers.write(Intent.HUMAN if by_people else owed.intent, snapshot.locale, values)

    def _verdict(self, owed: OwedAnswer, snapshot: Snapshot, point: Point, text: str, now: datetime) -> Verdict:
        """What the law says of it: a reply, or the confirmation of a no, to the message that has just come."""
        confirms = owed.intent in ENDS_CONTACT
        unasked = None if confirms else not_asked_for(point, self.tzdata)
        if unasked is not None:
            return unasked
        profile = self.profiles.get(snapshot.jurisdiction)
        act = live_act(snapshot, owed.channel, now, profile, point=point, stopped=())
        theirs = PastContact(at=owed.at, channel=medium_of(owed.channel), outcome=RECEIVED, inbound=True)
        act = replace(
            act,
            purpose=Purpose.OPTOUT_CONFIRMATION if confirms else Purpose.REPLY,
            history=(*act.history, theirs),
            content=_confirming(text) if confirms else act.content,
            # To say that a dispute is noted collects nothing: 12 CFR 1006.38(d)(2) ends collection, not courtesy.
            flags=replace(act.flags, dispute=None) if owed.intent is Intent.DISPUTE else act.flags,
        )
        return check(act, profile, tzdata=self.tzdata)

    def _send(self, owed: OwedAnswer, message: OutboundMessage) -> str:
        """Hand it over once; no transaction is open meanwhile."""
        outcome = self.adapters[owed.channel].send(message)
        if isinstance(outcome, Accepted):
            return self._record(owed, SENT, provider_id=outcome.provider_id)
        if isinstance(outcome, Refused):
            return self._record(owed, FAILED, why=outcome.code)
        if isinstance(outcome, Busy):
            self._record(owed, "")
            raise ApplicationError(
                outcome.why,
                type="ProviderBusy",
                next_retry_delay=timedelta(seconds=outcome.retry_after_seconds),
                category=ApplicationErrorCategory.BENIGN,
            )
        self._record(owed, UNKNOWN)
        raise _unknown(owed)

    def _look_up(self, owed: OwedAnswer, point: Point | None, now: datetime) -> str:
        """Ask the provider about a claim that nobody confirmed; what it does not know is left at that."""
        since = owed.since or owed.at
        if point is None or owed.channel not in self.adapters:
            return UNKNOWN
        if owed.status == CLAIMED and now - since < STILL_SENDING:
            raise _unknown(owed)
        found = self.adapters[owed.channel].find(to=point.address, reference=_reference(owed), since=since)
        if isinstance(found, Accepted):
            return self._record(owed, SENT, provider_id=found.provider_id)
        if isinstance(found, NotFound):
            return self._record(owed, FAILED, why="the provider does not know it, and it is not sent twice")
        raise _unknown(owed)

    def _record(self, owed: OwedAnswer, status: str, *, why: str = "", provider_id: str | None = None) -> str:
        with writing(self.engine) as connection:
            answers.move(connection, owed.reply_id, status, self.now(), why=why, provider_id=provider_id)
        return status


def _said(owed: OwedAnswer, message: OutboundMessage) -> Said:
    """The words of this attempt; the wall's instant tells it from one before that a busy provider did not take."""
    return Said(
        message_id=f"{owed.reply_id}{ANSWER}",
        attempted_at=datetime.now(UTC),
        channel=owed.channel,
        contact_point_id=owed.contact_point_id,
        template=owed.intent.value,
        locale=message.locale,
        subject=message.subject,
        body=message.body,
    )


def _confirming(text: str) -> Content:
    """A confirmation as the law looks at it: it says who writes, and that is all it declares."""
    return Content(text=text, readings=readings(text), disclosures=frozenset({IDENTITY}))


def _worthless_after(owed: OwedAnswer) -> timedelta:
    return CONFIRMED_WITHIN if owed.intent in ENDS_CONTACT else WORTHLESS_AFTER


def _reference(owed: OwedAnswer) -> str:
    return reference_code(owed.reply_id, "answer")


def _later(owed: OwedAnswer, delay: timedelta) -> ApplicationError:
    return ApplicationError(
        f"the answer to {owed.reply_id} waits until it may be sent",
        type="AnswerLater",
        next_retry_delay=delay,
        category=ApplicationErrorCategory.BENIGN,
    )


def _unknown(owed: OwedAnswer) -> ApplicationError:
    return ApplicationError(
        f"whether the answer to {owed.reply_id} was sent is not known yet: it is looked up",
        type="OutcomeUnknown",
        next_retry_delay=STILL_SENDING,
        category=ApplicationErrorCategory.BENIGN,
    )
