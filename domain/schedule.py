"""Which touch of the ladder comes next and at which hour it is wanted; dates of the account's own calendar.

A deadline is due date + offset + pause days, never now + interval: asked earlier or later, the answer is the same
until it has passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from domain.calendar import at_local, days_past_due, local_date, start_of_day, zone
from domain.case import CaseState
from domain.sampling import stable_fraction
from domain.strategy import PlannedTouch, StagePlan, Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A case under a strategy at an instant."""

    case: CaseState
    strategy: Strategy
    now: datetime

    today: date = field(init=False, compare=False)
    """The date in the account's calendar."""
    dpd: int = field(init=False, compare=False)
    """Days past due, less pause days."""
    paused_days: int = field(init=False, compare=False)
    """Days that a hold took off."""

    def __post_init__(self) -> None:
        """Reckon the days once: every check asks for them."""
        case = self.case
        today = local_date(self.now, case.zone)
        dpd = days_past_due(case.due_on, self.now, case.zone, case.pauses())
        object.__setattr__(self, "today", today)
        object.__setattr__(self, "dpd", dpd)
        object.__setattr__(self, "paused_days", max(0, (today - case.due_on).days) - dpd)

    @property
    def review_every(self) -> timedelta:
        """How often something that waits for a human is looked at again."""
        return timedelta(days=self.strategy.review_every_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """The touch that is next, and when it is wanted."""

    key: str
    plan: StagePlan
    touch: PlannedTouch
    at: datetime


def upcoming_touch(moment: Moment) -> Upcoming | None:
    """The one that did not arrive, else the first neither done nor overtaken; None when the ladder is exhausted."""
    again = _undelivered(moment)
    if again is not None:
        return again
    wait_days = 0
    for plan in moment.strategy.stages:
        pending = pending_touches(moment, plan)
        for index, touch in enumerate(pending):
            if not _overtaken(moment, touch, pending[index + 1 :]):
                key = plan.key_of(touch)
                begun = any(each in moment.case.done for each in plan.keys)
                gap_days = plan.gap_days if begun else max(plan.gap_days, wait_days)
                return Upcoming(key=key, plan=plan, touch=touch, at=_wanted_at(moment, key, touch, gap_days))
        wait_days = plan.wait_days
    return None


def _undelivered(moment: Moment) -> Upcoming | None:
    """The last touch, when its message did not arrive: said again elsewhere at the next hour for it, with no gap."""
    case = moment.case
    if not case.undelivered or case.last_touch_at is None:
        return None
    for plan in moment.strategy.stages:
        for touch in plan.touches:
            key = plan.key_of(touch)
            if key == case.undelivered and not is_too_late(moment, touch):
                on, hour = local_date(case.last_touch_at, case.zone), _hour_for(moment, key, touch)
                return Upcoming(key=key, plan=plan, touch=touch, at=_not_before(moment, on, hour, _ready(moment, key)))
    return None


def _ready(moment: Moment, key: str) -> datetime:
    again_at = tried_again_at(moment, key)
    return moment.now if again_at is None else max(moment.now, again_at)


def tried_again_at(moment: Moment, key: str) -> datetime | None:
    """From when a touch that failed or was forgone may be tried again; None for one that was not tried yet."""
    case = moment.case
    tries: list[datetime] = []
    failed = case.failed(key)
    if failed is not None:
        tries.append(failed.at + _pause_after_failure(moment, failed.failures))
    if key in case.forgone and case.forgone_at is not None:
        tries.append(case.forgone_at + moment.review_every)
    return max(tries, default=None)


def _pause_after_failure(moment: Moment, failures: int) -> timedelta:
    """The strategy's pauses one after the other; when they are used up, the rhythm of reviews."""
    hours = moment.strategy.retry_hours
    return timedelta(hours=hours[failures - 1]) if 0 < failures <= len(hours) else moment.review_every


def latest_of_day(moment: Moment, at: datetime) -> datetime:
    """The strategy's latest hour; where law or a cap moved the touch past it, the end of that local day."""
    on = local_date(at, moment.case.zone)
    latest = at_local(on, moment.strategy.latest, moment.case.zone)
    return latest if at < latest else start_of_day(on + timedelta(days=1), moment.case.zone)


def pending_touches(moment: Moment, plan: StagePlan) -> list[PlannedTouch]:
    """The touches of a stage still to be made: the ladder goes back for a mandatory notice and for nothing else.

    A mandatory notice that was forgone never went out, so it is still to be made.
    """
    case = moment.case
    keys = plan.keys
    left_behind = plan.stage.rank < case.stage.rank
    pending = []
    for index, touch in enumerate(plan.touches):
        if touch.mandatory:
            wanted = keys[index] not in case.done or keys[index] in case.forgone
        else:
            wanted = not left_behind and not any(key in case.done for key in keys[index:])
        if wanted:
            pending.append(touch)
    return pending


def _overtaken(moment: Moment, touch: PlannedTouch, later: Sequence[PlannedTouch]) -> bool:
    """A case that entered late does not catch up on every message: within a stage the latest one due speaks.

    A mandatory notice is never overtaken, and every stage keeps at least its last touch.
    """
    if is_too_late(moment, touch):
        return True
    if touch.mandatory or not later:
        return False
    return _due_on(moment, later[0]) <= moment.today


def is_too_late(moment: Moment, touch: PlannedTouch) -> bool:
    """Whether it would speak of a coming due date when that is past."""
    return touch.is_courtesy and moment.today > moment.case.due_on


def _due_on(moment: Moment, touch: PlannedTouch) -> date:
    offset = touch.offset_days if touch.is_courtesy else max(touch.offset_days, moment.strategy.grace_days + 1)
    return moment.case.due_on + timedelta(days=offset + moment.paused_days)


def _wanted_at(moment: Moment, key: str, touch: PlannedTouch, gap_days: int) -> datetime:
    """Due date plus offset, not before the gap since the last touch, at the touch's hour, never in the past."""
    on = _due_on(moment, touch)
    if moment.case.last_touch_at is not None:
        on = max(on, local_date(moment.case.last_touch_at, moment.case.zone) + timedelta(days=gap_days))
    return _not_before(moment, on, _hour_for(moment, key, touch), _ready(moment, key))


def _hour_for(moment: Moment, key: str, touch: PlannedTouch) -> time:
    """The touch's own hour; in a case of a campaign later, by a share of the spread that is the case's own.

    Thousands that are enrolled together, or whose due dates are the same, would else be written to in the same minute
    at every touch. The share is made of the case's id alone: asked again the answer is the same, touches of the same
    hour stay whole days apart, and an earlier hour stays earlier.
    """
    if not moment.case.spread_minutes:
        return touch.at
    seconds = int((_since_midnight(touch.at) + _later_by(moment, key, touch)).total_seconds())
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _later_by(moment: Moment, key: str, touch: PlannedTouch) -> timedelta:
    """The case's share of the spread, of at most half of what is left of the day; half as late as it was put off at.

    The law's hours may end before ours: by halves a touch that it put off comes to an hour that they hold.
    """
    case, at = moment.case, _since_midnight(touch.at)
    width = min(timedelta(minutes=case.spread_minutes), (_since_midnight(moment.strategy.latest) - at) / 2)
    share = width * stable_fraction(case.case_id)
    if key != case.deferred_touch or case.deferred_at is None:
        return share
    put_off_at = _since_midnight(case.deferred_at.astimezone(zone(case.zone)).time())
    return min(share, max(timedelta(0), put_off_at - at) / 2)


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


def not_before(moment: Moment, at: time, earliest: datetime) -> datetime:
    """The first instant from `earliest` on that lies between a wall time and the strategy's latest hour."""
    return _not_before(moment, local_date(earliest, moment.case.zone), at, earliest)


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
