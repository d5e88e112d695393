"""The commands against a real server, a real worker and the sandbox, on the real clock."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import WorkflowUpdateFailedError

from bench.servers import real_clock_server
from casedb import cases, schema
from casedb.engine import writing
from config.connection import connect
from console import case_workflows
from domain.calendar import local_date
from domain.events import ApprovalRequested
from domain.requests import PromiseRequest
from starter import main
from tests.console.conftest import Ran
from tests.support.stage import Stage, stage
from worker import create_worker
from workflows.collection import CollectionWorkflow
from workflows.messages import collection_workflow_id

pytestmark = pytest.mark.timeout(120)

ZONE = "America/New_York"
Command = Callable[..., Awaitable[Ran]]


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Stage]:
    """A case database, the sandbox, and an account that fell due yesterday."""
    with stage(tmp_path, task_queue="console") as made:
        yield made


@pytest_asyncio.fixture
async def command(
    played: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Command]:
    """Run command lines beside a server and a worker; each has a thread, and a loop, of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMICABLE_DATABASE_URL", played.settings.database_url.get_secret_value())
    monkeypatch.setenv("AMICABLE_TASK_QUEUE", played.settings.task_queue)

    async def run(*arguments: str) -> Ran:
        code = await asyncio.to_thread(main, list(arguments))
        written = capsys.readouterr()
        return Ran(code, written.out, written.err)

    async with real_clock_server() as env:
        monkeypatch.setenv("TEMPORAL_ADDRESS", env.client.service_client.config.target_host)
        async with create_worker(env.client, played.settings, played.dependencies):
            yield run


async def until_open(played: Stage, account_id: str) -> None:
    """Wait until the case is open: a promise is answered only then, and this one is always refused."""
    client = await connect(played.settings, env_file=None)
    handle = client.get_workflow_handle_for(CollectionWorkflow.run, collection_workflow_id(account_id))
    far = PromiseRequest(promise_id="far", amount_minor=1, due_on=datetime.now(UTC).date() + timedelta(days=3_650))
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(CollectionWorkflow.promise_to_pay, far)


def overdue(played: Stage) -> str:
    """An account that fell due yesterday."""
    yesterday = local_date(datetime.now(UTC), ZONE) - timedelta(days=1)
    return played.add_account("acc-1", due_on=yesterday, zones=(ZONE,))


async def test_an_account_is_triggered_shown_told_and_paid(played: Stage, command: Command) -> None:
    account = overdue(played)
    started = json.loads((await command("trigger", account, "--json")).out)
    assert not started["already_running"]
    again = json.loads((await command("trigger", account, "--json")).out)
    assert (again["run_id"], again["already_running"]) == (started["run_id"], True)
    await until_open(played, account)

    listed = json.loads((await command("case", "list", "--json")).out)
    assert [case["case_id"] for case in listed["cases"]] == ["acc-1-1"]

    shown = json.loads((await command("case", "show", account, "--json")).out)
    assert shown["why_not_asked"] is None
    assert [check["check"] for check in shown["why_not_now"]][:3] == ["closed", "outside", "withdrawn"]
    assert shown["why_not_now"][-1]["action"]["kind"] == "contact"
    page = (await command("case", "show", "acc-1-1")).out
    for words in ("Case acc-1-1", "next      contact at", "Timeline", "Why not now?", "no hold is in force"):
        assert words in page
    assert max(map(len, page.splitlines())) <= 100
    for personal in ("Ada", "Invented", "+1212", "mail.example.com"):
        assert personal not in page

    payment = ("record-payment", account, "--amount", "123.45", "--currency", "USD", "--event-id", "pay-1")
    assert "its case was told" in (await command(*payment)).out
    assert "was recorded before, nothing changed" in (await command(*payment)).out
    client = await connect(played.settings, env_file=None)
    await client.get_workflow_handle(collection_workflow_id(account)).result()

    story = json.loads((await command("case", "history", account, "--json")).out)
    told = [f"{line['what']}: {line['outcome']}" for line in story["events"]]
    assert told[0] == "workflow started: collect acc-1 by wallet-standard, real clock"
    assert told[1].startswith("open_case (acc-1): next reminder/reminder-1 at")
    assert sum(line.startswith("signal fact: ledger_changed (balance_minor 0") for line in told) == 1
    assert told[-1] == "workflow completed: paid: nothing is owed any more"
    of_run = await command("case", "history", account, "--run", started["run_id"])
    assert "workflow completed" in of_run.out
    assert "the case is closed: paid" in (await command("case", "show", account)).out


