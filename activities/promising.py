"""Asking a case for a promise that somebody made in his own words; a refusal is a human's to explain.

The promise is asked under the id of its fact, as the update's id and as the promise's: asked again after a crash it is
the same promise, and the case answers as it did.
"""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import Engine
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from casedb.engine import writing
from casedb.inbound import InboundFact
from casedb.replies import promise_refused
from domain.errors import ConfigurationError
from domain.requests import PromiseRequest
from workflows.collection import CollectionWorkflow
from workflows.messages import collection_workflow_id

PATIENCE = timedelta(seconds=10)
NO_CASE = "no case runs on the account"


class CaseSilent(ConfigurationError):
    """One case did not answer; that may be its own trouble alone, so others are told meanwhile."""


async def ask_promise(client: Client, engine: Engine, promise: InboundFact, now: datetime) -> tuple[str, ...]:
    """Ask it; answers the account whose case took it, or nobody, and then a human task says why.

    Raises RPCError or CaseSilent when no answer came: ask again later.
    """
    assert promise.account_id is not None, "checked at the door"
    assert promise.amount_minor is not None, "checked at the door"
    assert promise.promised_on is not None, "checked at the door"
    request = PromiseRequest(promise_id=promise.event_id, amount_minor=promise.amount_minor, due_on=promise.promised_on)
    handle = client.get_workflow_handle_for(CollectionWorkflow.run, collection_workflow_id(promise.account_id))
    try:
        await handle.execute_update(
            CollectionWorkflow.promise_to_pay, request, id=promise.event_id, rpc_timeout=PATIENCE
        )
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        raise CaseSilent(
            f"the case of account {promise.account_id} did not answer a promise within "
            f"{PATIENCE.seconds} s: is a worker running?"
        ) from None
    except WorkflowUpdateFailedError as failure:
        why = failure.cause.message if isinstance(failure.cause, ApplicationError) else "the case could not take it"
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        why = NO_CASE
    else:
        return (promise.account_id,)
    await asyncio.to_thread(_refuse, engine, promise, why, now)
    return ()


def _refuse(engine: Engine, promise: InboundFact, why: str, now: datetime) -> None:
    with writing(engine) as connection:
        promise_refused(connection, promise, why, now)
