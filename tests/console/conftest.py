"""Running a command in this process, on a fresh case database and with no Temporal server unless a test has one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from starter import main


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; the environment of this process is the command's."""
    monkeypatch.setenv("AMICABLE_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> Ran:
        code = main(list(arguments))
        written = capsys.readouterr()
        return Ran(code, written.out, written.err)

    return command
