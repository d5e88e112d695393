"""Write-off: the lender forgives what is owed; the ledger goes to zero, and what is paid nevertheless is a recovery."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from activities.escalation.outside_steps import StepOrder, StepTaken, StepUndone
from casedb.ledger import Entry, entry_amount, find_account, post
from config.settings import Settings
from domain.errors import NotKnown, StepRefused
from domain.escalation import OutsideKind, Parameters
from domain.money import in_words
from domain.vocabulary import LedgerKind

KIND = OutsideKind.WRITE_OFF


@dataclass(frozen=True, slots=True)
class WriteOffStep:
    """An entry in the ledger under the step's key."""

    kind: OutsideKind = KIND

    def problems(self, parameters: Parameters) -> Iterable[str]:
        """It has no parameters."""
        return (f"write_off has no parameter {name}" for name in parameters)

    def take(self, connection: Connection, order: StepOrder) -> StepTaken:
        """Forgive the whole balance. Raises StepRefused when nothing is owed."""
        standing = find_account(connection, order.account_id, lock=True)
        if standing is None:
            raise NotKnown(f"account {order.account_id} is not in the case database")
        if standing.balance_minor <= 0:
            raise StepRefused(f"account {order.account_id} owes nothing: there is nothing to write off")
        entry = _entry(order, -standing.balance_minor)
        post(connection, standing, entry, recorded_at=order.at)
        says = f"{in_words(standing.balance_minor, standing.currency)} were written off"
        return StepTaken(reference=entry.entry_id, says=says)

    def undo(self, connection: Connection, order: StepOrder) -> StepUndone:
        """The debt stands again: what was forgiven is charged back."""
        standing = find_account(connection, order.account_id, lock=True)
        written_off = entry_amount(connection, _entry(order, 0).entry_id)
        if standing is None or written_off is None:
            raise NotKnown(f"step {order.key} wrote nothing off: there is nothing to take back")
        entry = replace(_entry(order, -written_off), entry_id=f"write-off-undone:{order.key}")
        post(connection, standing, entry, recorded_at=order.at)
        return StepUndone(reference=entry.entry_id, says=f"the write-off was taken back: {order.why}")


def create(_settings: Settings) -> WriteOffStep:
    """It needs no settings."""
    return WriteOffStep()


def _entry(order: StepOrder, amount_minor: int) -> Entry:
    return Entry(entry_id=f"write-off:{order.key}", kind=LedgerKind.WRITE_OFF, amount_minor=amount_minor, at=order.at)
