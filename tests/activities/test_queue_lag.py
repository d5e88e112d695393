"""What waits on the queues, by the word of a real server: while nobody works, and nothing where nobody can tell."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client

from activities.queue_lag import QueueLags
from bench.servers import real_clock_server, time_skipping_server
from domain.vocabulary import Channel
from telemetry import metrics
from tests.activities.test_backlog import fall_behind
from tests.support.waiting import FRESH_ANSWERS, until_behind

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    async with real_clock_server(FRESH_ANSWERS) as env:
        yield env.client


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], int]:
    """What was put, by queue and kind; the endpoint itself is looked at in `tests.telemetry`."""
    told: dict[tuple[str, str], int] = {}

    def put(name: str, value: int, **labels: Any) -> None:
        assert name == "amicable_queue_oldest_seconds"
        told[labels["queue"], labels["kind"]] = value

    monkeypatch.setattr(metrics, "put", put)
    return told


async def test_the_oldest_task_of_each_queue_is_told_while_nobody_works(
    client: Client, said: dict[tuple[str, str], int]
) -> None:
    await fall_behind(client, "idle")
    await until_behind(client, "idle", seconds=1)
    await QueueLags(client=client, task_queue="idle", rates={Channel.SMS: 5.0, Channel.EMAIL: 9.0}).say()
    assert said.pop(("idle", "workflow")) >= 1
    assert said == {("idle", "activity"): 0, ("idle-sms", "activity"): 0, ("idle-email", "activity"): 0}


async def test_a_server_that_cannot_tell_leaves_the_number_out(said: dict[tuple[str, str], int]) -> None:
    async with time_skipping_server() as env:
        await QueueLags(client=env.client, task_queue="any", rates={}).say()
    assert said == {}


async def test_a_server_that_refuses_or_is_away_leaves_it_out_as_well(
    client: Client, said: dict[tuple[str, str], int]
) -> None:
    lost = await Client.connect(client.service_client.config.target_host, namespace="no-such-namespace")
    async with real_clock_server() as env:
        gone = env.client
    for each in (lost, gone):
        await QueueLags(client=each, task_queue="any", rates={}).say()
    assert said == {}
