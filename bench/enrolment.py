"""Enrolment against a bare start loop at the same concurrency; nobody polls, so that only starting is measured.

It asks for room as always; with nobody to work the backlog off, any backlog will do and its speed knows no bound.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.common import Priority
from temporalio.testing import ActivityEnvironment

from activities.backlog import Backlog
from activities.enrolment import STARTS_IN_FLIGHT, EnrolmentActivities
from bench.bare import BareWorkflow
from bench.ground import OPENED_AT, Ground
from casedb.campaigns import NewCampaign, create_campaign
from casedb.selecting import Selection
from domain.vocabulary import Clock, Stage
from workflows import priorities, search_attributes
from workflows.messages import EnrolPage

UNPOLLED_QUEUE = "bench-unpolled"
NO_BOUND = 1e9


def begin_campaign(
    ground: Ground, campaign_id: str, selection: Selection | None = None, clock: Clock = Clock.VIRTUAL
) -> None:
    """A campaign over the accounts of a selection, or over all; nobody is enrolled yet."""
    create_campaign(
        ground.dependencies.engine,
        NewCampaign(
            campaign_id=campaign_id,
            name=campaign_id,
            strategy="wallet-standard",
            started_by="bench",
            clock=clock,
            started_at=datetime.now(UTC) if clock is Clock.REAL else OPENED_AT,
        ),
        selection,
    )


@dataclass(slots=True, kw_only=True)
class Enrolling:
    """The real activity at work on one campaign, whose members it never starts twice.

    No account of a round had a workflow before, as none of the bare loop's has: a start under an id that was used is
    another path of the server, and slower.
    """

    ground: Ground
    campaign_id: str
    clock: Clock = Clock.VIRTUAL
    last: str = ""
    """Members after this account come next."""

    async def seconds(self, count: int) -> float:
        """Wall seconds to enrol the next `count` members."""
        client, engine = self.ground.client, self.ground.dependencies.engine
        backlog = Backlog(client, UNPOLLED_QUEUE, most_seconds=NO_BOUND)
        backlog.per_second = NO_BOUND
        activities = EnrolmentActivities(engine, client, UNPOLLED_QUEUE, backlog)
        page = EnrolPage(
            campaign_id=self.campaign_id,
            strategy="wallet-standard",
            clock=self.clock,
            opened_at=None if self.clock is Clock.REAL else OPENED_AT,
            after=self.last,
            limit=count,
        )
        with self.ground.env.with_time_skipping_disabled():
            began = time.perf_counter()
            enrolled = await ActivityEnvironment().run(activities.enrol_page, page)
            took = time.perf_counter() - began
        if enrolled.enrolled != count or enrolled.last_account_id is None:
            raise AssertionError(f"{enrolled.enrolled} of {count} members were enrolled: the comparison is void")
        self.last = enrolled.last_account_id
        return took


async def seconds_for_bare_starts(ground: Ground, count: int, turn: int, *, alike: bool) -> float:
    """Wall seconds to start as many bare workflows with as many starts in flight.

    `alike`: with the search attributes and the priority of a case. They are work of the server, which stores and
    indexes them, and no loop that starts cases can do without.
    """
    in_flight = asyncio.Semaphore(STARTS_IN_FLIGHT)
    campaign_id = f"bench-{turn}"
    attributes = search_attributes.at_start(
        stage=Stage.REMINDER.value,
        dpd_bucket="1-30",
        jurisdiction="US",
        campaign_id=campaign_id,
        strategy="wallet-standard",
    )

    async def start(number: int) -> None:
        async with in_flight:
            await ground.env.client.start_workflow(
                BareWorkflow.run,
                False,
                id=f"bare-start/{alike}/{turn}/{number}",
                task_queue=UNPOLLED_QUEUE,
                search_attributes=attributes if alike else None,
                priority=priorities.of_case(campaign_id) if alike else Priority.default,
            )

    with ground.env.with_time_skipping_disabled():
        began = time.perf_counter()
        await asyncio.gather(*(start(number) for number in range(count)))
        return time.perf_counter() - began
