"""The directory of a rehearsal: made afresh each time, and never at the cost of somebody else's files."""

import shutil
from pathlib import Path

from domain.errors import InvalidInput

MARKER = ".amicable-rehearsal"


def make_afresh(directory: Path) -> Path:
    """An empty directory with a place for logs. Raises InvalidInput rather than delete what is not a rehearsal's."""
    directory = directory.resolve()
    if directory.exists():
        if not directory.is_dir():
            raise InvalidInput(f"{directory} is not a directory: name another one for the rehearsal")
        if any(directory.iterdir()) and not (directory / MARKER).is_file():
            raise InvalidInput(f"{directory} holds files that are not a rehearsal's: name another directory")
        shutil.rmtree(directory)
    (directory / "logs").mkdir(parents=True)
    (directory / MARKER).write_text("Made by a rehearsal of Amicable, which deletes it at its next start.\n")
    return directory
