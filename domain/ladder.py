"""What is the next step of a case, when, and why.

`explain` walks the checks below in order and returns each with its finding; `next_step` is the finding of the first
check that decides. So the console that answers "why was nothing sent?" and the machine that acts cannot disagree.
An open case always gets exactly one step: the last check always decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from domain.calendar import at_local, days_past_due, local_date, start_of_day
from domain.case import CaseState, HoldState
from domain.step import Action, Close, Contact, Escalate, NextStep, RequestApproval, Rest
from domain.strategy import PlannedTouch, StagePlan, Strategy
from domain.vocabulary import ApprovalStatus, Channel, CloseReason, TaskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What the case database says at this instant; it overrules what the case remembers."""

    balance_minor: int
    ledger_version: int
    channels: tuple[Channel, ...]
    """Channels with an address that can be used: deliverable and not opted out."""
    holds: tuple[HoldState, ...] = ()
    unresolved_touch: str = ""
    """A touch whose outcome nobody could tell: sending it again might be sending it twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; `action` is None when it leaves the decision to the next check."""

    says: str
    at: datetime | None = None
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A check by name, with its finding."""

    name: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Everything a check may look at."""

    case: CaseState
    facts: CaseFacts
    strategy: Strategy
    now: datetime

    @property
    def today(self) -> date:
        """The date in the account's calendar."""
        return local_date(self.now, self.case.zone)

    @property
    def dpd(self) -> int:
        """Days past due, less pause days."""
        return days_past_due(self.case.due_on, self.now, self.case.zone, self.case.pauses())

    @property
    def paused_days(self) -> int:
        """Days that a hold took off."""
        return max(0, (self.today - self.case.due_on).days) - self.dpd


def next_step(case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime) -> NextStep:
    """The one next step; `at` may lie in the past, which means now."""
    moment = _moment(case, facts, strategy, now)
    for _, check in CHECKS:
        finding = check(moment)
        if finding.action is not None and finding.at is not None:
            return NextStep(at=finding.at, action=finding.action, why=finding.says, dpd_bucket=dpd_bucket(moment.dpd))
    raise AssertionError(f"case {case.case_id}: no check decided")


def explain(case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime) -> tuple[Check, ...]:
    """Every check up to and including the one that decides, with what it found."""
    moment = _moment(case, facts, strategy, now)
    found: list[Check] = []
    for name, check in CHECKS:
        found.append(Check(name, check(moment)))
        if found[-1].finding.action is not None:
            break
    return tuple(found)


def dpd_bucket(days: int) -> str:
    """The delinquency bucket of a number of days past due."""
    if days <= 0:
        return "current"
    for last in (30, 60, 90):
        if days <= last:
            return f"{last - 29}-{last}"
    return "90+"


def _moment(case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime) -> Moment:
    known = {hold.hold_id: hold for hold in case.holds} | {hold.hold_id: hold for hold in facts.holds}
    fresh = replace(
        case,
        holds=tuple(known.values()),
        balance_minor=facts.balance_minor,
        ledger_version=max(case.ledger_version, facts.ledger_version),
    )
    usable = tuple(channel for channel in facts.channels if channel not in case.stopped)
    return Moment(case=fresh, facts=replace(facts, channels=usable), strategy=strategy, now=now)


def _closed(moment: Moment) -> Finding:
    if not moment.case.is_closed:
        return Finding(says="the case is open")
    reason = moment.case.close_reason
    return Finding(says=f"the case is closed: {reason}", at=moment.now, action=Rest())


def _withdrawn(moment: Moment) -> Finding:
    if not moment.case.withdrawn:
        return Finding(says="the lender has not taken the account back")
    return Finding(says="the lender took the account back", at=moment.now, action=Close(reason=CloseReason.WITHDRAWN))


def _money(moment: Moment) -> Finding:
    balance, currency = moment.facts.balance_minor, moment.case.currency
    floor = moment.strategy.amounts_in(currency).immaterial_below_minor
    if balance <= 0:
        credit = f"; {-balance} minor units of credit remain" if balance < 0 else ""
        return Finding(says=f"nothing is owed any more{credit}", at=moment.now, action=Close(reason=CloseReason.PAID))
    if balance < floor:
        return Finding(
            says=f"{balance} minor units of {currency} are owed, under the {floor} worth asking for",
            at=moment.now,
            action=Close(reason=CloseReason.IMMATERIAL),
        )
    return Finding(says=f"{balance} minor units of {currency} are owed")


def _held(moment: Moment) -> Finding:
    active = [hold for hold in moment.case.holds if hold.active_at(moment.now)]
    if not active:
        return Finding(says="no hold is in force")
    lasting = [hold for hold in active if hold.ends_at is None]
    if lasting:
        hold = lasting[0]
        started = hold.starts_at or moment.now
        return Finding(
            says=f"held for {hold.kind.value} until {hold.owner} releases it ({hold.hold_id})",
            at=_next_review(moment, started),
            action=Rest(task=TaskKind.HOLD_REVIEW, task_key=hold.hold_id, owner=hold.owner),
        )
    hold = max(active, key=lambda each: each.ends_at or moment.now)
    return Finding(
        says=f"held for {hold.kind.value} ({hold.hold_id}), owner {hold.owner}", at=hold.ends_at, action=Rest()
    )


