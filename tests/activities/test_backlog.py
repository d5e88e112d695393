"""Room for more cases, on a real server: none while tasks wait for long, and always where nobody can know."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from temporalio import workflow
from temporalio.api.taskqueue.v1 import TaskQueueStats
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, DescribeTaskQueueResponse
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

from activities import backlog, enrolment
from activities.backlog import FASTER, FIRST_PER_SECOND, SLOWER, Backlog
from activities.enrolment import EnrolmentActivities
from bench.servers import real_clock_server, time_skipping_server
from casedb.campaigns import NewCampaign, create_campaign
from domain.vocabulary import Clock
from tests.support.contacts import Play
from tests.support.stage import OPENED_AT
from tests.support.sweeping import until
from tests.support.waiting import FRESH_ANSWERS, until_behind
from workflows.messages import EnrolledPage, EnrolPage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    """A development server, for queues on which nobody works unless a test does."""
    async with real_clock_server(FRESH_ANSWERS) as env:
        yield env.client


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second is long for a test."""
    monkeypatch.setattr(backlog, "LOOK_SECONDS", 0.05)


@workflow.defn(sandboxed=False)
class OneTask:
    """Has one task and ends."""

    @workflow.run
    async def run(self) -> None:
        """Do nothing."""


async def fall_behind(client: Client, task_queue: str) -> None:
    """A task that nobody takes, until it has waited for half a second."""
    await client.start_workflow(OneTask.run, id=task_queue, task_queue=task_queue)
    await until_behind(client, task_queue)


async def catch_up(client: Client, task_queue: str) -> None:
    """Work off the task that waits."""
    async with Worker(client, task_queue=task_queue, workflows=[OneTask]):
        await client.get_workflow_handle(task_queue).result()


@asynccontextmanager
async def enrolling(
    play: Play, client: Client, name: str, **changes: Any
) -> AsyncIterator[tuple[asyncio.Task[EnrolledPage], list[Any]]]:
    """A page of a campaign about the one account, by somebody who lets no task wait half a second; and its beats."""
    new = NewCampaign(
        campaign_id=name, name=name, strategy="wallet-standard", started_by="ops-1",
        clock=Clock.VIRTUAL, started_at=OPENED_AT,
    )  # fmt: skip
    create_campaign(play.engine, new)
    page = EnrolPage(
        campaign_id=name, strategy="wallet-standard", clock=Clock.VIRTUAL, opened_at=OPENED_AT,
        after="", limit=10, **changes,
    )  # fmt: skip
    environment, beats = ActivityEnvironment(), list[Any]()
    environment.on_heartbeat = lambda *details: beats.append(details[0])
    activities = EnrolmentActivities(play.engine, client, name, Backlog(client, name, most_seconds=0.5))
    task = asyncio.create_task(environment.run(activities.enrol_page, page))
    try:
        yield task, beats
    finally:
        task.cancel()


async def until_it_beats(task: asyncio.Task[EnrolledPage], beats: list[Any]) -> None:
    async def beaten() -> bool:
        assert not task.done()
        return len(beats) >= 3

    await until(beaten)


def statuses(play: Play) -> list[str]:
    return [row.status for row in play.rows("campaign_member")]


@pytest.mark.parametrize("per_second", [0.0, 20.0])
async def test_a_campaign_waits_for_workers_that_are_behind_and_goes_on_when_they_caught_up(
    play: Play, client: Client, per_second: float
) -> None:
    name = f"behind-{per_second:g}"
    await fall_behind(client, name)
    async with enrolling(play, client, name, starts_per_second=per_second) as (task, beats):
        await until_it_beats(task, beats)
        assert (beats[-1], statuses(play)) == (EnrolledPage(enrolled=0, excluded=0), ["pending"])
        await catch_up(client, name)
        assert await asyncio.wait_for(task, 20) == EnrolledPage(last_account_id="acc-1", enrolled=1, excluded=0)
    assert statuses(play) == ["enrolled"]


