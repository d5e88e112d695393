"""A queue on which a task waits that nobody takes, on a real server."""

from temporalio.client import Client

from activities.backlog import Backlog
from tests.support.sweeping import until

FRESH_ANSWERS = ("--dynamic-config-value", 'matching.TaskQueueInfoByBuildIdTTL="1ms"')
"""Else the server says for five seconds what it said before."""


async def until_behind(client: Client, task_queue: str, *, seconds: float = 0.5) -> None:
    """Wait until a task has waited so long, by the server's own word."""
    watching = Backlog(client, task_queue, most_seconds=seconds)

    async def is_behind() -> bool:
        return not await watching.has_room(0)

    await until(is_behind)
