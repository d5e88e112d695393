"""The watch on a real server: a case whose code fails is found and told, and forgotten once it moves again."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import tzdata
from sqlalchemy import Connection, insert, select, update
from temporalio import workflow
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.stuck import stuck_workflows
from activities.watching import Watch, all_invariants
from bench.servers import real_clock_server
from casedb import schema
from casedb.engine import reading, writing
from casedb.invariants import Moment
from casedb.verdicts import VerdictAbout, record_verdict
from domain.vocabulary import Channel
from tests.casedb.verdicts import a_verdict
from tests.support.stage import stage
from tests.support.sweeping import Sweeping, until
from tests.support.waiting import MISSED_SOON
from workflows.collection import CollectionWorkflow
from workflows.messages import CollectionRequest, collection_workflow_id
from workflows.sweep_messages import Checked, CheckRequest

NOTICED_SOON = ("--dynamic-config-value", "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2")
"""Servers name the problem after five attempts; a test does not wait for the third."""


@workflow.defn(name="CollectionWorkflow")
class Careless:
    """Somebody changed the commands and kept nothing for the cases that sleep."""

    @workflow.run
    async def run(self, request: CollectionRequest) -> None:
        """Wait where the history has a local activity."""
        await workflow.sleep(timedelta(days=1))


def watch_of(sweeping: Sweeping) -> Watch:
    """As a worker makes it."""
    profiles = sweeping.stage.dependencies.rules.profiles
    return Watch(
        engine=sweeping.stage.engine,
        client=sweeping.client,
        task_queue=sweeping.stage.settings.task_queue,
        invariants=all_invariants(profiles, tzdata.IANA_VERSION),
    )


async def looked(sweeping: Sweeping) -> Checked:
    """One look."""
    return await ActivityEnvironment().run(watch_of(sweeping).check_invariants, CheckRequest())


def tasks(sweeping: Sweeping) -> list[tuple[str, str, bool]]:
    """Kind, case and whether it is done, of every task."""
    task = schema.human_task
    with reading(sweeping.stage.engine) as connection:
        rows = connection.execute(select(task.c.kind, task.c.case_id, task.c.done_at).order_by(task.c.task_id))
        return [(row.kind, row.case_id, row.done_at is not None) for row in rows]


async def until_reported(client: Client, queue: str, number: int) -> None:
    """Wait until the server names so many workflows."""

    async def reported() -> bool:
        return len(await stuck_workflows(client, queue) or ()) == number

    await until(reported)


async def test_a_case_whose_code_fails_is_told_once_and_forgotten_when_it_moves_again(tmp_path: Path) -> None:
    async with real_clock_server([*NOTICED_SOON, *MISSED_SOON]) as env:
        with stage(tmp_path, task_queue="watched") as staged:
            sweeping = Sweeping(client=env.client, stage=staged)
            sweeping.owes("acc-1", days=1)
            handle = env.client.get_workflow_handle_for(CollectionWorkflow.run, collection_workflow_id("acc-1"))
            async with sweeping.worker(cached=0):
                await env.client.start_workflow(
                    CollectionWorkflow.run,
                    CollectionRequest(account_id="acc-1", strategy="wallet-standard"),
                    id=handle.id,
                    task_queue="watched",
                )
                await sweeping.until_cases(1)
                await until(lambda: asyncio.to_thread(lambda: _next(sweeping) is not None))
                assert await looked(sweeping) == Checked()
            careless = Worker(
                env.client,
                task_queue="watched",
                workflows=[Careless],
                workflow_runner=UnsandboxedWorkflowRunner(),
                max_cached_workflows=0,
            )
            async with careless:
                await handle.signal("anything")
                await until_reported(env.client, "watched", 1)
            found = await looked(sweeping)
            assert (found.stuck, found.raised, found.broken) == (1, 1, {})
            assert tasks(sweeping) == [("stuck_case", "acc-1-1", False)]
            assert (await looked(sweeping)).raised == 0, "it is known"
            with reading(staged.engine) as connection:
                why = connection.execute(select(schema.human_task.c.why)).scalar_one()
            assert why == (
                "case acc-1-1 does not move: its history does not replay under the code that runs (TMPRL1100)"
            )
            async with sweeping.worker(cached=0):
                await until_reported(env.client, "watched", 0)
            assert (await looked(sweeping)).freed == 1
            assert tasks(sweeping) == [("stuck_case", "acc-1-1", True)]


def _next(sweeping: Sweeping) -> datetime | None:
    with reading(sweeping.stage.engine) as connection:
        return connection.execute(select(schema.case.c.next_at)).scalar()


async def test_a_case_that_nobody_waits_for_and_a_wrong_balance_become_tasks_of_their_owners(tmp_path: Path) -> None:
    async with real_clock_server() as env:
        with stage(tmp_path, task_queue="watched") as staged:
            sweeping = Sweeping(client=env.client, stage=staged)
            sweeping.owes("acc-1", days=1)
            async with sweeping.worker():
                await sweeping.sweep()
                await sweeping.until_cases(1)
                await until(lambda: asyncio.to_thread(lambda: _next(sweeping) is not None))
                long_ago = datetime.now(UTC) - timedelta(minutes=61)
                with writing(staged.engine) as connection:
                    connection.execute(update(schema.case).values(next_at=long_ago, next_action="contact"))
                    connection.execute(update(schema.account).values(balance_minor=1))
                    connection.execute(update(schema.ledger_entry).values(recorded_at=datetime.now(UTC)))
                result = await sweeping.sweep()
            assert result.checked is not None
            assert result.checked.broken == {"ledger_sums_to_balance": 1}
            assert (result.checked.stuck, result.checked.raised) == (1, 2)
            task = schema.human_task
            with reading(staged.engine) as connection:
                rows = connection.execute(select(task.c.kind, task.c.owner, task.c.why).order_by(task.c.kind)).all()
            assert [(row.kind, row.owner) for row in rows] == [
                ("invariant_broken", "engineering"),
                ("stuck_case", "engineering"),
            ]
            assert rows[0].why.startswith(
                "account acc-1 owes USD 0.01 and its entries sum to USD 123.45; what to do: compare"
            )
            assert "contact was due at" in rows[1].why
            assert rows[1].why.endswith(", and its workflow does not take it"), "it runs, and waits for another day"


SENT_AT = datetime(2027, 1, 6, 15, 0, tzinfo=UTC)
"""A Wednesday, 10:00 in New York."""


def send(connection: Connection, key: str, at: datetime, profile: str, channel: Channel = Channel.SMS) -> None:
    """A touch that a verdict of that profile let pass."""
    about = VerdictAbout(case_id="acc-1-1", person_id="per-1", touch_key=key, channel=channel, at=at)
    record_verdict(connection, about, a_verdict(profile=profile))
    row = {"touch_id": f"acc-1-1:{key}", "case_id": "acc-1-1", "account_id": "acc-1", "person_id": "per-1"}
    row |= {"touch_key": key, "channel": channel.value, "contact_point_id": f"per-1:{channel.value}"}
    row |= {"reference": key, "template": "reminder_1", "status": "sent", "at": at, "attempted_at": at}
    more = {"provider": "twilio", "provider_id": key, "delivery": "delivered", "code": "", "balance_minor": 1}
    connection.execute(insert(schema.touch), row | more)


def test_the_law_is_asked_again_about_what_was_sent(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        staged.add_account()
        profiles = staged.dependencies.rules.profiles
        law = f"US@{profiles['US'].version}"
        night = SENT_AT + timedelta(hours=12)
        crowd = [SENT_AT + timedelta(days=20, minutes=number) for number in range(12)]
        with writing(staged.engine) as connection:
            connection.execute(
                insert(schema.case).values(
                    case_id="acc-1-1", account_id="acc-1", person_id="per-1", strategy="wallet-standard",
                    strategy_version="1", stage="reminder", opened_at=SENT_AT, opening_balance_minor=1,
                )
            )  # fmt: skip
            send(connection, "by-day", SENT_AT, law)
            send(connection, "at-night", night, law)
            send(connection, "at-night-under-another-law", night + timedelta(minutes=1), "US@older")
            for number, at in enumerate(crowd):
                send(connection, f"crowd-{number}", at, law)
        moment = Moment(now=crowd[-1])
        again = {each.name: each for each in all_invariants(profiles, tzdata.IANA_VERSION)}
        with reading(staged.engine) as connection:
            out_of_hours = list(again["none_out_of_hours"].broken(connection, moment))
            over_a_cap = list(again["none_over_a_cap"].broken(connection, moment))
            assert list(again["none_on_a_closed_day"].broken(connection, moment)) == []
        assert [each.about for each in out_of_hours] == ["acc-1-1:at-night"]
        assert "went out against US-TIME-1: outside 08:00-21:00 in America/New_York" in out_of_hours[0].says
        assert over_a_cap, "twelve on one day are more than any cap"
        assert {each.about.partition("-1:")[2].rpartition("-")[0] for each in over_a_cap} == {"crowd"}
        assert "acc-1-1:crowd-0" not in {each.about for each in over_a_cap}, "the first one was no more than allowed"
