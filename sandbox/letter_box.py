"""The post: takes new letters out of an outbox folder and lays them before whoever lives at the address.

A letter is dated by its reader's clock when it is taken. Its window field says who that is: the sender in one line,
then the name, then the lines of the address.
"""

import threading
from pathlib import Path

from sandbox.network import Network
from sandbox.pdf_text import Placed, read_texts

MILLIMETRE = 72 / 25.4
PAGE_HEIGHT = 297 * MILLIMETRE
WINDOW = (45 * MILLIMETRE, 90 * MILLIMETRE)


class LetterBox:
    """One outbox folder; without one nothing is ever taken."""

    def __init__(self, network: Network, folder: Path | None) -> None:
        self._network = network
        self._folder = folder
        self._lock = threading.Lock()
        self._taken: set[str] = set()

    def collect(self) -> None:
        """Take every letter that was not taken yet; one that was forgotten with the record does not come again."""
        if self._folder is None:
            return
        with self._lock:
            for path in sorted(self._folder.glob("*.pdf")):
                if path.name not in self._taken:
                    self._taken.add(path.name)
                    self._take(path)

    def _take(self, path: Path) -> None:
        texts = read_texts(path.read_bytes())
        window = [each.text for each in texts if _is_in_window(each)]
        rest = [each.text for each in texts if not _is_in_window(each)]
        self._network.accept(
            message_id=path.name,
            channel="letter",
            to="\n".join(window[2:]),
            sender=window[0] if window else "",
            subject=rest[0] if rest else "",
            body="\n".join(rest[1:]),
            status="posted",
        )


def _is_in_window(placed: Placed) -> bool:
    top = PAGE_HEIGHT - placed.y
    return WINDOW[0] <= top <= WINDOW[1]
