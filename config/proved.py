"""Templates that were proved once are not proved again while nothing that the proof reads has changed.

A proof depends on the templates, on the rule files beside this module, on our own code and on the libraries that
render; one fingerprint stands for them all, and an empty file of that name says that they passed. It saves every
later start most of a second. A directory that cannot be written costs that second and nothing else; deleting it is
always safe. What is sent is looked over again in any case, with its values in it.
"""

import hashlib
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

PROJECT = Path(__file__).parent.parent
DIRECTORY = PROJECT / ".amicable" / "proved"
_KEPT = 20
_LIBRARIES = ("babel", "confusable-homoglyphs", "jinja2", "pydantic")


def fingerprint(files: Mapping[str, str], names: Iterable[str]) -> str:
    """Of these files of a directory of templates, of the templates asked for, and of what proves them."""
    digest = hashlib.sha256(_proving().encode())
    for part in (*sorted(names), *(text for file in sorted(files.items()) for text in file)):
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()


def is_proved(key: str, directory: Path = DIRECTORY) -> bool:
    """Whether a proof of exactly this passed here."""
    return (directory / key).is_file()


def remember(key: str, directory: Path = DIRECTORY) -> None:
    """A proof passed; the oldest are forgotten."""
    with suppress(OSError):
        directory.mkdir(parents=True, exist_ok=True)
        (directory / key).touch()
        passed = sorted(directory.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in passed[_KEPT:]:
            old.unlink(missing_ok=True)


@cache
def _proving() -> str:
    """Of our code, the rule files beside it, and the libraries; read once per process."""
    digest = hashlib.sha256(f"{sys.version}{[version(name) for name in _LIBRARIES]}".encode())
    ours = [
        *(path for package in ("config", "domain") for path in (PROJECT / package).rglob("*.py")),
        *(PROJECT / "config").glob("*.yaml"),
    ]
    for path in sorted(ours):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
