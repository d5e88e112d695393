"""Carries webhooks to the customer in the background, as providers do: late, in order per message, at least once."""

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

log = logging.getLogger(__name__)

Step = Callable[[], httpx.Request | None]
"""Changes the record, then names the post that reports the change, if anyone is to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmanCount:
    """How the posts of one sandbox have fared; `waiting` counts messages whose steps are not all taken."""

    waiting: int
    delivered: int
    failed: int


class Postman:
    """A few threads that take the steps of each message in order.

    A post that fails is tried three times, then counted as failed: a customer who is down loses webhooks, and the
    sandbox goes on. When `capacity` messages wait, the next sender waits too.
    """

    def __init__(
        self,
        *,
        threads: int = 4,
        capacity: int = 10_000,
        timeout_seconds: float = 5.0,
        attempts: int = 3,
        pause_seconds: float = 0.2,
    ) -> None:
        self._queue: queue.Queue[tuple[str, Sequence[Step]] | None] = queue.Queue(maxsize=capacity)
        self._client = httpx.Client(timeout=timeout_seconds, trust_env=False)
        self._attempts = attempts
        self._pause_seconds = pause_seconds
        self._stopping = threading.Event()
        self._idle = threading.Condition()
        self._waiting = self._delivered = self._failed = 0
        self._waiting_for: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._work, name=f"postman-{n}", daemon=True) for n in range(threads)]

    def start(self) -> None:
        """Begin to carry; steps submitted earlier were waiting."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop after the steps at hand; what still waits is dropped."""
        self._stopping.set()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=10)
        self._client.close()

    def submit(self, steps: Sequence[Step], *, about: str | None = None) -> None:
        """Hand over the steps of one message to somebody."""
        with self._idle:
            self._waiting += 1
            self._waiting_for[about or ""] += 1
        self._queue.put((about or "", steps))

    def count(self) -> PostmanCount:
        """The tallies at this moment."""
        with self._idle:
            return PostmanCount(waiting=self._waiting, delivered=self._delivered, failed=self._failed)

    def wait_idle(self, timeout_seconds: float, *, about: str | None = None) -> bool:
        """Wait until nothing waits, or nothing about one borrower; false when the time ran out."""

        def idle() -> bool:
            return (self._waiting_for[about] if about else self._waiting) == 0

        with self._idle:
            return self._idle.wait_for(idle, timeout=timeout_seconds)

    def _work(self) -> None:
        while (taken := self._queue.get()) is not None:
            about, steps = taken
            for step in steps:
                if self._stopping.is_set():
                    break
                request = step()
                if request is not None:
                    self._post(request)
            with self._idle:
                self._waiting -= 1
                self._waiting_for[about] -= 1
                self._idle.notify_all()

    def _post(self, request: httpx.Request) -> None:
        for attempt in range(self._attempts):
            if self._is_taken(request):
                with self._idle:
                    self._delivered += 1
                return
            if self._stopping.wait(self._pause_seconds * 2**attempt):
                break
        with self._idle:
            self._failed += 1

    def _is_taken(self, request: httpx.Request) -> bool:
        try:
            return self._client.send(request).is_success
        except httpx.HTTPError as error:
            log.debug("a webhook did not get through: %s", type(error).__name__)
            return False
