"""`task list`, `task done` and `task settle` as people and programs run them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select, update

from casedb import schema
from casedb.engine import reading, writing
from console.task import HOW
from domain.vocabulary import TaskKind
from tests.casedb.people import NOW, add_account, add_person
from tests.console.conftest import Run


@pytest.fixture
def waiting(sqlite_engine: Engine) -> Engine:
    """A case with one task of every kind, each a little younger than the one before."""
    now = datetime.now(UTC)
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1", phone="+12025550142")
        add_account(connection, "A-1", "P-1", balance_minor=700)
        connection.execute(
            insert(schema.case).values(
                case_id="A-1-1", account_id="A-1", person_id="P-1", strategy="wallet-standard", strategy_version="1",
                stage="reminder", opened_at=NOW, opening_balance_minor=700, decisions=0,
            )
        )  # fmt: skip
        for number, kind in enumerate(TaskKind):
            raised_at = now - timedelta(days=3) + number * timedelta(hours=10)
            connection.execute(
                insert(schema.human_task).values(
                    case_id="A-1-1", kind=kind.value, key=f"k-{number}", owner="care", why="a person must look",
                    raised_at=raised_at,
                )
            )  # fmt: skip
    return sqlite_engine


def number_of(engine: Engine, kind: TaskKind) -> str:
    with reading(engine) as connection:
        return str(connection.scalar(select(schema.human_task.c.task_id).where(schema.human_task.c.kind == kind.value)))


def test_the_list_says_who_must_do_what_and_how_long_it_has_waited(run: Run, waiting: Engine) -> None:
    page = run("task", "list").out
    assert page.index("approval_decision") < page.index("callback")
    for words in ("3 d", "2 h", "care", "A-1-1", "task settle TASK"):
        assert words in " ".join(page.split())
    assert max(map(len, page.splitlines())) <= 100
    told = json.loads(run("task", "list", "--json").out)
    assert told["total"] == len(TaskKind)
    assert [task["kind"] for task in told["tasks"]] == [kind.value for kind in TaskKind]
    assert (told["tasks"][0]["how"], told["tasks"][0]["age_seconds"]) == (
        HOW[TaskKind.APPROVAL_DECISION], pytest.approx(3 * 86_400, abs=60),
    )  # fmt: skip
    assert f"1 to 3 of {len(TaskKind)} tasks; --page 2 goes on" in run("task", "list", "--limit", "3").out
    second = json.loads(run("task", "list", "--limit", "3", "--page", "2", "--json").out)
    assert [task["kind"] for task in second["tasks"]] == [kind.value for kind in list(TaskKind)[3:6]]
    assert "no task waits for a person here" in run("task", "list", "--owner", "nobody").out


def test_tasks_are_narrowed_by_account_age_and_the_day_that_has_passed(run: Run, waiting: Engine) -> None:
    def kinds(*options: str) -> list[str]:
        return [task["kind"] for task in json.loads(run("task", "list", *options, "--json").out)["tasks"]]

    first, *others = [kind.value for kind in TaskKind]
    assert kinds("--account", "A-1") == [first, *others]
    assert kinds("--account", "A-2") == kinds("--overdue") == []
    assert kinds("--older-than", "2") == [first, *others[:2]]
    with writing(waiting) as connection:
        late = schema.human_task.c.kind == TaskKind.HOLD_DUTY.value
        connection.execute(update(schema.human_task).where(late).values(due_at=datetime.now(UTC)))
    assert kinds("--overdue") == ["hold_duty"]


def test_a_task_is_given_to_somebody_and_stays_theirs(run: Run, waiting: Engine) -> None:
    number = number_of(waiting, TaskKind.CALLBACK)
    ran = run("task", "assign", number, "lin", "--by", "dana", "--note", "speaks Chinese")
    assert ran.out == f"task {number} (callback) is lin's now; it was care's\n"
    assert [task["owner"] for task in json.loads(run("task", "list", "--owner", "lin", "--json").out)["tasks"]] == [
        "lin"
    ]
    told = json.loads(run("task", "assign", number, "kim", "--by", "lin", "--json").out)
    assert (told["owner"], told["was"]) == ("kim", "lin")
    page = " ".join(run("case", "show", "A-1").out.split())
    assert f"waits for kim: callback, task {number}" in page
    assert f"task_assigned of task {number} to lin, by dana (speaks Chinese)" in page
    run("task", "done", number, "--by", "kim")
    assert "was done already" in run("task", "assign", number, "lin", "--by", "dana").err
    assert "must be a team or the id" in run("task", "assign", "1", " ", "--by", "dana").err


def test_a_callback_is_ticked_off_without_a_server_and_twice_is_once(run: Run, waiting: Engine) -> None:
    number = number_of(waiting, TaskKind.CALLBACK)
    ran = run("task", "done", number, "--by", "dana", "--note", "called, asks for a plan")
    assert ran.out == f"task {number} (callback) is done by dana; no running case had to be told\n"
    again = json.loads(run("task", "done", number, "--by", "lin", "--json").out)
    assert (again["duplicate"], again["by"]) == (True, "dana")
    assert "callback" not in run("task", "list").out
    assert "; done 2" in " ".join(run("task", "list", "--all", "--kind", "callback").out.split())
    assert "by dana (called, asks for a plan)" in " ".join(run("case", "show", "A-1").out.split())


TICKED_OFF = [
    kind for kind in TaskKind if kind.outlives_the_step and kind not in (TaskKind.HOLD_DUTY, TaskKind.RELIEF_DECISION)
]
"""A duty of a hold ends by `hold fulfil`, which keeps its reference, and relief by another person's yes or no."""


