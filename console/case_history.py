"""`case history`: the Temporal history of an account's workflow as a story that can be read."""

import asyncio

from casedb.engine import reading
from casedb.timeline import find_case
from console.output import plain, screen, table, write_json
from console.session import Session, answered, session, temporal
from console.story import Line, tell
from domain.errors import NotKnown
from workflows.messages import collection_workflow_id


def show_history(wanted: str, run_id: str | None, *, as_json: bool) -> int:
    """What the workflow of the account (or of the case's account) did, in order; the latest run unless one is named."""
    with session() as opened:
        account_id = _account_of(opened, wanted)
        lines = asyncio.run(_story(opened, account_id, run_id))
    workflow_id = collection_workflow_id(account_id)
    if as_json:
        write_json({"workflow_id": workflow_id, "run_id": run_id, "events": plain(lines)})
        return 0
    rows = [(f"{line.at:%Y-%m-%d %H:%M:%S}", line.what, line.outcome) for line in lines]
    screen().print(table(f"History of {workflow_id} (UTC)", ("when", "what", "came of it"), rows))
    return 0


def _account_of(opened: Session, wanted: str) -> str:
    """The account itself, also when its case is not open yet; a case id leads to its account."""
    try:
        with reading(opened.engine) as connection:
            return find_case(connection, wanted).account_id
    except NotKnown:
        return wanted


async def _story(opened: Session, account_id: str, run_id: str | None) -> list[Line]:
    client = await temporal(opened.settings)
    workflow_id = collection_workflow_id(account_id)
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    history = await answered(handle.fetch_history(), f"workflow {workflow_id}")
    return await tell(history.events, client.data_converter)
