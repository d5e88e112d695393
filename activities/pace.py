"""A pace: so many turns a second, evenly, so that a backlog does not become a wall."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pace:
    """Turns of one task; the first one comes at once."""

    per_second: float
    _next_at: float = field(default=0.0, init=False)

    async def turn(self) -> None:
        """Wait for the next turn. Time that nobody used is not saved up."""
        now = asyncio.get_running_loop().time()
        wait = self._next_at - now
        self._next_at = max(now, self._next_at) + 1 / self.per_second
        if wait > 0:
            await asyncio.sleep(wait)
