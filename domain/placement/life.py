"""How a placement lives: placed, recall pending, perhaps objected to, and then recalled, returned or closed.

A recall is told as pending and becomes final when the agency's time to object is over. What makes further collection
unlawful or pointless (paid, disputed, bankrupt, deceased) leaves no time to object: it is final at once.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from domain.errors import IllegalTransition
from domain.placement.agency import Agency


class PlacementStatus(StrEnum):
    """Where a placement stands."""

    PLACED = "placed"
    RECALL_PENDING = "recall_pending"
    RECALLED = "recalled"
    """By us, and final."""
    RETURNED = "returned"
    """By the agency."""
    CLOSED = "closed"
    """It never left the house: undone before any file told the agency of it."""

    @property
    def is_open(self) -> bool:
        """Whether the account is with the agency."""
        return self in (PlacementStatus.PLACED, PlacementStatus.RECALL_PENDING)


class RecallReason(StrEnum):
    """Why an account is taken back, in the three signs of the record."""

    PAID = "PIF"
    DISPUTED = "DIS"
    BANKRUPT = "BKP"
    DECEASED = "DEC"
    CREDITOR = "CLI"
    """Ours: the creditor wants it back."""
    CORRECTION = "ERR"
    """It should not have been placed."""

    @property
    def at_once(self) -> bool:
        """Whether nobody may object."""
        return self is not RecallReason.CREDITOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One placement of one account."""

    file_number: int
    account_id: str
    agency: str
    status: PlacementStatus
    told: bool
    """Whether a file told the agency of it."""
    recall_reason: RecallReason | None = None
    recall_on: date | None = None
    """The day from which on the recall is final."""
    objections: int = 0
    objected_on: date | None = None
    closed_on: date | None = None
    close_code: str = ""

    def recall(self, reason: RecallReason, on: date, agency: Agency) -> "Placement":
        """Take it back; again changes nothing, but a reason without time to object ends the time that runs."""
        if self.status is PlacementStatus.PLACED and not self.told:
            return replace(self, status=PlacementStatus.CLOSED, recall_reason=reason, closed_on=on)
        if not self.status.is_open:
            return self
        final_on = on if reason.at_once else on + timedelta(days=agency.objection_days)
        if self.recall_on is not None and self.recall_on <= final_on:
            return self
        return replace(self, status=PlacementStatus.RECALL_PENDING, recall_reason=reason, recall_on=final_on)

    def objected(self, on: date, agency: Agency) -> "Placement":
        """The agency objects: it has more time. Raises IllegalTransition when it may not."""
        if self.status is not PlacementStatus.RECALL_PENDING or self.recall_on is None:
            raise IllegalTransition(f"file number {self.file_number} is {self.status.value}: no recall to object to")
        if self.recall_reason is not None and self.recall_reason.at_once:
            raise IllegalTransition(
                f"file number {self.file_number} is recalled as {self.recall_reason.value}: nobody may object to that"
            )
        if on > self.recall_on:
            raise IllegalTransition(f"file number {self.file_number}: the time to object ended on {self.recall_on}")
        if self.objections >= agency.objections_most:
            raise IllegalTransition(
                f"file number {self.file_number}: objected to {self.objections} times already, and no more is agreed"
            )
        extended = self.recall_on + timedelta(days=agency.extension_days)
        return replace(self, objections=self.objections + 1, objected_on=on, recall_on=extended)

    def is_final(self, today: date) -> bool:
        """Whether the recall is to be told as final now."""
        return self.status is PlacementStatus.RECALL_PENDING and self.recall_on is not None and self.recall_on <= today

    def recalled(self, on: date) -> "Placement":
        """The final recall goes out."""
        if not self.is_final(on):
            raise IllegalTransition(f"file number {self.file_number} is {self.status.value}: its recall is not final")
        return replace(self, status=PlacementStatus.RECALLED, closed_on=on)

    def returned(self, code: str, on: date) -> "Placement":
        """The agency gives it back. Raises IllegalTransition when it does not have it."""
        if not self.status.is_open or not self.told:
            raise IllegalTransition(
                f"file number {self.file_number} is {self.status.value}: the agency does not have it"
            )
        return replace(self, status=PlacementStatus.RETURNED, closed_on=on, close_code=code)
