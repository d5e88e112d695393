"""Kinds of rules about when; hours are written as two times of the day, holidays as a country and its years."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Key

from config.closed_days import is_known_country, public_holidays
from config.fields import Text, WallTime
from config.law.rule_file import RuleFile, RuleId, kinds
from domain.calendar import Window
from domain.compliance.timing import ClosedDays, DesignatedTimes, Hours

Weekday = Annotated[int, Key(strict=True, ge=1, le=7)]
Year = Annotated[int, Key(strict=True, ge=2000, le=2100)]


class HoursRule(RuleFile):
    """Hours of a local day."""

    start: WallTime
    end: WallTime
    days: tuple[Weekday, ...] = (1, 2, 3, 4, 5, 6, 7)
    id_in_several_zones: RuleId | None = None
    lifted_by: Text | None = None
    by_address: bool = False

    TERMS = Hours

    def terms(self) -> Hours:
        """The hours. Raises InvalidInput for a window that is never open."""
        return Hours(
            window=Window(start=self.start, end=self.end, days=self.days),
            id_in_several_zones=self.id_in_several_zones or "",
            lifted_by=self.lifted_by or "",
            by_address=self.by_address,
        )


class HolidayTable(BaseModel):
    """The public holidays of a country, as the `holidays` package computes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    country: Annotated[str, Key(pattern=r"^[A-Z]{2}$")]
    first_year: Year
    last_year: Year

    @model_validator(mode="after")
    def _is_known(self) -> "HolidayTable":
        if not is_known_country(self.country):
            raise ValueError(f"no holidays are known of {self.country}: list them under dates")
        return self

    def dates(self) -> frozenset[date]:
        """Every date of those years."""
        return public_holidays(self.country, self.first_year, self.last_year)


class ClosedDaysRule(RuleFile):
    """Days of the week, holidays and dates of our own."""

    weekdays: tuple[Weekday, ...] = ()
    holidays: HolidayTable | None = None
    dates: frozenset[date] = frozenset()
    lifted_by: Text | None = None
    by_address: bool = False

    TERMS = ClosedDays

    def terms(self) -> ClosedDays:
        """The closed days as plain dates."""
        computed = self.holidays.dates() if self.holidays else frozenset()
        return ClosedDays(
            weekdays=frozenset(self.weekdays),
            dates=self.dates | computed,
            lifted_by=self.lifted_by or "",
            by_address=self.by_address,
        )


KINDS: dict[str, type[RuleFile]] = {
    "hours": HoursRule,
    "closed_days": ClosedDaysRule,
    **kinds({"designated_times": DesignatedTimes}),
}
