"""The sweep on a real server and real databases: what was missed starts, what was lost comes back, each once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from temporalio.client import Client, WorkflowExecutionStatus

from activities.enrolment import start_collection
from bench.servers import real_clock_server
from casedb import schema
from casedb.campaigns import NewCampaign, PendingMember, create_campaign
from casedb.engine import writing
from domain.vocabulary import Clock
from tests.casedb.debts import add_case
from tests.support.stage import OPENED_AT, stage
from tests.support.sweeping import Sweeping, until
from tests.support.waiting import MISSED_SOON
from workflows.messages import CollectionRequest, collection_workflow_id
from workflows.sweep import DelinquencySweepWorkflow
from workflows.sweep_messages import Problem, SweepProgress


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with real_clock_server(MISSED_SOON) as env:
        yield env.client


@pytest.fixture
def sweeping(client: Client, tmp_path: Path, sqlite_url: str) -> Iterator[Sweeping]:
    with stage(
        tmp_path, database_url=sqlite_url, task_queue=f"q-{tmp_path.name}", reports_dir=tmp_path / "reports"
    ) as staged:
        yield Sweeping(client=client, stage=staged)


@pytest.fixture
def any_sweeping(client: Client, tmp_path: Path, any_database: str) -> Iterator[Sweeping]:
    with stage(
        tmp_path, database_url=any_database, task_queue=f"q-{tmp_path.name}", reports_dir=tmp_path / "reports"
    ) as staged:
        yield Sweeping(client=client, stage=staged)


def a_campaign(sweeping: Sweeping, **changed: Any) -> None:
    values = {"campaign_id": "autumn", "name": "autumn", "strategy": "wallet-standard", "started_by": "ops"}
    create_campaign(
        sweeping.stage.engine, NewCampaign(**(values | {"clock": Clock.REAL, "started_at": OPENED_AT} | changed))
    )


async def test_a_backlog_from_before_the_system_was_switched_on_is_enrolled_however_old(
    any_sweeping: Sweeping,
) -> None:
    for account_id, days in (("old-1", 400), ("old-2", 90), ("new-1", 2)):
        any_sweeping.owes(account_id, days=days)
    any_sweeping.owes("coming-1", days=-3)
    any_sweeping.owes("today-1", days=-1)
    any_sweeping.owes("cents-1", balance_minor=99)

    async with any_sweeping.worker():
        result = await any_sweeping.sweep(page_size=2, pages_per_run=1)
        await any_sweeping.until_cases(3)
        again = await any_sweeping.sweep()

    assert (result.tally.started, result.tally.already_running, result.tally.problems) == (3, 0, 0)
    assert result.tally.started_minor == {"USD": 3 * 12_345}
    assert result.tally.left_alone["immaterial"] == 1
    assert (again.tally.started, again.tally.restored, again.tally.accounts) == (0, 0, result.tally.accounts)
    assert any_sweeping.cases() == [("new-1-1", True), ("old-1-1", True), ("old-2-1", True)]


async def test_two_sweeps_and_an_event_at_once_open_one_case_each(any_sweeping: Sweeping) -> None:
    accounts = [any_sweeping.owes(f"race-{number}") for number in range(6)]

    async def event(account_id: str) -> None:
        member = PendingMember(
            account_id=account_id, zone="America/New_York", balance_minor=1, jurisdiction="US", due_on=None
        )
        request = CollectionRequest(account_id=account_id, strategy="wallet-standard")
        queue = any_sweeping.stage.settings.task_queue
        await start_collection(any_sweeping.client, queue, request, member, OPENED_AT)

    async with any_sweeping.worker():
        one, other, *_ = await asyncio.gather(
            any_sweeping.sweep(page_size=2), any_sweeping.sweep(page_size=3), *map(event, accounts)
        )
        await any_sweeping.until_cases(6)

    assert any_sweeping.cases() == [(f"{account_id}-1", True) for account_id in accounts]
    assert one.tally.started + other.tally.started <= 6
    assert (one.tally.problems, other.tally.problems) == (0, 0)
    assert (one.orphans_ended, other.orphans_ended) == ((), ())


async def test_a_case_whose_workflow_was_lost_gets_it_back_and_goes_on_as_the_same_case(
    any_sweeping: Sweeping,
) -> None:
    any_sweeping.owes("lost-1")
    any_sweeping.owes("kept-1")
    async with any_sweeping.worker():
        await any_sweeping.sweep()
        await any_sweeping.until_cases(2)
        await any_sweeping.client.get_workflow_handle(collection_workflow_id("lost-1")).terminate("an accident")
        result = await any_sweeping.sweep()
        assert await any_sweeping.running("lost-1")

    assert (result.tally.restored, result.tally.restored_accounts) == (1, ("lost-1",))
    assert (result.tally.started, result.orphans_ended) == (0, ())
    assert any_sweeping.cases() == [("kept-1-1", True), ("lost-1-1", True)]


async def test_an_open_case_that_never_had_a_workflow_gets_one(sweeping: Sweeping) -> None:
    sweeping.owes("bare-1")
    with writing(sweeping.stage.engine) as connection:
        add_case(connection, "bare-1", person_id="per-bare-1", stage="follow_up")

    async with sweeping.worker():
        result = await sweeping.sweep()
        handle = sweeping.client.get_workflow_handle(collection_workflow_id("bare-1"))

        async def goes_on() -> bool:
            return "follow_up" in str(await handle.query("view"))

        await until(goes_on)

    assert result.tally.restored_accounts == ("bare-1",)
    assert sweeping.cases() == [("bare-1-1", True)]


async def test_a_workflow_without_a_case_is_asked_to_end_and_what_is_owed_is_collected_anew(
    sweeping: Sweeping,
) -> None:
    for account_id in ("orphan-1", "good-1"):
        sweeping.owes(account_id)
    async with sweeping.worker():
        await sweeping.sweep()
        await sweeping.until_cases(2)
        await sweeping.until_listed(2)
        before = await sweeping.client.get_workflow_handle(collection_workflow_id("orphan-1")).describe()
        sweeping.close_behind_its_back("orphan-1")
        result = await sweeping.sweep(opening_minutes=0)

        async def ended_or_new() -> bool:
            described = await sweeping.client.get_workflow_handle(before.id).describe()
            return described.run_id != before.run_id or described.status is WorkflowExecutionStatus.CANCELED

        await until(ended_or_new)
        await sweeping.sweep()
        await sweeping.until_cases(3)

    assert (result.orphans_ended, result.orphans_left) == (("orphan-1",), ())
    assert sweeping.cases() == [("good-1-1", True), ("orphan-1-1", False), ("orphan-1-2", True)]


async def test_a_workflow_that_opens_right_now_is_no_orphan(sweeping: Sweeping) -> None:
    sweeping.owes("young-1")
    async with sweeping.worker():
        await sweeping.sweep()
        await sweeping.until_cases(1)
        await sweeping.until_listed(1)
        sweeping.close_behind_its_back("young-1")
        result = await sweeping.sweep()
        assert await sweeping.running("young-1")

    assert (result.orphans_ended, result.orphans_left) == ((), ())


async def test_where_too_many_have_no_case_it_is_the_wrong_database_and_none_is_touched(sweeping: Sweeping) -> None:
    accounts = [sweeping.owes(f"other-{number}") for number in range(6)]
    async with sweeping.worker():
        await sweeping.sweep()
        await sweeping.until_cases(6)
        await sweeping.until_listed(6)
        for account_id in accounts:
            sweeping.close_behind_its_back(account_id)
        result = await sweeping.sweep(opening_minutes=0)
        assert [await sweeping.running(account_id) for account_id in accounts] == [True] * 6

    assert result.orphans_ended == ()
    assert sorted(problem.about for problem in result.orphans_left) == accounts
    assert result.orphans_left[0].reason.startswith("6 of 6 running workflows have no open case in this database")


async def test_one_bad_account_is_reported_with_its_reason_and_stops_nobody(sweeping: Sweeping) -> None:
    sweeping.owes("a-good")
    sweeping.owes("b-bad", currency="JPY")
    sweeping.owes("c-good")
    async with sweeping.worker():
        result = await sweeping.sweep()
        await sweeping.until_cases(2)

    assert (result.tally.started, result.tally.problems) == (2, 1)
    reason = "strategy wallet-standard has no amounts for JPY: add it under currencies"
    assert result.tally.named_problems == (Problem(about="b-bad", reason=reason),)


async def test_who_is_being_enrolled_or_gone_or_shielded_or_rehearsed_is_left_alone(
    sweeping: Sweeping,
) -> None:
    sweeping.owes("pending-1")
    a_campaign(sweeping)
    for account_id in ("law-1", "back-1", "dream-1", "mute-1", "gone-1"):
        sweeping.owes(account_id)
    with writing(sweeping.stage.engine) as connection:
        for account_id, reason in (("law-1", "legal_referral"), ("back-1", "withdrawn")):
            end = {"closed_at": OPENED_AT, "close_reason": reason, "stage": "closed"}
            add_case(connection, account_id, person_id=f"per-{account_id}", **end)
        rehearsal = {"campaign_id": "dream", "name": "d", "strategy": "s", "started_by": "t", "started_at": OPENED_AT}
        connection.execute(insert(schema.campaign), rehearsal | {"clock": "virtual", "status": "finished"})
        add_case(connection, "dream-1", person_id="per-dream-1", campaign_id="dream")
        for account_id, mark in (("mute-1", "restricted_at"), ("gone-1", "erased_at")):
            whose = schema.person.c.person_id == f"per-{account_id}"
            connection.execute(update(schema.person).where(whose).values({mark: OPENED_AT}))

    async with sweeping.worker():
        result = await sweeping.sweep()

    assert result.tally.left_alone == {"enrolling": 1, "gone": 2, "shielded": 2}
    assert (result.tally.started, result.tally.restored) == (0, 0)


async def test_who_falls_due_soon_is_started_once_by_a_strategy_that_speaks_before(
    client: Client, tmp_path: Path, sqlite_url: str
) -> None:
    place = {"database_url": sqlite_url, "task_queue": "courtesy", "reports_dir": tmp_path / "reports"}
    with stage(tmp_path, default_strategy="wallet-gentle", **place) as staged:
        sweeping = Sweeping(client=client, stage=staged)
        for account_id, days in (("soon-1", -2), ("later-1", -9)):
            sweeping.owes(account_id, days=days)
        async with sweeping.worker():
            result = await sweeping.sweep()
            await sweeping.until_cases(1)
            again = await sweeping.sweep()

    assert (result.tally.courtesies, result.tally.started, result.tally.started_minor) == (1, 0, {})
    assert (again.tally.courtesies, again.tally.restored) == (0, 0)
    assert sweeping.cases() == [("soon-1-1", True)]


async def test_a_later_delinquency_is_collected_by_the_strategy_of_the_last_case(sweeping: Sweeping) -> None:
    sweeping.owes("again-1")
    with writing(sweeping.stage.engine) as connection:
        end = {"closed_at": OPENED_AT, "close_reason": "paid", "stage": "closed"}
        add_case(connection, "again-1", person_id="per-again-1", strategy="wallet-gentle", **end)

    async with sweeping.worker():
        await sweeping.sweep()
        await sweeping.until_cases(2)
        view = str(await sweeping.client.get_workflow_handle(collection_workflow_id("again-1")).query("view"))

    assert "wallet-gentle" in view


async def test_a_sweep_whose_worker_dies_goes_on_where_it_was_and_starts_each_once(sweeping: Sweeping) -> None:
    accounts = [sweeping.owes(f"crash-{number}") for number in range(8)]
    async with sweeping.worker(cached=0):
        handle = await sweeping.start(page_size=2, starts_per_second=4.0)

        async def halfway() -> bool:
            progress = await handle.query(DelinquencySweepWorkflow.progress)
            assert isinstance(progress, SweepProgress)
            return progress.tally.started >= 2

        await until(halfway)
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    async with sweeping.worker(cached=0):
        result = await handle.result()
        await sweeping.until_cases(8)

    assert sweeping.cases() == [(f"{account_id}-1", True) for account_id in accounts]
    # What the attempt that died had started, and not yet told, is found open by the next one and is not counted twice.
    assert 2 <= result.tally.started + result.tally.already_running <= 8
    assert result.tally.problems == 0


async def test_the_sweep_writes_the_report_of_who_is_overdue_after_it(sweeping: Sweeping) -> None:
    sweeping.owes("told-1")
    async with sweeping.worker():
        result = await sweeping.sweep()

    assert result.report is not None
    lines = Path(result.report.path).read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["account_id", "told-1"]
    assert [(each.currency, each.accounts, each.total_minor) for each in result.report.totals] == [("USD", 1, 12_345)]


async def test_a_report_that_cannot_be_written_is_a_problem_of_the_report_alone(
    sweeping: Sweeping, tmp_path: Path
) -> None:
    sweeping.owes("full-1")
    (tmp_path / "reports").write_text("a file where the directory should be")
    async with sweeping.worker():
        result = await sweeping.sweep()

    assert (result.report, result.tally.started, result.tally.problems) == (None, 1, 1)
    assert "AMICABLE_REPORTS_DIR" in result.tally.named_problems[0].reason


async def test_no_history_of_a_sweep_holds_personal_data(sweeping: Sweeping) -> None:
    sweeping.owes("quiet-1")
    async with sweeping.worker():
        handle = await sweeping.start()
        await handle.result()
        told = (await handle.fetch_history()).to_json()

    assert "quiet-1" not in told
    assert "Invented" not in told
    assert "mail.example" not in told
