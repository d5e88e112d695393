"""Replay of histories under today's code: the one factory of the replayer, shared with the tests.

A replay runs nothing: it feeds the recorded answers to the workflow and compares the commands. Histories are replayed
one after the other as they come, so that memory does not grow with their number.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig
from temporalio.worker import Replayer, WorkflowReplayResult

from config.payloads import DATA_CONVERTER
from config.workflow_runner import runner_for
from console.differing import Difference, difference_of
from domain.errors import InvalidInput
from workflows.registry import WORKFLOWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What today's code makes of one history."""

    workflow_id: str
    run_id: str
    workflow_type: str
    events: int
    difference: Difference | None
    """None: it goes on under today's code."""

    @property
    def breaks(self) -> bool:
        """Whether the workflow would stand still after a deployment."""
        return self.difference is not None


def replayer(*, runtime: Runtime | None = None, converter: DataConverter = DATA_CONVERTER) -> Replayer:
    """A replayer of every workflow; encrypted histories need the converter with their keys."""
    return Replayer(
        workflows=WORKFLOWS, data_converter=converter, runtime=runtime, workflow_runner=runner_for(converter)
    )


async def replayed(
    histories: AsyncIterator[WorkflowHistory], converter: DataConverter = DATA_CONVERTER
) -> AsyncIterator[Replayed]:
    """Each history with what became of it, in their order. Raises InvalidInput for what is no whole history.

    The SDK's own words about failures are not written anywhere: it would write them into our output.
    """
    runtime = Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter="OFF")))
    quiet = replayer(runtime=runtime, converter=converter)
    logger, level = logging.getLogger("temporalio"), logging.getLogger("temporalio").level
    logger.setLevel(logging.CRITICAL)
    try:
        async with quiet.workflow_replay_iterator(_whole(histories, converter)) as results:
            async for result in results:
                yield await _judged(quiet, result, converter)
    finally:
        logger.setLevel(level)


async def _judged(quiet: Replayer, result: WorkflowReplayResult, converter: DataConverter) -> Replayed:
    history, difference = result.history, None
    if result.replay_failure is not None:
        difference = await difference_of(quiet, history, result.replay_failure, converter)
    started = history.events[0].workflow_execution_started_event_attributes
    return Replayed(
        workflow_id=history.workflow_id,
        run_id=history.run_id,
        workflow_type=started.workflow_type.name,
        events=len(history.events),
        difference=difference,
    )


async def _whole(histories: AsyncIterator[WorkflowHistory], converter: DataConverter) -> AsyncIterator[WorkflowHistory]:
    async for history in histories:
        require_beginning(history)
        # Without its key it would look as if the code had changed; this raises ConfigurationError instead.
        await converter.decode(history.events[0].workflow_execution_started_event_attributes.input.payloads)
        yield history


def require_beginning(history: WorkflowHistory) -> None:
    """Raise InvalidInput unless the history begins where a workflow begins: the replayer dies of any other."""
    first = history.events[0] if history.events else None
    began = first is not None and first.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED
    if first is None or not began or not first.workflow_execution_started_event_attributes.original_execution_run_id:
        raise InvalidInput(
            f"{history.workflow_id} is no whole history: it must begin with the start of a workflow and its run id; "
            "case history ACCOUNT --export FILE writes one"
        )
