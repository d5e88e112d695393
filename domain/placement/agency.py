"""An agency as we know it: in which form it takes files, what it earns, and how long it may object to a recall."""

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import InvalidInput
from domain.money import MINOR_UNIT_DIGITS

WHOLE = 10_000
"""Basis points of everything."""


class FileForm(StrEnum):
    """In which form files go to an agency."""

    CSV = "csv"
    FIXED = "fixed"


class Remits(StrEnum):
    """What an agency hands over."""

    GROSS = "gross"
    """All it took; it sends an invoice for its commission."""
    NET = "net"
    """What is left after its commission."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What an agency earns on what it collects, by product and by age at the placement."""

    basis_points: int
    product: str = ""
    """Empty: any."""
    from_days: int = 0
    """Days past due at the placement, from which on it is this rate."""

    def __post_init__(self) -> None:
        """Refuse a rate that is none."""
        if not 0 <= self.basis_points <= WHOLE or self.from_days < 0:
            raise InvalidInput(f"a commission is 0 to {WHOLE} basis points from a day of 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One agency and the terms on which accounts are placed with it."""

    agency_id: str
    name: str
    form: FileForm
    currencies: tuple[str, ...]
    rates: tuple[Rate, ...]
    remits: Remits
    objection_days: int
    """From the day a recall is told until it is final, if nobody objects."""
    extension_days: int
    """What an objection adds to it."""
    objections_most: int
    """How often it may object to one recall."""
    drop_folder: str

    def __post_init__(self) -> None:
        """Refuse terms that could not be kept."""
        unknown = [each for each in self.currencies if each not in MINOR_UNIT_DIGITS]
        if not self.currencies or unknown:
            raise InvalidInput(f"agency {self.agency_id}: currencies must be ISO 4217 codes, one or more")
        fixed = self.form is FileForm.FIXED
        if fixed and (len(self.currencies) > 1 or MINOR_UNIT_DIGITS[self.currencies[0]] != 2):
            raise InvalidInput(f"agency {self.agency_id}: fixed-width files are in one currency of two decimal places")
        if not any(rate.product == "" and rate.from_days == 0 for rate in self.rates):
            raise InvalidInput(f"agency {self.agency_id}: one rate must be for any product from day 0")
        if len({(rate.product, rate.from_days) for rate in self.rates}) < len(self.rates):
            raise InvalidInput(f"agency {self.agency_id}: two rates are for the same product and age")

    def basis_points(self, product: str, days_past_due: int) -> int:
        """The rate for an account: one of its product before one of any, then the oldest age that it has reached."""
        fitting = [
            rate for rate in self.rates if rate.product in ("", product) and rate.from_days <= max(0, days_past_due)
        ]
        return max(fitting, key=lambda rate: (rate.product != "", rate.from_days)).basis_points
