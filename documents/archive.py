"""ZIP archives of which every byte follows from their files: the same files are the same archive, wherever made.

Nothing is compressed, because compressed bytes differ between versions of the library. Names, order and times are
settled, so an archive can be proved by making it again: a byte that anybody changed is one that we did not write.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from domain.errors import InvalidInput

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time that every file in an archive has; when it was made stands in its manifest."""
MODE = 0o100600 << 16
"""A plain file that only its owner reads: there are names and addresses in it."""
_UNREADABLE = (
    zipfile.BadZipFile,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    IndexError,
    OverflowError,
)
"""All that `zipfile` raises for bytes that are no archive."""


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """One file by its name in the archive."""

    name: str
    content: bytes


def write_archive(files: Sequence[ArchivedFile]) -> bytes:
    """The archive of these files in this order."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for file in files:
            info = zipfile.ZipInfo(file.name, EPOCH)
            info.create_system = 3
            info.external_attr = MODE
            archive.writestr(info, file.content)
    return written.getvalue()


def read_archive(content: bytes) -> list[ArchivedFile]:
    """Every file in order. Raises InvalidInput for what is no archive of ours, and names the file that cannot be read.

    Only plain files are read: what was compressed or encrypted was not written here, and may be larger than it looks.
    """
    try:
        archive = zipfile.ZipFile(BytesIO(content))
    except _UNREADABLE:
        raise InvalidInput("the archive cannot be read: it is cut short, or no archive") from None
    files = []
    for info in archive.infolist():
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 or info.file_size > len(content):
            raise InvalidInput(f"{info.filename!r} is not stored as it was written")
        try:
            files.append(ArchivedFile(info.filename, archive.read(info)))
        except _UNREADABLE:
            raise InvalidInput(f"{info.filename!r} cannot be read: it is not as it was written") from None
    return files
