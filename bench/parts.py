"""Where a worker's CPU goes in whole cases: each part's own thread time, without that of the parts inside of it."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import psutil
from temporalio.worker.workflow_sandbox import _runner

from activities.cases import CaseActivities
from activities.composing import Composer
from activities.contact import GovernedContact
from activities.gatekeeping import Gatekeeper
from activities.planning import Planner
from bench.cases import run_ours
from bench.ground import ground
from casedb.prepared import Prepared
from config.payloads import SharedPydanticConverter

PARTS: tuple[tuple[type, str, str], ...] = (
    (Prepared, "_execute", "database: statements"),
    (Gatekeeper, "verdict", "the gate"),
    (Planner, "next_step", "what is next"),
    (Composer, "compose", "the message"),
    (SharedPydanticConverter, "to_payloads", "payloads"),
    (SharedPydanticConverter, "from_payloads", "payloads"),
    (_runner._Instance, "__init__", "workflow: a run's sandbox"),
    (_runner._Instance, "activate", "workflow: code and SDK"),
    (GovernedContact, "contact", "the contact around these, with commits"),
    *((CaseActivities, name, "records around these, with commits") for name in ("open_case", "plan", "close_case")),
)
REST = "event loop, SDK, threads and client"


async def measure_parts(cases: int, say: Callable[[str], None]) -> dict[str, float]:
    """CPU milliseconds of a whole case by part, the server among them; measuring itself costs a little."""
    say("where the time goes")
    async with ground(2 * cases + 1, overdue_long_ago=2 * cases + 1) as laid:
        await run_ours(laid, range(cases))
        me, (server, *_) = psutil.Process(), psutil.Process().children()
        with _timed() as spent:
            before = [_cpu(each) for each in (me, server)]
            await run_ours(laid, range(cases, 2 * cases))
            mine, servers = (_cpu(each) - then for each, then in zip((me, server), before, strict=True))
    found = {"server": servers, **_largest_first(spent), REST: mine - sum(spent.values())}
    return {name: round(1000 * seconds / cases, 2) for name, seconds in found.items()}


def _largest_first(spent: dict[str, float]) -> dict[str, float]:
    return dict(sorted(spent.items(), key=lambda each: -each[1]))


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def _timed() -> Iterator[dict[str, float]]:
    """Every part is measured while the context lasts."""
    spent: defaultdict[str, float] = defaultdict(float)
    lock, local = threading.Lock(), threading.local()
    kept = [(owner, name, owner.__dict__[name]) for owner, name, _ in PARTS if name in owner.__dict__]
    for owner, name, part in PARTS:
        setattr(owner, name, _measured(getattr(owner, name), part, spent, lock, local))
    try:
        yield spent
    finally:
        for owner, name, _ in PARTS:
            delattr(owner, name)
        for owner, name, original in kept:
            setattr(owner, name, original)


def _measured(
    function: Callable[..., Any], part: str, spent: dict[str, float], lock: threading.Lock, local: threading.local
) -> Callable[..., Any]:
    @wraps(function)
    def measured(*args: Any, **kwargs: Any) -> Any:
        inside: list[float] = local.__dict__.setdefault("inside", [])
        inside.append(0.0)
        began = time.thread_time()
        try:
            return function(*args, **kwargs)
        finally:
            took = time.thread_time() - began
            own = took - inside.pop()
            if inside:
                inside[-1] += took
            with lock:
                spent[part] += own

    return measured
