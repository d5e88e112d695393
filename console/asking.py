"""Asking a running case by one of its updates; a refusal is the case's own sentence."""

import asyncio
from typing import Any

from temporalio.client import WorkflowUpdateFailedError

from console.session import Session, answered, temporal
from domain.errors import IllegalTransition
from workflows.collection import CollectionWorkflow
from workflows.messages import collection_workflow_id


def ask_case(opened: Session, account_id: str, update: Any, request: Any, *, update_id: str) -> Any:
    """The fact that the request became; asked again under the same id, the same one.

    Raises IllegalTransition when the case refuses, NotKnown when none runs.
    """
    return asyncio.run(_ask(opened, account_id, update, request, update_id))


async def _ask(opened: Session, account_id: str, update: Any, request: Any, update_id: str) -> Any:
    client = await temporal(opened.settings)
    workflow_id = collection_workflow_id(account_id)
    handle = client.get_workflow_handle_for(CollectionWorkflow.run, workflow_id)
    try:
        return await answered(handle.execute_update(update, request, id=update_id), workflow_id)
    except WorkflowUpdateFailedError as refusal:
        raise IllegalTransition(str(refusal.cause).removeprefix("IllegalTransition: ")) from None