async def test_a_pause_holds_while_a_campaign_waits_for_workers(play: Play, client: Client) -> None:
    await fall_behind(client, "paused")
    async with enrolling(play, client, "paused") as (task, beats):
        await until_it_beats(task, beats)
        play.change("campaign", status="paused")
        assert await asyncio.wait_for(task, 20) == EnrolledPage(enrolled=0, excluded=0, held=True)
    assert statuses(play) == ["pending"]


async def test_who_paid_while_a_campaign_waited_is_left_out(play: Play, client: Client) -> None:
    await fall_behind(client, "paid-meanwhile")
    async with enrolling(play, client, "paid-meanwhile") as (task, beats):
        await until_it_beats(task, beats)
        play.change("account", balance_minor=0)
        await catch_up(client, "paid-meanwhile")
        assert await asyncio.wait_for(task, 20) == EnrolledPage(last_account_id="acc-1", enrolled=0, excluded=1)
    assert statuses(play) == ["excluded"]


async def test_whom_nothing_is_started_for_waits_for_nobody(play: Play, client: Client) -> None:
    await fall_behind(client, "nothing-to-start")
    async with enrolling(play, client, "nothing-to-start") as (task, _):
        play.change("account", balance_minor=0)
        assert await asyncio.wait_for(task, 20) == EnrolledPage(last_account_id="acc-1", enrolled=0, excluded=1)


async def test_a_page_whose_workers_stay_behind_ends_early_and_says_why(
    play: Play, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(enrolment, "LONGEST_WAIT_SECONDS", 0.2)
    await fall_behind(client, "for-ever")
    async with enrolling(play, client, "for-ever") as (task, _):
        assert await asyncio.wait_for(task, 20) == EnrolledPage(enrolled=0, excluded=0, held=True)
    assert "campaign for-ever waits: the oldest task on for-ever has waited" in caplog.text
    assert "are there enough workers?" in caplog.text


async def test_without_a_bound_the_server_is_never_asked() -> None:
    nowhere = await Client.connect("127.0.0.1:9", lazy=True)
    regardless = Backlog(nowhere, "any", most_seconds=0)
    assert [await regardless.has_room(500) for _ in range(10)] == [True] * 10


async def test_a_server_that_refuses_to_say_has_room_and_that_is_told_once(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "LOOK_SECONDS", 0.0)
    lost = await Client.connect(client.service_client.config.target_host, namespace="no-such-namespace")
    refused = Backlog(lost, "any", most_seconds=0.1)
    assert [await refused.has_room(500) for _ in range(3)] == [True] * 3
    [told] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "no-such-namespace is not found" in told
    assert told.endswith("Allow DescribeTaskQueue, or ask no more with AMICABLE_MAX_BACKLOG_SECONDS=0")


async def test_a_server_that_cannot_say_has_room(caplog: pytest.LogCaptureFixture) -> None:
    async with time_skipping_server() as env:
        assert await Backlog(env.client, "any", most_seconds=0.1).has_room(500)
    assert "is unimplemented" in caplog.text


async def test_what_a_server_said_before_it_went_away_still_holds(caplog: pytest.LogCaptureFixture) -> None:
    async with real_clock_server(FRESH_ANSWERS) as env:
        watching = Backlog(env.client, "gone", most_seconds=0.5)
        await fall_behind(env.client, "gone")
        assert not await watching.has_room(1)
    await asyncio.sleep(backlog.LOOK_SECONDS)
    assert not await watching.has_room(1)
    assert "does not say" not in caplog.text


class Answers:
    """A server that says one age after another, each twice, as if it kept it; it takes the place of a client."""

    namespace = "default"

    def __init__(self, *ages: float) -> None:
        self._ages = list(ages)
        self.asked = 0

    @property
    def workflow_service(self) -> "Answers":
        """Itself."""
        return self

    async def describe_task_queue(self, request: DescribeTaskQueueRequest, **how: Any) -> DescribeTaskQueueResponse:
        """The next age, after a moment in which others may ask."""
        await asyncio.sleep(0)
        number, self.asked = self.asked // 2, self.asked + 1
        age = self._ages[number]
        stats = TaskQueueStats(
            approximate_backlog_age=Duration(nanos=int(age % 1 * 1e9), seconds=int(age)),
            tasks_add_rate=number,
        )
        return DescribeTaskQueueResponse(stats=stats)


@pytest.mark.parametrize(
    ("ages", "factor"),
    [
        ((0, 0), FASTER),
        ((0, 0.9), FASTER),
        ((0, 1.5), 1),
        ((0, 6), SLOWER),
        ((0, 6, 7, 8), SLOWER),
        ((0, 6, 0), SLOWER),
        ((0, 6, 0, 6), SLOWER * SLOWER),
    ],
)
async def test_the_speed_grows_while_workers_keep_up_and_is_halved_once_when_they_fall_behind(
    ages: tuple[float, ...], factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "LOOK_SECONDS", 0.0)
    watching = Backlog(cast("Client", Answers(*ages)), "any", most_seconds=5)
    for age in ages:
        for _ in range(2):
            await watching.has_room(10_000)
        assert watching.oldest_seconds == pytest.approx(age)
    assert watching.per_second == pytest.approx(FIRST_PER_SECOND * factor)


async def test_between_two_answers_no_more_is_started_than_the_speed_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "LOOK_SECONDS", 60.0)
    server = Answers(0)
    watching = Backlog(cast("Client", server), "any", most_seconds=5)
    clock = asyncio.get_running_loop().time
    begun, started = clock(), 0
    while clock() - begun < 0.5:
        started += 5 if await watching.has_room(5) else 0
        await asyncio.sleep(0.005)
    assert 5 <= started <= FIRST_PER_SECOND * 0.5 + 5
    assert server.asked == 1


