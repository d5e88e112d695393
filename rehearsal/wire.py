"""Our web door as a rehearsal serves it: by the clock of whoever posts, and its facts put aside for the conductor.

Who posts says by a header what his clock shows, since what happens in a rehearsal happens at instants that have not
come yet. An answer goes out when everything that follows from the post has happened: then nothing is left to wait for.
"""

import threading
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.clock import wall_clock
from casedb.inbound import Receipt

HIS_CLOCK = b"x-sandbox-now"
_told_at: ContextVar[datetime | None] = ContextVar("_told_at", default=None)


def door_clock() -> datetime:
    """What the clock of whoever posts shows; the wall's outside of a post."""
    return _told_at.get() or wall_clock()


class ByTheirClock:
    """The application around which it stands, at the instant that a post names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer once everything after it is done."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stamp = dict(scope["headers"]).get(HIS_CLOCK)
        mark = _told_at.set(datetime.fromisoformat(stamp.decode()) if stamp else None)
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        try:
            await self._app(scope, receive, keep)
        finally:
            _told_at.reset(mark)
        for message in answer:
            await send(message)


@dataclass(slots=True)
class SetAside:
    """Facts that the door stored and that no case was told of yet. Thread-safe."""

    _receipts: list[Receipt] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def tell(self, receipt: Receipt) -> None:
        """Keep it, in the place of a teller."""
        if receipt.account_ids:
            with self._lock:
                self._receipts.append(receipt)

    def take(self, accounts: Collection[str]) -> list[Receipt]:
        """What is about these accounts, in the order in which it came; it is here no more."""
        with self._lock:
            found = [each for each in self._receipts if not set(accounts).isdisjoint(each.account_ids)]
            self._receipts = [each for each in self._receipts if each not in found]
        return found