async def test_a_decision_that_cannot_stand_is_refused_in_the_words_of_the_case(
    played: Stage, command: Command
) -> None:
    account = overdue(played)
    await command("trigger", account)
    await until_open(played, account)
    nothing = await command("approvals", "approve", account, "--by", "dana", "--reason", "complete")
    assert (nothing.code, nothing.err) == (
        2,
        "case acc-1-1 has not asked for an approval: there is nothing to decide\n",
    )
    now = datetime.now(UTC)
    asked = ApprovalRequested(
        event_id="asked", at=now, approval_id="acc-1-1/approval-1", requested_by="amicable", expires_at=now
    )
    client = await connect(played.settings, env_file=None)
    handle = client.get_workflow_handle_for(CollectionWorkflow.run, collection_workflow_id(account))
    case = (await handle.query(CollectionWorkflow.view)).case
    assert case is not None
    with writing(played.engine) as connection:
        cases.insert_approval(connection, asked, case)
    refused = await command("approvals", "refuse", "acc-1-1", "--by", "dana", "--reason", "too early")
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    assert "case acc-1-1: approval acc-1-1/approval-1 was not asked for" in refused.err


async def test_every_condition_of_going_to_law_is_shown_and_what_was_attested_counts_at_once(
    played: Stage, command: Command
) -> None:
    account = overdue(played)
    await command("trigger", account, "--strategy", "wallet-gentle")
    await until_open(played, account)
    before = json.loads((await command("case", "show", account, "--json")).out)["going_to_law"]
    found = {each["name"]: each["met"] for each in before}
    assert list(found) == ["ladder", "notices", "holds", "agreements", "amount", "evidence", "approvers", "law"]
    assert [name for name, met in found.items() if not met] == ["ladder", "notices", "evidence", "law"]
    page = (await command("case", "show", account)).out
    assert "Going to law: every condition must be met" in page
    assert "nobody attested the contract" in " ".join(page.split())
    told = await command(
        "escalation", "attest", account, "--contract", "DMS-1", "--limitation", "open", "--by", "owner-1"
    )
    assert "contract, limitation on record, by owner-1; its case looks again now" in told.out
    after = json.loads((await command("case", "show", account, "--json")).out)["going_to_law"]
    assert {each["name"]: each["met"] for each in after}["evidence"] is True
    shown = json.loads((await command("escalation", "show", account, "--json")).out)
    assert [(word["subject"], word["says"], word["by"]) for word in shown["attested"]] == [
        ("contract", "DMS-1", "owner-1"),
        ("limitation", "open", "owner-1"),
    ]
    assert shown["outside"] == []
    assert "DMS-1" in (await command("escalation", "show", account)).out


async def test_a_campaign_enrols_the_book_and_is_counted(played: Stage, command: Command) -> None:
    overdue(played)
    started = await command("campaign", "start", "--name", "Test book", "--by", "dana")
    assert "campaign test-book started: 1 accounts by wallet-standard" in started.out
    client = await connect(played.settings, env_file=None)
    await client.get_workflow_handle("campaign/test-book").result()
    await until_open(played, "acc-1")
    shown = json.loads((await command("campaign", "show", "test-book", "--json")).out)
    assert (shown["status"], shown["members_by_status"], shown["started_by"]) == ("finished", {"enrolled": 1}, "dana")
    assert "test-book" in (await command("campaign", "show")).out
    assert "USD 123.45" in (await command("campaign", "show", "test-book")).out
    assert "exists already" in (await command("campaign", "start", "--name", "Test book")).err
    watched = json.loads((await command("campaign", "watch", "test-book", "--json")).out)
    assert (watched["seen"], watched["pending"], watched["troubles"]) == (1, 0, [])
    assert "finished: enrolled 1; 1 cases open, 0 closed" in (await command("campaign", "watch", "test-book")).out
    assert "campaign test-book is finished" in (await command("campaign", "pause", "test-book")).err
    assert (
        "is finished: nobody is enrolled" in (await command("campaign", "abort", "test-book", "--cases", "finish")).err
    )
    closing = await command(
        "campaign", "abort", "test-book", "--cases", "close", "--by", "dana", "--reason", "wrong book"
    )
    assert "campaign test-book is aborted" in closing.out
    assert "its 1 open cases are being closed as withdrawn" in closing.out
    await client.get_workflow_handle(collection_workflow_id("acc-1")).result()
    closed = json.loads((await command("campaign", "show", "test-book", "--json")).out)
    assert (closed["cases_by_outcome"], closed["changed_why"]) == ({"withdrawn": 1}, "wrong book")


