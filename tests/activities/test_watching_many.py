"""The watch where more is wrong than one look tells, or where it cannot tell: nothing is lost and nothing is ended."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import OperationalError
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

from activities import stuck, watching
from activities.orphans import OrphanActivities
from activities.watching import Watch
from bench.servers import real_clock_server
from casedb import schema, watch
from casedb.engine import reading, writing
from casedb.forgotten import LateCase
from casedb.invariants import EveryOpenCaseIsWaitedFor, LedgerSumsToBalance
from casedb.last_runs import Chore, last_run_of
from tests.casedb.debts import add_case
from tests.support.stage import Stage, stage
from tests.support.sweeping import until
from workflows.messages import collection_workflow_id
from workflows.sweep_messages import Checked, CheckRequest, OrphansFound, Problem

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


def miscount(staged: Stage, account_id: str) -> None:
    """The account owes something else than its ledger sums to."""
    with writing(staged.engine) as connection:
        mine = schema.account.c.account_id == account_id
        connection.execute(update(schema.account).where(mine).values(balance_minor=1))
        connection.execute(update(schema.ledger_entry).values(recorded_at=datetime.now(UTC)))


def last_watch(staged: Stage) -> datetime | None:
    with reading(staged.engine) as connection:
        return last_run_of(connection, Chore.WATCH)


def tasks(staged: Stage, *, done: bool = False) -> list[str | None]:
    """The cases of the tasks that are open, or of those that are done, in the order in which they were raised."""
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


async def test_a_question_that_fails_ends_no_task_and_stops_no_other_question(
    staged: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = forget(staged, 2)
    await look(watch_of(staged, client))
    assert last_watch(staged) is not None
    miscount(staged, "acc-1")

    def unanswered(connection: Connection, condition: object) -> list[LateCase]:
        raise OperationalError("select", None, Exception("gone"))

    monkeypatch.setattr(watching, "cases_that_are", unanswered)
    before = last_watch(staged)
    found = await look(watch_of(staged, client))
    assert found.problems == (Problem(about="every_open_case_is_waited_for", reason="OperationalError"),)
    assert (found.freed, found.broken, found.raised) == (0, {LedgerSumsToBalance.name: 1}, 1)
    assert tasks(staged, done=True) == []
    assert tasks(staged) == [*cases, None], "the one of the ledger is new"
    assert last_watch(staged) == before, "it did not come to its end"


async def test_a_server_that_does_not_say_which_workflows_fail_ends_no_task(staged: Stage, client: Client) -> None:
    cases = forget(staged, 1)
    sound = watch_of(staged, client)
    await look(sound)
    with writing(staged.engine) as connection:
        connection.execute(update(schema.case).values(next_at=datetime.now(UTC) + timedelta(days=1)))
    before = last_watch(staged)
    nowhere = await Client.connect(client.service_client.config.target_host, namespace="no-such-namespace")
    found = await look(replace(sound, client=nowhere))
    assert (found.freed, found.problems) == (0, (Problem(about="no_workflow_is_stuck", reason="NOT_FOUND"),))
    assert last_watch(staged) == before
    assert tasks(staged) == cases
    assert (await look(sound)).freed == 1


async def test_every_place_where_an_invariant_is_broken_is_told_however_many(
    staged: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "AT_ONCE", 2)
    for number in range(5):
        staged.add_account(f"acc-{number}", person_id=f"per-{number}")
        miscount(staged, f"acc-{number}")
    found = await look(watch_of(staged, client))
    assert (found.broken, found.raised) == ({LedgerSumsToBalance.name: 5}, 5)
    assert (await look(watch_of(staged, client))).raised == 0, "they are known"


class Trying:
    """What is in hand for a case: its contact is tried, and fails in one way."""

    def __init__(self, failure: str) -> None:
        self._failure = failure

    @activity.defn(name="contact")
    async def contact(self) -> None:
        """Fail once, and be tried again much later."""
        raise ApplicationError("trouble", type=self._failure, next_retry_delay=timedelta(hours=1))


@workflow.defn(name="CollectionWorkflow", sandboxed=False)
class Contacting:
    """Waits for its contact, as a case does."""

    @workflow.run
    async def run(self) -> None:
        """One touch."""
        await workflow.execute_activity("contact", start_to_close_timeout=timedelta(minutes=1))


async def start(client: Client, staged: Stage, run: Any = Contacting.run, account_id: str = "acc-1") -> Any:
    """The workflow of an account; a module's tests share one server, and each ends what it began."""
    return await client.start_workflow(
        run,
        id=collection_workflow_id(account_id),
        task_queue=staged.settings.task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
    )


