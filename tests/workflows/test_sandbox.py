"""The workflow sandbox and the core: zone arithmetic works through `domain.calendar`, passed through."""

from datetime import UTC, date, datetime, timedelta

from temporalio import workflow
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from bench.servers import time_skipping_server

with workflow.unsafe.imports_passed_through():
    from domain.calendar import days_past_due, local_date

OPENED_AT = datetime(2026, 3, 8, 4, 30, tzinfo=UTC)
"""Half an hour before midnight in New York, in the night the clock goes forward."""


@workflow.defn(name="LocalDates", sandboxed=True)
class LocalDates:
    """Reads the local date of its own clock."""

    @workflow.run
    async def run(self, zone_name: str) -> list[str]:
        """The local date now and in UTC, and days past due of a fixed date."""
        now = workflow.now()
        known = local_date(OPENED_AT, zone_name)
        on = local_date(now, zone_name)
        return [known.isoformat(), str(days_past_due(known, now, zone_name) == max(0, (on - known).days))]


async def test_a_workflow_may_ask_the_calendar_inside_the_sandbox() -> None:
    # `workflow.now().astimezone(ZoneInfo(...))` in a workflow file raises "tzinfo argument must be None or of a tzinfo
    # subclass, not type '_RestrictedProxy'"; the task is tried for ever and the caller hangs.
    async with (
        time_skipping_server() as env,
        Worker(
            env.client,
            task_queue="zones",
            workflows=[LocalDates],
            workflow_runner=SandboxedWorkflowRunner(),
            workflow_failure_exception_types=[Exception],
        ),
    ):
        answer = await env.client.execute_workflow(
            "LocalDates",
            "America/New_York",
            id="zones",
            task_queue="zones",
            result_type=list[str],
            execution_timeout=timedelta(seconds=20),
        )
    assert answer == [date(2026, 3, 7).isoformat(), "True"]
