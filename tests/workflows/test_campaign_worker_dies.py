"""A worker process that is killed while it enrols: another one goes on, and every member has exactly one case."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client

from bench.servers import real_clock_server
from tests.support.campaigning import Campaigning
from tests.support.stage import Stage, stage
from tests.support.waiting import MISSED_SOON
from workflows.messages import CampaignResult

pytestmark = pytest.mark.timeout(90)

ROOT = Path(__file__).parents[2]
MEMBERS = 30
WORKER = """
import sys
import worker
from tests.support.impatience import Impatient

worker.Correlated = Impatient
sys.exit(worker.main())
"""


async def test_after_a_kill_in_mid_enrolment_another_worker_goes_on_and_starts_nobody_twice(tmp_path: Path) -> None:
    async with real_clock_server(MISSED_SOON) as env:
        with stage(tmp_path, task_queue="mortal") as staged:
            campaigning = Campaigning(client=env.client, stage=staged)
            campaigning.members_owe(MEMBERS)
            handle = await campaigning.begin("mortal", page_size=MEMBERS, starts_per_second=10.0)
            async with worker_process(env.client, staged, tmp_path) as first:
                await campaigning.until_cases(5)
                os.kill(first.pid, signal.SIGKILL)
                assert await first.wait() == -signal.SIGKILL
            left = campaigning.members()
            opened = len(campaigning.cases())
            assert left.get("pending", 0) > 0, "it was killed too late to tell anything"
            assert 5 <= opened < MEMBERS

            async with worker_process(env.client, staged, tmp_path), asyncio.timeout(40):
                assert await handle.result() == CampaignResult(enrolled=MEMBERS, excluded=0)
                await campaigning.until_cases(MEMBERS)
                assert campaigning.members() == {"enrolled": MEMBERS}
                await campaigning.until_listed(MEMBERS)
                assert await runs(env.client) == dict.fromkeys((f"collection/acc-{n:03}" for n in range(MEMBERS)), 1)
            assert [case_id for case_id, _ in campaigning.cases()] == [f"acc-{n:03}-1" for n in range(MEMBERS)]


@asynccontextmanager
async def worker_process(client: Client, staged: Stage, directory: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`worker.py` in a process of its own, which is gone at the end, however that comes."""
    settings = staged.settings
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AMICABLE_", "TEMPORAL_"))}
    told = {
        "AMICABLE_DATABASE_URL": settings.database_url.get_secret_value(),
        "AMICABLE_TASK_QUEUE": settings.task_queue,
        "AMICABLE_TWILIO_BASE_URL": staged.sandbox.url,
        "AMICABLE_SENDGRID_BASE_URL": staged.sandbox.url,
        # Without a cache no task waits for a worker that is gone.
        "AMICABLE_MAX_CACHED_WORKFLOWS": "0",
        # What waited for the dead one holds nobody up here.
        "AMICABLE_MAX_BACKLOG_SECONDS": "0",
        "AMICABLE_GRACEFUL_SHUTDOWN_SECONDS": "0",
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with (directory / "worker.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, env=environment | told, cwd=directory, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def runs(client: Client) -> dict[str, int]:
    """How many runs each case's workflow had, closed ones as well."""
    query = "WorkflowType = 'CollectionWorkflow' AND TaskQueue = 'mortal'"
    return dict(Counter([each.id async for each in client.list_workflows(query)]))
