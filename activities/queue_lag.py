"""How long the oldest task of a queue has waited, by the server's own word: also while no worker takes any."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue, TaskQueueStats
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from config.queues import provider_queues
from domain.vocabulary import Channel
from telemetry import metrics

WORKFLOW, ACTIVITY = "workflow", "activity"
ANSWER_TIMEOUT = timedelta(seconds=5)
_TYPES = {
    WORKFLOW: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    ACTIVITY: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}


async def stats_of(client: Client, queue: str, kind: str) -> TaskQueueStats | None:
    """What waits on a queue; None when the server's answer has no numbers. Raises RPCError when there is no answer."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=_TYPES[kind],
        report_stats=True,
    )
    told = await client.workflow_service.describe_task_queue(request, timeout=ANSWER_TIMEOUT)
    return told.stats if told.HasField("stats") else None


def age_of(stats: TaskQueueStats) -> float:
    """How many seconds the oldest task has waited."""
    return stats.approximate_backlog_age.ToTimedelta().total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLags:
    """The queue of everything, and one for each provider with a rate of its own."""

    client: Client
    task_queue: str
    rates: Mapping[Channel, float]

    @property
    def queues(self) -> list[tuple[str, str]]:
        """Each queue, and which kind of task waits on it."""
        of_providers = provider_queues(self.task_queue, self.rates).values()
        return [(self.task_queue, WORKFLOW), (self.task_queue, ACTIVITY), *((each, ACTIVITY) for each in of_providers)]

    async def say(self) -> None:
        """Put the gauge of each; what the server cannot say stays as it is."""
        for queue, kind in self.queues:
            try:
                stats = await stats_of(self.client, queue, kind)
            except RPCError:
                return
            if stats is not None:
                metrics.put(metrics.QUEUE_AGE, int(age_of(stats)), queue=queue, kind=kind)
