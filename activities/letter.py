"""Letters: one PDF per letter in an outbox folder, from which a printer or a print house takes them.

A file is complete or absent (written aside, then moved under its name), and its name is the reference with a mark
of the address: the same letter twice is one file, and the same reference for somebody else is another. A line of
`index.jsonl` per letter names reference and file and says nothing of the person. `activities/letter_page.py` draws
the page; there are no postcards, and nothing but addresses shows through the window of the envelope
(15 U.S.C. 1692f(7) and (8)).
"""

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, TextIO

from pydantic import Field

from activities.channel import (
    Accepted,
    Busy,
    ChannelAdapter,
    FindOutcome,
    NotFound,
    OutboundMessage,
    Refused,
    SendOutcome,
    Unknown,
)
from activities.letter_page import draw_letter, parted
from activities.wire import SETUP_RETRY_SECONDS
from config.sections import ChannelSettings, read_section
from config.settings import Settings
from domain.vocabulary import Channel

CHANNEL = Channel.LETTER
INDEX = "index.jsonl"
NO_ADDRESS = Refused(code="no_postal_address", why="the letter has no address for the envelope", address_dead=True)


class LetterSettings(ChannelSettings):
    """The channel is on once there is a folder to put letters into."""

    SWITCH: ClassVar[str] = "outbox_dir"

    outbox_dir: Path | None = Field(
        None, description="Folder that letters are put into as PDF files, for the printer; empty: no letters."
    )


SETTINGS = LetterSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterOutbox:
    """A folder as a channel; an address is the lines of a postal address. Safe for many threads and processes."""

    folder: Path

    @property
    def provider(self) -> str:
        """The provider's name as it is recorded with a touch."""
        return "outbox"

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Put one letter into the folder; one that lies there already stays as it is."""
        letter = parted(message.subject, message.body)
        lines = [line.strip() for line in message.to.splitlines() if line.strip()]
        if letter is None or not lines or not set(lines) <= set(letter.recipient):
            return NO_ADDRESS
        name = file_name(message.to, message.reference)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._put(
                name,
                message.reference,
                lambda: draw_letter(letter, locale=message.locale, reference=message.reference),
            )
        except OSError as error:
            why = f"the folder of letters cannot be written ({error.strerror}): nothing was sent"
            return Busy(retry_after_seconds=SETUP_RETRY_SECONDS, why=why)
        return Accepted(provider_id=name, status="put out")

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """The letter of that reference and address, whenever it was put out."""
        name = file_name(to, reference)
        try:
            lies_there = (self.folder / name).exists()
        except OSError as error:
            return Unknown(why=f"the folder of letters cannot be read ({error.strerror})")
        return Accepted(provider_id=name, status="put out") if lies_there else NotFound()

    def _put(self, name: str, reference: str, draw: Callable[[], bytes]) -> None:
        """Under its name at once and whole, with its line in the index; whoever comes second changes nothing."""
        with (self.folder / INDEX).open("a+", encoding="utf-8") as index:
            fcntl.flock(index, fcntl.LOCK_EX)
            known = (self.folder / name).exists()
            if not known:
                self._write(name, draw())
            if not known or not _is_listed(index, name):  # a crash may have come between the file and its line
                digest = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
                line = {"reference": reference, "file": name, "sha256": digest}
                index.write(json.dumps(line, separators=(",", ":")) + "\n")

    def put_out(self, name: str, reference: str, content: bytes) -> None:
        """Put a finished letter out under its name. Raises OSError.

        Another one under that name gives way: it was written by an attempt that did not come on record.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / INDEX).open("a+", encoding="utf-8") as index:
            fcntl.flock(index, fcntl.LOCK_EX)
            path, digest = self.folder / name, hashlib.sha256(content).hexdigest()
            if not path.exists() or path.read_bytes() != content:
                self._write(name, content)
            if not _is_listed(index, name, digest):
                line = {"reference": reference, "file": name, "sha256": digest}
                index.write(json.dumps(line, separators=(",", ":")) + "\n")

    def _write(self, name: str, content: bytes) -> None:
        handle, aside = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, self.folder / name)
        except OSError:
            Path(aside).unlink(missing_ok=True)
            raise


def _is_listed(index: TextIO, name: str, digest: str = "") -> bool:
    """Whether the index has a line of that file, and of that very content when its hash is given."""
    index.seek(0)
    return any(f'"file":"{name}"' in line and digest in line for line in index)


def file_name(to: str, reference: str) -> str:
    """The file of one letter. References are unique per person only, so a mark of the address goes with it."""
    lines = "\n".join(line.strip() for line in to.splitlines() if line.strip())
    return f"{reference}-{hashlib.sha256(f'{reference}|{lines}'.encode()).hexdigest()[:8]}.pdf"


def create(settings: Settings) -> ChannelAdapter | None:
    """The channel as the settings describe it; None without a folder."""
    own = read_section(settings, CHANNEL, LetterSettings)
    return LetterOutbox(folder=own.outbox_dir) if own is not None and own.outbox_dir is not None else None
