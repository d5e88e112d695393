"""`campaign list`, `show`, `watch` and the question of `abort`, on a case database that changes between two looks."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from casedb import schema
from casedb.campaigns import NewCampaign, create_campaign
from casedb.engine import writing
from console.campaign import MOST_LISTED
from domain.vocabulary import Clock
from tests.casedb.debts import add_case, add_debt
from tests.console.conftest import Run

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)
Change = Callable[[Engine], None]


@pytest.fixture
def autumn(run: Run, sqlite_engine: Engine) -> Engine:
    """A campaign of four accounts that nobody looked at yet."""
    for number in range(4):
        add_debt(sqlite_engine, f"A-{number}", due={(NOW - timedelta(days=9)).date(): 10_000})
    create_campaign(sqlite_engine, new("autumn", NOW - timedelta(seconds=20)))
    return sqlite_engine


def new(campaign_id: str, at: datetime) -> NewCampaign:
    return NewCampaign(
        campaign_id=campaign_id, name=campaign_id, strategy="wallet-standard", started_by="ops", clock=Clock.REAL,
        started_at=at,
    )  # fmt: skip


def settle(account_id: str, status: str = "enrolled", why: str = "") -> Change:
    def change(engine: Engine) -> None:
        member = schema.campaign_member
        with writing(engine) as connection:
            mine = update(member).where(member.c.account_id == account_id)
            connection.execute(mine.values(status=status, why=why, settled_at=datetime.now(UTC)))
            if status == "enrolled":
                add_case(connection, account_id, campaign_id="autumn", opened_at=NOW)

    return change


def stand(status: str, **more: Any) -> Change:
    def change(engine: Engine) -> None:
        with writing(engine) as connection:
            connection.execute(update(schema.campaign).values(status=status, **more))

    return change


def close(account_id: str, reason: str = "paid") -> Change:
    def change(engine: Engine) -> None:
        ended = {"stage": "closed", "closed_at": datetime.now(UTC), "close_reason": reason}
        with writing(engine) as connection:
            connection.execute(update(schema.case).where(schema.case.c.account_id == account_id).values(**ended))

    return change


def go_on(account_id: str, stage: str) -> Change:
    def change(engine: Engine) -> None:
        with writing(engine) as connection:
            connection.execute(update(schema.case).where(schema.case.c.account_id == account_id).values(stage=stage))

    return change


def pay(account_id: str, minor: int) -> Change:
    def change(engine: Engine) -> None:
        at = datetime.now(UTC)
        entry = {"entry_id": f"{account_id}:paid", "account_id": account_id, "version": 2, "kind": "payment"}
        with writing(engine) as connection:
            connection.execute(
                insert(schema.ledger_entry), entry | {"amount_minor": -minor, "at": at, "recorded_at": at}
            )

    return change


def raise_task(account_id: str, kind: str) -> Change:
    def change(engine: Engine) -> None:
        task = {"case_id": f"{account_id}-1", "kind": kind, "key": "k", "owner": "ops", "why": "because"}
        with writing(engine) as connection:
            connection.execute(insert(schema.human_task), task | {"raised_at": datetime.now(UTC)})

    return change


def nothing(engine: Engine) -> None:
    """Nobody did anything."""


@pytest.fixture
def between_looks(autumn: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What happens while `watch` sleeps, in turn; it may not sleep more often than that."""

    def these(*changes: Change) -> None:
        left = list(changes)
        clock = SimpleNamespace(sleep=lambda _: left.pop(0)(autumn))
        monkeypatch.setattr("console.campaign_watch.time", clock)

    return these


def test_watch_writes_a_line_for_each_change_until_nobody_is_enrolled_any_more(
    run: Run, between_looks: Callable[..., None]
) -> None:
    between_looks(
        settle("A-0"), nothing, stand("paused"), stand("running"), settle("A-1", "failed", "too long"),
        stand("finished"),
    )  # fmt: skip
    lines = run("campaign", "watch", "autumn").out.splitlines()
    told = [line.split(" UTC ")[1] for line in lines]
    assert told[0] == "running: pending 4; 0 cases open, 0 closed"
    assert told[1].startswith("running: enrolled 1, pending 3; 1 cases open, 0 closed; reminder 1; ")
    assert told[1].endswith(" s left")
    assert told[2] == "paused: enrolled 1, pending 3; 1 cases open, 0 closed; reminder 1"
    assert told[4].startswith("running: enrolled 1, failed 1, pending 2; ")
    assert told[5] == "finished: enrolled 1, failed 1, pending 2; 1 cases open, 0 closed; reminder 1"
    assert len(told) == 6, "a look at which nothing had changed makes no line"


def test_watch_goes_on_to_the_last_case_if_it_is_asked_to_and_tells_stage_money_and_tasks(
    run: Run, autumn: Engine, between_looks: Callable[..., None]
) -> None:
    for change in (settle("A-0"), settle("A-1"), stand("finished")):
        change(autumn)
    between_looks(
        pay("A-0", 2_500), go_on("A-1", "follow_up"), raise_task("A-1", "contact_failing"), close("A-0"),
        close("A-1", "withdrawn"),
    )  # fmt: skip
    lines = run("campaign", "watch", "autumn", "--until-closed").out.splitlines()
    told = [line.split("; ", 1)[1] for line in lines]
    assert told == [
        "2 cases open, 0 closed; reminder 2",
        "2 cases open, 0 closed; reminder 2; USD 25.00 recovered",
        "2 cases open, 0 closed; follow_up 1, reminder 1; USD 25.00 recovered",
        "2 cases open, 0 closed; follow_up 1, reminder 1; USD 25.00 recovered; waiting for people: contact_failing 1",
        "1 cases open, 1 closed; follow_up 1; paid 1; USD 25.00 recovered; waiting for people: contact_failing 1",
        "0 cases open, 2 closed; paid 1, withdrawn 1; USD 25.00 recovered; waiting for people: contact_failing 1",
    ]


