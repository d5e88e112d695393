"""Asking a case for what somebody promised or took in his own words; a refusal is a human's to explain.

It is asked under the id of its fact, as the update's id and as the promise's or plan's: asked again after a crash it is
the same one, and the case answers as it did.
"""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from casedb.engine import reading, writing
from casedb.inbound import InboundFact, InboundKind
from casedb.people import find_jurisdiction, find_whose
from casedb.replies import request_refused
from config.closed_days import closed_days
from domain.errors import ConfigurationError
from domain.negotiation.plan_options import LONGEST_PLAN_MONTHS, months_after
from domain.requests import PlanRequest, PromiseRequest
from workflows.collection import CollectionWorkflow
from workflows.messages import collection_workflow_id

PATIENCE = timedelta(seconds=10)
NO_CASE = "no case runs on the account"


class CaseSilent(ConfigurationError):
    """One case did not answer; that may be its own trouble alone, so others are told meanwhile."""


async def ask_case(client: Client, engine: Engine, asked: InboundFact, now: datetime) -> tuple[str, ...]:
    """Ask it; answers the account whose case took it, or nobody, and then a human task says why.

    Raises RPCError or CaseSilent when no answer came: ask again later.
    """
    assert asked.account_id is not None, "checked at the door"
    handle = client.get_workflow_handle_for(CollectionWorkflow.run, collection_workflow_id(asked.account_id))
    closed = await asyncio.to_thread(_closed_days, engine, asked) if asked.kind is InboundKind.PLAN else ()
    update, request = _request(asked, closed)
    try:
        await handle.execute_update(update, request, id=asked.event_id, rpc_timeout=PATIENCE)
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        raise CaseSilent(
            f"the case of account {asked.account_id} did not answer a {asked.kind.value} within "
            f"{PATIENCE.seconds} s: is a worker running?"
        ) from None
    except WorkflowUpdateFailedError as failure:
        why = failure.cause.message if isinstance(failure.cause, ApplicationError) else "the case could not take it"
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        why = NO_CASE
    else:
        return (asked.account_id,)
    await asyncio.to_thread(_refuse, engine, asked, why, now)
    return ()


def _closed_days(engine: Engine, asked: InboundFact) -> tuple[date, ...]:
    """The holidays of every day that the plan may reach, where the person lives."""
    assert asked.account_id is not None, "checked at the door"
    assert asked.promised_on is not None, "checked at the door"
    with reading(engine) as connection:
        person_id = find_whose(connection, asked.account_id).person_id
        jurisdiction = find_jurisdiction(connection, person_id)
    return closed_days(jurisdiction, None, asked.promised_on, months_after(asked.promised_on, LONGEST_PLAN_MONTHS))


def _request(asked: InboundFact, closed: tuple[date, ...]) -> tuple[Any, PromiseRequest | PlanRequest]:
    """The update of the case, and what it is asked."""
    assert asked.promised_on is not None, "checked at the door"
    if asked.kind is InboundKind.PLAN:
        assert asked.instalments is not None, "checked at the door"
        return CollectionWorkflow.accept_plan, PlanRequest(
            plan_id=asked.event_id,
            instalments=asked.instalments,
            first_due_on=asked.promised_on,
            closed_days=closed,
        )
    assert asked.amount_minor is not None, "checked at the door"
    return CollectionWorkflow.promise_to_pay, PromiseRequest(
        promise_id=asked.event_id, amount_minor=asked.amount_minor, due_on=asked.promised_on
    )


def _refuse(engine: Engine, asked: InboundFact, why: str, now: datetime) -> None:
    with writing(engine) as connection:
        request_refused(connection, asked, why, now)
