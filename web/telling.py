"""Stores what comes in and brings it to the running cases; what cannot be told stays marked, for the relay to bring."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import BackgroundTasks
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from casedb.inbox import InboundFact, Receipt, mark_signalled, receive, was_signalled
from domain.errors import ConfigurationError
from domain.events import Event
from workflows.collection import CollectionWorkflow
from workflows.messages import collection_workflow_id

log = logging.getLogger(__name__)

Tell = Callable[[Receipt], Awaitable[None]]


def take_in(engine: Engine, fact: InboundFact, tell: Tell, later: BackgroundTasks) -> None:
    """Store a fact now, and tell its cases after the answer went out; a repeat tells only what was not told yet.

    Raises InvalidInput, and stores nothing, for a fact that cannot be true.
    """
    receipt = receive(engine, fact, received_at=datetime.now(UTC))
    if receipt.account_ids and not (receipt.duplicate and was_signalled(engine, receipt.event_id)):
        later.add_task(tell, receipt)


@dataclass(slots=True)
class Teller:
    """Signals cases. Connects when there is first something to tell: the door takes facts without Temporal too."""

    engine: Engine
    connect: Callable[[], Awaitable[Client]]
    _client: Client | None = field(default=None, init=False)

    async def tell(self, receipt: Receipt) -> None:
        """Signal every case that the fact is about, and remember it; a case that has ended need not know."""
        event = receipt.event()
        if event is None:
            return
        try:
            self._client = self._client or await self.connect()
            for account_id in receipt.account_ids:
                await _signal(self._client, account_id, event)
        except (RPCError, ConfigurationError) as error:
            log.warning("fact %s is stored, and its case was not told: %s", receipt.event_id, error)
            return
        await asyncio.to_thread(mark_signalled, self.engine, receipt.event_id, datetime.now(UTC))


async def _signal(client: Client, account_id: str, event: Event) -> None:
    handle = client.get_workflow_handle_for(CollectionWorkflow.run, collection_workflow_id(account_id))
    try:
        await handle.signal(CollectionWorkflow.fact, event)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
