"""The processes of a rehearsal: Temporal's development server, the sandbox, the worker.

Each runs in a session of its own, so that Ctrl-C reaches only us and we stop them in order. On Linux the kernel ends
them should we be killed ourselves: whatever happens, nothing is left behind.
"""

import asyncio
import ctypes
import os
import random
import signal
import socket
import sys
import sysconfig
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from domain.errors import AmicableError

ResultT = TypeVar("ResultT")

SCRIPTS = Path(sysconfig.get_path("scripts"))
GRACE_SECONDS = 8.0
HEALTHY_WITHIN_SECONDS = 90.0
ASK_AGAIN_SECONDS = 0.05
LOG_TAIL_LINES = 15
OTHER_PORTS = range(20_000, 32_000)
_PR_SET_PDEATHSIG = 1


class RehearsalFailed(AmicableError):
    """The rehearsal cannot go on; the sentence says which part and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One child to run; its output goes to `log`."""

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str]
    cwd: Path


class Child:
    """A running child process with the group it leads."""

    def __init__(self, command: Command, process: asyncio.subprocess.Process) -> None:
        self.command = command
        self.process = process

    @property
    def pid(self) -> int:
        """Its process id, which is its group's as well."""
        return self.process.pid

    async def stop(self) -> None:
        """Ask it to end, and end it when it does not within the grace period."""
        self.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), GRACE_SECONDS)
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self.process.wait()
        # What the child itself may have started goes with it.
        self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """Tell it and everything it started; one that has ended does not mind."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def obituary(self) -> str:
        """How it ended, with the end of its log."""
        code = self.process.returncode
        how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        return f"the {self.command.name} {how}; its log {self.command.log} ends with:\n{log_tail(self.command.log)}"


class Household:
    """Children that live and end together: when one dies, all are stopped and the error names it."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Nothing runs yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every child, the last started first."""
        await asyncio.shield(self._stack.aclose())

    def kill_what_is_left(self) -> None:
        """The last resort, when stopping was itself interrupted; needs no event loop."""
        for child in self.children:
            if child.process.returncode is None:
                child.signal(signal.SIGKILL)

    async def start(self, command: Command, healthy: Callable[[], Awaitable[bool]]) -> Child:
        """Start a child and wait until it answers. Raises RehearsalFailed when it dies or stays silent."""
        with command.log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(command.env),
                cwd=command.cwd,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        child = Child(command, process)
        self.children.append(child)
        self._stack.push_async_callback(child.stop)
        await self.watch(_answers(command, healthy))
        return child

    async def watch(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Do the work while every child lives; the death of one ends it. Raises RehearsalFailed."""
        task = asyncio.ensure_future(work)
        deaths = {asyncio.ensure_future(child.process.wait()): child for child in self.children}
        try:
            await asyncio.wait([task, *deaths], return_when=asyncio.FIRST_COMPLETED)
            for death, child in deaths.items():
                if death.done():
                    raise RehearsalFailed(child.obituary())
            return await task
        finally:
            await _cancel([task, *deaths])


async def _cancel(tasks: Sequence[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _answers(command: Command, healthy: Callable[[], Awaitable[bool]]) -> None:
    try:
        async with asyncio.timeout(HEALTHY_WITHIN_SECONDS):
            while not await healthy():
                await asyncio.sleep(ASK_AGAIN_SECONDS)
    except TimeoutError:
        raise RehearsalFailed(
            f"the {command.name} did not answer within {HEALTHY_WITHIN_SECONDS:g} s; "
            f"its log {command.log} ends with:\n{log_tail(command.log)}"
        ) from None


def log_tail(path: Path) -> str:
    """The last lines of a log, indented."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
    return "\n".join(f"  {line}" for line in lines) or "  (nothing)"


def free_port(preferred: int) -> int:
    """The preferred port when nobody listens there, else some free one; with 0 some free one.

    Below those that the system gives to connections: one of these may be taken again before anybody listens on it.
    """
    others = random.SystemRandom().sample(OTHER_PORTS, 50)
    for port in [preferred, *others] if preferred else others:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise RehearsalFailed("no port is free on 127.0.0.1")


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    """Runs in the child before its program: the kernel kills it when its parent ends."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
