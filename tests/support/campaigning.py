"""A campaign over a real book on a real server, as a test needs it."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from temporalio.client import WorkflowHandle

from casedb import schema
from casedb.campaigns import NewCampaign, create_campaign
from casedb.engine import reading
from domain.vocabulary import Clock
from tests.support.sweeping import Sweeping, until
from workflows.campaign import CampaignWorkflow
from workflows.messages import CampaignRequest, CampaignResult, campaign_workflow_id

Handle = WorkflowHandle[CampaignWorkflow, CampaignResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaigning(Sweeping):
    """One book, one server, and a campaign over it."""

    def members_owe(self, number: int) -> None:
        """So many accounts, of a person each."""
        for each in range(number):
            self.owes(f"acc-{each:03}")

    async def begin(self, name: str = "autumn", **request: Any) -> Handle:
        """Freeze everybody who owes, and start; pages of two unless said otherwise."""
        new = NewCampaign(
            campaign_id=name, name=name, strategy="wallet-standard", started_by="tests", clock=Clock.REAL,
            started_at=datetime.now(UTC),
        )  # fmt: skip
        await asyncio.to_thread(create_campaign, self.stage.engine, new)
        return await self.run(name, **request)

    async def run(self, name: str = "autumn", **request: Any) -> Handle:
        """Start the workflow of a campaign that is there."""
        return await self.client.start_workflow(
            CampaignWorkflow.run,
            CampaignRequest(**({"campaign_id": name, "strategy": "wallet-standard", "page_size": 2} | request)),
            id=campaign_workflow_id(name),
            task_queue=self.stage.settings.task_queue,
        )

    def members(self) -> dict[str, int]:
        """How many members stand how."""
        with reading(self.stage.engine) as connection:
            statuses = connection.scalars(select(schema.campaign_member.c.status)).all()
        return {status: list(statuses).count(status) for status in sorted(set(statuses))}

    def campaign(self) -> Any:
        """The row of the only campaign."""
        with reading(self.stage.engine) as connection:
            return connection.execute(select(schema.campaign)).one()

    async def until_enrolled(self, least: int) -> None:
        """Wait until so many members are enrolled."""

        async def enough() -> bool:
            return (await asyncio.to_thread(self.members)).get("enrolled", 0) >= least

        await until(enough)
