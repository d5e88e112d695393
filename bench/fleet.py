"""Whole cases with one and with two worker processes, ours and bare; `python -m bench.fleet` is one such worker."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter

import psutil
from temporalio.client import Client
from temporalio.service import ConnectConfig
from temporalio.worker import Worker

from bench.bare import BareWorkflow
from bench.cases import BARE_QUEUE, bare_worker_of, start_case
from bench.ground import LONG_AGO, NOWHERE, Ground, InProcessProvider, PaysAfterLastTouch, ground
from bench.memory import REPOSITORY
from config.connection import compression
from config.garbage import leave_out_what_is_loaded
from config.payloads import DATA_CONVERTER
from config.settings import Settings, load_settings
from domain.vocabulary import Channel
from worker import create_dependencies, create_worker

PROCESSES = (1, 2)
READY = b"ready\n"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """So many whole cases: wall seconds, and CPU milliseconds of a case by process."""

    seconds: float
    server_ms: float
    workers_ms: float
    client_ms: float

    @property
    def cpu_ms(self) -> float:
        """Of everything together."""
        return self.server_ms + self.workers_ms + self.client_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """Ours against bare with so many worker processes, medians of all rounds but the first."""

    processes: int
    ours_a_second: float
    bare_a_second: float
    wall_ratio: float
    cpu_ratio: float
    ours_cpu_ms: dict[str, float]
    bare_cpu_ms: dict[str, float]


async def measure_fleet(cases: int, rounds: int, say: Say) -> list[Throughput]:
    """Every step is due at once, so that the machine is the limit; pairs run in turn."""
    accounts = cases * (rounds + 1) * len(PROCESSES) + 1
    found: list[Throughput] = []
    async with ground(accounts, overdue_long_ago=accounts) as laid:
        for index, processes in enumerate(PROCESSES):
            say(f"whole cases with {processes} worker process{'es' if processes > 1 else ''}")
            first = index * cases * (rounds + 1)
            numbers = [range(first + turn * cases, first + (turn + 1) * cases) for turn in range(rounds + 1)]
            found.append(await _compared(laid, processes, numbers, accounts))
    return found


async def _compared(laid: Ground, processes: int, numbers: list[range], accounts: int) -> Throughput:
    bare, ours = [], []
    for turn, each in enumerate(numbers):
        async with _workers(laid, "bare", processes, accounts) as workers:
            bare.append(await _round(laid, workers, _start_bare(laid, each, f"{processes}/{turn}"), len(each)))
        async with _workers(laid, "ours", processes, accounts) as workers:
            ours.append(await _round(laid, workers, _start_ours(laid, each), len(each)))
    bare, ours, count = bare[1:], ours[1:], len(numbers[0])
    return Throughput(
        processes=processes,
        ours_a_second=round(count / median(each.seconds for each in ours), 1),
        bare_a_second=round(count / median(each.seconds for each in bare), 1),
        wall_ratio=round(median(b.seconds / o.seconds for b, o in zip(bare, ours, strict=True)), 2),
        cpu_ratio=round(median(b.cpu_ms / o.cpu_ms for b, o in zip(bare, ours, strict=True)), 2),
        ours_cpu_ms=_medians(ours),
        bare_cpu_ms=_medians(bare),
    )


def _medians(rounds: list[Round]) -> dict[str, float]:
    names = ("server", "workers", "client")
    return {name: round(median(getattr(each, f"{name}_ms") for each in rounds), 1) for name in names}


def _start_bare(laid: Ground, numbers: range, name: str) -> Callable[[], "asyncio.Future[list[object]]"]:
    async def one(number: int) -> object:
        handle = await laid.env.client.start_workflow(
            BareWorkflow.run, False, id=f"fleet/{name}/{number}", task_queue=BARE_QUEUE
        )
        return await handle.result()

    return lambda: asyncio.gather(*(one(number) for number in numbers))


def _start_ours(laid: Ground, numbers: range) -> Callable[[], "asyncio.Future[list[object]]"]:
    async def one(number: int) -> object:
        handle = await start_case(laid, number, LONG_AGO)
        result = await handle.result()
        if result.close_reason != "paid":
            raise AssertionError(f"case {number} did not end paid: the comparison is void")
        return result

    return lambda: asyncio.gather(*(one(number) for number in numbers))


async def _round(
    laid: Ground, workers: list[psutil.Process], run: Callable[[], "asyncio.Future[list[object]]"], count: int
) -> Round:
    server = [each for each in psutil.Process().children() if each.pid not in {worker.pid for worker in workers}]
    sides = (server, workers, [psutil.Process()])
    before, began = [_cpu(side) for side in sides], perf_counter()
    with laid.env.with_time_skipping_disabled():
        await run()
    seconds = perf_counter() - began
    spent = [1000 * (_cpu(side) - then) / count for side, then in zip(sides, before, strict=True)]
    return Round(seconds=seconds, server_ms=spent[0], workers_ms=spent[1], client_ms=spent[2])


def _cpu(processes: list[psutil.Process]) -> float:
    return float(sum(sum(each.cpu_times()[:2]) for each in processes))


@asynccontextmanager
async def _workers(laid: Ground, kind: str, count: int, accounts: int) -> AsyncIterator[list[psutil.Process]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(_worker(laid, kind, accounts)) for _ in range(count)]


@asynccontextmanager
async def _worker(laid: Ground, kind: str, accounts: int) -> AsyncIterator[psutil.Process]:
    address = laid.env.client.service_client.config.target_host
    url = laid.settings.database_url.get_secret_value()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.fleet", kind, address, url, str(accounts)),
        cwd=REPOSITORY,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            if await process.stdout.readline() != READY:
                raise RuntimeError(f"a {kind} worker of the bench did not start")
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


async def _serve(kind: str, address: str, url: str, accounts: int) -> None:
    """One worker process, until it is told to stop."""
    settings = load_settings(
        None, database_url=url, twilio_base_url=NOWHERE, sendgrid_base_url=NOWHERE, task_queue="bench"
    )
    packed = ConnectConfig(target_host=address).grpc_compression if kind == "bare" else compression(settings)
    client = await Client.connect(address, data_converter=DATA_CONVERTER, grpc_compression=packed)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    worker = bare_worker_of(client, settings) if kind == "bare" else _ours(client, settings, accounts)
    leave_out_what_is_loaded()
    async with worker:
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()
        await stopping.wait()


def _ours(client: Client, settings: Settings, accounts: int) -> Worker:
    parts = create_dependencies(settings)
    strategy = parts.rules.strategies["wallet-standard"]
    pays = PaysAfterLastTouch(parts.engine, strategy, range(accounts - 1))
    return create_worker(
        client, settings, replace(parts, adapters={Channel.SMS: InProcessProvider("in-process", pays)})
    )


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
