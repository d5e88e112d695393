"""`hold duties|fulfil|decide` and `complaint` as people and programs run them, on a database and without a server."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, update

from casedb import schema
from casedb.engine import writing
from casedb.inbox import mark_signalled
from tests.casedb.people import NOW, add_account, add_person
from tests.console.conftest import Run

TODAY = datetime.now(UTC).date()


@pytest.fixture
def book(sqlite_engine: Engine) -> Engine:
    """A person in the United States with an account."""
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1", phone="+12125550142")
        add_account(connection, "A-1", "P-1", balance_minor=700)
    return sqlite_engine


def test_a_dispute_goes_its_way_from_duties_to_a_decision(run: Run, book: Engine) -> None:
    hold_id = f"A-1:dispute:{TODAY}"
    run("hold", "place", "A-1", "--kind", "dispute", "--owner", "disputes", "--by", "dana")
    listed = json.loads(run("hold", "duties", "A-1", "--json").out)
    assert [each["duty"] for each in listed] == ["acknowledge", "verify", "decide"]
    assert not any(each["overdue"] for each in listed)

    refused = run("hold", "release", hold_id, "--by", "dana")
    assert (refused.code, refused.out) == (2, "")
    assert f"ends by a decision: python starter.py hold decide {hold_id}" in refused.err
    early = run("hold", "decide", hold_id, "--outcome", "rejected", "--by", "lee", "--reason", "contract shown")
    assert (early.code, "rejected needs verify first" in early.err) == (2, True)
    bare = run("hold", "fulfil", hold_id, "verify", "--by", "dana")
    assert (bare.code, "needs --evidence" in bare.err) == (2, True)

    done = run("hold", "fulfil", hold_id, "verify", "--by", "dana", "--evidence", "letter-77")
    assert (done.code, done.err) == (0, "")
    assert "is done by dana" in done.out
    decided = run(
        "hold", "decide", hold_id, "--outcome", "upheld", "--by", "lee", "--reason", "paid elsewhere", "--json"
    )
    assert [each["duty"] for each in json.loads(decided.out)["left_to_do"]] == ["correct_ledger"]
    other = run("hold", "decide", hold_id, "--outcome", "withdrawn", "--by", "lee", "--reason", "changed")
    assert (other.code, "was decided as upheld by lee: nothing changed" in other.err) == (2, True)
    assert "correct_ledger is to be done" in run("hold", "release", hold_id, "--by", "dana").err


def test_a_dispute_never_gets_an_end_by_a_day(run: Run, book: Engine) -> None:
    until = ("--until", f"{TODAY.year + 1}-06-01")
    refused = run("hold", "place", "A-1", "--kind", "dispute", "--owner", "disputes", "--by", "dana", *until)
    assert (refused.code, "ends by a decision alone" in refused.err) == (2, True)
    assert json.loads(run("hold", "list", "--json").out) == []


def test_a_complaint_has_a_number_an_owner_deadlines_and_an_answer(run: Run, book: Engine) -> None:
    opened = run("complaint", "open", "A-1", "--channel", "letter", "--by", "dana", "--evidence", "letter-12")
    assert (opened.code, "the case was not told; run the same command again" in opened.err) == (2, True)
    mark_signalled(book, f"place:A-1:complaint:{TODAY}", NOW)
    again = run("complaint", "open", "A-1", "--channel", "letter", "--by", "dana", "--evidence", "letter-12", "--json")
    number = f"C-{datetime.now(UTC).year}-000001"
    assert (json.loads(again.out)["number"], json.loads(again.out)["duplicate"]) == (number, True)

    assert number in run("complaint", "list").out
    assert "is acknowledged by dana" in run("complaint", "acknowledge", number, "--by", "dana").out
    assert "was acknowledged before" in run("complaint", "acknowledge", number, "--by", "dana").out
    wrong = run("complaint", "answer", number, "--outcome", "not_eligible", "--by", "dana", "--evidence", "letter-90")
    assert (wrong.code, "does not end as not_eligible" in wrong.err) == (2, True)
    answer = ("complaint", "answer", number, "--outcome", "upheld", "--by", "dana", "--evidence", "letter-90")
    assert "hold_released" in run(*answer).err, "no server is there to tell the case of the release"
    mark_signalled(book, f"release:A-1:complaint:{TODAY}", NOW)
    assert "was answered before, nothing changed" in run(*answer).out
    shown = json.loads(run("complaint", "show", number, "--json").out)
    assert (shown["outcome"], shown["answer"], shown["channel"]) == ("upheld", "letter-90", "letter")
    assert json.loads(run("complaint", "list", "--json").out) == []


def test_what_is_overdue_says_so_in_the_list_of_duties_and_of_tasks(run: Run, book: Engine) -> None:
    run("hold", "place", "A-1", "--kind", "hardship", "--owner", "care", "--by", "dana")
    with writing(book) as connection:
        for table in (schema.duty, schema.human_task):
            connection.execute(update(table).values(due_at=NOW))
    assert "of them are overdue" in run("hold", "duties").out
    assert all(
        each["overdue"] for each in json.loads(run("task", "list", "--kind", "hold_duty", "--json").out)["tasks"]
    )
    assert "OVERDUE" in run("task", "list").out
    (task, *_) = json.loads(run("task", "list", "--json").out)["tasks"]
    refused = run("task", "done", str(task["task_id"]), "--by", "dana")
    assert (refused.code, "hold fulfil" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (("hold", "fulfil", "H-9", "verify", "--by", "dana"), "hold H-9 is not known"),
        (("hold", "decide", "H-9", "--outcome", "maybe", "--by", "d", "--reason", "r"), "is not one of"),
        (("complaint", "show", "C-1"), "complaint C-1 is not known"),
        (("complaint", "open", "A-9", "--by", "dana"), "no account or person A-9"),
        (("hold", "place", "A-1", "--kind", "vulnerability", "--owner", "care"), "known: calls_only, interpreter"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_2(run: Run, book: Engine, line: tuple[str, ...], says: str) -> None:
    ran = run(*line)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    "command",
    ["hold duties", "hold fulfil", "hold decide", "complaint open", "complaint list", "complaint show",
     "complaint acknowledge", "complaint answer"],
)  # fmt: skip
def test_every_command_shows_an_example(run: Run, command: str) -> None:
    assert f"Example: python starter.py {command}" in run(*command.split(), "--help").out
