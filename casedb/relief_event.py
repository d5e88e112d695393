"""A granted relief in the words of the case."""

from typing import TYPE_CHECKING

from domain.events import ReliefGranted

if TYPE_CHECKING:  # it imports this file
    from casedb.inbound import Receipt


def relief_event(receipt: "Receipt") -> ReliefGranted:
    """The fact, with where the ledger stands after it."""
    fact = receipt.fact
    assert fact.relief is not None, "checked at the door"
    assert fact.amount_minor is not None, "checked at the door"
    assert receipt.balance_minor is not None, "it was granted"
    assert receipt.ledger_version is not None, "it was granted"
    return ReliefGranted(
        event_id=fact.event_id,
        at=fact.at,
        relief_id=fact.relief_id,
        relief=fact.relief,
        amount_minor=fact.amount_minor,
        until=fact.relief_until,
        ends_at=fact.ends_at,
        balance_minor=receipt.balance_minor,
        ledger_version=receipt.ledger_version,
    )
