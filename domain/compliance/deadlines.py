"""Dates that the law counts: waiting periods, answers to data requests, how long a record is kept.

Everything here is civil: local dates in, local dates out. Counts and holidays are parameters, because they are law
and stand with the law; what differs from rule to rule is whether the first and the last day count.
"""

from collections.abc import Set as AbstractSet
from datetime import date, timedelta

_SATURDAY = 6
NO_HOLIDAYS: frozenset[date] = frozenset()


def business_days_after(on: date, count: int, holidays: AbstractSet[date] = NO_HOLIDAYS) -> date:
    """The date that is `count` business days after `on`; Saturdays, Sundays and holidays are none."""
    left = count
    while left > 0:
        on += timedelta(days=1)
        if on.isoweekday() < _SATURDAY and on not in holidays:
            left -= 1
    return on


def assumed_receipt(provided_on: date, holidays: AbstractSet[date], *, business_days: int = 5) -> date:
    """When a notice counts as received: five days on, without weekends and legal holidays. (12 CFR 1006.34(b)(5).)"""
    return business_days_after(provided_on, business_days, holidays)


def validation_end(received_on: date, *, days: int = 30) -> date:
    """The last day of the validation period. (12 CFR 1006.34(b)(5).)"""
    return received_on + timedelta(days=days)


def free_after_wait(sent_on: date, *, days: int) -> date:
    """The first day after a wait whose first day is the day of sending. (Comment 30(a)(1)-2: May 11 frees May 25.)"""
    return sent_on + timedelta(days=days)


def free_after_reply_time(letter_on: date, *, days: int, reply_on: date | None = None, more_days: int = 0) -> date:
    """The first day after the time to reply to a letter dated `letter_on`, whose own day does not count.

    A reply that asks for advice or documents gives `more_days` from its date; it never shortens the time.
    (Pre-Action Protocol for Debt Claims: 30 days, and 30 more.)
    """
    last = letter_on + timedelta(days=days)
    if reply_on is not None:
        last = max(last, reply_on + timedelta(days=more_days))
    return last + timedelta(days=1)


def months_after(on: date, months: int) -> date:
    """The same day of a later month, or that month's last day: January 31 and a month is February 28 or 29."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    next_first = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return min(first + timedelta(days=on.day - 1), next_first - timedelta(days=1))


def last_of_period(received_on: date, *, days: int) -> date:
    """The last day of a period whose first day is the day of receipt. (11 CCR 7021(b).)"""
    return received_on + timedelta(days=days - 1)


def anniversary(on: date, years: int) -> date:
    """The same date `years` later; February 29 rolls forward to March 1 where there is none."""
    try:
        return on.replace(year=on.year + years)
    except ValueError:
        return date(on.year + years, 3, 1)


def earliest_purge(kept_from: date, *, years: int) -> date:
    """The first day on which a record may be purged: the day after the anniversary."""
    return anniversary(kept_from, years) + timedelta(days=1)


def limitation_expired(claim_from: date, today: date, *, years: int, interrupted_on: date | None = None) -> bool:
    """Whether the time to sue is over; an interruption starts it anew, and the anniversary is still inside.

    (Civil Code 188, 189, 195; Limitation Act 1980 s.5.)
    """
    begins = claim_from if interrupted_on is None else max(claim_from, interrupted_on)
    return today > anniversary(begins, years)
