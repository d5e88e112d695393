"""Civil time: local dates, local hours and days past due in IANA zones. The only place with zone arithmetic.

Instants come in and go out as aware datetimes in UTC. Every edge is built from the local date and hour of that
very date, never from yesterday's offset, so both nights of a clock change come out right. A local time that does
not exist is moved forward by the gap; one that happens twice is taken at its first occurrence.
"""

import zoneinfo
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import InvalidInput

# Zones come from the pinned tzdata package, not from whatever the machine has: a verdict names the version it used.
zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()

HORIZON = timedelta(days=120)
"""How far a deferral may look ahead (regulation rules, section 1.1)."""


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises InvalidInput for anything else."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(f"time zone {name!r} is not an IANA name such as America/New_York") from None


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises InvalidInput for a naive value."""
    if instant.tzinfo is None:
        raise InvalidInput(f"instant {instant.isoformat()} has no zone: write it with Z or an offset")
    return instant.astimezone(UTC)


def local_date(instant: datetime, zone_name: str) -> date:
    """The calendar date of an instant in a zone."""
    return instant.astimezone(zone(zone_name)).date()


def at_local(on: date, at: time, zone_name: str) -> datetime:
    """The instant (UTC) at which a wall clock in the zone shows `at` on `on`."""
    # fold=0 is the rule of the module's text (PEP 495): the offset before a gap moves the instant past it, and of a
    # doubled hour it is the first. A time that was read off a clock in the second brings a fold of its own.
    return datetime.combine(on, at.replace(fold=0), tzinfo=zone(zone_name)).astimezone(UTC)


def start_of_day(on: date, zone_name: str) -> datetime:
    """The first instant (UTC) of a local date."""
    return at_local(on, time(0), zone_name)


MOST_CLOSED_DAYS = 15
"""More closed days in a row than any calendar has."""


def rolled_off_closed_days(on: date, weekdays: Collection[int], days: Collection[date]) -> date:
    """The day itself, or the next one that is open; `weekdays` are ISO, 1 Monday.

    Raises InvalidInput when none comes for longer than any calendar knows.
    """
    for ahead in range(MOST_CLOSED_DAYS + 1):
        open_day = on + timedelta(days=ahead)
        if open_day.isoweekday() not in weekdays and open_day not in days:
            return open_day
    raise InvalidInput(f"no day is open from {on} for {MOST_CLOSED_DAYS} days: look at the closed days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Days that do not count as past due, from one instant to another (or still running)."""

    starts_at: datetime
    ends_at: datetime | None


def days_past_due(due_on: date, now: datetime, zone_name: str, pauses: Iterable[Pause] = ()) -> int:
    """Whole local days since the due date, less the local days that any pause covers; never below zero.

    A pause covers the days from its first to the day before its last, so a hold set and released on one day
    takes nothing off. Overlapping pauses count once.
    """
    today = local_date(now, zone_name)
    paused: set[int] = set()
    for pause in pauses:
        first = max(local_date(pause.starts_at, zone_name), due_on)
        last = min(local_date(pause.ends_at, zone_name) if pause.ends_at else today, today)
        paused.update(range(first.toordinal(), last.toordinal()))
    return max(0, (today - due_on).days - len(paused))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours of a local day, half-open: the start is inside, the end is not; `days` are ISO weekdays, 1 Monday."""

    start: time
    end: time
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)

    def __post_init__(self) -> None:
        """Refuse a window that is never open."""
        if not self.start < self.end or not self.days:
            raise InvalidInput(f"window {self.start}-{self.end} on days {self.days} is never open")

    def contains(self, instant: datetime, zone_name: str) -> bool:
        """Whether the wall clock of the zone stands inside the window."""
        return self._is_open(instant.astimezone(zone(zone_name)))

    def _is_open(self, wall: datetime) -> bool:
        return self.start <= wall.time() < self.end and wall.isoweekday() in self.days

    def opens_at(self, instant: datetime, zone_name: str) -> datetime:
        """The earliest instant, not before the given one, that is inside the window."""
        wall = instant.astimezone(zone(zone_name))
        if self._is_open(wall):
            return instant
        day = wall.date()
        for ahead in range(9):
            on = day + timedelta(days=ahead)
            opening = at_local(on, self.start, zone_name)
            if on.isoweekday() in self.days and opening >= instant:
                return opening
        raise InvalidInput(f"window {self.start}-{self.end} on days {self.days} does not open within nine days")


def common_opening(instant: datetime, window: Window, zones: Sequence[str]) -> datetime | None:
    """The earliest instant inside the window in every zone at once; None when there is none within the horizon.

    The least fixed point: each zone moves the instant forward until no zone moves it.
    """
    if not zones:
        return None
    candidate = instant
    while candidate - instant <= HORIZON:
        moved = candidate
        for name in zones:
            moved = window.opens_at(moved, name)
        if moved == candidate:
            return candidate
        candidate = moved
    return None
