"""A campaign that people hold, resume and abort, on a real server with a real worker."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from bench.servers import real_clock_server
from domain.vocabulary import CampaignStatus
from tests.support.campaigning import Campaigning
from tests.support.stage import stage
from tests.support.sweeping import until
from workflows.campaign import CampaignWorkflow
from workflows.campaign_messages import AbortOrder, SteeringOrder
from workflows.messages import CampaignResult

pytestmark = pytest.mark.asyncio(loop_scope="module")
DANA = SteeringOrder(by="dana", why="texts look wrong")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    """One development server for all of them; each has a queue of its own."""
    async with real_clock_server() as env:
        yield env.client


@pytest_asyncio.fixture(loop_scope="module")
async def campaigning(client: Client, tmp_path: Path) -> AsyncIterator[Campaigning]:
    """Twelve accounts that owe, and a worker; every workflow of the test ends with it."""
    with stage(tmp_path, task_queue=f"q-{tmp_path.name}") as staged:
        made = Campaigning(client=client, stage=staged)
        made.members_owe(12)
        async with made.worker():
            yield made
            query = f"TaskQueue = '{staged.settings.task_queue}' AND ExecutionStatus = 'Running'"
            async for each in client.list_workflows(query):
                try:
                    await client.get_workflow_handle(each.id, run_id=each.run_id).terminate("the test is over")
                except RPCError as error:
                    if error.status is not RPCStatusCode.NOT_FOUND:  # the list may still show one that has ended
                        raise


async def test_a_paused_campaign_starts_nobody_until_it_is_resumed(campaigning: Campaigning) -> None:
    handle = await campaigning.begin("hold", starts_per_second=20.0)
    await campaigning.until_enrolled(2)
    paused = await handle.execute_update(CampaignWorkflow.pause, DANA)
    assert paused.status is CampaignStatus.PAUSED
    row = campaigning.campaign()
    assert (row.status, row.changed_by, row.changed_why) == ("paused", "dana", "texts look wrong")
    with pytest.raises(WorkflowUpdateFailedError) as again:
        await handle.execute_update(CampaignWorkflow.pause, DANA)
    assert "campaign hold is paused: only one that runs can be paused" in str(again.value.cause)

    async def at_rest() -> bool:
        before = campaigning.members()
        await asyncio.sleep(0.3)
        return campaigning.members() == before

    await until(at_rest)
    assert campaigning.members()["pending"] > 0

    resumed = await handle.execute_update(CampaignWorkflow.resume, DANA)
    assert resumed.status is CampaignStatus.RUNNING
    assert await handle.result() == CampaignResult(enrolled=12, excluded=0)
    assert (campaigning.members(), campaigning.campaign().status) == ({"enrolled": 12}, "finished")


async def test_an_order_that_makes_no_sense_never_enters_history(campaigning: Campaigning) -> None:
    handle = await campaigning.begin("orders", starts_per_second=5.0)
    with pytest.raises(WorkflowUpdateFailedError) as told:
        await handle.execute_update(CampaignWorkflow.resume, DANA)
    assert "campaign orders is running: only one that is paused can be resumed" in str(told.value.cause)
    await handle.execute_update(CampaignWorkflow.abort, AbortOrder(by="dana"))
    result = await handle.result()
    accepted = [event async for event in handle.fetch_history_events() if event.event_type == 41]
    assert len(accepted) == 1
    assert result.enrolled < 12


async def test_aborting_leaves_out_the_rest_and_lets_open_cases_go_on(campaigning: Campaigning) -> None:
    handle = await campaigning.begin("finish", starts_per_second=20.0)
    await campaigning.until_enrolled(2)
    await handle.execute_update(CampaignWorkflow.abort, AbortOrder(by="dana", why="wrong book"))
    result = await handle.result()
    members = campaigning.members()
    assert (members["enrolled"], members["excluded"]) == (result.enrolled, 12 - result.enrolled)
    assert "pending" not in members
    row = campaigning.campaign()
    assert (row.status, row.changed_why, row.finished_at is not None) == ("aborted", "wrong book", True)
    assert all(is_open for _, is_open in campaigning.cases())


async def test_aborting_with_its_cases_closes_each_of_them_page_by_page(campaigning: Campaigning) -> None:
    handle = await campaigning.begin("close", page_size=5, pages_per_run=2)
    await handle.result()
    await campaigning.until_cases(12)
    order = AbortOrder(by="dana", close_cases=True)
    again = await campaigning.run("close", page_size=5, pages_per_run=2, abort=order)
    await again.result()

    async def all_closed() -> bool:
        return not any(is_open for _, is_open in await asyncio.to_thread(campaigning.cases))

    await until(all_closed)
    assert campaigning.campaign().status == "aborted"
    assert len(campaigning.cases()) == 12


async def test_many_pages_have_a_bounded_history_each(campaigning: Campaigning, client: Client) -> None:
    handle = await campaigning.begin("long", page_size=1, pages_per_run=3)
    assert await handle.result() == CampaignResult(enrolled=12, excluded=0)
    lengths, run_id = [], handle.first_execution_run_id
    while run_id:
        history = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        lengths.append(len(history.events))
        last = history.events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    assert len(lengths) == 5
    assert max(lengths) <= 3 * 6 + 5
