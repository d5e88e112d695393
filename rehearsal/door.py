"""A borrower's deed, delivered through our own door: the inbox, or a request to the case.

As webhooks and a portal would do it: nothing here reaches around them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from casedb import inbox
from casedb.inbox import InboundFact, InboundKind, Receipt
from casedb.standing import AccountOnBook
from domain.calendar import local_date
from domain.requests import ApprovalDecision, PlanRequest, PromiseRequest
from domain.vocabulary import Channel
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
    balances: dict[str, int] = field(default_factory=dict)
    """What is left on each account after what came in through this door."""

    async def deliver(self, deed: Deed) -> AsyncIterator[str]:
        """Take in one deed; names each account whose case was told, and goes on when that one has thought."""
        if deed.kind == "promise":
            told = [await self._update(deed.account_id, CollectionWorkflow.promise_to_pay, self._promise(deed))]
        elif deed.kind == "accept_plan":
            told = [await self._update(deed.account_id, CollectionWorkflow.accept_plan, self._plan(deed))]
        else:
            told = []
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
            "payment": self._payment,
            "dispute": self._dispute,
            "resolve_dispute": self._resolution,
            "stop_reply": self._stop,
        }
        # Free text has no door yet: it stays in the sandbox's record.
        return by_kind[deed.kind](deed) if deed.kind in by_kind else ()

    def _payment(self, deed: Deed) -> Sequence[InboundFact]:
        return [self._money(deed, InboundKind.PAYMENT, deed.action_id, deed.amount_minor)]

    def _money(self, deed: Deed, kind: InboundKind, event_id: str, amount_minor: int) -> InboundFact:
        return InboundFact(
            event_id=event_id,
            source=SOURCE,
            kind=kind,
            at=deed.at,
            account_id=deed.account_id,
            amount_minor=amount_minor,
            currency=deed.currency,
        )

    def _dispute(self, deed: Deed) -> Sequence[InboundFact]:
        return [self._hold(deed, InboundKind.DISPUTE)]

    def _resolution(self, deed: Deed) -> Sequence[InboundFact]:
        """Upheld: what is owed is taken back before the hold ends, so that nobody is reminded in between."""
        release = self._hold(deed, InboundKind.HOLD_RELEASED)
        owed = self._owed(deed.account_id)
        if deed.outcome != "upheld" or owed <= 0:
            return [release]
        return [self._money(deed, InboundKind.WAIVER, f"{deed.action_id}:waiver", owed), release]

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
        return self.balances.get(account_id, self.accounts[account_id].balance_minor)

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

    async def _receive(self, fact: InboundFact, at: datetime) -> list[str]:
        receipt = await asyncio.to_thread(inbox.receive, self.engine, fact, received_at=at)
        if receipt.balance_minor is not None and receipt.account_id is not None:
            self.balances[receipt.account_id] = receipt.balance_minor
        told = await self._signal(receipt)
        if told:
            await asyncio.to_thread(inbox.mark_signalled, self.engine, receipt.event_id, at)
        return told

    async def _signal(self, receipt: Receipt) -> list[str]:
        event = receipt.event()
        if event is None:
            return []
        told = []
        for account_id in receipt.account_ids:
            if await _unless_closed(self._handle(account_id).signal(CollectionWorkflow.fact, event)):
                told.append(account_id)
        return told

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
