"""The virtual clocks of the cases, each its workflow's own."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio.client import Client
from temporalio.testing import TimeSkipper

from rehearsal.processes import RehearsalFailed
from workflows.messages import collection_workflow_id

SHORT_OF_A_STEP = timedelta(milliseconds=150)
SLOWNESS_ALLOWED = 8
"""A jump to a step ends so long before it, and as many times longer as the server took to tell the time.

A jump must not pass a timer: when its end falls into the moment in which the case acts, the server (1.32) goes on to
the next timer, and the case runs away. The last bit passes by itself.
"""
RAN_AWAY = timedelta(hours=1)
"""A clock that is so far ahead was not put there by us."""


@dataclass(slots=True)
class CaseClocks:
    """Moves clocks forward, never back."""

    client: Client
    _skipper: TimeSkipper = field(init=False)

    def __post_init__(self) -> None:
        """No workflow is started through this skipper, so nothing ever skips by itself."""
        self._skipper = TimeSkipper(self.client)

    async def advance(self, account_id: str, to: datetime) -> None:
        """Put the clock of an open case to an instant before its next step. Raises RehearsalFailed."""
        await self._jump(account_id, to, timedelta(0))

    async def approach(self, account_id: str, step_at: datetime) -> None:
        """Put the clock of an open case just before its step, which then comes by itself. Raises RehearsalFailed."""
        await self._jump(account_id, step_at, SHORT_OF_A_STEP)

    async def _jump(self, account_id: str, to: datetime, short: timedelta) -> None:
        handle = self.client.get_workflow_handle(collection_workflow_id(account_id))
        asked = time.monotonic()
        distance = to - await self._skipper.get_current_time(handle)
        if distance < -RAN_AWAY:
            raise RehearsalFailed(
                f"account {account_id}: its virtual clock ran {-distance} ahead of {to.isoformat()}; "
                "this machine was too slow for a moment: please run the rehearsal again"
            )
        if short:
            distance -= short + SLOWNESS_ALLOWED * timedelta(seconds=time.monotonic() - asked)
        if distance > timedelta(0):
            await self._skipper.fast_forward(handle, distance)
