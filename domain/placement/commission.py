"""What of a payment is the agency's and what is the creditor's: in whole minor units, and together always all of it."""

from dataclasses import dataclass

from domain.placement.agency import WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One payment divided."""

    gross_minor: int
    commission_minor: int

    @property
    def net_minor(self) -> int:
        """What is left for the creditor."""
        return self.gross_minor - self.commission_minor


def share_of(gross_minor: int, basis_points: int) -> Share:
    """Divide a payment, half a minor unit up; a reversal gives back exactly what its payment gave."""
    commission = (abs(gross_minor) * basis_points * 2 + WHOLE) // (WHOLE * 2)
    return Share(gross_minor=gross_minor, commission_minor=commission if gross_minor >= 0 else -commission)
