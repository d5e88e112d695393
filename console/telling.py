"""Telling running cases of a fact that the case database has already taken in."""

import asyncio
from datetime import datetime

from casedb.inbox import Receipt, mark_signalled, was_signalled
from console.session import Session, answered, temporal
from domain.errors import ConfigurationError, NotKnown
from domain.events import Event
from workflows.collection import CollectionWorkflow
from workflows.messages import collection_workflow_id


def tell_cases(opened: Session, receipt: Receipt, now: datetime) -> tuple[str, ...]:
    """Signal every case that must hear of the fact; answers the accounts whose case runs. Told before, nobody.

    Raises ConfigurationError when no server answers: the fact is recorded, and the same command again tells it.
    """
    event = receipt.event()
    if event is None or was_signalled(opened.engine, receipt.event_id):
        return ()
    try:
        told = asyncio.run(_signal(opened, receipt.account_ids, event))
    except ConfigurationError as error:
        untold = "the case was not told" if len(receipt.account_ids) == 1 else "not every case was told"
        raise ConfigurationError(
            f"{receipt.kind} {receipt.event_id} is recorded, but {untold}; "
            f"run the same command again when the server is back: {error}"
        ) from None
    mark_signalled(opened.engine, receipt.event_id, now)
    return told


async def _signal(opened: Session, account_ids: tuple[str, ...], event: Event) -> tuple[str, ...]:
    client = await temporal(opened.settings)
    told = []
    for account_id in account_ids:
        workflow_id = collection_workflow_id(account_id)
        handle = client.get_workflow_handle_for(CollectionWorkflow.run, workflow_id)
        try:
            await answered(handle.signal(CollectionWorkflow.fact, event), f"workflow {workflow_id}")
        except NotKnown:
            continue  # no case runs on this account: it reads the fact when it opens
        told.append(account_id)
    return tuple(told)


def heard(told: tuple[str, ...]) -> str:
    """Who was told, in words."""
    if not told:
        return "no running case had to be told"
    return f"the running cases of {', '.join(told)} were told" if len(told) > 1 else f"the case of {told[0]} was told"
