"""`case history`: the history of an account's workflow as a story, as raw events, or in a file for `replay`."""

import asyncio
from pathlib import Path

from google.protobuf.json_format import MessageToDict
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

from casedb.engine import reading
from casedb.timeline import find_case
from console.files import write_whole
from console.histories_decoded import decoded
from console.output import plain, say, screen, table, write_json
from console.session import Session, answered, session, temporal
from console.story import tell
from domain.errors import InvalidInput, NotKnown
from workflows.messages import collection_workflow_id


def show_history(wanted: str, run_id: str | None, *, raw: bool, as_json: bool) -> int:
    """What the workflow of the account (or of the case's account) did, in order; the latest run unless one is named.

    Raw: every event with all its fields as Temporal has them, payloads decoded.
    """
    with session() as opened:
        account_id = _account_of(opened, wanted)
        history, converter = asyncio.run(_fetched(opened, account_id, run_id))
    workflow_id = collection_workflow_id(account_id)
    if raw:
        events = asyncio.run(decoded([MessageToDict(event) for event in history.events], converter))
        write_json({"workflow_id": workflow_id, "run_id": history.run_id, "events": events})
        return 0
    lines = asyncio.run(tell(history.events, converter))
    if as_json:
        write_json({"workflow_id": workflow_id, "run_id": history.run_id, "events": plain(lines)})
        return 0
    rows = [(f"{line.at:%Y-%m-%d %H:%M:%S}", line.what, line.outcome) for line in lines]
    screen().print(table(f"History of {workflow_id} (UTC), run {history.run_id}", ("when", "what", "came of it"), rows))
    return 0


def export_history(wanted: str, run_id: str | None, file: Path, *, as_json: bool) -> int:
    """Write the history as Temporal has it, payloads as they are stored, for `replay`; a file is never overwritten."""
    if file.exists():
        raise InvalidInput(f"file {file} is there already: name another one, or remove it first")
    with session() as opened:
        account_id = _account_of(opened, wanted)
        history, _ = asyncio.run(_fetched(opened, account_id, run_id))
    write_whole(file, history.to_json().encode())
    told = {"workflow_id": history.workflow_id, "run_id": history.run_id, "events": len(history.events)}
    if as_json:
        write_json(told | {"file": str(file)})
        return 0
    say(f"{len(history.events):,} events of {history.workflow_id}, run {history.run_id}, are in {file}")
    say(f"try them under today's code: python starter.py replay {file}")
    return 0


def _account_of(opened: Session, wanted: str) -> str:
    """The account itself, also when its case is not open yet; a case id leads to its account."""
    try:
        with reading(opened.engine) as connection:
            return find_case(connection, wanted).account_id
    except NotKnown:
        return wanted


async def _fetched(opened: Session, account_id: str, run_id: str | None) -> tuple[WorkflowHistory, DataConverter]:
    client = await temporal(opened.settings)
    workflow_id = collection_workflow_id(account_id)
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    return await answered(handle.fetch_history(), f"workflow {workflow_id}"), client.data_converter