@pytest.mark.parametrize(
    ("per_second", "bound", "wanted"), [(5.0, 5, 50), (50.0, 5, 50), (800.0, 5, 200), (1e9, 5, 500), (5.0, 0, 500)]
)
async def test_room_is_asked_for_more_at_once_where_the_speed_is_high(
    per_second: float, bound: float, wanted: int
) -> None:
    watching = Backlog(cast("Client", Answers(0)), "any", most_seconds=bound)
    watching.per_second = per_second
    assert watching.at_once == wanted


class Refuses(Answers):
    """Says these ages, each once, and then raises."""

    def __init__(self, status: RPCStatusCode, *ages: float) -> None:
        super().__init__(*ages)
        self._status, self._answers = status, len(ages)

    async def describe_task_queue(self, request: DescribeTaskQueueRequest, **how: Any) -> DescribeTaskQueueResponse:
        """The next age, if there is one."""
        if self.asked >= self._answers:
            raise RPCError("Timeout expired", self._status, b"")
        return await super().describe_task_queue(request, **how)


@pytest.mark.parametrize("status", [RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.UNKNOWN])
async def test_an_answer_that_is_late_leaves_the_last_one_standing(
    status: RPCStatusCode, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(backlog, "LOOK_SECONDS", 0.0)
    watching = Backlog(cast("Client", Refuses(status, 40)), "any", most_seconds=5)
    assert [await watching.has_room(1) for _ in range(3)] == [False] * 3
    assert caplog.text == ""


async def test_a_server_from_which_nothing_was_heard_yet_is_given_work_at_the_first_speed() -> None:
    watching = Backlog(cast("Client", Refuses(RPCStatusCode.CANCELLED)), "any", most_seconds=5)
    assert [await watching.has_room(50) for _ in range(3)] == [True, False, False]


async def test_questions_do_not_overtake_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "LOOK_SECONDS", 60.0)
    server = Answers(6)
    watching = Backlog(cast("Client", server), "any", most_seconds=5)
    assert await asyncio.gather(*(watching.has_room(1) for _ in range(5))) == [False] * 5
    assert server.asked == 1
