"""Reading files that somebody sent and writing files that somebody fetches; what cannot be is one sentence."""

import os
from pathlib import Path

from domain.errors import ConfigurationError, InvalidInput

BIGGEST = 64 * 1024 * 1024
"""More than any file of records that a person hands to a command."""


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises InvalidInput when there is none that can be read."""
    try:
        if path.stat().st_size > BIGGEST:
            raise InvalidInput(f"file {path} is larger than {BIGGEST // 1024 // 1024} MB: split it")
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"file {path} cannot be read ({error.strerror}): name one that is there") from None


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by its owner and group alone, as it may name people."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as stream:
            os.fchmod(stream.fileno(), 0o640)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise ConfigurationError(f"file {path} cannot be written ({error.strerror}): name another directory") from None
