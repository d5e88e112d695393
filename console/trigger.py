"""`trigger`: start the collection of one account now, or find the one that runs."""

import asyncio
from datetime import UTC, datetime

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.enrolment import start_collection
from activities.planning import Planner
from casedb import cases
from casedb.campaigns import PendingMember
from casedb.engine import reading
from casedb.snapshot import read_snapshot
from config.rules import load_rules
from console.output import say, write_json
from console.session import Session, answered, session, temporal
from domain.calendar import local_date
from domain.errors import InvalidInput
from domain.obligations import earliest_unpaid
from workflows import priorities
from workflows.messages import CollectionRequest, collection_workflow_id


def trigger_account(account_id: str, strategy: str, *, as_json: bool) -> int:
    """Start the account's workflow unless it runs; nothing is sent from here."""
    now = datetime.now(UTC)
    with session() as opened:
        Planner(load_rules(opened.settings).strategies, frozenset()).strategy(strategy)
        member = overdue_member(opened, account_id, now)
        run_id, found = asyncio.run(_trigger(opened, strategy, member, now))
    workflow_id = collection_workflow_id(account_id)
    if as_json:
        write_json({"account_id": account_id, "workflow_id": workflow_id, "run_id": run_id, "already_running": found})
    else:
        verb = "is collected already" if found else f"is collected now by {strategy}"
        say(f"account {account_id} {verb}: workflow {workflow_id}, run {run_id}")
        say(f"see what is next: python starter.py case show {account_id}")
    return 0


def overdue_member(opened: Session, account_id: str, now: datetime) -> PendingMember:
    """The account with what its workflow starts with. Raises NotKnown, or InvalidInput when nothing is overdue."""
    with reading(opened.engine) as connection:
        account = read_snapshot(connection, account_id, "", "", now, lock=False)
        due_on = earliest_unpaid(cases.obligations_of(connection, account_id), account.balance_minor)
        has_case = cases.find_open_case(connection, account_id) is not None
    today = local_date(now, account.zone)
    if due_on is None and not has_case:
        raise InvalidInput(f"account {account_id} owes nothing: there is nothing to collect")
    if due_on is not None and due_on >= today and not has_case:
        raise InvalidInput(f"account {account_id} is not overdue: it is due on {due_on}, and there it is {today}")
    return PendingMember(
        account_id=account_id,
        zone=account.zone,
        balance_minor=account.balance_minor,
        jurisdiction=account.jurisdiction,
        due_on=due_on,
    )


async def _trigger(opened: Session, strategy: str, member: PendingMember, now: datetime) -> tuple[str, bool]:
    """The id of the run, and whether it ran before."""
    client = await temporal(opened.settings)
    about = f"account {member.account_id}"
    found = await answered(_is_running(client, member.account_id), about)
    request = CollectionRequest(account_id=member.account_id, strategy=strategy)
    queue = opened.settings.task_queue
    handle = await answered(start_collection(client, queue, request, member, now, priority=priorities.EVENTS), about)
    return handle.result_run_id or "", found


async def _is_running(client: Client, account_id: str) -> bool:
    try:
        described = await client.get_workflow_handle(collection_workflow_id(account_id)).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return described.status is WorkflowExecutionStatus.RUNNING
