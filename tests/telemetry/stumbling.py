"""A workflow whose first task and first activity fail, so that the numbers of failures are there to be looked at."""

import uuid
from contextlib import suppress
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

_FELL: set[str] = set()


@activity.defn
async def stumble() -> None:
    """Fails once."""
    if activity.info().attempt == 1:
        raise ApplicationError("once")


@workflow.defn
class Stumbling:
    """Its first task fails, and its activity's first attempt."""

    @workflow.run
    async def run(self, name: str) -> None:
        """Stumble, and get up."""
        if name not in _FELL:
            _FELL.add(name)
            raise RuntimeError("the first task of this workflow fails")
        await workflow.execute_activity(
            stumble,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=2),
        )


async def stumble_once(client: Client) -> None:
    """Run it on a queue of its own, and ask for a workflow that nobody knows."""
    with suppress(RPCError):
        await client.get_workflow_handle("nobody").signal("fact")
    name = uuid.uuid4().hex
    async with Worker(
        client,
        task_queue=name,
        workflows=[Stumbling],
        activities=[stumble],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        await client.execute_workflow(
            Stumbling.run, name, id=name, task_queue=name, execution_timeout=timedelta(minutes=5)
        )