@pytest.mark.parametrize("kind", TICKED_OFF)
def test_what_waits_for_a_person_whatever_the_case_does_is_ticked_off_by_one(
    run: Run, waiting: Engine, kind: TaskKind
) -> None:
    assert run("task", "done", number_of(waiting, kind), "--by", "dana").code == 0
    assert kind.value not in run("task", "list").out


@pytest.mark.parametrize("kind", [kind for kind in TaskKind if kind not in TICKED_OFF])
def test_every_other_task_is_refused_with_the_way_that_ends_it(run: Run, waiting: Engine, kind: TaskKind) -> None:
    ran = run("task", "done", number_of(waiting, kind), "--by", "dana")
    assert (ran.code, ran.out) == (2, "")
    assert f"is of kind {kind.value} and ends by another way: {HOW[kind]}" in ran.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("task done 99 --by dana", "task 99 is not known: python starter.py task list"),
        ("task done 1", "Missing option '--by'"),
        ("task settle 4 --by dana", "needs exactly one of --sent and --not-sent"),
        ("task settle 4 --sent --not-sent --by dana", "needs exactly one of --sent and --not-sent"),
        ("task settle 4 --sent --by dana", "touch k-3 of case A-1-1 is gone by now"),
        ("task settle 1 --sent --by dana", "ends by another way: approvals approve REQUEST"),
        (f"task done 8 --by dana --note {'x' * 201}", "must be one line of at most 200"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(run: Run, waiting: Engine, arguments: str, says: str) -> None:
    ran = run(*arguments.split())
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert says in ran.err
    assert json.loads(run("task", "list", "--json").out)["total"] == len(TaskKind)


def test_settled_while_no_server_is_there_it_is_kept_and_the_same_command_tells_later(
    run: Run, waiting: Engine
) -> None:
    number = number_of(waiting, TaskKind.UNKNOWN_OUTCOME)
    doubt_about(waiting, "k-3")
    for _ in range(2):
        ran = run("task", "settle", number, "--sent", "--by", "dana")
        assert (ran.code, ran.out) == (2, "")
        assert "the case was not told; run the same command again" in ran.err
    assert (
        "was settled as sent by dana: nothing changed" in run("task", "settle", number, "--not-sent", "--by", "x").err
    )
    with reading(waiting) as connection:
        assert connection.scalar(select(schema.touch.c.status)) == "sent"


def doubt_about(engine: Engine, key: str) -> None:
    """A touch of which nobody knows whether it went out."""
    with writing(engine) as connection:
        connection.execute(update(schema.human_task).where(schema.human_task.c.key == key).values(key="reminder/r-1"))
        connection.execute(
            insert(schema.touch).values(
                touch_id="t", case_id="A-1-1", account_id="A-1", person_id="P-1", touch_key="reminder/r-1",
                channel="sms", contact_point_id="P-1:sms:1", reference="R", template="t", status="unknown", at=NOW,
                attempted_at=NOW, provider="twilio", code="not_found", balance_minor=1,
            )
        )  # fmt: skip