async def test_a_running_case_is_exported_replayed_and_found_by_its_workflow(
    played: Stage, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = overdue(played)
    await command("trigger", account)
    await until_open(played, account)
    raw = json.loads((await command("case", "history", account, "--raw")).out)
    started = raw["events"][0]["workflowExecutionStartedEventAttributes"]
    assert started["input"]["payloads"][0]["account_id"] == account, "payloads are decoded"
    assert [event["eventId"] for event in raw["events"]][:2] == ["1", "2"], "nothing is left out"

    written = await command("case", "history", "acc-1-1", "--export", "held.json")
    assert "python starter.py replay held.json" in written.out
    assert "is there already" in (await command("case", "history", account, "--export", "held.json")).err
    for what in (("held.json",), (account,), ("--all-running", "10")):
        ran = await command("replay", *what, "--json")
        told = json.loads(ran.out)
        assert (ran.code, told["replayed"], told["would_break"]) == (0, 1, 0), what
        assert told["histories"][0]["run_id"] == raw["run_id"]
    assert "1 workflows run; replayed here: 1" in (await command("replay", "--all-running", "10")).out
    asked = json.loads((await command("invariants", "--json")).out)
    assert (asked["broken"], {each["not_asked"] for each in asked["invariants"]}) == (0, {""})
    assert {each["of"] for each in asked["invariants"]} == {"", "1 of 1 that run"}
    with writing(played.engine) as connection:
        # What must never be: the person's name is a word that stands in every history.
        connection.execute(schema.person.update().values(full_name="wallet-standard"))
    leaking = await command("invariants")
    assert leaking.code == 1
    assert "collection/acc-1 holds the name of its person" in leaking.out
    client = await connect(played.settings, env_file=None)

    async def listed(*options: str) -> list[str]:
        ran = await command("case", "list", *options, "--json")
        assert ran.code == 0, ran.err
        return [case["case_id"] for case in json.loads(ran.out)["cases"]]

    assert await listed("--workflow", "running", "--strategy", "wallet-standard", "--bucket", "1-30") == ["acc-1-1"]
    assert await listed("--bucket", "90+") == []
    assert await listed("--workflow", "running", "--stage", "follow_up") == []
    assert await listed("--workflow", "lost") == []
    with monkeypatch.context() as patched:
        patched.setattr(case_workflows, "SHORT", 0)
        assert await listed("--bucket", "1-30", "--currency", "USD") == ["acc-1-1"], "the database leads"
        assert await listed("--bucket", "90+") == []
    await client.get_workflow_handle(collection_workflow_id(account)).terminate("gone")
    for state in ("terminated", "lost"):
        assert await listed("--workflow", state) == ["acc-1-1"], state
    for state in ("running", "failed", "stuck"):
        assert await listed("--workflow", state) == [], state
    unknown = await command("replay", "acc-9")
    assert (unknown.code, unknown.err.startswith("acc-9 is neither a file nor an account")) == (2, True)


async def test_an_account_without_a_workflow_has_no_history(played: Stage, command: Command) -> None:
    ran = await command("case", "history", "acc-9")
    assert (ran.code, ran.err) == (2, "workflow collection/acc-9: no such workflow runs at this Temporal server\n")