def _promised(moment: Moment) -> Finding:
    promise = moment.case.promise
    if promise is None:
        return Finding(says="no promise is open")
    grace = moment.case.terms.promise_grace_days
    judged_at = start_of_day(promise.due_on + timedelta(days=grace + 1), moment.case.zone)
    paid = promise.baseline_minor - moment.facts.balance_minor
    if paid >= promise.amount_minor:
        return Finding(says=f"the promise for {promise.due_on} was kept; what remains is chased")
    if moment.now >= judged_at:
        return Finding(says=f"the promise for {promise.due_on} was not kept; the ladder resumes")
    return Finding(
        says=f"a promise for {promise.due_on} is open; judged on money {grace} days later", at=judged_at, action=Rest()
    )


def _planned(moment: Moment) -> Finding:
    plan = moment.case.plan
    if plan is None:
        return Finding(says="no instalment plan is in force")
    grace = moment.case.terms.plan_grace_days
    paid = plan.baseline_minor - moment.facts.balance_minor
    expected = 0
    for instalment in plan.instalments:
        expected += instalment.amount_minor
        judged_at = start_of_day(instalment.due_on + timedelta(days=grace + 1), moment.case.zone)
        if paid >= expected:
            continue
        if moment.now >= judged_at:
            return Finding(says=f"the instalment of {instalment.due_on} was missed; the ladder resumes")
        return Finding(says=f"a plan performs; next instalment {instalment.due_on}", at=judged_at, action=Rest())
    return Finding(says="the plan was paid in full; what remains is chased")


def _approved(moment: Moment) -> Finding:
    approval = moment.case.approval
    if approval is None:
        return Finding(says="no approval was asked for")
    expired = moment.now >= approval.expires_at
    if approval.status is ApprovalStatus.REFUSED:
        return _human(moment, TaskKind.APPROVAL_REFUSED, f"legal escalation was refused by {approval.decided_by}")
    if expired:
        return _human(moment, TaskKind.APPROVAL_EXPIRED, "no valid approval in time; nothing proceeds by itself")
    if approval.status is ApprovalStatus.GRANTED:
        return Finding(
            says=f"legal escalation was approved by {approval.decided_by}",
            at=moment.now,
            action=Escalate(approval_id=approval.approval_id),
        )
    return Finding(
        says="waiting for a human to decide about legal escalation",
        at=approval.expires_at,
        action=Rest(task=TaskKind.APPROVAL_DECISION, task_key=approval.approval_id, owner="approvals"),
    )


def _certain(moment: Moment) -> Finding:
    key = moment.facts.unresolved_touch
    if not key:
        return Finding(says="what became of every touch is known")
    return Finding(
        says=f"nobody can tell whether {key} went out; a human must settle it before anything else is sent",
        at=_next_review(moment, moment.case.opened_at),
        action=Rest(task=TaskKind.UNKNOWN_OUTCOME, task_key=key, owner="operations"),
    )


def _human(moment: Moment, task: TaskKind, says: str) -> Finding:
    approval = moment.case.approval
    anchor = approval.expires_at if approval else moment.case.opened_at
    key = approval.approval_id if approval else moment.case.case_id
    return Finding(says=says, at=_next_review(moment, anchor), action=Rest(task=task, task_key=key, owner="approvals"))


def _reachable(moment: Moment) -> Finding:
    if moment.facts.channels:
        return Finding(says="reachable by " + ", ".join(channel.value for channel in moment.facts.channels))
    return Finding(
        says="no lawful channel is left: every address is missing, undeliverable or opted out",
        at=_next_review(moment, moment.case.opened_at),
        action=Rest(task=TaskKind.NO_LAWFUL_CHANNEL, task_key=moment.case.case_id, owner="operations"),
    )


def _contact(moment: Moment) -> Finding:
    upcoming = _upcoming(moment)
    if upcoming is None:
        return Finding(says="every touch of the ladder was made")
    plan, touch, at = upcoming
    key = touch_key(plan, touch)
    if moment.case.failing_touch == key and moment.case.failures > len(moment.strategy.retry_hours):
        return Finding(
            says=f"{key} failed {moment.case.failures} times for technical reasons; a human must look",
            at=_next_review(moment, moment.case.failed_at or moment.now),
            action=Rest(task=TaskKind.CONTACT_FAILING, task_key=key, owner="engineering"),
        )
    if moment.case.deferred_touch == key and moment.case.deferred_until:
        at = max(at, moment.case.deferred_until)
    contact = Contact(
        touch_key=key,
        stage=plan.stage,
        channels=touch.channels,
        template=touch.template,
        mandatory=touch.mandatory,
        not_after=_latest_of_day(moment, at),
    )
    return Finding(says=f"{key} is due {touch.offset_days} days past due; now {moment.dpd}", at=at, action=contact)


