"""`hold`, `switch` and `consent` as people and programs run them, on a database and without a server."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select

from casedb import schema
from casedb.engine import reading, writing
from casedb.inbox import mark_signalled
from tests.casedb.people import NOW, add_account, add_person
from tests.console.conftest import Ran, Run

DUE_ON = date(2026, 10, 1)
NEXT_YEAR = f"{datetime.now(UTC).year + 1}-06-01"
NO_SERVER = "is recorded, but"


@pytest.fixture
def book(sqlite_engine: Engine) -> Engine:
    """A person with two accounts, the first with an amount due and an open case."""
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1", phone="+12125550142")
        for number in (1, 2):
            add_account(connection, f"A-{number}", "P-1", balance_minor=700)
        due = {"obligation_id": "O-1", "account_id": "A-1", "due_on": DUE_ON, "amount_minor": 700}
        connection.execute(insert(schema.obligation), due)
        connection.execute(
            insert(schema.case).values(
                case_id="A-1-1", account_id="A-1", person_id="P-1", strategy="wallet-standard", strategy_version="1",
                stage="reminder", opened_at=NOW, opening_balance_minor=700, decisions=0, next_at=NOW,
                next_action="contact", next_why="it is due",
            )
        )  # fmt: skip
    return sqlite_engine


def holds(engine: Engine) -> list[dict[str, object]]:
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(select(schema.hold)).mappings()]


def place(run: Run, *more: str, about: str = "A-1", review: str = NEXT_YEAR) -> Ran:
    """A hardship that the care desk owns; it may end on a day, which a dispute never does."""
    ending = () if "--until" in more else ("--review", review)
    return run("hold", "place", about, "--kind", "hardship", "--owner", "care", "--by", "dana", *ending, *more)


def test_a_hold_is_kept_when_no_server_is_there_and_the_same_command_again_is_safe(run: Run, book: Engine) -> None:
    for _ in range(2):
        ran = place(run, "--reason", "says he paid")
        assert (ran.code, ran.out) == (2, "")
        assert "the case was not told; run the same command again" in ran.err
    [row] = holds(book)
    assert (row["person_id"], row["account_id"], row["kind"], row["owner"]) == ("P-1", "A-1", "hardship", "care")
    assert (row["reason"], row["placed_by"], row["released_at"]) == ("says he paid", "dana", None)
    assert row["placed_at"] is not None
    assert "release it first" in place(run, "--until", NEXT_YEAR).err


def told(engine: Engine) -> None:
    """As if a relay had told every case meanwhile."""
    with reading(engine) as connection:
        waiting = connection.scalars(select(schema.inbox_event.c.event_id)).all()
    for event_id in waiting:
        mark_signalled(engine, event_id, NOW)


def test_a_hold_that_was_released_may_be_placed_again_under_another_id(run: Run, book: Engine) -> None:
    place(run)
    [first] = holds(book)
    told(book)
    assert NO_SERVER in run("hold", "release", str(first["hold_id"]), "--by", "eve").err
    told(book)
    assert "was released before, nothing changed" in run("hold", "release", str(first["hold_id"])).out
    place(run)
    again = {str(row["hold_id"]): row["released_by"] for row in holds(book)}
    assert again == {first["hold_id"]: "eve", f"{first['hold_id']}:2": ""}


def test_dates_are_days_of_the_accounts_calendar_and_may_lie_in_the_past(run: Run, book: Engine) -> None:
    place(run, "--from", "2026-09-01", "--until", NEXT_YEAR, "--count-days")
    [row] = holds(book)
    assert row["starts_at"] == datetime(2026, 9, 1, 4, tzinfo=UTC)
    assert row["ends_at"] == datetime.fromisoformat(f"{NEXT_YEAR}T04:00:00+00:00")
    assert (row["pauses_dpd"], row["review_at"]) == (False, None)


def test_a_hold_on_one_amount_names_its_due_date(run: Run, book: Engine) -> None:
    place(run, "--due-on", DUE_ON.isoformat())
    assert [row["obligation_due_on"] for row in holds(book)] == [DUE_ON]
    assert "nothing of account A-1 fell due on 2026-10-02" in place(run, "--due-on", "2026-10-02").err
    assert "--due-on needs an account" in place(run, "--due-on", "2026-10-01", about="P-1").err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("hold place A-1 --kind custom --owner care", "a hold without --until needs --review"),
        ("hold place A-1 --kind dispute --owner care --review 2020-01-01", "a day to come"),
        (f"hold place A-1 --kind dispute --owner care --until {NEXT_YEAR} --review {NEXT_YEAR}", "exclude each other"),
        ("hold place A-1 --kind dispute --owner care --from 2026-02-02 --until 2026-02-01", "not after its start"),
        (f"hold place A-9 --kind dispute --owner care --until {NEXT_YEAR}", "no account or person A-9"),
        ("hold release H-9", "hold H-9 is not known: python starter.py hold list"),
        ("switch set channel fax --reason x", "a channel switch takes one of sms"),
        ("switch set strategy rude --reason x", "takes one of wallet-gentle, wallet-standard"),
        ("switch set campaign none --reason x", "campaign none is not known"),
        ("switch lift global", "no switch on global is set"),
        ("consent show P-9", "no account or person P-9"),
        ("consent withdraw P-1 --channel sms --source call --point P-1:email:1", "is no sms address of person P-1"),
        ("consent withdraw P-1 --channel sms --source call --wrong-number", "must say which number is wrong"),
        ("consent give P-1 --channel sms --source form --evidence f --until 2020-01-01", "only a permission ends"),
        ("consent give P-1 --channel sms --source form --evidence=", "must not be empty"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(run: Run, book: Engine, arguments: str, says: str) -> None:
    ran = run(*arguments.split())
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert says in ran.err
    assert holds(book) == []
    assert run("consent", "show", "P-1").out == "person P-1 said nothing about any channel\n"


def test_holds_are_listed_by_person_account_and_whether_a_review_is_due(run: Run, book: Engine) -> None:
    assert "no hold is in force" in run("hold", "list").out
    place(run)
    place(run, about="P-1")
    with writing(book) as connection:
        late = datetime.now(UTC) - timedelta(days=1)
        on_account = schema.hold.c.account_id == "A-1"
        connection.execute(schema.hold.update().where(on_account).values(review_at=late))
    listed = json.loads(run("hold", "list", "A-1", "--json").out)
    assert [(hold["account_id"], hold["review_due"]) for hold in listed] == [("A-1", True), (None, False)]
    assert [hold["account_id"] for hold in json.loads(run("hold", "list", "A-2", "--json").out)] == [None]
    page = run("hold", "list").out
    assert "1 of them wait for a review" in page
    assert max(map(len, page.splitlines())) <= 100


def test_a_switch_is_set_seen_on_cases_and_lifted(run: Run, book: Engine) -> None:
    assert "no switch is set" in run("switch", "show").out
    assert "global is switched off since" in run("switch", "set", "global", "--reason", "incident", "--by", "dana").out
    assert "already" in run("switch", "set", "global", "--reason", "incident", "--by", "eve").out
    run("switch", "set", "channel", "sms", "--reason", "provider", "--by", "dana")
    page = run("case", "list").out
    assert "by dana: incident" in page
    assert "stopped (global, channel sms); contact: it is due" in " ".join(page.split())
    [case] = json.loads(run("case", "list", "--json").out)["cases"]
    assert [switch["scope"] for switch in case["stopped_by"]] == ["global", "channel"]
    shown = run("case", "show", "A-1").out
    assert "global is switched off since" in shown
    assert json.loads(run("case", "show", "A-1", "--json").out)["stopped_by"][1]["key"] == "sms"
    assert "is on again, lifted by eve" in run("switch", "lift", "global", "--by", "eve").out
    run("switch", "lift", "channel", "sms", "--by", "eve")
    assert json.loads(run("switch", "show", "--json").out) == []
    assert "by eve" in run("switch", "show", "--all").out
    assert "switched off" not in run("case", "show", "A-1").out


def test_what_a_person_says_is_on_the_ledger_without_the_address(run: Run, book: Engine) -> None:
    given = ("consent", "give", "P-1", "--channel", "sms", "--source", "form", "--evidence", "form-7")
    assert "not every case was told" in run(*given, "--until", NEXT_YEAR).err
    point = run("consent", "withdraw", "A-1", "--channel", "sms", "--point", "P-1:sms:1", "--source", "call")
    assert "person P-1 is out of sms at P-1:sms:1; no running case had to be told" in point.out
    ran = run("consent", "withdraw", "P-1", "--channel", "sms", "--source", "call", "--evidence", "call-3")
    assert "not every case was told" in ran.err, "it is in force all the same"
    statements = json.loads(run("consent", "show", "P-1", "--json").out)["statements"]
    assert [(each["permission"], each["contact_point_id"], each["evidence"]) for each in statements] == [
        ("given", None, "form-7"), ("withdrawn", "P-1:sms:1", ""), ("withdrawn", None, "call-3"),
    ]  # fmt: skip
    page = run("consent", "show", "P-1").out
    assert "form: form-7" in page
    assert "+1212" not in page + json.dumps(statements)
