"""The virtual clocks of the cases, each its workflow's own."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.testing import TimeSkipper

from workflows.messages import collection_workflow_id


@dataclass(slots=True)
class CaseClocks:
    """Moves clocks forward, never back.

    A virtual clock goes on ticking after a jump. What it shows at least is known without asking the server: where it
    was put, and the time since. A jump counted from there lands a few milliseconds late, never early.
    """

    client: Client
    _skipper: TimeSkipper = field(init=False)
    _put: dict[str, tuple[datetime, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """No workflow is started through this skipper, so nothing ever skips by itself."""
        self._skipper = TimeSkipper(self.client)

    def shows(self, account_id: str) -> datetime:
        """What the case's clock shows at least."""
        if account_id not in self._put:
            return datetime.now(UTC)
        instant, since = self._put[account_id]
        return instant + timedelta(seconds=time.monotonic() - since)

    async def advance(self, account_id: str, to: datetime) -> None:
        """Put the clock of an open case to an instant, unless it is there already."""
        distance = to - self.shows(account_id)
        if distance <= timedelta(0):
            return
        handle = self.client.get_workflow_handle(collection_workflow_id(account_id))
        await self._skipper.fast_forward(handle, distance)
        self._put[account_id] = (to, time.monotonic())
