"""Holds as the core knows them: when they forbid contact, and which days they take off."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from domain.calendar import Pause
from domain.vocabulary import HoldKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyState:
    """A duty of a hold that is not done."""

    duty: str
    opens_at: datetime
    """From when it can be done, and somebody is asked to."""
    due_on: date
    due_at: datetime
    """From this instant on it is overdue."""
    asked: bool = False
    """Whether somebody was asked."""

    def says(self, now: datetime) -> str:
        """What and by when, in words."""
        return f"{self.duty} overdue since {self.due_on}" if self.due_at <= now else f"{self.duty} by {self.due_on}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldState:
    """A hold as the case knows it; a release that came first has no start yet."""

    hold_id: str
    kind: HoldKind = HoldKind.CUSTOM
    owner: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    released_at: datetime | None = None
    pauses_dpd: bool = True
    obligation_due_on: date | None = None
    """Only the amount that fell due on this day; None: everything."""
    review_at: datetime | None = None
    """When a human looks at it first, if nobody knows its end; None: at once."""
    duties: tuple[DutyState, ...] = ()
    """Those that are open, the first one due first."""

    @property
    def over_at(self) -> datetime | None:
        """When it ends or was released, whichever is first; None while nobody knows."""
        return min((at for at in (self.ends_at, self.released_at) if at is not None), default=None)

    def active_at(self, now: datetime) -> bool:
        """Whether it forbids contact at this instant."""
        if self.starts_at is None or now < self.starts_at:
            return False
        return self.over_at is None or now < self.over_at

    def pause(self) -> Pause | None:
        """The days it takes off DPD."""
        if self.starts_at is None or not self.pauses_dpd:
            return None
        return Pause(starts_at=self.starts_at, ends_at=self.over_at)


def pauses_of(holds: Iterable[HoldState], due_on: date) -> tuple[Pause, ...]:
    """What holds take off the days past due of that amount: those on everything, and those on it alone."""
    mine = (hold for hold in holds if hold.obligation_due_on in (None, due_on))
    return tuple(pause for hold in mine if (pause := hold.pause()) is not None)


def unasked(holds: Iterable[HoldState], now: datetime) -> bool:
    """Whether a duty has opened that nobody was asked to do yet."""
    return any(not duty.asked and duty.opens_at <= now for hold in holds for duty in hold.duties)


def next_duty(holds: Iterable[HoldState], now: datetime) -> tuple[str, datetime | None]:
    """The duty that is due first, in words, and the next instant at which one opens or becomes overdue.

    No words when none is open; no instant when all of them are overdue.
    """
    duties = sorted((duty for hold in holds for duty in hold.duties), key=lambda each: (each.due_at, each.duty))
    instants = (at for duty in duties for at in (duty.opens_at, duty.due_at) if now < at)
    return (duties[0].says(now) if duties else ""), min(instants, default=None)
