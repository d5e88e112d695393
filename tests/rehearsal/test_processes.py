"""Children end with us, however we end."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from rehearsal import processes
from rehearsal.processes import Command, Household, RehearsalFailed, free_port

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
PARENT = f"""
import asyncio, sys
from pathlib import Path
from rehearsal.processes import Command, Household

async def main():
    log = Path(sys.argv[1])
    command = Command(name="child", argv=[sys.executable, "-c", {STUBBORN!r}], log=log, env={{}}, cwd=log.parent)
    async with Household() as household:
        async def up():
            return "up" in log.read_text()
        child = await household.start(command, up)
        print(child.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


def _command(tmp_path: Path, program: str) -> Command:
    return Command(name="child", argv=[sys.executable, "-c", program], log=tmp_path / "child.log", env={}, cwd=tmp_path)


def _gone(pid: int, within_seconds: float = 5) -> bool:
    deadline = time.monotonic() + within_seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


async def test_a_child_that_does_not_listen_is_ended_after_the_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.2)
    command = _command(tmp_path, STUBBORN)

    async def up() -> bool:
        return "up" in command.log.read_text()

    async with Household() as household:
        child = await household.start(command, up)

    assert child.process.returncode == -signal.SIGKILL


async def test_a_child_that_never_answers_is_named_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "HEALTHY_WITHIN_SECONDS", 0.5)

    async def never() -> bool:
        return False

    with pytest.raises(RehearsalFailed, match="child did not answer within"):
        async with Household() as household:
            await household.start(_command(tmp_path, "import time; time.sleep(600)"), never)

    assert _gone(household.children[0].pid)


async def test_the_death_of_a_child_ends_the_work_with_its_last_words(tmp_path: Path) -> None:
    async def at_once() -> bool:
        return True

    command = _command(tmp_path, "import time; time.sleep(0.3); print('no more disk'); raise SystemExit(3)")
    async with Household() as household:
        await household.start(command, at_once)
        with pytest.raises(RehearsalFailed, match=r"the child ended with code 3(.|\n)*no more disk"):
            await household.watch(asyncio.sleep(600))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_even_a_killed_parent_leaves_no_child_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "child.log")], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert psutil.pid_exists(child)
        parent.kill()

    assert _gone(child)


def test_a_port_in_use_is_not_taken() -> None:
    taken = free_port(0)
    with processes.socket.create_server(("127.0.0.1", taken)):
        assert free_port(taken) != taken
