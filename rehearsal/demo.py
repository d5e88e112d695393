"""`make demo`: the whole product on this machine, four virtual months in a minute, judged from outside."""

import asyncio
import json
import shlex
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from sqlalchemy import Engine
from temporalio.client import Client

from activities.telling import Teller
from casedb.standing import read_totals
from domain.errors import AmicableError, InvalidInput
from domain.vocabulary import Clock
from rehearsal.clocks import CaseClocks
from rehearsal.conductor import Conductor, Score
from rehearsal.directory import make_afresh
from rehearsal.door import Door
from rehearsal.legal_judge import judged_beyond
from rehearsal.lender import MAIL_TOKEN, LenderLedger, open_ledger
from rehearsal.office import Office
from rehearsal.processes import Household, RehearsalFailed
from rehearsal.progress import Progress
from rehearsal.roster import Roster, load_roster
from rehearsal.scene import (
    CAMPAIGN,
    STRATEGY,
    Scene,
    default_start,
    enrol,
    populate,
    set_scene_aside,
    start_by_other_strategies,
)
from rehearsal.servers import PROJECT, TASK_QUEUE, Places, start_sandbox, start_temporal, start_worker, write_env
from rehearsal.summary import Summary, judged
from rehearsal.tables import summary_page
from rehearsal.view import WIDTH, View
from rehearsal.watch import CaseWatch
from rehearsal.world import World

DIRECTORY = Path(".amicable/demo")
BOOK = PROJECT / "examples" / "overdue_accounts.csv"
ROSTER = PROJECT / "examples" / "borrowers.yaml"
EARLIEST_START = timedelta(minutes=15)
HTTP_TIMEOUT_SECONDS = 30.0
LINES = httpx.Limits(max_connections=None, keepalive_expiry=2.0)
"""The sandbox hangs up on a line that was idle for five seconds; ours must not take it up again just then."""
HELD, BROKEN, FAILED, SIGNALLED = 0, 1, 2, 128

Meanwhile = Callable[[Places, Household], Awaitable[None]]
"""Something more that happens once every case is open; tests break things here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to rehearse, and how to tell about it."""

    once: bool
    directory: Path
    starts_at: datetime
    days: int
    seed: int
    book: Path
    roster: Roster
    as_json: bool
    meanwhile: Meanwhile | None

    @property
    def ends_at(self) -> datetime:
        """The horizon: nothing happens after it."""
        return self.starts_at + timedelta(days=self.days)


def run_demo(
    *,
    once: bool,
    directory: Path = DIRECTORY,
    start: date | None = None,
    days: int = 120,
    seed: int = 0,
    as_json: bool = False,
    book: Path = BOOK,
    roster: Path = ROSTER,
    meanwhile: Meanwhile | None = None,
) -> int:
    """Rehearse a book of accounts against the sandbox, and leave no process behind.

    Answers 0 when every invariant holds, 1 when one is broken, 2 when a part of it fails, 130 after Ctrl-C. Without
    `once` everything stays up after the summary. Raises AmicableError for what cannot be rehearsed at all.
    """
    starts_at, behaviour = _first_instant(start), load_roster(roster)
    directory, mark = make_afresh(directory)
    plan = Plan(
        once=once,
        starts_at=starts_at,
        days=days,
        seed=seed,
        as_json=as_json,
        book=book.resolve(),
        roster=behaviour,
        directory=directory,
        meanwhile=meanwhile,
    )
    with mark:
        return _rehearse(plan)


