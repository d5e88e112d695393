"""What a worker says about each activity while it runs: its ids beside every line of the log."""

from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from telemetry.correlation import about, ids_of_request


class Correlated(Interceptor):
    """Ties the lines that an activity logs to its case, touch and workflow."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """See the base class."""
        return _About(next)


class _About(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        ids = ids_of_request(input.args[0]) if input.args else {}
        with about(workflow_id=info.workflow_id, activity=info.activity_type, **ids):
            return await super().execute_activity(input)
