"""Enrolment on a real server without a worker: what is started, what is left out and why, twice as well as once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.testing import ActivityEnvironment

from activities import backlog
from activities.backlog import Backlog
from activities.enrolment import EnrolmentActivities
from bench.servers import real_clock_server
from casedb import schema
from casedb.campaigns import NewCampaign, create_campaign
from casedb.engine import writing
from domain.eligibility import Exclusion
from domain.experiments.assignment import Arm, arm_of
from domain.vocabulary import Clock
from tests.domain.cases import GENTLE, STANDARD
from tests.support.contacts import Play
from tests.support.stage import OPENED_AT
from workflows.messages import CollectionRequest, EnrolledPage, EnrolPage, OpenRequest, collection_workflow_id

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    """A development server with our search attributes, on which nothing runs."""
    async with real_clock_server() as env:
        yield env.client


def campaign(play: Play, campaign_id: str) -> str:
    new = NewCampaign(
        campaign_id=campaign_id, name=campaign_id, strategy="wallet-standard", started_by="ops-1",
        clock=Clock.VIRTUAL, started_at=OPENED_AT,
    )  # fmt: skip
    create_campaign(play.engine, new, also={Exclusion.NOT_OVERDUE})
    return campaign_id


def enrolling(play: Play, client: Client, task_queue: str) -> EnrolmentActivities:
    """Enrolment that waits for nobody: here nobody works."""
    return EnrolmentActivities(play.engine, client, task_queue, Backlog(client, task_queue, most_seconds=0))


async def enrol(play: Play, client: Client, campaign_id: str, **changes: Any) -> tuple[EnrolledPage, list[Any]]:
    values = {"after": "", "limit": 100} | changes
    page = EnrolPage(
        campaign_id=campaign_id, strategy="wallet-standard", clock=Clock.VIRTUAL, opened_at=OPENED_AT, **values
    )
    environment, heartbeats = ActivityEnvironment(), []
    environment.on_heartbeat = lambda *details: heartbeats.append(details)
    activities = enrolling(play, client, f"nobody-polls-{campaign_id}")
    return await environment.run(activities.enrol_page, page), heartbeats


def members(play: Play) -> dict[str, tuple[str, str]]:
    return {row.account_id: (row.status, row.why) for row in play.rows("campaign_member")}


async def run_id(client: Client, account_id: str) -> str | None:
    return (await client.get_workflow_handle(collection_workflow_id(account_id)).describe()).run_id


async def test_a_page_enrolled_twice_starts_each_case_once_and_answers_the_same(play: Play, client: Client) -> None:
    accounts = [play.stage.add_account(f"twice-{number}", person_id=f"p{number}") for number in range(3)]
    name = campaign(play, "twice")
    first, _ = await enrol(play, client, name)
    runs = [await run_id(client, account) for account in accounts]

    second, _ = await enrol(play, client, name)

    assert first == second == EnrolledPage(last_account_id="twice-2", enrolled=4, excluded=0)
    assert runs == [await run_id(client, account) for account in accounts]
    assert set(members(play).values()) == {("enrolled", "")}


async def test_a_crash_between_starting_and_recording_starts_nothing_again(play: Play, client: Client) -> None:
    play.stage.add_account("crash-1", person_id="p1")
    name = campaign(play, "crash")
    first, _ = await enrol(play, client, name)
    started = await run_id(client, "crash-1")
    play.change("campaign_member", status="pending")

    second, _ = await enrol(play, client, name)

    assert (first, started) == (second, await run_id(client, "crash-1"))


async def test_members_that_are_left_out_say_why(play: Play, client: Client) -> None:
    for number, due_on in enumerate((date(2027, 1, 3), date(2027, 1, 4), date(2027, 2, 1))):
        play.stage.add_account(f"why-{number}", person_id=f"p{number}", due_on=due_on)
    name = campaign(play, "why")
    play.change("account", balance_minor=0)
    with writing(play.engine) as connection:
        connection.execute(
            update(schema.account).where(schema.account.c.account_id.like("why-%")).values(balance_minor=100)
        )

    page, _ = await enrol(play, client, name)

    assert (page.enrolled, page.excluded) == (1, 3)
    assert members(play) == {
        "acc-1": ("excluded", "nothing is owed"),
        "why-0": ("enrolled", ""),
        "why-1": ("excluded", "nothing is overdue yet"),
        "why-2": ("excluded", "nothing is overdue yet"),
    }


async def test_pages_walk_the_whole_book_once(play: Play, client: Client) -> None:
    for number in range(6):
        play.stage.add_account(f"walk-{number}", person_id=f"p{number}")
    name = campaign(play, "walk")
    after, sizes = "", []
    while True:
        page, _ = await enrol(play, client, name, after=after, limit=3)
        if page.last_account_id is None:
            break
        after = page.last_account_id
        sizes.append(page.enrolled)

    assert sizes == [3, 3, 1]
    assert set(members(play).values()) == {("enrolled", "")}


async def test_a_long_page_shows_that_it_lives(play: Play, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "MOST_AT_ONCE", 2)
    for number in range(5):
        play.stage.add_account(f"beat-{number}", person_id=f"p{number}")
    _, heartbeats = await enrol(play, client, campaign(play, "beat"))
    assert [(told.last_account_id, told.enrolled) for (told,) in heartbeats][1::2] == [
        ("beat-0", 2), ("beat-2", 4), ("beat-4", 6),
    ]  # fmt: skip


async def test_a_started_case_can_be_found_by_campaign_stage_and_law(play: Play, client: Client) -> None:
    play.stage.add_account("found-1", person_id="p1")
    await enrol(play, client, campaign(play, "found"))
    described = await client.get_workflow_handle(collection_workflow_id("found-1")).describe()
    told = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert told == {
        "AmicableStage": "reminder",
        "AmicableDpdBucket": "1-30",
        "AmicableJurisdiction": "US",
        "AmicableCampaign": "found",
        "AmicableStrategy": "wallet-standard",
    }


async def test_a_server_that_refuses_is_told_as_it_said_it(play: Play, client: Client) -> None:
    name = campaign(play, "refused")
    lost = await Client.connect(client.service_client.config.target_host, namespace="no-such-namespace", lazy=True)
    with pytest.raises(Exception, match="no-such-namespace"):
        await enrol(play, lost, name)
    assert members(play) == {"acc-1": ("pending", "")}


async def test_a_campaign_is_finished_once_and_an_unknown_one_fails_for_good(play: Play, client: Client) -> None:
    activities = enrolling(play, client, "nobody-polls")
    name = campaign(play, "finish")
    for _ in range(2):
        await ActivityEnvironment().run(activities.finish_campaign, name)
    assert [row.status for row in play.rows("campaign")] == ["finished"]
    with pytest.raises(ApplicationError) as told:
        await ActivityEnvironment().run(activities.finish_campaign, "no-such")
    assert told.value.non_retryable


async def test_a_crash_goes_on_after_the_members_of_the_last_heartbeat(play: Play, client: Client) -> None:
    for number in range(6):
        play.stage.add_account(f"beat-{number}", person_id=f"p{number}")
    name = campaign(play, "resume")
    told = EnrolledPage(last_account_id="beat-2", enrolled=3, excluded=1)
    page = EnrolPage(
        campaign_id=name, strategy="wallet-standard", clock=Clock.VIRTUAL, opened_at=OPENED_AT, after="", limit=6
    )
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, heartbeat_details=[asdict(told)])
    done = await environment.run(enrolling(play, client, "nobody-polls").enrol_page, page)
    assert done == EnrolledPage(last_account_id="beat-4", enrolled=5, excluded=1)
    assert {account: status for account, (status, _) in members(play).items()} == {
        "acc-1": "pending", "beat-0": "pending", "beat-1": "pending", "beat-2": "pending",
        "beat-3": "enrolled", "beat-4": "enrolled", "beat-5": "pending",
    }  # fmt: skip


async def test_a_case_that_the_campaign_opened_before_a_crash_is_not_started_again(play: Play, client: Client) -> None:
    play.stage.add_account("opened-1", person_id="p1")
    name = campaign(play, "opened")
    opened = play.cases.open_case(
        OpenRequest(account_id="opened-1", strategy="wallet-standard", campaign_id=name, now=OPENED_AT)
    )
    assert opened.case is not None
    page, _ = await enrol(play, client, name)
    assert (page.enrolled, members(play)["opened-1"]) == (2, ("enrolled", ""))
    with pytest.raises(RPCError, match="not found"):
        await run_id(client, "opened-1")


async def test_an_account_that_got_a_case_meanwhile_is_left_out(play: Play, client: Client) -> None:
    name = campaign(play, "meanwhile")
    play.cases.open_case(OpenRequest(account_id="acc-1", strategy="wallet-standard", now=OPENED_AT))
    page, _ = await enrol(play, client, name)
    assert (page.excluded, members(play)) == (1, {"acc-1": ("excluded", "a case is open already")})


async def test_starts_keep_the_pace_and_a_campaign_that_is_held_ends_the_page(play: Play, client: Client) -> None:
    for number in range(5):
        play.stage.add_account(f"pace-{number}", person_id=f"p{number}")
    name = campaign(play, "pace")
    began = asyncio.get_running_loop().time()
    page, _ = await enrol(play, client, name, limit=4, starts_per_second=10.0)
    took = asyncio.get_running_loop().time() - began
    assert page.enrolled == 4
    assert took >= 3 / 10.0

    play.change("campaign", status="paused")
    held, _ = await enrol(play, client, name, after="pace-2", starts_per_second=10.0)
    assert held == EnrolledPage(enrolled=0, excluded=0, held=True)
    assert members(play)["pace-3"] == ("pending", "")


async def test_a_start_that_the_server_refuses_for_one_account_fails_that_one_alone(play: Play, client: Client) -> None:
    play.stage.add_account("long-" + "x" * 2_000, person_id="p1")
    page, _ = await enrol(play, client, campaign(play, "refusing"))
    assert (page.enrolled, page.failed) == (1, 1)
    status, why = members(play)["long-" + "x" * 2_000]
    assert status == "failed"
    assert "WorkflowId" in why


async def test_a_case_of_an_aborted_campaign_that_had_not_begun_does_not_begin(play: Play) -> None:
    name = campaign(play, "aborted")
    play.change("campaign", status="aborted")
    opened = play.cases.open_case(
        OpenRequest(account_id="acc-1", strategy="wallet-standard", campaign_id=name, now=OPENED_AT)
    )
    assert (opened.case, opened.why) == (None, "campaign aborted was aborted before this case began")


async def test_a_case_takes_the_spread_of_its_campaign(play: Play) -> None:
    name = campaign(play, "spread")
    play.change("campaign", spread_minutes=90)
    opened = play.cases.open_case(
        OpenRequest(account_id="acc-1", strategy="wallet-standard", campaign_id=name, now=OPENED_AT)
    )
    again = play.cases.open_case(OpenRequest(account_id="acc-1", strategy="wallet-standard", now=OPENED_AT))
    assert opened.case is not None
    assert again.case is not None
    assert (opened.case.spread_minutes, again.case.spread_minutes) == (90, 90)


async def test_each_person_is_started_in_one_arm_and_in_the_version_of_the_campaigns_start(
    any_play: Play, client: Client
) -> None:
    play = any_play
    arms = tuple(Arm(name=each.name, strategy=each.name, version=each.version, weight=1) for each in (STANDARD, GENTLE))
    kind = play.engine.dialect.name
    for number in range(8):
        play.stage.add_account(f"{kind}-{number}", person_id=f"per-{number // 2}", phone=None, email=None)
    new = NewCampaign(
        campaign_id=f"split-{kind}", name="split", strategy=STANDARD.name, started_by="ops-1",
        clock=Clock.VIRTUAL, started_at=OPENED_AT, arms=arms,
    )  # fmt: skip
    create_campaign(play.engine, new, also={Exclusion.NOT_OVERDUE})
    page, _ = await enrol(play, client, new.campaign_id)
    assert page.enrolled == 9
    of_arm = {row.account_id: row.arm for row in play.rows("campaign_member")}
    assert set(of_arm.values()) == {STANDARD.name, GENTLE.name}
    for number in range(0, 8, 2):
        expected = arm_of(f"per-{number // 2}", arms, salt=new.campaign_id)
        assert of_arm[f"{kind}-{number}"] == of_arm[f"{kind}-{number + 1}"] == expected.name
    first = f"{kind}-0"
    for account_id in (first, next(f"{kind}-{n}" for n in range(8) if of_arm[f"{kind}-{n}"] != of_arm[first])):
        history = await client.get_workflow_handle(collection_workflow_id(account_id)).fetch_history()
        started = history.events[0].workflow_execution_started_event_attributes
        [request] = await client.data_converter.decode(started.input.payloads, [CollectionRequest])
        arm = next(each for each in arms if each.name == of_arm[account_id])
        assert (request.strategy, request.strategy_version) == (arm.strategy, arm.version)