def _rehearse(plan: Plan) -> int:
    console = Console(stderr=plan.as_json, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    demo = Demo(plan, console)
    try:
        return asyncio.run(_one_error(demo.run()))
    except RehearsalFailed as failure:
        console.print(f"The rehearsal stopped: {failure}", style="red", markup=False)
        return FAILED
    except asyncio.CancelledError:
        return demo.code_so_far(SIGNALLED + demo.stopped_by)
    finally:
        demo.household.kill_what_is_left()


async def _one_error(work: Coroutine[Any, Any, int]) -> int:
    """Tasks side by side fail as a group; one sentence is what a person can use."""
    try:
        return await work
    except BaseExceptionGroup as group:
        raise next((leaf for leaf in _leaves(group) if isinstance(leaf, AmicableError)), group) from group


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


def _teller(engine: Engine, client: Client, ledger: LenderLedger) -> Teller:
    async def connected() -> Client:
        return client

    return Teller(engine, connected, TASK_QUEUE, STRATEGY, ledger.now, Clock.VIRTUAL)


def _as_typed(path: Path) -> str:
    """A path for the shell, from where we stand if it lies below; for `.` to find it, never a bare name."""
    here = Path.cwd()
    return shlex.quote(f"./{path.relative_to(here)}" if path.is_relative_to(here) else str(path))


def _first_instant(start: date | None) -> datetime:
    if start is None:
        return default_start()
    instant = datetime(start.year, start.month, start.day, tzinfo=UTC)
    if instant < datetime.now(UTC) + EARLIEST_START:
        raise InvalidInput(
            f"a rehearsal cannot start on {start}: virtual clocks only go forward, so name a day from tomorrow on"
        )
    return instant


class Demo:
    """One rehearsal from the first process to the last."""

    def __init__(self, plan: Plan, console: Console) -> None:
        self.plan = plan
        self.household = Household()
        self.stopped_by = 0
        """The signal that ended it, once one did."""
        self._console = console
        self._summary: Summary | None = None
        self._began = time.monotonic()

    def code_so_far(self, interrupted: int) -> int:
        """After the summary an interruption is the normal end."""
        if self._summary is None:
            return interrupted
        return HELD if self._summary.holds else BROKEN

    async def run(self) -> int:
        """Start, play, judge, and stop."""
        loop, me = asyncio.get_running_loop(), asyncio.current_task()
        assert me is not None, "run as a task"
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Python's own way with Ctrl-C, an error out of nowhere, may lose a task's wake-up and hang at the second.
            loop.add_signal_handler(number, self._stop, number, me)
        places = Places.choose(self.plan.directory)
        write_env(places)
        async with (
            httpx.AsyncClient(base_url=places.sandbox, timeout=HTTP_TIMEOUT_SECONDS, limits=LINES) as http,
            self.household as household,
        ):
            world = World(http)
            client, scene = await self._start(places, world)
            async with open_ledger(places, scene.engine) as ledger:
                await world.post_to(places.web, MAIL_TOKEN)
                await household.watch(self._play(places, world, client, scene, ledger))
                self._tell(await self._judge(places, world, scene))
                if not self.plan.once:
                    self._console.print("\nEverything stays up for looking around; Ctrl-C stops it.", style="bold")
                    await household.watch(asyncio.Event().wait())
            scene.engine.dispose()
        return self.code_so_far(FAILED)

    def _stop(self, number: signal.Signals, me: asyncio.Task[Any]) -> None:
        """The first signal asks everything to end, a second one does not wait."""
        if self.stopped_by:
            self.household.kill_what_is_left()
        else:
            self.stopped_by = number.value
            me.cancel()

    def _say(self, sentence: str) -> None:
        self._console.print(f"[dim]{time.monotonic() - self._began:5.1f} s[/]  {sentence}", soft_wrap=True)

    async def _start(self, places: Places, world: World) -> tuple[Client, Scene]:
        plan, household = self.plan, self.household
        self._say(f"starting Temporal and the sandbox in {_as_typed(plan.directory)}")
        async with asyncio.TaskGroup() as group:
            temporal = group.create_task(start_temporal(household, places))
            group.create_task(start_sandbox(household, places, world))
            setting = group.create_task(set_scene_aside(places, plan.book, plan.starts_at))
        client, scene = temporal.result(), setting.result()
        self._say(f"{scene.book.accepted} accounts imported; starting the worker")
        await start_worker(household, places, client)
        await populate(world, scene.people, plan.roster, plan.seed + 1)  # to the sandbox, 0 is clockwork
        self._say("enrolling every account")
        await household.watch(start_by_other_strategies(client, scene, plan.roster, plan.starts_at))
        await household.watch(enrol(client, plan.starts_at))
        return client, scene

    async def _play(self, places: Places, world: World, client: Client, scene: Scene, ledger: LenderLedger) -> None:
        plan = self.plan
        score = Score(people=scene.people, roster=plan.roster, starts_at=plan.starts_at, ends_at=plan.ends_at)
        accounts = {account.account_id: account for person in scene.people for account in person.accounts}
        progress = Progress(starts_at=plan.starts_at, ends_at=plan.ends_at, people=len(scene.people))
        conductor = Conductor(
            score=score,
            world=world,
            door=Door(scene.engine, client, accounts, ledger, _teller(scene.engine, client, ledger), world),
            clocks=CaseClocks(client),
            watch=CaseWatch(scene.engine, CAMPAIGN),
            progress=progress,
        )
        with View(self._console, scene.engine, CAMPAIGN, progress) as view:
            async with asyncio.TaskGroup() as group:
                beside = [group.create_task(conductor.watch.run()), group.create_task(view.run())]
                await conductor.open_cases()
                if plan.meanwhile is not None:
                    await plan.meanwhile(places, self.household)
                office = await asyncio.to_thread(Office.of, places, scene.engine)
                await asyncio.to_thread(office.prepare, scene.people, plan.roster, plan.starts_at)
                await conductor.play(office.day)
                await asyncio.to_thread(office.close, plan.ends_at)
                for task in beside:
                    task.cancel()

    async def _judge(self, places: Places, world: World, scene: Scene) -> Summary:
        totals = await asyncio.to_thread(read_totals, scene.engine, CAMPAIGN)
        received = len(await world.messages())
        beyond = await asyncio.to_thread(judged_beyond, scene.engine, places, self.plan.ends_at)
        return Summary(
            campaign_id=CAMPAIGN,
            accounts=sum(len(person.accounts) for person in scene.people),
            people=len(scene.people),
            days=self.plan.days,
            seconds=time.monotonic() - self._began,
            totals=totals,
            received=received,
            invariants=(*judged(await world.findings(), sent=totals.sent, received=received), *beyond),
            temporal_ui=places.ui,
            inbox=f"{places.sandbox}/",
            doors=f"{places.web}/openapi.json",
        )

    def _tell(self, summary: Summary) -> None:
        self._summary = summary
        self._console.print(summary_page(summary))
        env, python = _as_typed(self.plan.directory / "env"), _as_typed(Path(sys.executable))
        for name, place in (
            ("what people got", summary.inbox),
            ("what others got", f"{_as_typed(self.plan.directory)}/{{letters,court-packs,agencies,bureaus}}"),
            ("cases in Temporal", summary.temporal_link),
            ("doors for facts", summary.doors),
            ("cases in a list", f"(. {env} && {python} starter.py case list)"),
        ):
            self._console.print(f"{name:<19}{place}", soft_wrap=True, markup=False)
        if self.plan.as_json:
            json.dump(summary.as_json(), sys.stdout, indent=2)
            sys.stdout.write("\n")
            sys.stdout.flush()
