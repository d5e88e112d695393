"""The campaign workflow on the development server, where every case has a virtual clock of its own."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from bench.servers import virtual_clock_server
from casedb import schema
from casedb.campaigns import NewCampaign, create_campaign
from casedb.engine import reading
from domain.vocabulary import Clock
from tests.support.stage import Stage, stage
from worker import create_worker
from workflows.campaign import CampaignWorkflow
from workflows.collection import CollectionWorkflow
from workflows.messages import CampaignRequest, CampaignResult, campaign_workflow_id, collection_workflow_id

STARTS_AT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
ACCOUNTS = 7


@pytest.fixture
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with virtual_clock_server() as env:
        yield env


def campaign(staged: Stage, name: str = "autumn") -> CampaignRequest:
    members = create_campaign(
        staged.engine,
        NewCampaign(
            campaign_id=name,
            name=name,
            strategy="wallet-standard",
            started_by="tests",
            clock=Clock.VIRTUAL,
            started_at=STARTS_AT,
        ),
    )
    assert members == ACCOUNTS
    return CampaignRequest(
        campaign_id=name,
        strategy="wallet-standard",
        clock=Clock.VIRTUAL,
        opened_at=STARTS_AT,
        page_size=3,
        pages_per_run=1,
    )


async def enrol(env: WorkflowEnvironment, staged: Stage, request: CampaignRequest) -> CampaignResult:
    with env.with_time_skipping_disabled():
        handle = await env.client.start_workflow(
            CampaignWorkflow.run,
            request,
            id=campaign_workflow_id(request.campaign_id),
            task_queue=staged.settings.task_queue,
        )
        return await handle.result()


def cases(staged: Stage) -> int:
    with reading(staged.engine) as connection:
        return connection.execute(select(func.count()).select_from(schema.case)).scalar_one()


async def until_cases(staged: Stage, wanted: int) -> None:
    async with asyncio.timeout(20):
        while await asyncio.to_thread(cases, staged) < wanted:
            await asyncio.sleep(0.02)


async def test_a_book_is_enrolled_page_by_page_over_several_runs(server: WorkflowEnvironment, tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        for number in range(ACCOUNTS):
            staged.add_account(f"acc-{number}", person_id=f"per-{number}", due_on=STARTS_AT.date() - timedelta(days=3))
        request = campaign(staged)
        async with create_worker(server.client, staged.settings, staged.dependencies, fail_workflows_on_error=True):
            result = await enrol(server, staged, request)
            await until_cases(staged, ACCOUNTS)
            first = server.client.get_workflow_handle(campaign_workflow_id("autumn"))
            described = await server.client.get_workflow_handle(collection_workflow_id("acc-0")).describe()
    assert result == CampaignResult(enrolled=ACCOUNTS, excluded=0)
    assert described.status is WorkflowExecutionStatus.RUNNING
    assert first.id == "campaign/autumn"


async def test_cases_side_by_side_each_keep_their_own_clock(server: WorkflowEnvironment, tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        for number in range(ACCOUNTS):
            staged.add_account(
                f"acc-{number}",
                person_id=f"per-{number}",
                phone=f"+1212555010{number}",
                email=None,
                due_on=STARTS_AT.date() - timedelta(days=3),
            )
        async with create_worker(server.client, staged.settings, staged.dependencies, fail_workflows_on_error=True):
            await enrol(server, staged, campaign(staged))
            await until_cases(staged, ACCOUNTS)
            handles = [
                server.client.get_workflow_handle_for(CollectionWorkflow.run, collection_workflow_id(f"acc-{number}"))
                for number in range(ACCOUNTS)
            ]
            days = [5 * (number + 1) for number in range(ACCOUNTS)]
            await asyncio.gather(
                *(
                    server.fast_forward(handle, timedelta(days=ahead))
                    for handle, ahead in zip(handles, days, strict=True)
                )
            )
            clocks = [await server.get_current_time(handle) for handle in handles]
    ahead = [(clock - datetime.now(UTC)).days for clock in clocks]
    assert ahead == sorted(ahead)
    assert ahead[-1] - ahead[0] == days[-1] - days[0]
    sent = [len(staged.sandbox.network.messages(address=f"+1212555010{number}")) for number in range(ACCOUNTS)]
    assert sent == sorted(sent)
    assert sent[0] < sent[-1]
