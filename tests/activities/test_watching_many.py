"""The watch where more is wrong than one look tells, or where it cannot tell: nothing is lost and nothing is ended."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import OperationalError
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities import watching
from activities.watching import Watch
from bench.servers import real_clock_server
from casedb import schema, watch
from casedb.engine import reading, writing
from casedb.invariants import EveryOpenCaseIsWaitedFor, Finding, LedgerSumsToBalance, Moment
from tests.casedb.debts import add_case
from tests.support.stage import Stage, stage
from workflows.sweep_messages import Checked, CheckRequest, Problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    async with real_clock_server() as env:
        yield env.client


@pytest.fixture
def staged(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, task_queue=f"q-{tmp_path.name}") as ready:
        yield ready


def watch_of(staged: Stage, client: Client) -> Watch:
    """A watch of two invariants."""
    return Watch(
        engine=staged.engine,
        client=client,
        task_queue=staged.settings.task_queue,
        invariants=(EveryOpenCaseIsWaitedFor(), LedgerSumsToBalance()),
    )


async def look(watch_there: Watch) -> Checked:
    return await ActivityEnvironment().run(watch_there.check_invariants, CheckRequest())


def forget(staged: Stage, number: int) -> list[str]:
    """So many open cases whose step was due long ago, the first one first; nothing runs for them."""
    long_ago = datetime.now(UTC) - timedelta(days=30)
    found = []
    for each in range(1, number + 1):
        staged.add_account(f"acc-{each}", person_id=f"per-{each}")
        with writing(staged.engine) as connection:
            due = long_ago + timedelta(hours=each)
            more = {"person_id": f"per-{each}", "next_at": due, "next_action": "rest"}
            found.append(add_case(connection, f"acc-{each}", **more))
    return found


def tasks(staged: Stage, *, done: bool = False) -> list[str | None]:
    """The cases of the tasks that are open, or of those that are done."""
    task = schema.human_task
    wanted = task.c.done_at.is_not(None) if done else task.c.done_at.is_(None)
    with reading(staged.engine) as connection:
        return list(connection.execute(select(task.c.case_id).where(wanted).order_by(task.c.task_id)).scalars())


async def test_of_more_cases_than_one_look_tells_the_rest_follows_and_no_task_ends(
    staged: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MOST_STUCK", 2)
    cases = forget(staged, 5)
    for known, new in ((2, 2), (4, 2), (5, 1), (5, 0)):
        found = await look(watch_of(staged, client))
        assert (found.raised, found.freed, found.stuck) == (new, 0, 5)
        assert tasks(staged) == cases[:known], "who has waited longest is told first"
    with writing(staged.engine) as connection:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        connection.execute(update(schema.case).where(schema.case.c.case_id == cases[1]).values(next_at=tomorrow))
    assert (await look(watch_of(staged, client))).freed == 1
    assert tasks(staged, done=True) == [cases[1]]


class Unanswered(EveryOpenCaseIsWaitedFor):
    """The database does not answer this question."""

    def broken(self, connection: Connection, moment: Moment) -> list[Finding]:  # type: ignore[override]
        """Raise as a driver does."""
        raise OperationalError("select", None, Exception("gone"))


async def test_a_question_that_fails_ends_no_task_and_stops_no_other_question(staged: Stage, client: Client) -> None:
    cases = forget(staged, 2)
    sound = watch_of(staged, client)
    await look(sound)
    with writing(staged.engine) as connection:
        connection.execute(update(schema.account).where(schema.account.c.account_id == "acc-1").values(balance_minor=1))
        connection.execute(update(schema.ledger_entry).values(recorded_at=datetime.now(UTC)))
    found = await look(replace(sound, invariants=(Unanswered(), LedgerSumsToBalance())))
    assert found.problems == (Problem(about=EveryOpenCaseIsWaitedFor.name, reason="OperationalError"),)
    assert (found.freed, found.broken, found.raised) == (0, {LedgerSumsToBalance.name: 1}, 1)
    assert tasks(staged, done=True) == []
    assert tasks(staged) == [*cases, None], "the one of the ledger is new"


async def test_a_server_that_does_not_say_which_workflows_fail_ends_no_task(staged: Stage, client: Client) -> None:
    cases = forget(staged, 1)
    sound = watch_of(staged, client)
    await look(sound)
    with writing(staged.engine) as connection:
        connection.execute(update(schema.case).values(next_at=datetime.now(UTC) + timedelta(days=1)))
    nowhere = await Client.connect(client.service_client.config.target_host, namespace="no-such-namespace")
    found = await look(replace(sound, client=nowhere))
    assert (found.freed, found.problems) == (0, (Problem(about="no_workflow_is_stuck", reason="NOT_FOUND"),))
    assert tasks(staged) == cases
    assert (await look(sound)).freed == 1


async def test_every_place_where_an_invariant_is_broken_is_told_however_many(
    staged: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "AT_ONCE", 2)
    for number in range(5):
        staged.add_account(f"acc-{number}", person_id=f"per-{number}")
    with writing(staged.engine) as connection:
        connection.execute(update(schema.account).values(balance_minor=1))
        connection.execute(update(schema.ledger_entry).values(recorded_at=datetime.now(UTC)))
    found = await look(watch_of(staged, client))
    assert (found.broken, found.raised) == ({LedgerSumsToBalance.name: 5}, 5)
    assert (await look(watch_of(staged, client))).raised == 0, "they are known"
