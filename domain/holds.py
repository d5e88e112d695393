"""Holds as the core knows them: when they forbid contact, and which days they take off."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from domain.calendar import Pause
from domain.vocabulary import HoldKind


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
