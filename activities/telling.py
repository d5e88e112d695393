"""Bringing a fact that is stored to the case that must hear of it: signal the one that runs, or start one.

The fact is in the case database before anybody is told, and a case that opens reads everything there. So whom nobody
could tell stays marked as untold, and the relay (`activities.relay`) tells again; a case may hear a fact twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.clock import wall_clock
from activities.enrolment import start_collection
from activities.promising import ask_case
from activities.starting_answers import ANSWER_SUFFIX, start_answer
from casedb.engine import reading
from casedb.inbound import LEDGER, InboundKind
from casedb.inbox import Receipt, mark_signalled
from casedb.uncollected import Uncollected, find_uncollected
from config.settings import Settings
from domain.errors import ConfigurationError
from domain.events import Event
from domain.vocabulary import Clock
from telemetry.correlation import about
from telemetry.tracing import span
from workflows import priorities
from workflows.collection import CollectionWorkflow
from workflows.messages import CollectionRequest, collection_workflow_id

log = logging.getLogger(__name__)

TROUBLES = (RPCError, ConfigurationError, DBAPIError)
"""What passes, or somebody mends: the fact waits meanwhile."""
REQUESTS = frozenset({InboundKind.PROMISE, InboundKind.PLAN})
"""What somebody asks of his case, which may refuse it."""
STARTS_A_CASE = LEDGER
"""Facts that make an account delinquent or say that it is; others only bring back a workflow that was lost."""


@dataclass(slots=True)
class Teller:
    """Signals cases and starts them. Connects when there is first something to tell: doors work without Temporal."""

    engine: Engine
    connect: Callable[[], Awaitable[Client]]
    task_queue: str
    default_strategy: str
    now: Callable[[], datetime] = wall_clock
    clock: Clock = Clock.REAL
    """On a virtual one an answer is given at the instant of its reply."""
    _client: Client | None = field(default=None, init=False)

    @classmethod
    def of(
        cls,
        settings: Settings,
        engine: Engine,
        connect: Callable[[], Awaitable[Client]],
        now: Callable[[], datetime] = wall_clock,
    ) -> "Teller":
        """As the settings say."""
        return cls(engine, connect, settings.task_queue, settings.default_strategy, now)

    async def tell(self, receipt: Receipt) -> None:
        """Tell every case; what goes wrong is in the log, and the fact stays for the relay."""
        with about(event_id=receipt.event_id):
            try:
                await self.bring(receipt)
            except TROUBLES as error:
                log.warning("fact %s is stored, and not every case was told: %s", receipt.event_id, reason_of(error))

    async def bring(self, receipt: Receipt) -> tuple[str, ...]:
        """Tell every case that the fact is about and remember it; answers the accounts whose case heard.

        Raises RPCError, ConfigurationError or DBAPIError when somebody could not be told; the fact stays untold.
        """
        with span(
            "tell case", "producer", parent=receipt.traceparent, event_id=receipt.event_id, fact=receipt.kind.value
        ):
            heard = await self._tell(receipt)
            await asyncio.to_thread(mark_signalled, self.engine, receipt.event_id, self.now())
        return heard

    async def _tell(self, receipt: Receipt) -> tuple[str, ...]:
        event, heard = receipt.event(), list[str]()
        if receipt.kind in REQUESTS and receipt.account_ids:
            self._client = self._client or await self.connect()
            heard += await ask_case(self._client, self.engine, receipt.fact, self.now())
        elif receipt.kind is InboundKind.ANSWER and receipt.account_ids:
            self._client = self._client or await self.connect()
            at = receipt.at if self.clock is Clock.VIRTUAL else None
            await start_answer(self._client, self.task_queue, receipt.event_id.removesuffix(ANSWER_SUFFIX), at)
        elif event is not None:
            self._client = self._client or await self.connect()
            for account_id in receipt.account_ids:
                if await self._signal(self._client, account_id, event) or await self._start(
                    self._client, account_id, event, receipt
                ):
                    heard.append(account_id)
        return tuple(heard)

    async def _signal(self, client: Client, account_id: str, event: Event) -> bool:
        """Whether a case runs on this account."""
        handle = client.get_workflow_handle_for(CollectionWorkflow.run, collection_workflow_id(account_id))
        try:
            await handle.signal(CollectionWorkflow.fact, event)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def _start(self, client: Client, account_id: str, event: Event, receipt: Receipt) -> bool:
        """Whether the account must be collected, and is now. The signal goes along: others may start it meanwhile."""
        found = await asyncio.to_thread(self._uncollected, account_id)
        if found is None or not (found.has_case or (found.overdue and receipt.kind in STARTS_A_CASE)):
            return False
        request = CollectionRequest(account_id=account_id, strategy=found.strategy or self.default_strategy)
        await start_collection(
            client, self.task_queue, request, found.member, self.now(), told=event, priority=priorities.EVENTS
        )
        return True

    def _uncollected(self, account_id: str) -> Uncollected | None:
        with reading(self.engine) as connection:
            return find_uncollected(connection, account_id, self.now())


def reason_of(error: Exception) -> str:
    """What went wrong, without statements or values."""
    return f"the case database failed ({type(error.orig).__name__})" if isinstance(error, DBAPIError) else str(error)
