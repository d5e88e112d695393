"""Rules about when: hours of the day, closed days, times that the person named as inconvenient.

All intervals are half-open, and every edge is built from the local date and hour of that date. With several
candidate zones the strictest counts: an instant passes only when it passes in each.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import ClassVar

from domain.calendar import Window, at_local, common_opening, local_date, start_of_day, zone
from domain.compliance.facts import Act, Consent, InconvenientTime
from domain.compliance.profile import Rule, Terms
from domain.compliance.verdict import Fired, Precedence
from domain.compliance.vocabulary import Medium, Purpose

ADDRESS = "address"
_MIDNIGHT = time(0)
_DISPLAYED = frozenset({Medium.IN_APP_PASSIVE, Medium.PUSH})


def shown_while_navigating(act: Act) -> bool:
    """Whether it is only shown to a person who is using the app at that moment. (Comment 6(b)(1)-2.iii.)"""
    return act.channel is Medium.IN_APP_PASSIVE and act.flags.consumer_navigating is True


def agreement(act: Act, consent_type: str, at: datetime) -> Consent | None:
    """The agreement of that type that covers the instant."""
    for consent in act.consents:
        if consent.type == consent_type and consent.holds_at(at) and _covers(consent, act, at):
            return consent
    return None


def _agreed_hours(consent: Consent) -> tuple[time, time] | None:
    """From when to when, an edge that is not named being midnight; None when it is for any hour."""
    if consent.start is None and consent.end is None:
        return None
    return consent.start or _MIDNIGHT, consent.end or _MIDNIGHT


def _covers(consent: Consent, act: Act, at: datetime) -> bool:
    hours = _agreed_hours(consent)
    names = (consent.zone,) if consent.zone else act.zone_names
    return hours is None or all(_between(at, *hours, name) for name in names)


def _between(at: datetime, start: time, end: time, zone_name: str) -> bool:
    wall = at.astimezone(zone(zone_name)).time()
    if start <= end != _MIDNIGHT:
        return start <= wall < end
    return wall >= start or wall < end


def _agreed_opening(act: Act, consent_type: str, at: datetime) -> datetime | None:
    """The next instant at which an agreement about hours begins to cover; None when there is none within two days."""
    openings = [
        at_local(local_date(at, name) + timedelta(days=ahead), hours[0], name)
        for consent in act.consents
        if consent.type == consent_type and (hours := _agreed_hours(consent)) is not None
        for name in ((consent.zone,) if consent.zone else act.zone_names)
        for ahead in (0, 1)
    ]
    later = sorted(each for each in openings if each > at and agreement(act, consent_type, each) is not None)
    return later[0] if later else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours(Terms):
    """The hours of a local day in which one may act, in every zone the person may be in."""

    precedence: ClassVar[Precedence] = Precedence.QUIET_HOURS

    window: Window
    id_in_several_zones: str = ""
    """Under which id it is reported for a person who may be in several zones; empty: the same."""
    lifted_by: str = ""
    """A type of consent that lifts the hours, as far as the hours agreed on."""
    by_address: bool = False
    """Whether only the zone of the person's address counts, where it is known."""

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """Open within the window in every zone, while the person navigates, and in agreed hours."""
        zones = self._zones(act)
        if all(self.window.contains(at, name) for name in zones) or self._lifted(act, at):
            return None
        reported = self.id_in_several_zones if len(zones) > 1 else ""
        why = f"outside {self.window.start:%H:%M}-{self.window.end:%H:%M} in {', '.join(zones)}"
        opening = self._opening(act, at, zones)
        return rule.denies(why, rule=reported) if opening is None else rule.defers(why, opening, rule=reported)

    def _zones(self, act: Act) -> tuple[str, ...]:
        if self.by_address:
            return tuple(dict.fromkeys(each.name for each in act.zones if each.basis == ADDRESS)) or act.zone_names
        return act.zone_names

    def _lifted(self, act: Act, at: datetime) -> bool:
        return shown_while_navigating(act) or bool(
            self.lifted_by and act.consents and agreement(act, self.lifted_by, at) is not None
        )

    def _opening(self, act: Act, at: datetime, zones: tuple[str, ...]) -> datetime | None:
        regular = common_opening(at, self.window, zones)
        agreed = _agreed_opening(act, self.lifted_by, at) if self.lifted_by and act.consents else None
        return min(regular, agreed) if regular is not None and agreed is not None else regular or agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDays(Terms):
    """Days of the week and dates on which one may not act."""

    precedence: ClassVar[Precedence] = Precedence.CLOSED_DAY

    weekdays: frozenset[int] = frozenset()
    """ISO weekdays."""
    dates: frozenset[date] = frozenset()
    lifted_by: str = ""
    by_address: bool = False

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """Closed to the end of the local day."""
        if self.lifted_by and agreement(act, self.lifted_by, at) is not None:
            return None
        zones = tuple(each.name for each in act.zones if each.basis == ADDRESS) if self.by_address else ()
        for name in zones or act.zone_names:
            today = local_date(at, name)
            if self._is_closed(today, act):
                until = start_of_day(today + timedelta(days=1), name)
                return rule.defers(f"{today} is closed", until)
        return None

    def _is_closed(self, on: date, act: Act) -> bool:
        return on.isoweekday() in self.weekdays or on in self.dates or on in act.closed_dates


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignatedTimes(Terms):
    """Times that the person named as inconvenient, each in its own zone; a message of his own earns one reply."""

    precedence: ClassVar[Precedence] = Precedence.DESIGNATED_TIME

    reply_rule: str = ""
    """Under which id a reply too many, and a display that nobody asked for, is reported as well."""

    def evaluate(self, rule: Rule, act: Act) -> Fired | None:
        """The deferral once more under the id of what may happen at a time that the person named."""
        of_his_own = act.purpose is Purpose.REPLY or act.channel in _DISPLAYED
        if not (self.reply_rule and of_his_own and act.inconvenient):
            return None
        fired = self.next_allowed(rule, act, act.at)
        return replace(fired, rule=self.reply_rule) if fired else None

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """Closed to the end of the designated time; a reply within it only by the same medium, and once."""
        if not act.inconvenient or shown_while_navigating(act):
            return None
        for designated in act.inconvenient:
            bounds = _bounds(designated, at)
            if bounds is None or self._is_reply(act, at, bounds[0]):
                continue
            return rule.defers("the person named this time as inconvenient", bounds[1])
        return None

    def _is_reply(self, act: Act, at: datetime, since: datetime) -> bool:
        return act.purpose is Purpose.REPLY and act.unanswered(at, since) > 0


def _bounds(designated: InconvenientTime, at: datetime) -> tuple[datetime, datetime] | None:
    """Begin and end of the designated time that the instant lies in."""
    wall = at.astimezone(zone(designated.zone))
    on = wall.date()
    if designated.end is not None and designated.end <= designated.start and wall.time() < designated.end:
        on -= timedelta(days=1)  # the part after midnight of a time that began the evening before
    if on.isoweekday() not in designated.days or (designated.through is not None and on > designated.through):
        return None
    begins = at_local(on, designated.start, designated.zone)
    ends = _end(designated, on)
    return (begins, ends) if begins <= at < ends else None


def _end(designated: InconvenientTime, on: date) -> datetime:
    if designated.end is None:
        return start_of_day(on + timedelta(days=1), designated.zone)
    over_midnight = designated.end <= designated.start
    return at_local(on + timedelta(days=over_midnight), designated.end, designated.zone)