def _latest_of_day(moment: Moment, at: datetime) -> datetime:
    """The strategy's latest hour; where law or a cap moved the touch past it, the end of that local day."""
    on = local_date(at, moment.case.zone)
    latest = at_local(on, moment.strategy.latest, moment.case.zone)
    return latest if at < latest else start_of_day(on + timedelta(days=1), moment.case.zone)


def _exhausted(moment: Moment) -> Finding:
    last = moment.strategy.stages[-1]
    anchor = moment.case.last_touch_at or moment.case.opened_at
    wait = local_date(anchor, moment.case.zone) + timedelta(days=last.wait_days)
    number = sum(1 for agreed in moment.case.agreed if "/approval-" in agreed) + 1
    return Finding(
        says="the ladder is exhausted; a human is asked about legal escalation",
        at=at_local(wait, last.touches[-1].at, moment.case.zone),
        action=RequestApproval(approval_id=f"{moment.case.case_id}/approval-{number}"),
    )


def touch_key(plan: StagePlan, touch: PlannedTouch) -> str:
    """The key under which a touch happens once; from the strategy's words, so that reordering cannot repeat it."""
    return f"{plan.stage.value}/{touch.touch_id}"


def _upcoming(moment: Moment) -> tuple[StagePlan, PlannedTouch, datetime] | None:
    """The first touch that is neither done nor overtaken, with the instant it is wanted."""
    wait_days = 0
    for plan in moment.strategy.stages:
        pending = _pending(moment, plan)
        begun = any(touch_key(plan, touch) in moment.case.done for touch in plan.touches)
        for index, touch in enumerate(pending):
            if not _overtaken(moment, touch, pending[index + 1 :]):
                gap = plan.gap_days if begun else max(plan.gap_days, wait_days)
                return plan, touch, _wanted_at(moment, touch, gap)
        wait_days = plan.wait_days
    return None


def _pending(moment: Moment, plan: StagePlan) -> list[PlannedTouch]:
    """The touches of a stage still to be made: the ladder goes back for a mandatory notice and for nothing else."""
    done = [touch_key(plan, touch) in moment.case.done for touch in plan.touches]
    left_behind = plan.stage.rank < moment.case.stage.rank
    return [
        touch
        for index, touch in enumerate(plan.touches)
        if not done[index] and (touch.mandatory or not (left_behind or any(done[index:])))
    ]


def _overtaken(moment: Moment, touch: PlannedTouch, later: Sequence[PlannedTouch]) -> bool:
    """A case that entered late does not catch up on every message: within a stage the latest one due speaks.

    A mandatory notice is never overtaken, and every stage keeps at least its last touch.
    """
    if touch.mandatory or not later:
        return False
    return _due_on(moment, later[0]) <= moment.today


def _due_on(moment: Moment, touch: PlannedTouch) -> date:
    offset = max(touch.offset_days, moment.strategy.grace_days + 1)
    return moment.case.due_on + timedelta(days=offset + moment.paused_days)


def _wanted_at(moment: Moment, touch: PlannedTouch, gap_days: int) -> datetime:
    """Due date plus offset, not before the gap since the last touch, at the touch's hour, never in the past."""
    on = _due_on(moment, touch)
    if moment.case.last_touch_at is not None:
        on = max(on, local_date(moment.case.last_touch_at, moment.case.zone) + timedelta(days=gap_days))
    key_failed_at = moment.case.failed_at
    if key_failed_at is not None and moment.case.failures <= len(moment.strategy.retry_hours):
        pause = timedelta(hours=moment.strategy.retry_hours[moment.case.failures - 1])
        return _not_before(moment, on, touch.at, key_failed_at + pause)
    return _not_before(moment, on, touch.at, moment.now)


def _not_before(moment: Moment, on: date, at: time, earliest: datetime) -> datetime:
    """The planned wall time of a day; when that is over, at once before the latest hour, else the next day."""
    wanted = at_local(on, at, moment.case.zone)
    if wanted >= earliest:
        return wanted
    day = local_date(earliest, moment.case.zone)
    opening = at_local(day, at, moment.case.zone)
    if earliest <= opening:
        return opening
    if earliest < at_local(day, moment.strategy.latest, moment.case.zone):
        return earliest
    return at_local(day + timedelta(days=1), at, moment.case.zone)


def _next_review(moment: Moment, anchor: datetime) -> datetime:
    every = timedelta(days=moment.strategy.review_every_days)
    periods = max(0, (moment.now - anchor) // every) + 1
    return anchor + periods * every


CHECKS: tuple[tuple[str, Callable[[Moment], Finding]], ...] = (
    ("closed", _closed),
    ("withdrawn", _withdrawn),
    ("money", _money),
    ("holds", _held),
    ("promise", _promised),
    ("plan", _planned),
    ("approval", _approved),
    ("certain", _certain),
    ("reachable", _reachable),
    ("ladder", _contact),
    ("exhausted", _exhausted),
)
"""In this order; the first that decides wins, and the last always does."""
