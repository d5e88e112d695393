"""Traces through Temporal: the SDK's own plugin, and of which trace a long case's deeds are.

The SDK lets everything that a workflow does be part of the trace that started it. A case sleeps for months, and what it
does at once after a fact belongs to that fact: the payment, and the end that came of it. So for a few minutes of the
workflow's own time after a signal or an update, its activities go on from there; after that they are the case's again.

A replay makes the same spans with the same ids and exports none of them; headers are no part of what a replay compares.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NoReturn

import opentelemetry.context
from opentelemetry.context import Context
from temporalio import workflow
from temporalio.contrib.opentelemetry import OpenTelemetryInterceptor
from temporalio.plugin import SimplePlugin
from temporalio.worker import (
    ContinueAsNewInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

AT_ONCE = timedelta(minutes=10)
"""How long a fact is why a case does something; longer than the retries of one plan usually take."""


def tracing_plugin() -> SimplePlugin:
    """For a client, and so for each worker and each start through it."""
    return SimplePlugin(
        "amicable-tracing",
        interceptors=[OpenTelemetryInterceptor(add_temporal_spans=True), _Causes()],
        workflow_runner=_with_opentelemetry,
    )


def _with_opentelemetry(runner: WorkflowRunner | None) -> WorkflowRunner:
    """The sandbox must not import OpenTelemetry anew for every run, nor another copy of what is open."""
    assert runner is not None, "a worker has a runner"
    if not isinstance(runner, SandboxedWorkflowRunner):
        return runner
    return replace(runner, restrictions=runner.restrictions.with_passthrough_modules("opentelemetry", "telemetry"))


@dataclass(slots=True)
class _Cause:
    """The last fact that a run heard, as a place in a trace."""

    context: Context | None = None
    at: datetime | None = None

    def is_now(self) -> None:
        """What is open here is why the run does what it does next."""
        self.context, self.at = opentelemetry.context.get_current(), workflow.now()

    def current(self) -> Context | None:
        """The context to go on from; None when that is the run's own."""
        if self.context is None or self.at is None or workflow.now() - self.at > AT_ONCE:
            return None
        return self.context


class _Causes(Interceptor):
    """Stands behind the SDK's interceptor, so that the spans of handlers are open when a fact comes in."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """See the base class."""
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        self._cause = _Cause()
        super().init(_Outbound(outbound, self._cause))

    async def handle_signal(self, input: HandleSignalInput) -> None:
        self._cause.is_now()
        await super().handle_signal(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        self._cause.is_now()
        return await super().handle_update_handler(input)


class _Outbound(WorkflowOutboundInterceptor):
    def __init__(self, next: WorkflowOutboundInterceptor, cause: _Cause) -> None:
        super().__init__(next)
        self._cause = cause

    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        token = self._attach()
        try:
            return super().start_activity(input)
        finally:
            _detach(token)

    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:
        token = self._attach()
        try:
            return super().start_local_activity(input)
        finally:
            _detach(token)

    def continue_as_new(self, input: ContinueAsNewInput) -> NoReturn:
        token = self._attach()
        try:
            super().continue_as_new(input)
        finally:
            _detach(token)

    def _attach(self) -> Any:
        context = self._cause.current()
        return None if context is None else opentelemetry.context.attach(context)


def _detach(token: Any) -> None:
    if token is not None:
        opentelemetry.context.detach(token)
