"""The end of a process: with its code, whatever the SDK's threads still do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from casedb.migrate import upgrade
from config.leaving import leave
from tests.config.conftest import SANDBOX_URLS

ROOT = Path(__file__).parents[2]
NOBODY = "127.0.0.1:9"


def test_a_process_that_spoke_to_temporal_ends_without_being_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr("config.leaving.os._exit", ended.append)
    monkeypatch.setattr("config.leaving.atexit._run_exitfuncs", lambda: ended.append(-1))
    monkeypatch.setitem(sys.modules, "temporalio.bridge.temporal_sdk_bridge", sys)
    leave(2)
    assert ended == [-1, 2], "what others registered happens first"
    monkeypatch.delitem(sys.modules, "temporalio.bridge.temporal_sdk_bridge")
    with pytest.raises(SystemExit) as left:
        leave(2)
    assert left.value.code == 2


def test_a_worker_without_a_server_says_so_in_one_line_and_ends_with_its_code(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cases.db"
    upgrade(url)
    ours = {f"AMICABLE_{name.upper()}": value for name, value in (SANDBOX_URLS | {"database_url": url}).items()}
    ran = subprocess.run(
        [sys.executable, "worker.py"],
        cwd=ROOT,
        env=os.environ | ours | {"TEMPORAL_ADDRESS": NOBODY},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"no Temporal server at {NOBODY} (connection refused)")
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize("entry", ["starter.py", "worker.py", "web/__main__.py"])
def test_every_process_that_speaks_to_temporal_leaves_so(entry: str) -> None:
    assert (ROOT / entry).read_text().endswith('if __name__ == "__main__":\n    leave(main())\n')
