"""Rules about how often: caps on contacts in so many calendar days, and rest after a conversation.

"Seven consecutive days" are local calendar days and the day of the event is day 1: it blocks D to D+6 and is free at
D+7, 00:00 local; neither 168 hours nor the calendar week (regulation rules, section 1.6). With several candidate
zones the strictest counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from domain.calendar import local_date, start_of_day
from domain.compliance.consents import call_is_consented, next_consented_day, standing
from domain.compliance.facts import Act, PastContact
from domain.compliance.profile import Rule, Terms
from domain.compliance.verdict import Fired, Precedence
from domain.compliance.vocabulary import CONVERSATION, NOT_PLACED, VOICE, Medium, Purpose
from domain.errors import InvalidInput


class Per(StrEnum):
    """What a cap counts apart; a cap that names none counts the person over all debts and numbers."""

    DEBT = "debt"
    RECIPIENT = "recipient"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCap(Terms):
    """At most `most` contacts in `days` calendar days; one more is put off to the first day on which it fits."""

    precedence: ClassVar[Precedence] = Precedence.FREQUENCY

    most: int
    days: int
    counted: frozenset[Medium] = frozenset()
    """Media that count; empty: all."""
    per: frozenset[Per] = frozenset()
    same_debt: frozenset[Medium] = frozenset()
    """Of the counted media, those that count for the same debt only."""
    outcomes: frozenset[str] = frozenset()
    """Outcomes that count; empty: all that were placed."""
    except_outcomes: frozenset[str] = frozenset()
    since_inbound: frozenset[Medium] = frozenset()
    """Media whose contacts count only since the person's last message or call."""
    consent: str = ""
    """A type of consent: contacts under it are neither counted nor put off."""
    lifted_by: str = ""
    """A type of consent that lifts the cap as long as it stands."""

    def __post_init__(self) -> None:
        """Refuse a cap that would never let anything pass."""
        if self.most < 1 or self.days < 1:
            raise InvalidInput("a cap needs most and days of 1 or more")

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """Free on the first local day on which one more fits."""
        if len(act.history) < self.most:
            return None
        waits = [until for each in self.apart(act) if (until := self._until(each, at)) is not None]
        if not waits:
            return None
        return rule.defers(f"{self.most} contacts that count within {self.days} calendar days", max(waits))

    def _until(self, act: Act, at: datetime) -> datetime | None:
        taken = self.taken(act, at)
        if len(taken) < self.most or self.is_consented(act, at):
            return None
        until = latest(act, at, lambda name: _free_on(taken, self.most, self.days, local_date(at, name), name))
        return until and _or_consented(act, self.consent, at, until)

    def apart(self, act: Act) -> tuple[Act, ...]:
        """The act for each count of its own: what is counted per debt is not added up over the debts of one act."""
        return act.by_debt() if self.same_debt or Per.DEBT in self.per else (act,)

    def is_consented(self, act: Act, at: datetime) -> bool:
        """Whether the proposed contact is outside the cap by consent."""
        if not act.consents:
            return False
        lifted = bool(self.lifted_by) and standing(act, self.lifted_by, at) is not None
        return lifted or (bool(self.consent) and call_is_consented(act, self.consent, at, act.debt_ids))

    def taken(self, act: Act, at: datetime) -> list[PastContact]:
        """The contacts that count, but for those too long ago in every zone."""
        counted, since = self.counted, at - timedelta(days=self.days + 2)
        counting = [
            past
            for past in act.history
            if past.at > since
            and not past.inbound
            and (not counted or past.channel in counted)
            and self._counts(act, past)
        ]
        if counting and self.since_inbound:
            inbound = max((past.at for past in act.history if past.inbound and past.at <= at), default=None)
            if inbound is not None:
                counting = [past for past in counting if past.at > inbound or past.channel not in self.since_inbound]
        return counting

    def _counts(self, act: Act, past: PastContact) -> bool:
        return (
            past.outcome not in NOT_PLACED
            and not past.misdirected
            and (not self.outcomes or past.outcome in self.outcomes)
            and past.outcome not in self.except_outcomes
            and self._is_same(act, past)
            and not (self.consent and act.consents and call_is_consented(act, self.consent, past.at, past.debt_ids))
        )

    def _is_same(self, act: Act, past: PastContact) -> bool:
        by_debt = Per.DEBT in self.per or past.channel in self.same_debt
        return (
            (not by_debt or act.concerns(past.debt_ids))
            and (Per.RECIPIENT not in self.per or past.recipient is act.recipient)
            and (Per.NUMBER not in self.per or _may_be_same(past.number, act.address.number))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CapWarning(ContactCap):
    """The same count, but only worth a warning."""

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """Never put off."""
        return None

    def evaluate(self, rule: Rule, act: Act) -> Fired | None:
        """Warn when one more would be over."""
        fired = ContactCap.next_allowed(self, rule, act, act.at)
        return rule.warns(fired.why) if fired else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingHours(ContactCap):
    """Warns where a reading by hours would object although the calendar days allow; nothing is put off by it."""

    hours: int
    after_conversation: bool = False
    """Whether a conversation about the debt within those hours is also worth the warning."""

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """Never put off."""
        return None

    def evaluate(self, rule: Rule, act: Act) -> Fired | None:
        """Warn when the hours before the act hold as many as the cap allows, and the calendar days do not."""
        if not act.history:
            return None
        return next((fired for each in self.apart(act) if (fired := self._warning(rule, each)) is not None), None)

    def _warning(self, rule: Rule, act: Act) -> Fired | None:
        since = act.at - timedelta(hours=self.hours)
        taken = [past for past in self.taken(act, act.at) if past.at <= act.at]
        recent = [past for past in taken if past.at > since]
        if self.is_consented(act, act.at) or self._is_put_off(act, taken):
            return None
        if len(recent) >= self.most:
            return rule.warns(f"{len(recent)} contacts that count within {self.hours} hours")
        if self.after_conversation and any(past.at > since for past in conversations(act, act.at)):
            return rule.warns(f"a conversation within {self.hours} hours")
        return None

    def _is_put_off(self, act: Act, taken: Sequence[PastContact]) -> bool:
        by_cap = latest(act, act.at, lambda name: _free_on(taken, self.most, self.days, local_date(act.at, name), name))
        return by_cap is not None or (self.after_conversation and _rests_until(act, act.at, self.days) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesCap(Terms):
    """At most `most` contacts that sell within `hours`, counted by the clock: a law of sales counts hours, not days."""

    precedence: ClassVar[Precedence] = Precedence.FREQUENCY

    most: int
    hours: int
    counted: frozenset[Medium]

    def __post_init__(self) -> None:
        """Refuse a cap that would never let anything pass."""
        if self.most < 1 or self.hours < 1:
            raise InvalidInput("a cap needs most and hours of 1 or more")

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """Free so many hours after the first of the last `most`, to the second."""
        sales = [past for past in act.before(at) if past.is_placed and past.purpose is Purpose.MARKETING]
        sales = [past for past in sales if past.channel in self.counted and past.recipient is act.recipient]
        if len(sales) < self.most:
            return None
        until = sales[-self.most].at + timedelta(hours=self.hours)
        return rule.defers(f"{self.most} contacts that sell within {self.hours} hours", until) if at < until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestAfterConversation(Terms):
    """No call within so many days of a telephone conversation about the debt, whoever dialled."""

    precedence: ClassVar[Precedence] = Precedence.FREQUENCY

    days: int
    consent: str = ""
    """A type of consent: a call under it need not wait."""

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """Free on the local day that many days after the conversation's."""
        if not act.history:
            return None
        waits = [until for each in act.by_debt() if (until := self._until(each, at)) is not None]
        if not waits:
            return None
        return rule.defers(f"a conversation about this debt within {self.days} calendar days", max(waits))

    def _until(self, act: Act, at: datetime) -> datetime | None:
        until = _rests_until(act, at, self.days)
        if until is None or (self.consent and call_is_consented(act, self.consent, at, act.debt_ids)):
            return None
        return _or_consented(act, self.consent, at, until)


@dataclass(frozen=True, slots=True, kw_only=True)
class RapidRedial(Terms):
    """Warns of a call soon after an unanswered one."""

    precedence: ClassVar[Precedence] = Precedence.WARNING

    minutes: int

    def evaluate(self, rule: Rule, act: Act) -> Fired | None:
        """Warn when a call to the same person went unanswered within the minutes before."""
        since = act.at - timedelta(minutes=self.minutes)
        for past in act.history:
            unanswered = past.channel in VOICE and past.is_placed and past.outcome != CONVERSATION
            if unanswered and past.recipient is act.recipient and since <= past.at <= act.at:
                return rule.warns(f"a second call within {self.minutes} minutes of an unanswered one")
        return None


def conversations(act: Act, at: datetime) -> list[PastContact]:
    """Telephone conversations with this person about these debts, by either side, up to the instant."""
    return [
        past
        for past in act.history
        if past.outcome == CONVERSATION
        and not past.misdirected
        and past.channel in VOICE
        and past.at <= at
        and past.recipient is act.recipient
        and act.concerns(past.debt_ids)
    ]


def latest(act: Act, at: datetime, free_on: Callable[[str], date]) -> datetime | None:
    """The latest start of the day that any zone asks for; None when each is content with its today."""
    starts = [start_of_day(on, name) for name in act.zone_names if (on := free_on(name)) > local_date(at, name)]
    return max(starts) if starts else None


def _rests_until(act: Act, at: datetime, days: int) -> datetime | None:
    held = conversations(act, at)
    if not held:
        return None
    return latest(act, at, lambda name: max(local_date(past.at, name) for past in held) + timedelta(days=days))


def _free_on(taken: Sequence[PastContact], most: int, days: int, today: date, zone_name: str) -> date:
    """The first local day from today on which one more fits.

    Later contacts count as well, as far as one stretch of `days` holds them and this one: another account of the
    person may live on a clock that is ahead, and the two must not meet in the middle of a stretch.
    """
    on = today
    dates = sorted(local_date(past.at, zone_name) for past in taken)
    for first, last in zip(dates, dates[most - 1 :], strict=False):
        if (max(on, last) - min(on, first)).days < days:
            on = first + timedelta(days=days)
    return on


def _or_consented(act: Act, consent: str, at: datetime, until: datetime) -> datetime:
    """The day that the person named for a call, where it comes before the end of the wait."""
    named = next_consented_day(act, consent, at) if consent and act.consents else None
    return named if named is not None and named < until else until


def _may_be_same(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other
