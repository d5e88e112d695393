"""The virtual clocks of the cases, each its workflow's own."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio.client import Client
from temporalio.testing import TimeSkipper

from rehearsal.processes import RehearsalFailed
from workflows.messages import collection_workflow_id

SHORT_OF_A_STEP = timedelta(milliseconds=500)
"""How long before a step a jump ends. A jump must not pass a timer: when its end falls into the moment in which the
case acts, the server (1.32) goes on to the next timer, and the case runs away. The last bit passes by itself."""
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
        """Put the clock of an open case to an instant, unless it is there already. Raises RehearsalFailed."""
        handle = self.client.get_workflow_handle(collection_workflow_id(account_id))
        distance = to - await self._skipper.get_current_time(handle)
        if distance < -RAN_AWAY:
            raise RehearsalFailed(
                f"account {account_id}: its virtual clock ran {-distance} ahead of {to.isoformat()}; "
                "this machine was too slow for a moment: please run the rehearsal again"
            )
        if distance > timedelta(0):
            await self._skipper.fast_forward(handle, distance)
