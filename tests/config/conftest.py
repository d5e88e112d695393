"""What the tests of config share: an environment without our variables, and a way to change a shipped file."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from config.settings import Settings, load_settings

CONFIG = Path(__file__).parents[2] / "config"
SANDBOX_URLS = {"twilio_base_url": "http://127.0.0.1:8025", "sendgrid_base_url": "http://127.0.0.1:8025"}


def line_of(text: str, file: Path) -> int:
    """The number of the first line that holds the text."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AMICABLE_", "TEMPORAL_")):
            monkeypatch.delenv(name)


@pytest.fixture
def settings() -> Settings:
    return load_settings(None, **SANDBOX_URLS)


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """Copy a shipped file into a directory of its own with one text replaced; returns the directory."""

    def change(file: str, old: str, new: str) -> Path:
        source = CONFIG / file
        text = source.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{file} has no {old!r}"
        directory = tmp_path / "rules"
        directory.mkdir(exist_ok=True)
        (directory / source.name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return directory

    return change
