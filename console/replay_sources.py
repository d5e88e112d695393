"""Where histories to replay come from: files, directories, accounts, and a sample of everything that runs."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.json_format import ParseError
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from console.files import read_bytes
from console.session import answered
from domain.errors import InvalidInput, NotKnown
from workflows.messages import collection_workflow_id
from workflows.registry import WORKFLOWS


@dataclass(slots=True)
class Sample:
    """Running workflows spread evenly over the server's list, so that old and new ones are among them."""

    client: Client
    task_queue: str
    wanted: int
    running: int = 0
    gone: int = field(default=0, init=False)
    """Ended and forgotten between the list and the fetch."""

    async def count(self) -> int:
        """How many there will be."""
        self.running = (await answered(self.client.count_workflows(self._query), "the list of workflows")).count
        return min(self.wanted, self.running)

    async def histories(self) -> AsyncIterator[WorkflowHistory]:
        """Their histories, one at a time."""
        taken, place = 0, 0
        async for listed in self.client.list_workflows(self._query):
            place += 1
            if not falls(place, self.running, self.wanted):
                continue
            try:
                yield await self.client.get_workflow_handle(listed.id, run_id=listed.run_id).fetch_history()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                self.gone += 1
            taken += 1
            if taken == self.wanted:
                return

    @property
    def _query(self) -> str:
        types = ", ".join(f"'{workflow.__name__}'" for workflow in WORKFLOWS)
        return f"WorkflowType IN ({types}) AND ExecutionStatus = 'Running' AND TaskQueue = '{self.task_queue}'"


def falls(place: int, of: int, wanted: int) -> bool:
    """Whether the sample has the one at that place (from 1): so many, as far apart as can be, the last among them."""
    return wanted >= of or place * wanted // of > (place - 1) * wanted // of


async def of_account(client: Client, account_id: str, run_id: str | None) -> WorkflowHistory:
    """The history of an account's workflow; the latest run unless one is named."""
    workflow_id = collection_workflow_id(account_id)
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    try:
        return await answered(handle.fetch_history(), f"workflow {workflow_id}")
    except NotKnown:
        raise NotKnown(
            f"{account_id} is neither a file nor an account whose workflow is at this Temporal server"
        ) from None


def files_named(named: Sequence[str]) -> tuple[list[Path], list[str]]:
    """What is a file or a directory of files (all of them, sorted), and what must be an account.

    Raises InvalidInput for what looks like a file and is not there, and for a directory without histories.
    """
    files: list[Path] = []
    accounts: list[str] = []
    for each in named:
        path = Path(each)
        if path.is_dir():
            files += _in(path)
        elif path.is_file():
            files.append(path)
        elif "/" in each or path.suffix == ".json":
            raise InvalidInput(f"there is no file {each}: case history ACCOUNT --export FILE writes one")
        else:
            accounts.append(each)
    return files, accounts


def _in(directory: Path) -> Iterable[Path]:
    found = sorted(directory.glob("*.json"))
    if not found:
        raise InvalidInput(f"directory {directory} holds no history: they are files named *.json")
    return found


def of_files(paths: Iterable[Path]) -> Iterator[WorkflowHistory]:
    """The history in each file, read when its turn comes. Raises InvalidInput for another file."""
    for path in paths:
        text = read_bytes(path)
        try:
            yield WorkflowHistory.from_json(path.stem, text.decode())
        except (ParseError, ValueError, KeyError, TypeError, AttributeError):
            raise InvalidInput(
                f"file {path} is no history as JSON: case history ACCOUNT --export FILE writes one"
            ) from None
