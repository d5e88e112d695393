"""An interceptor that has the server miss a dead worker's activities within seconds, where production waits a minute.

It is imported by workers in processes of their own, and inside of the sandbox of their workflows.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio.worker import (
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

MISSED_AFTER = timedelta(seconds=2)


class Impatient(Interceptor):
    """Shortens every heartbeat timeout that a workflow asks for."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """See the base class."""
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        self.next.init(_Outbound(outbound))


class _Outbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        if input.heartbeat_timeout is None:
            return self.next.start_activity(input)
        return self.next.start_activity(replace(input, heartbeat_timeout=MISSED_AFTER))
