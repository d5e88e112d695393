"""The sweep's hands alone: where an attempt after a crash goes on, what trouble of one account is, and the pace."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities import sweep
from activities.backlog import Backlog
from activities.pace import Pace
from activities.sweep import SweepActivities
from bench.servers import real_clock_server
from tests.support.contacts import Play
from tests.support.waiting import FRESH_ANSWERS, until_behind
from workflows.sweep_messages import AccountsPage, SweptAccounts, Tally

PAGE = AccountsPage(after="acc-9", limit=10, starts_per_second=1000.0)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A server on which nothing works: what is started stays as it began."""
    async with real_clock_server(FRESH_ANSWERS) as env:
        yield env.client


async def swept(
    play: Play, client: Client, told: list[Any], page: AccountsPage = PAGE, *, most_seconds: float = 0
) -> tuple[SweptAccounts, Any]:
    environment, heartbeats = ActivityEnvironment(), list[Any]()
    environment.info = replace(environment.info, heartbeat_details=told)
    environment.on_heartbeat = lambda *details: heartbeats.append(details[0])
    settings = play.stage.settings
    hands = SweepActivities(
        engine=play.engine,
        client=client,
        planner=play.cases.planner,
        task_queue="nobody-polls",
        backlog=Backlog(client, "nobody-polls", most_seconds),
        default_strategy=settings.default_strategy,
        reports_dir=settings.reports_dir,
        reports_kept=2,
    )
    return await environment.run(hands.sweep_accounts, page), heartbeats


def owes(play: Play, *account_ids: str) -> None:
    for account_id in account_ids:
        play.stage.add_account(account_id, person_id=f"per-{account_id}", due_on=date(2026, 1, 1))


async def test_an_attempt_after_a_crash_goes_on_after_the_last_heartbeat_with_its_counts(
    any_play: Play, client: Client
) -> None:
    owes(any_play, "b-1", "b-2", "b-3")
    before = {"last_account_id": "b-1", "tally": {"accounts": 7, "started": 5, "left_alone": {"gone": 1}}}

    result, heartbeats = await swept(any_play, client, [before])

    assert (result.last_account_id, result.tally.accounts, result.tally.started) == ("b-3", 9, 7)
    assert result.tally.left_alone == {"gone": 1}
    assert heartbeats[-1] == result


async def test_the_end_of_the_book_has_no_last_account(any_play: Play, client: Client) -> None:
    result, _ = await swept(any_play, client, [], replace(PAGE, after="zzz"))
    assert result == SweptAccounts(tally=Tally())


async def test_what_runs_already_is_counted_as_that_and_never_started_twice(any_play: Play, client: Client) -> None:
    owes(any_play, "c-1", "c-2")
    first, _ = await swept(any_play, client, [])
    second, _ = await swept(any_play, client, [])
    assert (first.tally.started, first.tally.already_running) == (2, 0)
    assert (second.tally.started, second.tally.already_running) == (0, 2)


async def test_a_sweep_waits_for_workers_that_are_behind_and_after_a_while_goes_on(
    play: Play, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    owes(play, "d-1")
    await swept(play, client, [])
    await until_behind(client, "nobody-polls", seconds=0.1)
    owes(play, "d-2")
    monkeypatch.setattr(sweep, "LONGEST_WAIT_SECONDS", 2.0)
    monkeypatch.setattr(sweep, "AGAIN_SECONDS", 0.05)
    begun = asyncio.get_running_loop().time()
    result, heartbeats = await swept(play, client, [], most_seconds=0.1)
    assert asyncio.get_running_loop().time() - begun >= 2.0
    assert (result.tally.started, result.tally.already_running) == (1, 1)
    assert len(heartbeats) >= 4, "two while it waited, one for each start"


async def test_turns_come_evenly_and_an_idle_time_is_not_saved_up() -> None:
    loop, pace = asyncio.get_running_loop(), Pace(100.0)
    begun = loop.time()
    for _ in range(6):
        await pace.turn()
    assert loop.time() - begun >= 0.049
