"""Files for people of law on disk: whole or not at all, and readable by their owner only."""

import os
from pathlib import Path


def put_file(directory: Path, name: str, content: bytes) -> Path:
    """The file under its name; one that lies there gives way. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    aside = directory / f".{name}.part"
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    os.replace(aside, path)
    return path
