"""Charge-off: the lender takes the account off the books; it is still owed, and what comes in is a recovery."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from activities.escalation.outside_steps import StepOrder, StepTaken, StepUndone
from casedb import charge_offs
from casedb.ledger import find_account
from config.settings import Settings
from domain.errors import NotKnown, StepRefused
from domain.escalation import OutsideKind, Parameters
from domain.money import in_words

KIND = OutsideKind.CHARGE_OFF


@dataclass(frozen=True, slots=True)
class ChargeOffStep:
    """A row in the case database; the ledger is not moved, because nothing was paid or forgiven."""

    kind: OutsideKind = KIND

    def problems(self, parameters: Parameters) -> Iterable[str]:
        """It has no parameters."""
        return (f"charge_off has no parameter {name}" for name in parameters)

    def take(self, connection: Connection, order: StepOrder) -> StepTaken:
        """Put on record how much was charged off. Raises StepRefused when nothing is owed."""
        standing = find_account(connection, order.account_id, lock=True)
        if standing is None:
            raise NotKnown(f"account {order.account_id} is not in the case database")
        if standing.balance_minor <= 0:
            raise StepRefused(f"account {order.account_id} owes nothing: there is nothing to charge off")
        charge_offs.insert(
            connection,
            key=order.key,
            account_id=order.account_id,
            case_id=order.case_id,
            amount_minor=standing.balance_minor,
            at=order.at,
        )
        says = f"{in_words(standing.balance_minor, standing.currency)} were charged off"
        return StepTaken(reference=f"charge-off:{order.key}", says=says)

    def undo(self, connection: Connection, order: StepOrder) -> StepUndone:
        """The charge-off was settled: nothing of it is open any more."""
        charge_offs.settle(connection, key=order.key, at=order.at)
        return StepUndone(reference=f"charge-off-settled:{order.key}", says=f"the charge-off is settled: {order.why}")


def create(_settings: Settings) -> ChargeOffStep:
    """It needs no settings."""
    return ChargeOffStep()
