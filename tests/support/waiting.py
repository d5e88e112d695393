"""What a test waits for on a real server: a task that nobody takes, and one whose worker died or failed."""

from temporalio.client import Client

from activities.backlog import Backlog
from tests.support.sweeping import until

FRESH_ANSWERS = ("--dynamic-config-value", 'matching.TaskQueueInfoByBuildIdTTL="1ms"')
"""Else the server says for five seconds what it said before."""
MISSED_SOON = ("--dynamic-config-value", 'history.defaultWorkflowTaskTimeout="2s"')
"""Else it waits ten seconds for a worker that was killed, or that says no more of a task that failed twice."""


async def until_behind(client: Client, task_queue: str, *, seconds: float = 0.5) -> None:
    """Wait until a task has waited so long, by the server's own word."""
    watching = Backlog(client, task_queue, most_seconds=seconds)

    async def is_behind() -> bool:
        return not await watching.has_room(0)

    await until(is_behind)