async def test_a_case_that_waits_for_a_worker_is_told_only_when_none_comes_for_a_day(
    staged: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(staged, 1)
    handle = await start(client, staged)
    assert (await look(watch_of(staged, client))).stuck == 0, "workers were away"
    monkeypatch.setattr(stuck, "LONGEST_QUEUE", timedelta(0))
    assert (await look(watch_of(staged, client))).stuck == 1
    assert "no worker takes its task of" in why(staged)
    await handle.terminate()


@pytest.mark.parametrize(
    ("failure", "told"),
    [("ProviderBusy", ""), ("OutcomeUnknown", ""), ("IntegrityError", "and contact fails with IntegrityError")],
)
async def test_a_contact_that_is_tried_in_its_lawful_time_is_not_told_and_one_that_breaks_is(
    staged: Stage, client: Client, failure: str, told: str
) -> None:
    forget(staged, 1)
    queue = staged.settings.task_queue
    async with Worker(client, task_queue=queue, workflows=[Contacting], activities=[Trying(failure).contact]):
        handle = await start(client, staged)

        async def failed_once() -> bool:
            pending = (await handle.describe()).raw_description.pending_activities
            return any(each.last_failure.application_failure_info.type == failure for each in pending)

        await until(failed_once)
        found = await look(watch_of(staged, client))
        await handle.terminate()
    assert (found.stuck, why(staged)[-len(told) :] if told else why(staged)) == (int(bool(told)), told)


def why(staged: Stage) -> str:
    """What the one open task says; nothing without one."""
    task = schema.human_task
    with reading(staged.engine) as connection:
        return connection.scalar(select(task.c.why).where(task.c.done_at.is_(None))) or ""


@workflow.defn(name="CollectionWorkflow", sandboxed=False)
class Stubborn:
    """Does not end when it is asked to."""

    @workflow.run
    async def run(self) -> None:
        """Go on whatever anybody says."""
        while True:
            with suppress(asyncio.CancelledError):
                await workflow.wait_condition(lambda: False)


async def test_a_workflow_that_does_not_end_when_it_is_asked_to_is_a_task_until_it_is_gone(
    staged: Stage, client: Client
) -> None:
    orphans = OrphanActivities(staged.engine, client, staged.settings.task_queue)
    found = OrphansFound(accounts=("stray-1",), seen=1, opening_minutes=0)
    async with Worker(client, task_queue=staged.settings.task_queue, workflows=[Stubborn]):
        handle = await start(client, staged, Stubborn.run, "stray-1")
        assert (await ActivityEnvironment().run(orphans.settle_orphans, found)).ended == ("stray-1",)
        assert why(staged) == "", "it was asked just now"
        for _ in range(2):
            [left] = (await ActivityEnvironment().run(orphans.settle_orphans, found)).left
            assert why(staged) == f"workflow of account stray-1: {left.reason}"
        assert tasks(staged) == [None]
        await look(replace(watch_of(staged, client), opening=timedelta(0)))
        assert tasks(staged) == [None], "it runs on"
        await handle.terminate()
    await look(watch_of(staged, client))
    assert (tasks(staged), tasks(staged, done=True)) == ([], [None])


async def test_so_many_without_a_case_that_none_is_touched_are_one_task_that_a_person_ends(
    staged: Stage, client: Client
) -> None:
    orphans = OrphanActivities(staged.engine, client, staged.settings.task_queue)
    found = OrphansFound(accounts=tuple(f"stray-{number}" for number in range(6)), seen=6, opening_minutes=0)
    for _ in range(2):
        await ActivityEnvironment().run(orphans.settle_orphans, found)
        await look(watch_of(staged, client))
    assert tasks(staged) == [None]
    assert why(staged).startswith("6 of 6 running workflows have no open case in this database")
