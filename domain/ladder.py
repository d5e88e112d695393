"""What is the next step of a case, when, and why.

`explain` walks the checks below in order and returns each with its finding; `next_step` is the finding of the first
check that decides. So the console that answers "why was nothing sent?" and the machine that acts cannot disagree.
An open case always gets exactly one step: the last check always decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.calendar import local_date, start_of_day
from domain.case import CaseState
from domain.escalation import Condition, LegalFacts
from domain.going_to_law import approved, exhausted, outside
from domain.holds import HoldState, next_duty
from domain.legal_conditions import conditions
from domain.money import in_words
from domain.negotiation.checks import granted, planned, promised, settled, settling, untold_relief
from domain.partial_holds import Remainder, next_other_due, remainder
from domain.schedule import Upcoming, latest_of_day, tried_again_at, upcoming_touch
from domain.situation import CaseFacts, Check, Finding, Situation, next_review
from domain.softening import softened
from domain.step import Close, Contact, NextStep, Rest
from domain.strategy import Strategy
from domain.vocabulary import CloseReason, HoldKind, TaskKind

__all__ = [
    "CHECKS",
    "CaseFacts",
    "Check",
    "Finding",
    "Situation",
    "dpd_bucket",
    "explain",
    "law_conditions",
    "next_step",
    "remaining",
]


def next_step(case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime) -> NextStep:
    """The one next step; `at` may lie in the past, which means now."""
    situation = _situation(case, facts, strategy, now)
    for _, check in CHECKS:
        found = check(situation)
        if found.action is not None and found.at is not None:
            return NextStep(at=found.at, action=found.action, why=found.says, dpd_bucket=dpd_bucket(situation.dpd))
    raise AssertionError(f"case {case.case_id}: no check decided")


def explain(case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime) -> tuple[Check, ...]:
    """Every check up to and including the one that decides, with what it found."""
    situation, found = _situation(case, facts, strategy, now), list[Check]()
    for name, check in CHECKS:
        found.append(Check(name, check(situation)))
        if found[-1].finding.action is not None:
            break
    return tuple(found)


def law_conditions(
    case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime, legal: LegalFacts
) -> tuple[Condition, ...]:
    """The conditions of going to law as they stand, whether or not it is time for them."""
    return conditions(_situation(case, facts, strategy, now), legal)


def dpd_bucket(days: int) -> str:
    """The delinquency bucket of a number of days past due."""
    if days <= 0:
        return "current"
    for last in (30, 60, 90):
        if days <= last:
            return f"{last - 29}-{last}"
    return "90+"


def _situation(case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime) -> Situation:
    money = facts if facts.ledger_version >= case.ledger_version else case
    known = {hold.hold_id: hold for hold in case.holds} | {hold.hold_id: hold for hold in facts.holds}
    holds = tuple(known[hold_id] for hold_id in sorted(known))
    remembered = (case.holds, case.balance_minor, case.ledger_version)
    if remembered != (holds, money.balance_minor, money.ledger_version):
        case = replace(case, holds=holds, balance_minor=money.balance_minor, ledger_version=money.ledger_version)
    if case.stopped:
        usable = tuple(channel for channel in facts.channels if channel not in case.stopped)
        facts = replace(facts, channels=usable)
    rest = remaining(case, facts, strategy, now)
    if rest is not None:
        case = replace(case, due_on=rest.due_on)
    strategy, softer = softened(strategy, facts.score)
    return Situation(case=case, facts=facts, strategy=strategy, now=now, remainder=rest, softer=softer)


def remaining(case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime) -> Remainder | None:
    """What may be asked for while holds are on single amounts; None when all of the balance or nothing may."""
    if not facts.unpaid:
        return None
    floor = strategy.amounts_in(case.currency).immaterial_below_minor
    today = local_date(now, case.zone)
    return remainder(case.holds, facts.unpaid, now=now, today=today, least_minor=max(1, floor))


def _closed(moment: Situation) -> Finding:
    if not moment.case.is_closed:
        return Finding(says="the case is open")
    reason = moment.case.close_reason
    return Finding(says=f"the case is closed: {reason}", at=moment.now, action=Rest())


def _outside(moment: Situation) -> Finding:
    if not moment.case.outside:
        return Finding(says="nothing was done to the outside world")
    held = _held(moment) if moment.remainder is None else Finding(says="held is only a part")
    return outside(moment, (_withdrawn(moment), _money(moment), settled(moment), held))


def _withdrawn(moment: Situation) -> Finding:
    if not moment.case.withdrawn:
        return Finding(says="the lender has not taken the account back")
    return Finding(says="the lender took the account back", at=moment.now, action=Close(reason=CloseReason.WITHDRAWN))


def _money(moment: Situation) -> Finding:
    balance, currency = moment.case.balance_minor, moment.case.currency
    amounts = moment.strategy.amounts_in(currency)
    floor = amounts.immaterial_below_minor
    if balance <= 0:
        credit = f"; {in_words(-balance, currency)} of credit remain" if balance < 0 else ""
        return Finding(says=f"nothing is owed any more{credit}", at=moment.now, action=Close(reason=CloseReason.PAID))
    if balance <= moment.facts.accrued_minor and balance < amounts.residual_waived_below_minor:
        return Finding(
            says=f"the principal is paid; {in_words(balance, currency)} of interest and fees are left and waived",
            at=moment.now,
            action=Close(reason=CloseReason.PAID, waives_minor=balance),
        )
    if balance < floor:
        return Finding(
            says=f"{in_words(balance, currency)} are owed, under the {in_words(floor, currency)} worth asking for",
            at=moment.now,
            action=Close(reason=CloseReason.IMMATERIAL),
        )
    if balance <= moment.facts.accrued_minor and amounts.residual_asked and not moment.facts.residual_kept:
        return Finding(
            says=f"the principal is paid; a human decides about the {in_words(balance, currency)} of interest and fees "
            "that are left",
            at=next_review(moment, moment.case.opened_at),
            action=Rest(task=TaskKind.RESIDUAL_DECISION, task_key=moment.case.case_id, owner="operations"),
        )
    return Finding(says=f"{in_words(balance, currency)} are owed")


def _held(moment: Situation) -> Finding:
    active = [hold for hold in moment.case.holds if hold.active_at(moment.now)]
    if not active:
        return Finding(says="no hold is in force")
    if all(hold.kind is HoldKind.DEFERRAL for hold in active) and (told := untold_relief(moment)) is not None:
        return told
    if moment.remainder is not None:
        held = ", ".join(f"{hold.obligation_due_on} ({hold.hold_id})" for hold in active)
        return Finding(says=f"held is only what fell due on {held}; what fell due since {moment.case.due_on} is chased")
    lasting = [hold for hold in active if hold.over_at is None]
    found = _reviewed(moment, lasting) if lasting else _ending(max(active, key=lambda each: each.over_at or moment.now))
    found = _with_duties(found, active, moment.now)
    other = next_other_due(active, moment.facts.unpaid, now=moment.now, today=moment.today)
    if other is None or found.at is None:
        return found
    return replace(found, at=min(found.at, start_of_day(other + timedelta(days=1), moment.case.zone)))


def _with_duties(found: Finding, active: Sequence[HoldState], now: datetime) -> Finding:
    """The finding with the duty that is due first; the case looks again when one opens or becomes overdue."""
    says, at = next_duty(active, now)
    if not says or found.at is None:
        return found
    return replace(found, says=f"{found.says}; next duty: {says}", at=found.at if at is None else min(found.at, at))


def _ending(hold: HoldState) -> Finding:
    says = f"held for {hold.kind.value} ({hold.hold_id}), owner {hold.owner}"
    return Finding(says=says, at=hold.over_at, action=Rest())


def _reviewed(moment: Situation, lasting: Sequence[HoldState]) -> Finding:
    """Holds without an end rest until the first review; from then on a human has a task as long as one lasts."""
    coming = [hold.review_at for hold in lasting if hold.review_at is not None and moment.now < hold.review_at]
    due = [hold for hold in lasting if _review_is_due(hold, moment.now)]
    hold = (due or lasting)[0]
    says = f"held for {hold.kind.value} until {hold.owner} releases it ({hold.hold_id})"
    if not due and not coming:
        _, duty_at = next_duty(lasting, moment.now)
        return Finding(says=says, at=duty_at or next_review(moment, hold.starts_at or moment.now), action=Rest())
    if not due:
        return Finding(says=f"{says}; next review {min(coming):%Y-%m-%d}", at=min(coming), action=Rest())
    review = next_review(moment, hold.review_at or hold.starts_at or moment.now)
    task = Rest(task=TaskKind.HOLD_REVIEW, task_key=hold.hold_id, owner=hold.owner)
    return Finding(says=says, at=min([review, *coming]), action=task)


def _review_is_due(hold: HoldState, now: datetime) -> bool:
    """Whether its owner should look at it now; who has a duty to do about it looks at it anyway."""
    return not hold.duties if hold.review_at is None else hold.review_at <= now


def _certain(moment: Situation) -> Finding:
    key = moment.facts.unresolved_touch
    if not key and moment.facts.asked_about:
        key = moment.facts.asked_about
        return Finding(says=f"what became of {key} is not known yet: its provider is asked before it goes again")
    if not key:
        return Finding(says="what became of every touch is known")
    return Finding(
        says=f"nobody can tell whether {key} went out; a human must settle it before anything else is sent",
        at=next_review(moment, moment.case.opened_at),
        action=Rest(task=TaskKind.UNKNOWN_OUTCOME, task_key=key, owner="operations"),
    )


def _reachable(moment: Situation) -> Finding:
    if moment.facts.channels:
        return Finding(says="reachable by " + ", ".join(channel.value for channel in moment.facts.channels))
    if upcoming_touch(moment) is None:
        return Finding(says="no lawful channel is left, and nothing is left to say")
    return Finding(
        says="no lawful channel is left: every address is missing, undeliverable or opted out",
        at=next_review(moment, moment.case.opened_at),
        action=Rest(task=TaskKind.NO_LAWFUL_CHANNEL, task_key=moment.case.case_id, owner="operations"),
    )


def _contact(moment: Situation) -> Finding:
    upcoming = upcoming_touch(moment)
    if upcoming is None:
        return Finding(says="every touch of the ladder was made")
    case, touch, at = moment.case, upcoming.touch, upcoming.at
    stuck = _stuck(moment, upcoming)
    if stuck is not None:
        return stuck
    says = f"{upcoming.key} is due {touch.offset_days} days past due; now {moment.dpd}"
    if touch.is_courtesy:
        says = f"{upcoming.key}: what falls due on {case.due_on} is said {-touch.offset_days} days before"
    if case.undelivered == upcoming.key:
        says = f"{upcoming.key} did not arrive; it goes to another address"
    if case.deferred_touch == upcoming.key and case.deferred_until is not None and case.deferred_until > at:
        at = case.deferred_until
        says += "; put off by the law, a cap or a provider"
    if moment.softer:
        says += f"; {moment.softer}"
    contact = Contact(
        touch_key=upcoming.key,
        stage=upcoming.plan.stage,
        channels=touch.channels,
        template=touch.template,
        mandatory=touch.mandatory,
        not_after=latest_of_day(moment, at),
    )
    return Finding(says=says, at=at, action=contact)


def _stuck(moment: Situation, upcoming: Upcoming) -> Finding | None:
    """A touch that cannot be made without a human; between two reviews it rests, at each it is tried once more."""
    case, key = moment.case, upcoming.key
    again_at = tried_again_at(moment, key)
    if again_at is None or again_at <= moment.now:
        return None
    if key in case.forgone:
        says = f"{key} must not be skipped, but no channel was open to it; a human must find one"
        return Finding(
            says=says, at=again_at, action=Rest(task=TaskKind.NO_LAWFUL_CHANNEL, task_key=key, owner="operations")
        )
    failed = case.failed(key)
    if failed is not None and failed.failures > len(moment.strategy.retry_hours):
        says = f"{key} failed {failed.failures} times for technical reasons; a human must look"
        return Finding(
            says=says, at=again_at, action=Rest(task=TaskKind.CONTACT_FAILING, task_key=key, owner="engineering")
        )
    return None


CHECKS: tuple[tuple[str, Callable[[Situation], Finding]], ...] = (
    ("closed", _closed),
    ("outside", _outside),
    ("withdrawn", _withdrawn),
    ("money", _money),
    ("settled", settled),
    ("holds", _held),
    ("granted", granted),
    ("settlement", settling),
    ("promise", promised),
    ("plan", planned),
    ("approval", approved),
    ("certain", _certain),
    ("reachable", _reachable),
    ("ladder", _contact),
    ("exhausted", exhausted),
)
"""In this order; the first that decides wins, and the last always does."""
