"""The directory of a rehearsal: made afresh each time, never at the cost of others' files or of one that runs."""

import fcntl
import shutil
from pathlib import Path
from typing import TextIO

from domain.errors import InvalidInput

MARKER = ".amicable-rehearsal"


def make_afresh(directory: Path) -> tuple[Path, TextIO]:
    """An empty directory with a place for logs, and what keeps it ours until it is closed.

    Raises InvalidInput rather than delete what is not a rehearsal's, or what another one is using.
    """
    directory = directory.resolve()
    if directory.exists():
        _require_ours(directory)
        shutil.rmtree(directory)
    (directory / "logs").mkdir(parents=True)
    mark = (directory / MARKER).open("w", encoding="utf-8")
    fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    mark.write("Made by a rehearsal of Amicable, which deletes it at its next start.\n")
    mark.flush()
    return directory, mark


def _require_ours(directory: Path) -> None:
    if not directory.is_dir():
        raise InvalidInput(f"{directory} is not a directory: name another one for the rehearsal")
    mark = directory / MARKER
    if not mark.is_file():
        if any(directory.iterdir()):
            raise InvalidInput(f"{directory} holds files that are not a rehearsal's: name another directory")
        return
    with mark.open(encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidInput(f"another rehearsal runs in {directory}: stop it, or name another directory") from None
