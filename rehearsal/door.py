"""A borrower's deed, delivered through our own doors: the lender's ledger posts, the inbox, or a request to the case.

As webhooks and a portal would do it: nothing here reaches around them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities.telling import Teller
from casedb.engine import reading
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.ledger import find_account
from casedb.standing import AccountOnBook
from domain.calendar import local_date
from domain.requests import ApprovalDecision, PlanRequest, PromiseRequest
from domain.vocabulary import Channel
from rehearsal.lender import LenderLedger, Movement
from rehearsal.world import Deed
from workflows.collection import CollectionWorkflow
from workflows.messages import CollectionResult, collection_workflow_id

SOURCE = "rehearsal"
DISPUTE_DESK = "disputes"


@dataclass(slots=True)
class Door:
    """Where outside facts and requests come in."""

    engine: Engine
    client: Client
    accounts: dict[str, AccountOnBook]
    ledger: LenderLedger
    teller: Teller

    async def deliver(self, deed: Deed) -> AsyncIterator[str]:
        """Take in one deed; names each account whose case was told, and goes on when that one has thought."""
        if deed.kind == "promise":
            told = [await self._update(deed.account_id, CollectionWorkflow.promise_to_pay, self._promise(deed))]
        elif deed.kind == "accept_plan":
            told = [await self._update(deed.account_id, CollectionWorkflow.accept_plan, self._plan(deed))]
        else:
            told = []
            async for movement in self._movements(deed):
                await self.ledger.post(movement)
                yield movement.account_id
            for fact in self._facts(deed):
                for account_id in await self._receive(fact, deed.at):
                    yield account_id
        if any(told):
            yield deed.account_id

    async def decide(self, account_id: str, decision: ApprovalDecision) -> bool:
        """A person's word about legal escalation; false when the case would not have it."""
        return await self._update(account_id, CollectionWorkflow.decide_approval, decision)

    def _facts(self, deed: Deed) -> Sequence[InboundFact]:
        by_kind: dict[str, Callable[[Deed], Sequence[InboundFact]]] = {
            "dispute": self._dispute,
            "resolve_dispute": self._resolution,
            "stop_reply": self._stop,
        }
        # Free text has no door yet: it stays in the sandbox's record.
        return by_kind[deed.kind](deed) if deed.kind in by_kind else ()

    async def _movements(self, deed: Deed) -> AsyncIterator[Movement]:
        """Money paid; and what an upheld dispute takes back, before its hold ends: nobody is reminded in between."""
        if deed.kind == "payment":
            yield self._movement(deed, "payment", deed.action_id, deed.amount_minor)
        elif deed.kind == "resolve_dispute" and deed.outcome == "upheld":
            owed = await asyncio.to_thread(self._owed, deed.account_id)
            if owed > 0:
                yield self._movement(deed, "waiver", f"{deed.action_id}:waiver", owed)

    def _movement(self, deed: Deed, kind: str, event_id: str, amount_minor: int) -> Movement:
        return Movement(
            event_id=event_id,
            type=kind,
            account_id=deed.account_id,
            amount_minor=amount_minor,
            currency=deed.currency,
            at=deed.at,
        )

    def _dispute(self, deed: Deed) -> Sequence[InboundFact]:
        return [self._hold(deed, InboundKind.DISPUTE)]

    def _resolution(self, deed: Deed) -> Sequence[InboundFact]:
        return [self._hold(deed, InboundKind.HOLD_RELEASED)]

    def _hold(self, deed: Deed, kind: InboundKind) -> InboundFact:
        return InboundFact(
            event_id=deed.action_id,
            source=SOURCE,
            kind=kind,
            at=deed.at,
            account_id=deed.account_id,
            hold_id=f"dispute:{deed.account_id}",
            owner=DISPUTE_DESK,
        )

    def _stop(self, deed: Deed) -> Sequence[InboundFact]:
        return [
            InboundFact(
                event_id=deed.action_id,
                source=SOURCE,
                kind=InboundKind.OPT_OUT,
                at=deed.at,
                channel=Channel.SMS,
                address=deed.address or "",
            )
        ]

    def _owed(self, account_id: str) -> int:
        with reading(self.engine) as connection:
            standing = find_account(connection, account_id)
        return standing.balance_minor if standing is not None else 0

    def _promise(self, deed: Deed) -> PromiseRequest:
        return PromiseRequest(
            promise_id=deed.action_id,
            amount_minor=deed.amount_minor,
            due_on=local_date(deed.pays_at or deed.at, self.accounts[deed.account_id].zone),
        )

    def _plan(self, deed: Deed) -> PlanRequest:
        return PlanRequest(
            plan_id=deed.action_id,
            instalments=deed.installments or 2,
            first_due_on=local_date(deed.at, self.accounts[deed.account_id].zone) + timedelta(days=1),
        )

    async def _receive(self, fact: InboundFact, at: datetime) -> tuple[str, ...]:
        return await self.teller.bring(await asyncio.to_thread(receive, self.engine, fact, received_at=at))

    async def _update(self, account_id: str, update: Any, request: Any) -> bool:
        """Whether the case took the request; a refusal is an answer, not a fault."""
        try:
            return await _unless_closed(self._handle(account_id).execute_update(update, request))
        except WorkflowUpdateFailedError:
            return False

    def _handle(self, account_id: str) -> WorkflowHandle[CollectionWorkflow, CollectionResult]:
        return self.client.get_workflow_handle_for(CollectionWorkflow.run, collection_workflow_id(account_id))


async def _unless_closed(call: Any) -> bool:
    """False when no such workflow runs any more, which is normal: facts go on after a case has ended."""
    try:
        await call
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True
