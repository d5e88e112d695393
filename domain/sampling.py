"""A sample of fixed size over any number of ids: the same ids always give the same sample, in flat memory."""

import hashlib
import heapq
from dataclasses import dataclass, field


def stable_share(text: str) -> int:
    """A number of 64 bits that looks like chance and is always the same for the text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def stable_fraction(text: str) -> float:
    """The same as a fraction from 0 to under 1."""
    return (stable_share(text) >> 11) / 2**53


@dataclass(slots=True)
class StableSample:
    """Keeps the ids whose share is smallest, which is as good as drawing them, and where in the row they came."""

    size: int
    seen: int = 0
    _heap: list[tuple[int, str, int]] = field(default_factory=list)

    def add(self, each: str) -> None:
        """One id more."""
        entry = (-stable_share(each), each, self.seen)
        self.seen += 1
        if len(self._heap) < self.size:
            heapq.heappush(self._heap, entry)
        elif self.size and entry > self._heap[0]:
            heapq.heapreplace(self._heap, entry)

    @property
    def ids(self) -> list[str]:
        """Those that are in it, in order."""
        return sorted(each for _, each, _ in self._heap)

    @property
    def places(self) -> dict[str, int]:
        """How many ids came before each of those that are in it."""
        return {each: place for _, each, place in self._heap}
