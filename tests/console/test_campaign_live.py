"""Steering a campaign that runs from the command line, beside a real server and a real worker."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.console.test_live import Command, command, played
from tests.support.stage import Stage

__all__ = ["command", "played"]

pytestmark = pytest.mark.timeout(60)


async def test_a_running_campaign_is_paused_resumed_and_aborted_with_its_cases(played: Stage, command: Command) -> None:
    for number in range(25):
        due_on = datetime.now(UTC).date() - timedelta(days=3)
        played.add_account(f"acc-{number:02}", person_id=f"per-{number}", due_on=due_on, phone=None)
    started = await command("campaign", "start", "--name", "slow", "--rate", "1", "--by", "dana", "--yes")
    assert "campaign slow started: 25 accounts" in started.out

    paused = await command("campaign", "pause", "slow", "--by", "dana", "--reason", "texts look wrong")
    assert paused.out.startswith("campaign slow is paused: ")
    page = (await command("campaign", "show", "slow")).out
    assert "by dana (texts look wrong)" in page
    assert "members; held" in page
    told = json.loads((await command("campaign", "show", "slow", "--json")).out)
    assert (told["status"], told["seconds_left"]) == ("paused", None)
    assert told["pending"] > 0
    assert "slow is paused: only one that runs can be paused" in (await command("campaign", "pause", "slow")).err
    assert "exists already (wallet-standard, paused): campaign resume slow" in (
        await command("campaign", "start", "--name", "slow", "--yes")
    ).err  # fmt: skip

    resumed = json.loads((await command("campaign", "resume", "slow", "--by", "dana", "--json")).out)
    assert (resumed["campaign_id"], resumed["status"]) == ("slow", "running")
    assert (
        "slow is running: only one that is paused can be resumed" in (await command("campaign", "resume", "slow")).err
    )
    await until_enrolled(command)

    aborted = await command("campaign", "abort", "slow", "--cases", "close", "--by", "dana", "--reason", "wrong book")
    assert aborted.out.startswith("campaign slow is aborted: ")
    assert "are being closed as withdrawn" in aborted.out
    async with asyncio.timeout(30):
        watched = await command("campaign", "watch", "slow", "--until-closed", "--every", "0.2")
    last = watched.out.splitlines()[-1]
    assert "aborted: enrolled " in last
    assert "; 0 cases open, " in last
    ended = json.loads((await command("campaign", "show", "slow", "--json")).out)
    assert (ended["is_closed"], ended["changed_why"], ended["pending"]) == (True, "wrong book", 0)
    assert set(ended["cases_by_outcome"]) == {"withdrawn"}
    assert {each["why"] for each in ended["troubles"]} <= {"the campaign was aborted by dana"}


async def until_enrolled(command: Command) -> None:
    """Wait until somebody is: members are counted by the batch."""
    async with asyncio.timeout(20):
        while True:
            told = json.loads((await command("campaign", "show", "slow", "--json")).out)
            if told["members_by_status"].get("enrolled") and told["open_cases"]:
                return
            await asyncio.sleep(0.1)
