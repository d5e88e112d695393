"""Stores what comes in, and tells its cases once the answer went out."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from fastapi import BackgroundTasks
from sqlalchemy import Engine

from casedb.inbox import InboundFact, Receipt, receive, was_signalled

Tell = Callable[[Receipt], Awaitable[None]]


def take_in(engine: Engine, fact: InboundFact, tell: Tell, later: BackgroundTasks) -> Receipt:
    """Store a fact now, and tell its cases after the answer went out; a repeat tells only what was not told yet.

    Raises InvalidInput, and stores nothing, for a fact that cannot be true.
    """
    receipt = receive(engine, fact, received_at=datetime.now(UTC))
    if receipt.account_ids and not (receipt.duplicate and was_signalled(engine, receipt.event_id)):
        later.add_task(tell, receipt)
    return receipt
