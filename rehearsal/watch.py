"""One watcher of the case database for everybody who waits for a case: one query, however many wait."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Engine

from casedb.standing import CaseStanding, read_standings
from rehearsal.processes import RehearsalFailed

LOOK_EVERY_SECONDS = 0.02
PATIENCE_SECONDS = 60.0

Holds = Callable[[CaseStanding], bool]


@dataclass(slots=True)
class CaseWatch:
    """Where every case of a campaign stands, kept fresh while somebody waits."""

    engine: Engine
    campaign_id: str
    patience_seconds: float = PATIENCE_SECONDS
    by_account: dict[str, CaseStanding] = field(default_factory=dict)
    _waiting: dict[asyncio.Future[CaseStanding], tuple[str, Holds]] = field(default_factory=dict)
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._wanted.wait()
            await self.look()
            for future, (account_id, holds) in list(self._waiting.items()):
                standing = self.by_account.get(account_id)
                if standing is not None and not future.done() and holds(standing):
                    future.set_result(standing)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def look(self) -> None:
        """Read once, now."""
        found = await asyncio.to_thread(read_standings, self.engine, self.campaign_id)
        self.by_account = {standing.account_id: standing for standing in found}

    async def until(self, account_id: str, holds: Holds, awaited: str) -> CaseStanding:
        """The case once a claim about it holds. Raises RehearsalFailed, naming the case, when patience ends."""
        future: asyncio.Future[CaseStanding] = asyncio.get_running_loop().create_future()
        self._waiting[future] = (account_id, holds)
        self._wanted.set()
        try:
            async with asyncio.timeout(self.patience_seconds):
                return await future
        except TimeoutError:
            raise RehearsalFailed(self._complaint(account_id, awaited)) from None
        finally:
            del self._waiting[future]
            if not self._waiting:
                self._wanted.clear()

    def _complaint(self, account_id: str, awaited: str) -> str:
        standing = self.by_account.get(account_id)
        stands = "it has no case" if standing is None else f"it stands at {standing}"
        return f"account {account_id}: {awaited} did not come within {self.patience_seconds:g} s; {stands}"
