"""What follows when people hold, resume or abort a campaign; each of it safe to run twice."""

import asyncio
from dataclasses import dataclass

from pydantic import TypeAdapter
from sqlalchemy import Engine
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.clock import wall_clock
from activities.pace import Pace
from activities.telling import Teller
from casedb import inbox, steering
from casedb.inbox import InboundFact, InboundKind
from casedb.steering import Steered
from domain.errors import NotKnown
from workflows.campaign_messages import (
    CHANGE_CAMPAIGN,
    LEAVE_OUT_REST,
    WITHDRAW_PAGE,
    CampaignChange,
    RestOfCampaign,
    WithdrawnPage,
    WithdrawPage,
)

_SO_FAR = TypeAdapter(WithdrawnPage)
"""What a heartbeat carries, read back after a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SteeringActivities:
    """Puts orders about campaigns into effect."""

    engine: Engine
    client: Client
    task_queue: str
    default_strategy: str

    @activity.defn(name=CHANGE_CAMPAIGN)
    def change_campaign(self, change: CampaignChange) -> None:
        """Put it on record, where the enrolment looks. Raises a lasting error for a campaign that nobody created."""
        steered = Steered(status=change.status, by=change.by, why=change.why, at=wall_clock())
        try:
            steering.change_status(self.engine, change.campaign_id, steered)
        except NotKnown as error:
            raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from None

    @activity.defn(name=LEAVE_OUT_REST)
    def leave_out_rest(self, rest: RestOfCampaign) -> None:
        """Leave out everybody whom nobody looked at."""
        steering.leave_out_pending(self.engine, rest.campaign_id, rest.why, wall_clock(), on_batch=activity.heartbeat)

    @activity.defn(name=WITHDRAW_PAGE)
    async def withdraw_page(self, page: WithdrawPage) -> WithdrawnPage:
        """Take the next open cases out of collection: a fact each, stored first and then told, once.

        A case that closes meanwhile hears nothing more. A crash goes on after the case of the last heartbeat.
        """
        told = activity.info().heartbeat_details
        done = _SO_FAR.validate_python(told[0]) if told else WithdrawnPage(withdrawn=0)
        pace = Pace(page.per_second) if page.per_second > 0 else None
        left, after = page.limit - done.withdrawn, done.last_case_id or page.after
        teller = Teller(self.engine, self._connected, self.task_queue, self.default_strategy)
        cases = await asyncio.to_thread(steering.open_cases, self.engine, page.campaign_id, after, left)
        for case_id, account_id in cases:
            if pace is not None:
                await pace.turn()
            fact = InboundFact(
                event_id=f"abort:{page.campaign_id}:{case_id}",
                source="campaign",
                kind=InboundKind.WITHDRAWAL,
                at=wall_clock(),
                account_id=account_id,
                by=page.by,
            )
            receipt = await asyncio.to_thread(inbox.receive, self.engine, fact, received_at=fact.at)
            await teller.bring(receipt)
            done = WithdrawnPage(last_case_id=case_id, withdrawn=done.withdrawn + 1)
            activity.heartbeat(done)
        return done

    async def _connected(self) -> Client:
        return self.client
