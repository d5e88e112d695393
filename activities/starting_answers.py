"""Starting the workflow that answers a reply: once for each, however often it is asked for."""

from datetime import datetime

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from workflows import priorities
from workflows.answering import AnswerWorkflow
from workflows.messages import AnswerRequest, answer_workflow_id

ANSWER_SUFFIX = ":answer"
"""What the id of the fact adds to that of the reply."""


async def start_answer(client: Client, task_queue: str, reply_id: str, now: datetime | None = None) -> None:
    """Start it unless it was started before. Raises RPCError when the server does not take it."""
    try:
        await client.start_workflow(
            AnswerWorkflow.run,
            AnswerRequest(reply_id=reply_id, now=now),
            id=answer_workflow_id(reply_id),
            task_queue=task_queue,
            priority=priorities.ANSWERS,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
    except WorkflowAlreadyStartedError:
        return