def test_without_that_it_ends_where_the_enrolment_is_over(run: Run, autumn: Engine) -> None:
    for change in (settle("A-0"), stand("finished")):
        change(autumn)
    assert len(run("campaign", "watch", "autumn").out.splitlines()) == 1


def test_each_look_is_a_line_of_json(run: Run, between_looks: Callable[..., None]) -> None:
    between_looks(settle("A-0"), nothing, stand("aborted"), close("A-0"))
    looks = [
        json.loads(line) for line in run("campaign", "watch", "autumn", "--json", "--until-closed").out.splitlines()
    ]
    assert [(look["status"], look["pending"], look["is_closed"]) for look in looks] == [
        ("running", 4, False), ("running", 3, False), ("running", 3, False), ("aborted", 3, False),
        ("aborted", 3, True),
    ]  # fmt: skip
    assert looks[1]["per_second"] > 0
    assert looks[1]["seconds_left"] == round(3 / looks[1]["per_second"])
    assert looks[3]["seconds_left"] is None


def test_on_a_terminal_the_page_is_drawn_anew_at_each_look(
    run: Run, between_looks: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    between_looks(settle("A-0"), stand("finished"))
    drawn = run("campaign", "watch", "autumn").out
    assert [count in drawn for count in ("0 of 4 members", "1 of 4 members", "a second")] == [True] * 3


def test_a_page_says_why_members_were_not_enrolled_and_what_waits_for_people(run: Run, autumn: Engine) -> None:
    for change in (
        settle("A-0"),
        settle("A-1", "failed", "WorkflowId is too long"),
        settle("A-2", "excluded", "nothing is owed any more"),
        raise_task("A-0", "unknown_outcome"),
        stand("paused", changed_by="dana", changed_why="texts look wrong", changed_at=NOW),
    ):
        change(autumn)
    page = run("campaign", "show", "autumn").out
    for words in (
        "1  failed    WorkflowId is too long",
        "1  excluded  nothing is owed any more",
        "by dana (texts look wrong)",
        "3 of 4 members; held",
        "unknown_outcome",
        "whose: python starter.py case list --campaign autumn --task unknown_outcome",
    ):
        assert words in page, page
    assert max(map(len, page.splitlines())) <= 100
    told = json.loads(run("campaign", "show", "autumn", "--json").out)
    assert [(each["status"], each["why"], each["members"]) for each in told["troubles"]] == [
        ("failed", "WorkflowId is too long", 1),
        ("excluded", "nothing is owed any more", 1),
    ]
    assert (told["open_tasks"], told["more_troubles"], told["seconds_left"]) == ({"unknown_outcome": 1}, 0, None)
    whose = json.loads(run("case", "list", "--campaign", "autumn", "--task", "unknown_outcome", "--json").out)
    assert [case["account_id"] for case in whose["cases"]] == ["A-0"]


def test_a_page_that_is_cut_says_how_much_more_there_is(
    run: Run, autumn: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casedb.campaign_progress.MOST_REASONS", 1)
    for number in range(3):
        settle(f"A-{number}", "failed", f"reason {number}")(autumn)
    assert "and 2 more reasons, each of as many members or fewer" in run("campaign", "show", "autumn").out

    row = {"name": "x", "strategy": "s", "started_by": "ops", "clock": "real", "status": "finished"}
    with writing(autumn) as connection:
        for number in range(MOST_LISTED + 1):
            connection.execute(insert(schema.campaign), row | {"campaign_id": f"c-{number}", "started_at": NOW})
    assert "and 2 more, older: python starter.py campaign list --json has all of them" in run("campaign", "list").out
    assert len(json.loads(run("campaign", "list", "--json").out)) == MOST_LISTED + 2


def test_many_open_cases_are_not_withdrawn_without_the_typed_id(run: Run, autumn: Engine) -> None:
    for number in range(101):
        account_id = add_debt(autumn, f"B-{number}")
        with writing(autumn) as connection:
            add_case(connection, account_id, campaign_id="autumn")
    stand("finished")(autumn)
    abort = ("campaign", "abort", "autumn", "--cases", "close")
    declined = typed("no\n", *abort)
    assert declined.returncode == 2
    assert "101 open cases will be withdrawn for good" in declined.stderr
    assert "Type autumn to close them" in declined.stderr
    assert "campaign autumn was not aborted: type its id, or give --yes" in declined.stderr
    assert "no Temporal server" in typed("autumn\n", *abort).stderr, "what was typed lets it go on"
    agreed = run(*abort, "--yes").err
    assert "no Temporal server" in agreed
    assert "Type autumn" not in agreed


def typed(words: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python starter.py`, and what a person types into it."""
    argv = [sys.executable, ROOT / "starter.py", *arguments]
    return subprocess.run(argv, input=words, capture_output=True, text=True, timeout=30, check=False)
