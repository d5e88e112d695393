"""One fact on its way from the door to its cases, in a process that may be killed anywhere on it."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import Engine, event
from temporalio.client import Client

from activities.telling import Teller
from casedb.engine import open_engine
from casedb.inbox import InboundFact, receive
from config.payloads import DATA_CONVERTER
from tests.support.contacts import die

CRASHES = (
    "before the fact is committed",
    "after the fact is committed, before anybody is told",
    "after the first of two cases was told",
    "after both cases were told, before that is committed",
    "after that is committed",
)
_DIES_IN_COMMIT = {"before the fact is committed": 1, "after both cases were told, before that is committed": 2}
WALL = datetime(2026, 11, 21, 9, tzinfo=UTC)


def teller_on(engine: Engine, client: Client) -> Teller:
    """A teller of the tests' task queue, on a clock that stands."""

    async def connected() -> Client:
        return client

    return Teller(engine, connected, "t", "wallet-standard", lambda: WALL)


def take_in_this_process(database_url: str, temporal: str, fact: InboundFact, point: str) -> None:
    """Take a fact in and tell its cases, as the door does, and die at a point; the target of a child process."""
    engine = open_engine(database_url)
    left = [_DIES_IN_COMMIT.get(point, 0)]

    def count_commits(connection: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            die()

    event.listen(engine, "commit", count_commits)
    receipt = receive(engine, fact, received_at=WALL)
    if point == "after the fact is committed, before anybody is told":
        die()
    asyncio.run(_tell(engine, temporal, receipt, point))
    if point == "after that is committed":
        die()


async def _tell(engine: Engine, temporal: str, receipt: object, point: str) -> None:
    client = await Client.connect(temporal, data_converter=DATA_CONVERTER)
    teller = teller_on(engine, client)
    if point == "after the first of two cases was told":
        real = Teller._signal

        async def dying(self: Teller, *about: object) -> bool:
            await real(self, *about)  # type: ignore[arg-type]  # as it was called
            die()
            return True

        Teller._signal = dying  # type: ignore[method-assign, assignment]
    await teller.tell(receipt)  # type: ignore[arg-type]
