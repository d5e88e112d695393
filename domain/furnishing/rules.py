"""By what rules an account is furnished: where, after which notice, under which type of credit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.calendar import local_date
from domain.furnishing.file import Furnisher


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditType:
    """How a product is called by the bureaus."""

    portfolio_type: str
    account_type: str
    duration: str
    frequency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FurnishingRules:
    """All of it, as the file has it."""

    jurisdictions: frozenset[str]
    notice_template: str
    notice_days: int
    furnisher: Furnisher
    products: Mapping[str, CreditType]
    creditor_classification: int

    def free_on(self, told_at: datetime, zone_name: str) -> date:
        """The first local day on which an account may be furnished after its notice; the day of sending is day 0."""
        return local_date(told_at, zone_name) + timedelta(days=self.notice_days)
