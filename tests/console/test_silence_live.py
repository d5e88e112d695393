"""Holds against a real server and a real worker: the running case is told, rests, and goes on."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from casedb.cases import find_open_case
from casedb.engine import reading
from domain.calendar import local_date
from tests.console.test_live import ZONE, Command, command, overdue, played, until_open
from tests.support.stage import Stage

__all__ = ["command", "played"]

pytestmark = pytest.mark.timeout(120)


async def view(command: Command, account: str) -> dict[str, str]:
    """What the running case says of each check, by its name."""
    shown = json.loads((await command("case", "show", account, "--json")).out)
    assert shown["why_not_asked"] is None
    return {check["check"]: check["says"] for check in shown["why_not_now"]}


async def test_a_running_case_hears_of_a_hold_and_of_its_release(played: Stage, command: Command) -> None:
    account = overdue(played)
    await command("trigger", account)
    await until_open(played, account)
    review = (local_date(datetime.now(UTC), ZONE) + timedelta(days=30)).isoformat()

    placed = json.loads(
        (
            await command(
                "hold", "place", "per-1", "--kind", "hardship", "--owner", "care", "--review", review, "--json"
            )
        ).out
    )
    assert placed["cases_told"] == [account]
    held = await view(command, account)
    assert held["holds"].startswith(f"held for hardship until care releases it ({placed['hold_id']}); next review")
    again = await command(
        "hold", "place", "per-1", "--kind", "hardship", "--owner", "care", "--review", review, "--json"
    )
    assert json.loads(again.out)["duplicate"]

    released = json.loads((await command("hold", "release", placed["hold_id"], "--json")).out)
    assert released["cases_told"] == [account]
    assert (await view(command, account))["holds"] == "no hold is in force"
    with reading(played.engine) as connection:
        assert find_open_case(connection, account) is not None


async def test_a_withdrawal_reaches_the_running_case(played: Stage, command: Command) -> None:
    account = overdue(played)
    await command("trigger", account)
    await until_open(played, account)
    ran = await command("consent", "withdraw", account, "--channel", "sms", "--source", "call")
    assert f"the case of {account} was told" in ran.out
    assert (await view(command, account))["reachable"] == "reachable by email"
