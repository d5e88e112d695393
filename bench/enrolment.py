"""Enrolment against a bare start loop at the same concurrency; nobody polls, so that only starting is measured.

It asks for room as always; with nobody to work the backlog off, any backlog will do and its speed knows no bound.
"""

import asyncio
import time
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


async def seconds_for_enrolment(
    ground: Ground,
    count: int,
    round_number: int,
    selection: Selection | None = None,
    clock: Clock = Clock.VIRTUAL,
) -> float:
    """Wall seconds to enrol the next `count` members of a campaign by the real activity."""
    campaign_id = f"bench-{round_number}"
    begin_campaign(ground, campaign_id, selection, clock)
    backlog = Backlog(ground.env.client, UNPOLLED_QUEUE, most_seconds=NO_BOUND)
    backlog.per_second = NO_BOUND
    activities = EnrolmentActivities(ground.dependencies.engine, ground.env.client, UNPOLLED_QUEUE, backlog)
    page = EnrolPage(
        campaign_id=campaign_id,
        strategy="wallet-standard",
        clock=clock,
        opened_at=None if clock is Clock.REAL else OPENED_AT,
        after="",
        limit=count,
    )
    with ground.env.with_time_skipping_disabled():
        began = time.perf_counter()
        enrolled = await ActivityEnvironment().run(activities.enrol_page, page)
        took = time.perf_counter() - began
    if enrolled.enrolled != count:
        raise AssertionError(f"{enrolled.enrolled} of {count} members were enrolled: the comparison is void")
    await _end_all(ground)
    return took


async def seconds_for_bare_starts(ground: Ground, count: int, round_number: int, *, alike: bool) -> float:
    """Wall seconds to start as many bare workflows with as many starts in flight.

    `alike`: with the search attributes and the priority of a case. They are work of the server, which stores and
    indexes them, and no loop that starts cases can do without.
    """
    in_flight = asyncio.Semaphore(STARTS_IN_FLIGHT)
    campaign_id = f"bench-{round_number}"
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
                id=f"bare-start/{alike}/{round_number}/{number}",
                task_queue=UNPOLLED_QUEUE,
                search_attributes=attributes if alike else None,
                priority=priorities.of_case(campaign_id) if alike else Priority.default,
            )

    with ground.env.with_time_skipping_disabled():
        began = time.perf_counter()
        await asyncio.gather(*(start(number) for number in range(count)))
        return time.perf_counter() - began


async def _end_all(ground: Ground) -> None:
    """Free the accounts' workflow ids for the next round."""
    async for execution in ground.env.client.list_workflows(
        f"TaskQueue = '{UNPOLLED_QUEUE}' AND ExecutionStatus = 'Running' AND WorkflowType = 'CollectionWorkflow'"
    ):
        await ground.env.client.get_workflow_handle(execution.id).terminate("bench")
