"""Workflows that run and do not get on: their code fails at every attempt, or nobody has their next step in hand.

Temporal tries a failing workflow task for ever and says nothing to anybody. After some attempts in a row the server
names the problem in the search attribute `TemporalReportedProblems`, and takes it back once an attempt succeeds.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import PendingWorkflowTaskState
from temporalio.api.workflow.v1 import PendingWorkflowTaskInfo
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from activities.running import is_running
from workflows.messages import collection_workflow_id

PROBLEMS = SearchAttributeKey.for_keyword_list("TemporalReportedProblems")
REPORTED = f"{PROBLEMS.name} IS NOT NULL"
"""Part of a query."""
EXPECTED = frozenset({"ProviderBusy", "OutcomeUnknown"})
"""Failures with which a contact is tried again and again within its lawful time."""
FEW_ATTEMPTS = 5
"""With more, a workflow task fails of itself and not of a worker that went away."""
LONGEST_QUEUE = timedelta(hours=24)
"""A task that waits longer for a worker waits for one that does not come."""
_PREFIX = collection_workflow_id("")
_CAUSE = "cause="
_WORDS = {
    "WorkflowTaskFailedCauseNonDeterministicError": "its history does not replay under the code that runs (TMPRL1100)",
    "WorkflowTaskFailedCauseWorkflowWorkerUnhandledFailure": "its code fails at every attempt",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckWorkflow:
    """A workflow of an account that does not get on."""

    account_id: str
    says: str


async def stuck_workflows(client: Client, task_queue: str) -> list[StuckWorkflow] | None:
    """Every one of them; None when the server is too old to know."""
    query = (
        f"WorkflowType = 'CollectionWorkflow' AND ExecutionStatus = 'Running' AND TaskQueue = '{task_queue}' "
        f"AND {REPORTED}"
    )
    found = []
    try:
        async for each in client.list_workflows(query):
            account_id = each.id.removeprefix(_PREFIX)
            found.append(StuckWorkflow(account_id=account_id, says=_says(each.typed_search_attributes.get(PROBLEMS))))
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            return None
        raise
    return found


def not_in_hand(run: WorkflowExecutionDescription | None, now: datetime) -> str:
    """Why nobody takes a step that is long due; empty while a worker has it or is about to, which may take its time.

    Workers that were away over night, or that are behind, find a task for each case; a contact may wait for its
    provider.
    """
    if run is None or not is_running(run):
        return "nothing runs for it"
    raw = run.raw_description
    if raw.HasField("pending_workflow_task"):
        return _task_not_in_hand(raw.pending_workflow_task, now)
    for each in raw.pending_activities:
        failure = each.last_failure.application_failure_info.type
        unexpected = failure and failure not in EXPECTED
        return f"{each.activity_type.name} fails with {failure}" if unexpected else ""
    return "its workflow does not take it"


def _task_not_in_hand(task: PendingWorkflowTaskInfo, now: datetime) -> str:
    since = task.scheduled_time.ToDatetime(UTC)
    if task.attempt > FEW_ATTEMPTS:
        return f"its task was tried {task.attempt} times"
    waits = task.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
    return f"no worker takes its task of {since:%Y-%m-%d %H:%M} UTC" if waits and now - since >= LONGEST_QUEUE else ""


def _says(problems: object) -> str:
    causes = [
        each.removeprefix(_CAUSE)
        for each in (problems if isinstance(problems, list | tuple) else ())
        if isinstance(each, str) and each.startswith(_CAUSE)
    ]
    words = ", ".join(_WORDS.get(cause, cause.removeprefix("WorkflowTaskFailedCause")) for cause in causes)
    return words or "its workflow task fails at every attempt"
