"""Rules for the step to court: who approved it, what was checked, where, after which notices, within which time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from domain.calendar import local_date, start_of_day
from domain.compliance.content import HUMAN_REVIEW, in_validation_period
from domain.compliance.deadlines import free_after_reply_time, limitation_expired
from domain.compliance.facts import Act
from domain.compliance.flags import BreathingSpace, Flags
from domain.compliance.profile import Answer, Rule, Terms
from domain.compliance.verdict import Fired, Precedence
from domain.compliance.vocabulary import Medium

_AFTER_TREATMENT = 30
_CHECKS = {
    "amount_verified": "the amount is not verified",
    "contract_evidence": "the contract is not in evidence",
    "limitation_checked": "nobody checked whether the claim is time-barred",
    "holds_clear": "nobody checked that no hold stands",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalGate(Terms):
    """A suit needs an unexpired approval in every role, each by another person, and every check done.

    What is not known counts as not done, but for who approved: the names are compared where they are known.
    """

    precedence: ClassVar[Precedence] = Precedence.CONSENT

    approvals: tuple[str, ...]
    """Roles, each of which must approve."""
    expires_after_days: int

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny with everything that is missing; warn while the papers could overshadow a validation notice."""
        faults = [*self._approval_faults(act), *_check_faults(act.flags), *_standing_holds(act)]
        if faults:
            return rule.denies("; ".join(faults))
        if in_validation_period(act):
            return rule.warns("the validation period runs: the papers may not overshadow it", code=HUMAN_REVIEW)
        return None

    def _approval_faults(self, act: Act) -> Iterator[str]:
        flags = act.flags
        lacking = [role for role in self.approvals if role not in flags.approvals]
        if lacking:
            yield f"not approved by {', '.join(lacking)}"
        if flags.approvers:
            people = [flags.approvers.get(role) for role in self.approvals]
            if None in people or len(set(people)) < len(people):
                yield "the approvals are not by one person each"
        if flags.approved_at is not None and act.at - flags.approved_at >= timedelta(days=self.expires_after_days):
            yield f"the approval is older than {self.expires_after_days} days"


def _check_faults(flags: Flags) -> Iterator[str]:
    for name, fault in _CHECKS.items():
        if getattr(flags, name) is not True:
            yield fault
    if flags.time_barred is True:
        yield "the claim is time-barred"
    if flags.automated_only is True and flags.human_review is not True:
        yield "no human decided"


def _standing_holds(act: Act) -> Iterator[str]:
    """Holds that stand by the facts, whatever the check of them said."""
    flags = act.flags
    standing = {
        "bankruptcy": flags.bankrupt is not None or flags.cn_shenzhen_bankruptcy is True,
        "the person is dead": flags.deceased is True,
        "an attorney": flags.attorney is not None and flags.attorney.known and act.concerns(flags.attorney.debt_ids),
        "a dispute": _disputed(act),
        "vulnerability": flags.mental_capacity_concern is True,
        "breathing space": flags.breathing_space is not None and _breathes(flags.breathing_space, act),
        "debt advice": flags.debt_advice_hold is not None and _advised(act),
        "a plan that is performed": flags.plan is not None and flags.plan.performing is True,
    }
    return (f"a hold stands: {what}" for what, stands in standing.items() if stands)


def _disputed(act: Act) -> bool:
    dispute = act.flags.dispute
    if dispute is None or not act.concerns(dispute.debt_ids):
        return False
    return dispute.verified is not True and dispute.resolved is not True


def _breathes(space: BreathingSpace, act: Act) -> bool:
    if not act.concerns(space.debt_ids):
        return False
    today = _first_date(act)
    if space.start is not None and _last_date(act) < space.start:
        return False
    if space.treatment_ended is not None:
        return today <= space.treatment_ended + timedelta(days=_AFTER_TREATMENT)
    if space.start is None or space.days is None:
        return True
    return today < space.start + timedelta(days=space.days)


def _advised(act: Act) -> bool:
    hold = act.flags.debt_advice_hold
    if hold is None or _last_date(act) < hold.start:
        return False
    return hold.days is None or _first_date(act) < hold.start + timedelta(days=hold.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue(Terms):
    """A suit goes to a court that the law allows."""

    precedence: ClassVar[Precedence] = Precedence.PLACE

    lawful: re.Pattern[str]
    must_be_known: bool = True

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny any other place."""
        venue = act.flags.venue
        if venue is None:
            return rule.denies("the venue is not known") if self.must_be_known else None
        return None if self.lawful.search(venue) else rule.denies(f"the venue {venue} is none that the law allows")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterOfClaim(Terms):
    """A suit waits until the time to reply to the letter of claim is over; the letter's own day does not count.

    A reply that asks for advice or documents gives more time, from its own date.
    """

    precedence: ClassVar[Precedence] = Precedence.WAITING_PERIOD

    days: int
    more_days: int

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny without a letter."""
        return rule.denies("no letter of claim was sent") if act.flags.letter_of_claim is None else None

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """The first instant of the day after the time to reply."""
        letter = act.flags.letter_of_claim
        if letter is None:
            return None
        reply = act.flags.claim_reply
        free_on = free_after_reply_time(letter, days=self.days, reply_on=reply, more_days=self.more_days)
        free_at = max(start_of_day(free_on, name) for name in act.zone_names)
        if at >= free_at:
            return None
        return rule.defers(f"the time to reply to the letter of claim of {letter} ends before {free_on}", free_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limitation(Terms):
    """No suit on a claim whose time is over; anything else about it stays a neutral reminder."""

    years: int

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a suit, warn about another act, once the time is over; without its dates there is nothing to say."""
        begins, interrupted = act.flags.default_date, act.flags.interruption
        if begins is None:
            return None
        today = _last_date(act)
        if not limitation_expired(begins, today, years=self.years, interrupted_on=interrupted):
            return None
        if act.channel is Medium.LEGAL_ACTION:
            return rule.denies(f"the {self.years} years to sue are over and no interruption is in evidence")
        return rule.warns(f"the {self.years} years to sue are over: a neutral reminder only")


def _first_date(act: Act) -> date:
    return min(local_date(act.at, name) for name in act.zone_names)


def _last_date(act: Act) -> date:
    return max(local_date(act.at, name) for name in act.zone_names)
