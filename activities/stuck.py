"""Workflows that run and do not get on, because their code fails at every attempt.

Temporal tries a failing workflow task for ever and says nothing to anybody. After some attempts in a row the server
names the problem in the search attribute `TemporalReportedProblems`, and takes it back once an attempt succeeds.
"""

from dataclasses import dataclass

from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from workflows.messages import collection_workflow_id

PROBLEMS = SearchAttributeKey.for_keyword_list("TemporalReportedProblems")
REPORTED = f"{PROBLEMS.name} IS NOT NULL"
"""Part of a query."""
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


def _says(problems: object) -> str:
    causes = [
        each.removeprefix(_CAUSE)
        for each in (problems if isinstance(problems, list | tuple) else ())
        if isinstance(each, str) and each.startswith(_CAUSE)
    ]
    words = ", ".join(_WORDS.get(cause, cause.removeprefix("WorkflowTaskFailedCause")) for cause in causes)
    return words or "its workflow task fails at every attempt"
