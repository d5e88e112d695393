"""What a lender says is owed on an account as of a day: figures alone, and nothing about the person."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One statement of a debt. Amounts are in minor units of the currency."""

    as_of: date
    due_on: date
    currency: str
    principal_minor: int
    interest_minor: int
    fees_minor: int

    @property
    def total_minor(self) -> int:
        """What is owed in all."""
        return self.principal_minor + self.interest_minor + self.fees_minor
