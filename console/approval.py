"""`approve`: a person's word about going to law, as an update that the case may refuse."""

import asyncio

from temporalio.client import WorkflowUpdateFailedError

from casedb.engine import reading
from casedb.timeline import find_case, latest_approval
from console.output import say, write_json
from console.session import Session, answered, session, temporal
from domain.errors import IllegalTransition, NotKnown
from domain.requests import ApprovalDecision, Decision
from workflows.collection import CollectionWorkflow
from workflows.messages import collection_workflow_id


def decide(wanted: str, decision: Decision, by: str, comment: str, *, as_json: bool) -> int:
    """Send the decision to the case. Raises IllegalTransition with the case's own sentence when it refuses."""
    with session() as opened:
        with reading(opened.engine) as connection:
            case = find_case(connection, wanted)
            approval_id = latest_approval(connection, case.case_id)
        if approval_id is None:
            raise NotKnown(f"case {case.case_id} has not asked for an approval: there is nothing to decide")
        request = ApprovalDecision(approval_id=approval_id, decision=decision, by=by, comment=comment)
        kind = asyncio.run(_send(opened, case.account_id, request))
    if as_json:
        write_json({"case_id": case.case_id, "approval_id": approval_id, "decision": kind, "by": by})
    else:
        say(f"{approval_id}: {kind} by {by}")
        say(f"see what is next: python starter.py case show {case.account_id}")
    return 0


async def _send(opened: Session, account_id: str, request: ApprovalDecision) -> str:
    client = await temporal(opened.settings)
    workflow_id = collection_workflow_id(account_id)
    handle = client.get_workflow_handle_for(CollectionWorkflow.run, workflow_id)
    try:
        fact = await answered(handle.execute_update(CollectionWorkflow.decide_approval, request), workflow_id)
    except WorkflowUpdateFailedError as refusal:
        said = str(refusal.cause).removeprefix("IllegalTransition: ")
        raise IllegalTransition(f"{request.approval_id} was not decided: {said}") from None
    return fact.kind
