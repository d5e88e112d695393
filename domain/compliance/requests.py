"""Data-subject requests: by when each is answered, and when data is kept although its erasure is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.calendar import local_date
from domain.compliance.deadlines import (
    NO_HOLIDAYS,
    business_days_after,
    earliest_purge,
    last_of_period,
    months_after,
)
from domain.compliance.facts import Act
from domain.compliance.profile import Answer, Computed, Rule, Terms

RESTRICT_AND_EXPLAIN = "restrict_and_explain"
"""Keep the data, use it for nothing but its storage and legal claims, and tell the person why."""
PURGE = "purge"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerInMonths(Terms):
    """An answer within calendar months of receipt; a month's end is clamped. (GDPR art. 12(3).)"""

    months: int
    extended_months: int
    """In all, when the extension is told in time."""
    except_requests: tuple[str, ...] = (PURGE,)

    def computed(self, rule: Rule, act: Act) -> Computed:
        """`due` and `extended_due`."""
        if act.flags.request is None or act.flags.request in self.except_requests:
            return ()
        received = _received(act)
        return (
            ("due", months_after(received, self.months).isoformat()),
            ("extended_due", months_after(received, self.extended_months).isoformat()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerInDays(Terms):
    """An answer within calendar days, the day of receipt being the first. (11 CCR 7021.)"""

    confirm_business_days: int
    days: int
    extended_days: int
    note: str
    sale_optout_business_days: int
    sale_optout_requests: tuple[str, ...]
    except_requests: tuple[str, ...] = (PURGE,)
    holidays: frozenset[date] = NO_HOLIDAYS

    def computed(self, rule: Rule, act: Act) -> Computed:
        """`confirm_by`, `respond_by`, `max_by` and a note on the count; of an opt-out of sale only `respond_by`."""
        request, received = act.flags.request, _received(act)
        if request is None or request in self.except_requests:
            return ()
        if request in self.sale_optout_requests:
            stopped_by = business_days_after(received, self.sale_optout_business_days, self.holidays)
            return (("respond_by", stopped_by.isoformat()),)
        confirmed_by = business_days_after(received, self.confirm_business_days, self.holidays)
        return (
            ("confirm_by", confirmed_by.isoformat()),
            ("respond_by", last_of_period(received, days=self.days).isoformat()),
            ("max_by", last_of_period(received, days=self.extended_days).isoformat()),
            ("note", self.note),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWithin(Terms):
    """An answer within calendar days after receipt."""

    days: int
    except_requests: tuple[str, ...] = (PURGE,)

    def computed(self, rule: Rule, act: Act) -> Computed:
        """`due`."""
        if act.flags.request is None or act.flags.request in self.except_requests:
            return ()
        return (("due", last_of_period(_received(act), days=self.days + 1).isoformat()),)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPromptly(Terms):
    """The law says promptly; the number is ours."""

    business_days: int
    except_requests: tuple[str, ...] = (PURGE,)
    holidays: frozenset[date] = NO_HOLIDAYS

    def computed(self, rule: Rule, act: Act) -> Computed:
        """`sla` in words and `due`."""
        if act.flags.request is None or act.flags.request in self.except_requests:
            return ()
        due = business_days_after(_received(act), self.business_days, self.holidays)
        return (("sla", f"{self.business_days} business days (policy)"), ("due", due.isoformat()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure(Terms):
    """Data is not erased while the claim lives or a law keeps it: it is restricted, and the reasons are told."""

    requests: tuple[str, ...] = ("erasure", "delete", "deletion")

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny the erasure while data must be kept."""
        reasons = self._reasons(act)
        return rule.denies(f"not erased: {' and '.join(reasons)}; restrict and explain") if reasons else None

    def computed(self, rule: Rule, act: Act) -> Computed:
        """`action` when it is refused, and `delete_on` when the end of retention is known."""
        if not self._reasons(act):
            return ()
        until = act.flags.retention_until
        delete_on = (("delete_on", earliest_purge(until, years=0).isoformat()),) if until is not None else ()
        return (("action", RESTRICT_AND_EXPLAIN), *delete_on)

    def _reasons(self, act: Act) -> list[str]:
        if act.flags.request not in self.requests:
            return []
        reasons = ["the claim is open"] if act.flags.open_debt is True else []
        if act.flags.legal_hold is True:
            reasons.append("a legal hold stands")
        until = act.flags.retention_until
        if until is not None and _latest(act, until):
            reasons.append(f"a law keeps it until {until.isoformat()}")
        return reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention(Terms):
    """A record is purged at the earliest on the day after an anniversary, and never while a legal hold stands."""

    years: int
    """Of records of no other class, from the last activity, which renewed activity moves."""
    from_record_date: Mapping[str, int]
    """Classes of records that are kept for so many years from their own date."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny an earlier purge, or one of a record whose date nobody knows."""
        if act.flags.request != PURGE:
            return None
        if act.flags.legal_hold is True:
            return rule.denies("a legal hold stands; when it ends, the date is computed anew")
        purge_on = self._purge_on(act)
        if purge_on is None:
            return rule.denies("the date from which the record is kept is not known")
        today = min(local_date(act.at, name) for name in act.zone_names)
        return rule.denies(f"kept until {purge_on.isoformat()}, exclusive") if today < purge_on else None

    def computed(self, rule: Rule, act: Act) -> Computed:
        """`earliest_purge`."""
        purge_on = self._purge_on(act) if act.flags.request == PURGE else None
        return (("earliest_purge", purge_on.isoformat()),) if purge_on is not None else ()

    def _purge_on(self, act: Act) -> date | None:
        flags = act.flags
        years = self.from_record_date.get(flags.record or "")
        kept_from = flags.record_date if years is not None else flags.last_activity or flags.record_date
        if kept_from is None:
            return None
        purge_on = earliest_purge(kept_from, years=self.years if years is None else years)
        until = flags.retention_until
        return purge_on if until is None else max(purge_on, earliest_purge(until, years=0))


def _received(act: Act) -> date:
    """The local date of receipt; of several the earliest, so that no clock runs over."""
    return min(local_date(act.at, name) for name in act.zone_names)


def _latest(act: Act, until: date) -> bool:
    return min(local_date(act.at, name) for name in act.zone_names) <= until
