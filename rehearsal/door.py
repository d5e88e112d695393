"""A borrower's deed, delivered through our own doors: words and payments are posted, a portal asks the case.

As webhooks and a portal would do it: nothing here reaches around them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, select
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities.starting_answers import ANSWER_SUFFIX
from activities.telling import Teller
from casedb.engine import reading
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.ledger import find_account
from casedb.schema import hold
from casedb.standing import AccountOnBook
from domain.calendar import local_date
from domain.requests import ApprovalDecision, PlanRequest, PromiseRequest
from domain.vocabulary import Channel, HoldKind
from rehearsal.lender import LenderLedger, Movement
from rehearsal.world import Deed, World
from workflows.collection import CollectionWorkflow
from workflows.messages import CollectionResult, answer_workflow_id, collection_workflow_id

SOURCE = "rehearsal"
DISPUTE_DESK = "disputes"
ANSWERED_WITHIN = timedelta(seconds=60)
IN_WORDS = frozenset({"stop_reply", "reply", "dispute", "promise", "ask_plan", "accept_plan"})
"""What people write, as far as their words can tell which account they mean."""
_DISPUTED = select(hold.c.hold_id).where(
    hold.c.account_id == bindparam("account"), hold.c.kind == HoldKind.DISPUTE.value, hold.c.released_at.is_(None)
)


@dataclass(slots=True)
class Door:
    """Where outside facts and requests come in."""

    engine: Engine
    client: Client
    accounts: dict[str, AccountOnBook]
    ledger: LenderLedger
    teller: Teller
    world: World

    async def deliver(self, deed: Deed) -> AsyncIterator[str]:
        """Take in one deed; names each account whose case was told, and goes on when that one has thought."""
        written = deed.kind in IN_WORDS and self._is_plain(deed) and await self.world.write(deed)
        if not written:
            async for account_id in self._otherwise(deed):
                yield account_id
        async for account_id in self.bring(deed.borrower_id):
            yield account_id

    async def _otherwise(self, deed: Deed) -> AsyncIterator[str]:
        """What is no writing: by the lender's ledger, a portal, or the lender's desk."""
        if await self._asked(deed):
            yield deed.account_id
        async for movement in self._movements(deed):
            await self.ledger.post(movement)
            async for account_id in self.bring(deed.borrower_id):
                yield account_id
        for fact in await asyncio.to_thread(self._facts, deed):
            for account_id in await self._receive(fact, deed.at):
                yield account_id

    async def _asked(self, deed: Deed) -> bool:
        """Whether this asks the case for something, and the case took it."""
        if deed.kind == "promise":
            return await self._update(deed.account_id, CollectionWorkflow.promise_to_pay, self._promise(deed))
        if deed.kind == "accept_plan":
            return await self._update(deed.account_id, CollectionWorkflow.accept_plan, self._plan(deed))
        return False

    async def bring(self, person_id: str) -> AsyncIterator[str]:
        """Tell this person's cases what the web door has stored; an answer that is owed is waited for."""
        await self.world.reported(person_id)
        for receipt in self.ledger.aside.take([each.account_id for each in self._accounts_of(person_id)]):
            for account_id in await self.teller.bring(receipt):
                yield account_id
            if receipt.kind is InboundKind.ANSWER:
                reply_id = receipt.event_id.removesuffix(ANSWER_SUFFIX)
                answer = self.client.get_workflow_handle(answer_workflow_id(reply_id), result_type=str)
                await answer.result(rpc_timeout=ANSWERED_WITHIN)

    async def decide(self, account_id: str, decision: ApprovalDecision) -> bool:
        """A person's word about legal escalation; false when the case would not have it."""
        return await self._update(account_id, CollectionWorkflow.decide_approval, decision)

    def _is_plain(self, deed: Deed) -> bool:
        """Whether words about an account can only mean this one; a no means all of them."""
        return deed.kind in ("stop_reply", "reply") or len(self._accounts_of(deed.borrower_id)) == 1

    def _accounts_of(self, person_id: str) -> list[AccountOnBook]:
        return [each for each in self.accounts.values() if each.person_id == person_id]

    def _facts(self, deed: Deed) -> Sequence[InboundFact]:
        """What comes in by a portal or the lender's own desk."""
        if deed.kind == "dispute":
            return [self._hold(deed, InboundKind.DISPUTE, f"dispute:{deed.account_id}")]
        if deed.kind == "resolve_dispute":
            with reading(self.engine) as connection:
                held = connection.scalars(_DISPUTED, {"account": deed.account_id}).all()
            return [self._hold(deed, InboundKind.HOLD_RELEASED, each) for each in held]
        return [self._stop(deed)] if deed.kind == "stop_reply" else []

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

    def _hold(self, deed: Deed, kind: InboundKind, hold_id: str) -> InboundFact:
        return InboundFact(
            event_id=f"{deed.action_id}:{hold_id}" if kind is InboundKind.HOLD_RELEASED else deed.action_id,
            source=SOURCE,
            kind=kind,
            at=deed.at,
            account_id=deed.account_id,
            hold_id=hold_id,
            owner=DISPUTE_DESK,
        )

    def _stop(self, deed: Deed) -> InboundFact:
        return InboundFact(
            event_id=deed.action_id,
            source=SOURCE,
            kind=InboundKind.OPT_OUT,
            at=deed.at,
            channel=Channel.SMS,
            address=deed.address or "",
        )

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
