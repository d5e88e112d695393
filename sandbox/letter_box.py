"""The post: takes new letters out of an outbox folder and lays them before whoever lives at the address.

A letter is dated by its reader's clock when it is taken. Its window field says who that is: the sender in one line,
then the name, then the lines of the address.
"""

import threading
from itertools import pairwise
from pathlib import Path

from sandbox.network import Network
from sandbox.pdf_text import Placed, read_texts

MILLIMETRE = 72 / 25.4
PAGE_HEIGHT = 297 * MILLIMETRE
LINE_HEIGHT = 6 * MILLIMETRE
NOTHING = Placed(x=0, y=0, text="")
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
        subject, *rest = [each for each in texts if not _is_in_window(each)] or [NOTHING]
        self._network.accept(
            message_id=path.name,
            channel="letter",
            to="\n".join(window[2:]),
            sender=window[0] if window else "",
            subject=subject.text,
            body="".join(_with_gap(above, line) for above, line in pairwise((subject, *rest))).strip(),
            status="posted",
        )


def _with_gap(above: Placed, line: Placed) -> str:
    """A line of the letter, after an empty one where the paper has a gap."""
    gap = above.y - line.y
    return f"\n\n{line.text}" if gap > LINE_HEIGHT else f"\n{line.text}"


def _is_in_window(placed: Placed) -> bool:
    top = PAGE_HEIGHT - placed.y
    return WINDOW[0] <= top <= WINDOW[1]
