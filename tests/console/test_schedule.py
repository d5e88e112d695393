"""`schedule` on a real server: once however often it is created, paused, triggered, shown with results, deleted."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import insert

from bench.servers import real_clock_server
from casedb import schema
from casedb.engine import open_engine, writing
from casedb.invariants import EveryOpenCaseIsWaitedFor
from config.settings import load_settings
from console import schedule
from console.session import NOWHERE
from tests.console.conftest import Run
from tests.support.sweeping import until
from worker import create_dependencies, create_worker
from workflows.sweep_messages import Checked, Problem, SweepResult, Tally

NOW = datetime.now(UTC)


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


def swept(run: Run, server: Callable[..., Any], runs: int) -> Any:
    """The whole answer of `show` once the schedule has had so many runs to their end."""
    assert done(run, "trigger")["done"].startswith("triggered")

    def finished() -> bool:
        return [each["status"] for each in done(run, "show")["runs"]] == ["completed"] * runs

    server(until(lambda: asyncio.to_thread(finished)))
    return done(run, "show")


def test_a_triggered_sweep_shows_what_it_did(run: Run, server: Callable[..., Any]) -> None:
    done(run, "create", "--every", "600")
    assert done(run, "show")["watch"] is None
    told = swept(run, server, 1)
    (only,) = told["runs"]
    assert only["result"]["tally"]["accounts"] == 0
    nothing: dict[str, Any] = {"broken": {}, "raised": 0, "stuck": 0, "freed": 0, "problems": []}
    assert told["watch"] == {"run_at": only["started_at"], "found": nothing}
    shown = run("schedule", "show").out
    assert "completed" in shown
    assert shown.splitlines()[-1].rstrip().endswith("all is well")
    assert max(map(len, shown.splitlines())) <= 100


def test_what_the_watch_of_the_last_sweep_found_is_shown_with_where_to_go_on(
    run: Run, server: Callable[..., Any], sqlite_url: str
) -> None:
    engine = open_engine(sqlite_url)
    zone = "America/New_York"
    person = {"full_name": "A B", "locale": "en", "jurisdiction": "US", "zones": [zone], "created_at": NOW}
    account = {"creditor": "C", "product": "pay_later", "currency": "USD", "zone": zone, "balance_minor": 5}
    entry = {"entry_id": "e-1", "version": 1, "kind": "payment", "amount_minor": -7, "at": NOW, "recorded_at": NOW}
    with writing(engine) as connection:
        connection.execute(insert(schema.person).values(person_id="per-1", **person))
        connection.execute(insert(schema.account).values(account_id="acc-1", person_id="per-1", **account))
        connection.execute(insert(schema.ledger_entry).values(account_id="acc-1", **entry))
    done(run, "create", "--every", "600")
    told = swept(run, server, 1)
    assert told["watch"]["found"]["broken"] == {"ledger_sums_to_balance": 1}
    shown = run("schedule", "show").out
    assert "1 broken" in shown
    assert "ledger_sums_to_balance  broken in 1 place" in shown
    assert "1 new, 0 ended as their cases move again" in shown
    assert "python starter.py task list --kind invariant_broken" in shown
    assert "--kind stuck_case" not in shown


def result(checked: Checked | None, tally: Tally | None = None) -> SweepResult:
    return SweepResult(tally=tally or Tally(), workflows=0, orphans_ended=(), orphans_left=(), checked=checked)


@pytest.mark.parametrize(
    ("of", "says"),
    [
        (result(Checked()), "all is well"),
        (result(None), "not asked"),
        (result(Checked(broken={"a": 2, "b": 1}, stuck=1)), "3 broken, 1 stuck"),
        (result(Checked(broken={EveryOpenCaseIsWaitedFor.name: 2}, stuck=2)), "2 stuck"),
        (result(Checked(problems=(Problem(about="a", reason="OperationalError"),))), "1 not asked"),
    ],
)
def test_the_watch_of_a_run_in_a_few_words(of: SweepResult, says: str) -> None:
    assert schedule.watched(of) == says


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
