"""Stores what comes in, and tells its cases once the answer went out."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from fastapi import BackgroundTasks
from sqlalchemy import Connection, Engine

from casedb.inbox import InboundFact, Receipt, receive, receive_all, was_signalled

Tell = Callable[[Receipt], Awaitable[None]]


def take_in(engine: Engine, fact: InboundFact, tell: Tell, later: BackgroundTasks) -> Receipt:
    """Store a fact now, and tell its cases after the answer went out; a repeat tells only what was not told yet.

    Raises InvalidInput, and stores nothing, for a fact that cannot be true.
    """
    receipt = receive(engine, fact, received_at=datetime.now(UTC))
    _tell_later(engine, receipt, tell, later)
    return receipt


def take_all_in(
    engine: Engine, facts_of: Callable[[Connection], Sequence[InboundFact]], tell: Tell, later: BackgroundTasks
) -> list[Receipt]:
    """As `take_in`, for all that one event means, decided from what is known and stored in one transaction."""
    receipts = receive_all(engine, facts_of, received_at=datetime.now(UTC))
    for receipt in receipts:
        _tell_later(engine, receipt, tell, later)
    return receipts


def _tell_later(engine: Engine, receipt: Receipt, tell: Tell, later: BackgroundTasks) -> None:
    if receipt.account_ids and not (receipt.duplicate and was_signalled(engine, receipt.event_id)):
        later.add_task(tell, receipt)
