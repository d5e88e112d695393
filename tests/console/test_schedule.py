"""`schedule` on a real server: once however often it is created, paused, triggered, shown with results, deleted."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bench.servers import real_clock_server
from config.settings import load_settings
from console.session import NOWHERE
from tests.console.conftest import Run
from tests.support.sweeping import until
from worker import create_dependencies, create_worker


@pytest.fixture
def server(run: Run, monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A real server with a worker in a thread of their own, as the command has an event loop of its own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()

    def on_the_loop(call: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(call, loop).result(30)

    opened = real_clock_server()
    env = on_the_loop(opened.__aenter__())
    settings = load_settings(
        None,
        database_url=sqlite_url,
        twilio_base_url=NOWHERE,
        sendgrid_base_url=NOWHERE,
        reports_dir=tmp_path / "reports",
        graceful_shutdown_seconds=0,
    )

    async def worker() -> Any:
        made = create_worker(env.client, settings, create_dependencies(settings), fail_workflows_on_error=True)
        return await made.__aenter__()

    at_work = on_the_loop(worker())
    monkeypatch.setenv("TEMPORAL_ADDRESS", env.client.service_client.config.target_host)
    yield on_the_loop
    on_the_loop(at_work.__aexit__(None, None, None))
    on_the_loop(opened.__aexit__(None, None, None))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def done(run: Run, *arguments: str) -> Any:
    ran = run("schedule", *arguments, "--json")
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


@pytest.mark.usefixtures("server")
def test_created_twice_is_once_and_other_times_change_it(run: Run) -> None:
    assert done(run, "create")["done"] == "created"
    assert done(run, "create")["done"] == "is there already, nothing changed"
    changed = done(run, "create", "--cron", "15 */2 * * *", "--time-zone", "Asia/Shanghai")
    assert changed["done"] == "is there already, and was changed to this"
    again = done(run, "create", "--cron", "15 */2 * * *", "--time-zone", "Asia/Shanghai")
    assert again["done"] == "is there already, nothing changed"
    told = done(run, "show")
    assert (told["times"], told["paused"]) == ("cron 15 */2 * * * in Asia/Shanghai", False)
    assert [instant[14:16] for instant in told["next"]] == ["15"] * 5


def test_a_triggered_sweep_shows_what_it_did(run: Run, server: Callable[..., Any]) -> None:
    done(run, "create", "--every", "600")
    assert done(run, "trigger")["done"].startswith("triggered")

    def finished() -> bool:
        return [each["status"] for each in done(run, "show")["runs"]] == ["completed"]

    server(until(lambda: asyncio.to_thread(finished)))
    (only,) = done(run, "show")["runs"]
    assert only["result"]["tally"]["accounts"] == 0
    shown = run("schedule", "show").out
    assert "completed" in shown
    assert max(map(len, shown.splitlines())) <= 100


@pytest.mark.usefixtures("server")
def test_a_paused_schedule_stays_paused_whatever_its_times(run: Run) -> None:
    done(run, "create")
    done(run, "pause", "--note", "feed is late")
    done(run, "create", "--every", "30")
    told = done(run, "show")
    assert (told["paused"], told["note"], told["times"]) == (True, "feed is late", "every 30 minutes")
    assert done(run, "resume")["done"] == "resumed"
    assert done(run, "show")["paused"] is False


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("verb", ["show", "pause", "resume", "trigger", "delete"])
def test_without_a_schedule_a_command_says_how_to_make_one(run: Run, verb: str) -> None:
    ran = run("schedule", verb)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "no sweep is scheduled: python starter.py schedule create --every 60\n"


@pytest.mark.usefixtures("server")
def test_a_deleted_schedule_is_gone(run: Run) -> None:
    done(run, "create")
    assert done(run, "delete")["done"] == "deleted"
    assert run("schedule", "show").code == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--every", "60", "--cron", "0 * * * *"), "exactly one of --every and --cron"),
        (("--cron", "0 * * * *", "--time-zone", "Mars/Olympus"), "Mars/Olympus"),
        (("--every", "0"), "--every"),
        ((), "127.0.0.1:1"),
    ],
)
def test_what_cannot_be_scheduled_is_one_line(run: Run, arguments: tuple[str, ...], says: str) -> None:
    ran = run("schedule", "create", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert says in ran.err


@pytest.mark.usefixtures("server")
def test_a_cron_line_that_is_none_is_refused_by_its_own_words(run: Run) -> None:
    ran = run("schedule", "create", "--cron", "every day")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "cron" in ran.err.lower()
