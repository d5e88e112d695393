"""Rules that halt collection: a cease request, an attorney, a dispute, a moratorium, time for debt advice."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar

from domain.calendar import at_local, local_date
from domain.compliance.facts import Act
from domain.compliance.flags import BreathingSpace, DebtAdviceHold
from domain.compliance.profile import Answer, Rule, Terms
from domain.compliance.verdict import Fired, Precedence
from domain.compliance.vocabulary import ActKind, Medium, Purpose

MARK_DISPUTED = "MARK_DISPUTED"
_ORAL = frozenset({"call", "phone", "oral", "voice", "in_person"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CeaseRequest(Terms):
    """A written refusal to pay, or request to stop, from its receipt, for the debts it names."""

    precedence: ClassVar[Precedence] = Precedence.CEASE

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny once it is received."""
        cease = act.flags.cease
        if cease is None or cease.received_at is None or cease.received_at > act.at:
            return None
        oral = cease.in_writing is False or (cease.in_writing is None and cease.via in _ORAL)
        if oral or not act.concerns(cease.debt_ids):
            return None
        return rule.denies("the person asked in writing to cease, or refused to pay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Represented(Terms):
    """An attorney who is known is spoken to instead; a contact of the person's own earns one answer."""

    precedence: ClassVar[Precedence] = Precedence.ATTORNEY

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny while the attorney answers and does not consent."""
        attorney = act.flags.attorney
        if attorney is None or not attorney.known or attorney.unresponsive or attorney.consents:
            return None
        if not act.concerns(attorney.debt_ids):
            return None
        if act.purpose is Purpose.REPLY and act.unanswered(act.at) > 0:
            return None
        return rule.denies("an attorney represents the person in this debt")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDispute(Terms):
    """A dispute that is not resolved."""

    precedence: ClassVar[Precedence] = Precedence.DISPUTE

    within_validation_period: bool = False
    """Whether only a written dispute received by the end of the validation period halts; a later one is a mark."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny until it is verified or resolved; of a late or oral one, warn that the debt is to be marked."""
        dispute = act.flags.dispute
        if dispute is None or dispute.resolved or (dispute.received_at is not None and dispute.received_at > act.at):
            return None
        if not act.concerns(dispute.debt_ids):
            return None
        if not self.within_validation_period:
            return rule.denies("the debt is disputed on grounds that may be valid")
        late = not _in_time(act, dispute.received_at)
        if late or dispute.in_writing is False or dispute.duplicative:
            return rule.warns("disputed, but without a written dispute in time", code=MARK_DISPUTED)
        if dispute.verified:
            return None
        return rule.denies("disputed in writing within the validation period; verification is not sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditorRequest(Terms):
    """A timely request for the name of the original creditor that is not answered."""

    precedence: ClassVar[Precedence] = Precedence.DISPUTE

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny until the answer is sent."""
        request = act.flags.original_creditor_request
        if request is None or request.answered or not _in_time(act, request.received_at):
            return None
        if request.received_at is not None and request.received_at > act.at:
            return None
        return rule.denies("the person asked for the original creditor; the answer is not sent")


def _in_time(act: Act, received_at: datetime | None) -> bool:
    """Whether it came by the last local day of the validation period; before the period has an end, it did."""
    end = act.flags.validation_end
    if end is None or received_at is None:
        return act.flags.in_validation_period is not False
    return any(local_date(received_at, name) <= end for name in act.zone_names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moratorium(Terms):
    """A breathing space by law: nothing is demanded for so many days, beginning with the day of its start."""

    precedence: ClassVar[Precedence] = Precedence.WAITING_PERIOD

    type: str
    """Of the breathing space that the rule is about."""
    days: int
    """How long it lasts; of one that ends with a treatment, how long after the end, the last day inside."""
    resumes_at: time
    """The local hour of the next day from which every medium is free again, letters too."""
    ends_with_treatment: bool = False

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny legal action, and everything while no end is known."""
        last = self._last_day(act)
        if last is None or not _has_begun(act.flags.breathing_space, act, act.at):
            return None
        if last is _OPEN_ENDED:
            return self._denies(rule, "no end of the moratorium is known, such as that of a treatment")
        legal = act.kind is ActKind.LEGAL_ACTION or act.channel in (Medium.LEGAL_ACTION, Medium.LEGAL_REFERRAL)
        if legal and any(act.at < at_local(_after(last), self.resumes_at, name) for name in act.zone_names):
            return self._denies(rule, f"no legal step during the moratorium, which lasts to {last}")
        return None

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """Free in the morning after its last day, and before its first day."""
        last = self._last_day(act)
        if last is None or last is _OPEN_ENDED or not _has_begun(act.flags.breathing_space, act, at):
            return None
        until = max(at_local(_after(last), self.resumes_at, name) for name in act.zone_names)
        return rule.defers(f"breathing space to {last}", until) if at < until else None

    def _last_day(self, act: Act) -> date | None:
        space = act.flags.breathing_space
        if space is None or space.type != self.type or not act.concerns(space.debt_ids):
            return None
        if not self.ends_with_treatment:
            days = self.days if space.days is None else space.days
            return _OPEN_ENDED if space.start is None else space.start + timedelta(days=days - 1)
        return _OPEN_ENDED if space.treatment_ended is None else space.treatment_ended + timedelta(days=self.days)

    def _denies(self, rule: Rule, why: str) -> Fired:
        return rule.denies(why, precedence=Precedence.STAY)


_OPEN_ENDED = date.max


def _has_begun(hold: BreathingSpace | DebtAdviceHold | None, act: Act, at: datetime) -> bool:
    """Whether its first day has come on any local date; one without a first day has."""
    if hold is None or hold.start is None:
        return True
    return any(local_date(at, name) >= hold.start for name in act.zone_names)


def _after(day: date) -> date:
    return day + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceHold(Terms):
    """A reasonable time for a debt adviser to prepare a plan."""

    precedence: ClassVar[Precedence] = Precedence.WAITING_PERIOD

    days: int
    """Where the hold names none."""

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """Free on the local day that many days after the start."""
        hold = act.flags.debt_advice_hold
        if hold is None or not _has_begun(hold, act, at):
            return None
        free = hold.start + timedelta(days=self.days if hold.days is None else hold.days)
        until = max(at_local(free, time(0), name) for name in act.zone_names)
        return rule.defers(f"a debt adviser prepares a plan; free on {free}", until) if at < until else None
