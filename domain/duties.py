"""What a hold obliges us to: which duties, by when, and which decisions lead out of it. Data; no clock, no database.

The data comes from `config/holds/*.yaml`, by jurisdiction and kind of hold. A duty is due at the end of a day of the
account's calendar. A hold that the law ends by a decision alone never ends by silence; one with an end by law has it
from its first day.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.calendar import local_date, start_of_day
from domain.compliance.deadlines import NO_HOLIDAYS, business_days_after
from domain.errors import InvalidInput
from domain.vocabulary import HoldKind

DEFAULT = "DEFAULT"
"""The jurisdiction of the file that stands in where no other has the kind."""
ACKNOWLEDGE = "acknowledge"
ANSWER = "answer"
"""The duties that every complaint has."""


class Outcome(StrEnum):
    """What was decided about a hold."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    PROGRAMME_AGREED = "programme_agreed"
    NOT_ELIGIBLE = "not_eligible"
    NO_LONGER_NEEDED = "no_longer_needed"


class Effect(StrEnum):
    """What follows from a decision; all but a release leave a duty behind, and the silence lasts until it is done."""

    RELEASE = "release"
    CORRECT_LEDGER = "correct_ledger"
    """The lender books the correction; no entry is ever invented here."""
    ARRANGE_RELIEF = "arrange_relief"
    CLOSE_ACCOUNT = "close_account"


