"""A workflow that does something at once after a signal, and the same again an hour later."""

import uuid
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from telemetry import tracing


@activity.defn
async def look_up() -> None:
    """Does nothing that anybody could see but its span."""


@workflow.defn
class Sleeping:
    """Waits for a signal, acts, sleeps, and acts again."""

    def __init__(self) -> None:
        self._heard = False

    @workflow.run
    async def run(self) -> None:
        """Act twice."""
        await workflow.wait_condition(lambda: self._heard)
        for pause in (timedelta(0), timedelta(hours=1)):
            await workflow.sleep(pause)
            await workflow.execute_activity(look_up, start_to_close_timeout=timedelta(seconds=10))

    @workflow.signal
    def hear(self) -> None:
        """Something happened."""
        self._heard = True


async def sleep_after_a_signal(client: Client) -> None:
    """Start it in one trace, signal it in another, and let the hour pass."""
    name = uuid.uuid4().hex
    async with Worker(client, task_queue=name, workflows=[Sleeping], activities=[look_up]):
        with tracing.span("somebody starts a sleeper", apart=True):
            handle = await client.start_workflow(
                Sleeping.run, id=name, task_queue=name, execution_timeout=timedelta(days=1)
            )
        with tracing.span("somebody wakes it", apart=True):
            await handle.signal(Sleeping.hear)
        await handle.result()
