"""A lost message is settled by command, and the running case goes on from there the same day."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from starter import main
from tests.console.conftest import Ran
from tests.sandbox.serving import controls
from tests.support.stage import Stage
from tests.workflows.conftest import Play, play, staged

__all__ = ["play", "staged"]

FIRST = "reminder/reminder-1"


class Desk:
    """A case in doubt about its first message, and the command line."""

    def __init__(self, play: Play, capsys: pytest.CaptureFixture[str]) -> None:
        self.play, self._capsys = play, capsys

    async def command(self, *arguments: str) -> Ran:
        """Run a command line beside the server."""
        code = await asyncio.to_thread(main, list(arguments))
        written = self._capsys.readouterr()
        return Ran(code, written.out, written.err)

    async def settle(self, found: str) -> dict[str, object]:
        """Settle the only task."""
        (task,) = json.loads((await self.command("task", "list", "--json")).out)["tasks"]
        ran = await self.command("task", "settle", str(task["task_id"]), found, "--by", "dana", "--json")
        assert ran.code == 0, ran.err
        answer: dict[str, object] = json.loads(ran.out)
        return answer

    async def meanwhile(self, statuses: list[str], action: str) -> None:
        """Wait, without letting the case's time pass, until its touches and its next step stand so."""
        async with asyncio.timeout(20):
            while [status for *_, status in self.play.stage.touches()] != statuses or self.play.next_action() != action:
                await asyncio.sleep(0.05)


@pytest_asyncio.fixture
async def desk(
    play: Play, staged: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Desk]:
    monkeypatch.setenv("AMICABLE_DATABASE_URL", staged.settings.database_url.get_secret_value())
    monkeypatch.setenv("TEMPORAL_ADDRESS", play.env.client.service_client.config.target_host)
    with controls(staged.sandbox) as client:
        fault = {"api": "twilio", "kind": "drop_before_accept", "times": 2}
        assert client.post("/faults", json=fault).is_success
    await play.start()
    made = Desk(play, capsys)
    await made.meanwhile(["unknown"], "rest")
    yield made


async def test_a_message_that_was_not_sent_goes_out_the_same_day_under_the_same_key(desk: Desk) -> None:
    assert await desk.settle("--not-sent") == {
        "task_id": 1, "duplicate": False, "cases_told": ["acc-1"], "by": "dana", "went_out": False,
    }  # fmt: skip
    await desk.meanwhile(["sent"], "contact")
    assert desk.play.stage.touches() == [(FIRST, "sms", "sent")]
    assert desk.play.messages() == 1
    assert desk.play.open_tasks() == []


async def test_a_message_that_was_sent_is_not_sent_again_and_the_ladder_goes_on(desk: Desk) -> None:
    await desk.settle("--sent")
    await desk.meanwhile(["sent"], "contact")
    assert desk.play.messages() == 0
    await desk.play.until(lambda: desk.play.messages() == 1)
    assert desk.play.stage.touches() == [(FIRST, "sms", "sent"), ("reminder/reminder-2", "sms", "sent")]