_ASKS = {
    Effect.CORRECT_LEDGER: "ask the lender to correct the ledger, and name the entry",
    Effect.ARRANGE_RELIEF: "put the programme in place, and name the plan or relief",
    Effect.CLOSE_ACCOUNT: "ask the lender to take the account back, and name the answer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRule:
    """One thing to be done about a hold."""

    duty: str
    what: str
    days: int
    """Within so many days after the hold began; the last one is inside."""
    business: bool = False
    """They are business days."""
    opens_after_days: int = 0
    """From which day on it can be done, and somebody is asked to."""
    needs_evidence: bool = False
    again_every_days: int = 0
    """Once done it comes again after so many days; 0: once is enough."""
    ends_hold_after_days: int | None = None
    """Done, it gives the hold its end: so many days later, the last one inside."""
    citation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """One decision that ends the hold or leads to its end."""

    outcome: Outcome
    effect: Effect
    requires: tuple[str, ...] = ()
    """Duties that must be done before."""
    within_business_days: int = 0
    """Of an effect that somebody must bring about, by when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDuty:
    """A duty with its days."""

    duty: str
    what: str
    opens_at: datetime
    due_on: date
    """The last day on which it is done in time."""
    due_at: datetime
    """From this instant on it is overdue."""
    needs_evidence: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRule:
    """The duties of one kind of hold in one jurisdiction, and the ways out of it."""

    kind: HoldKind
    owner: str
    duties: tuple[DutyRule, ...]
    ways_out: tuple[WayOut, ...]
    by_decision_only: bool = False
    """It has no end, and nobody releases it without a decision."""
    ends_after_days: int | None = None
    """Its end by law, counted from its first day; the last one is inside."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """What it may be about, as a code with its meaning; never health details."""
    needs_code: bool = False
    variants: Mapping[str, "HoldRule"] = field(default_factory=dict)
    """By code, where that changes the duties."""
    citation: str = ""
    holidays: frozenset[date] = NO_HOLIDAYS

    def __post_init__(self) -> None:
        """Refuse a rule that cannot be kept."""
        known = [each.duty for each in self.duties]
        if len(known) != len(set(known)):
            raise InvalidInput("duties must differ")
        outcomes = [each.outcome for each in self.ways_out]
        if len(outcomes) != len(set(outcomes)):
            raise InvalidInput("ways_out must differ")
        for way in self.ways_out:
            missing = sorted(set(way.requires) - set(known))
            if missing:
                raise InvalidInput(f"{way.outcome} requires {', '.join(missing)}, which is no duty here")
            if way.effect is not Effect.RELEASE and way.within_business_days < 1:
                raise InvalidInput(f"{way.outcome} needs within_business_days: {way.effect} takes somebody's time")
        if self.by_decision_only and (self.ends_after_days is not None or not self.ways_out):
            raise InvalidInput("by_decision_only needs ways_out, and no end")
        if self.kind is HoldKind.COMPLAINT and not {ACKNOWLEDGE, ANSWER} <= set(known):
            raise InvalidInput(f"a complaint has the duties {ACKNOWLEDGE} and {ANSWER}")

    def plan(self, starts_at: datetime, zone: str) -> tuple[PlannedDuty, ...]:
        """Its duties for a hold that begins then."""
        return tuple(self._planned(rule, local_date(starts_at, zone), zone) for rule in self.duties)

    def end(self, starts_at: datetime, zone: str) -> datetime | None:
        """When it ends by law; None where it does not."""
        if self.ends_after_days is None:
            return None
        return start_of_day(local_date(starts_at, zone) + timedelta(days=self.ends_after_days), zone)

    def again(self, duty: str, done_at: datetime, zone: str) -> PlannedDuty | None:
        """The next time of a duty that comes back."""
        rule = self._rule(duty)
        if rule is None or not rule.again_every_days:
            return None
        due_on = local_date(done_at, zone) + timedelta(days=rule.again_every_days)
        opens_on = due_on - timedelta(days=rule.days - rule.opens_after_days)
        return _planned(rule.duty, rule.what, opens_on, due_on, zone, needs_evidence=rule.needs_evidence)

    def end_by(self, duty: str, done_at: datetime, zone: str) -> datetime | None:
        """The end that a duty gives the hold by being done; None for most."""
        rule = self._rule(duty)
        if rule is None or rule.ends_hold_after_days is None:
            return None
        return start_of_day(local_date(done_at, zone) + timedelta(days=rule.ends_hold_after_days + 1), zone)

    def way(self, outcome: Outcome, done: Collection[str]) -> WayOut:
        """The way out by that decision, when these duties are done.

        Raises InvalidInput for one that this kind of hold has not, or that comes too early.
        """
        way = next((each for each in self.ways_out if each.outcome is outcome), None)
        if way is None:
            known = ", ".join(each.outcome.value for each in self.ways_out) or "none"
            raise InvalidInput(f"a {self.kind} hold does not end as {outcome}; its ways out: {known}")
        missing = [duty for duty in way.requires if duty not in done]
        if missing:
            raise InvalidInput(f"{outcome} needs {', '.join(missing)} first: python starter.py hold fulfil HOLD DUTY")
        return way

    def follow_up(self, way: WayOut, decided_at: datetime, zone: str) -> PlannedDuty | None:
        """What somebody must bring about before the hold ends; None when it ends at once."""
        if way.effect is Effect.RELEASE:
            return None
        on = local_date(decided_at, zone)
        due_on = business_days_after(on, way.within_business_days, self.holidays)
        return _planned(way.effect.value, _ASKS[way.effect], on, due_on, zone, needs_evidence=True)

    def _rule(self, duty: str) -> DutyRule | None:
        return next((each for each in self.duties if each.duty == duty), None)

    def _planned(self, rule: DutyRule, on: date, zone: str) -> PlannedDuty:
        due_on = business_days_after(on, rule.days, self.holidays) if rule.business else on + timedelta(days=rule.days)
        opens_on = on + timedelta(days=rule.opens_after_days)
        return _planned(rule.duty, rule.what, opens_on, due_on, zone, needs_evidence=rule.needs_evidence)


FOLLOW_UPS = frozenset(effect.value for effect in _ASKS)
"""Duties that a decision leaves behind; doing one ends the hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRules:
    """The rules in force: by jurisdiction and kind."""

    of: Mapping[str, Mapping[HoldKind, HoldRule]]

    def find(self, jurisdiction: str, kind: HoldKind, code: str = "") -> HoldRule | None:
        """The rule of that place, else that of the country, else the default; None for a kind without duties.

        Raises InvalidInput for a code that the rule does not know.
        """
        for place in (jurisdiction, jurisdiction.partition("-")[0], DEFAULT):
            rule = self.of.get(place, {}).get(kind)
            if rule is not None:
                return _of_code(rule, code)
        return None


def _of_code(rule: HoldRule, code: str) -> HoldRule:
    known = {**rule.codes, **dict.fromkeys(rule.variants, "")}
    if code and code not in known:
        raise _unknown(rule, code)
    return rule.variants.get(code, rule)


def _planned(duty: str, what: str, opens_on: date, due_on: date, zone: str, *, needs_evidence: bool) -> PlannedDuty:
    return PlannedDuty(
        duty=duty,
        what=what,
        opens_at=start_of_day(opens_on, zone),
        due_on=due_on,
        due_at=start_of_day(due_on + timedelta(days=1), zone),
        needs_evidence=needs_evidence,
    )


def require_code(rule: HoldRule, code: str) -> None:
    """Raises InvalidInput when a person of ours does not say what is needed; who writes to us need not know codes."""
    if rule.needs_code and not code:
        raise _unknown(rule, "(missing)")


def _unknown(rule: HoldRule, code: str) -> InvalidInput:
    listed = ", ".join(sorted({**rule.codes, **rule.variants})) or "none"
    return InvalidInput(f"code {code} of a {rule.kind} hold is not known; known: {listed}")
