"""`strategy list|show|diff|keep|move` as people and programs run them; no server is there, and none is needed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from activities.kept_strategies import keep_strategies
from casedb.engine import reading, writing
from casedb.schema import case, contact_point, inbox_event, touch
from config.strategies import read_strategy
from tests.casedb.debts import add_case, add_debt
from tests.console.conftest import Run
from tests.domain.cases import GENTLE, STANDARD

NOW = datetime.now(UTC)
OLD = read_strategy(STANDARD.name, STANDARD.document.replace('at: "10:00"', 'at: "15:00"'))
"""What the file was before today."""


@pytest.fixture
def book(sqlite_engine: Engine) -> Engine:
    """Three cases under an old version of the standard, one of which was sent its first reminder."""
    keep_strategies(sqlite_engine, [OLD], NOW)
    for number in (1, 2, 3):
        due_on = (NOW - timedelta(days=2)).date()
        add_debt(sqlite_engine, f"A-{number}", due={due_on: 10_000})
    with writing(sqlite_engine) as connection:
        for number in (1, 2, 3):
            point = {"contact_point_id": f"P-A-{number}:sms", "person_id": f"P-A-{number}", "channel": "sms"}
            connection.execute(
                insert(contact_point).values(address=f"+1202555010{number}", line_type="mobile", **point)
            )
            add_case(connection, f"A-{number}", strategy_version=OLD.version, opened_at=NOW - timedelta(days=1))
    return sqlite_engine


def under(engine: Engine) -> dict[str, str]:
    with reading(engine) as connection:
        rows = connection.execute(select(case.c.case_id, case.c.strategy, case.c.strategy_version))
        return {row.case_id: f"{row.strategy}@{row.strategy_version}" for row in rows}


def test_versions_are_listed_shown_and_compared(run: Run, book: Engine) -> None:
    listed = json.loads(run("strategy", "list", "--json").out)
    found = {each["reference"]: (each["is_the_file"], each["open_cases"]) for each in listed}
    assert found[OLD.reference] == (False, 3)
    assert found[STANDARD.reference] == (True, 0)
    table = run("strategy", "list")
    assert OLD.version in table.out
    assert run("strategy", "show", OLD.reference).out.strip() == OLD.document.strip()
    different = run("strategy", "diff", OLD.reference, STANDARD.name).out
    assert '-      - {id: reminder-1, offset_days: 1, at: "15:00"' in different
    assert '+      - {id: reminder-1, offset_days: 1, at: "10:00"' in different


def test_a_preview_changes_nothing_and_a_move_is_on_record_with_who_and_why(run: Run, book: Engine) -> None:
    before = under(book)
    shown = run("strategy", "move", "--from", OLD.reference, "--to", STANDARD.name)
    assert f"3 of 3 would be moved to {STANDARD.reference}; nothing was: --yes does it" in shown.out
    assert under(book) == before
    done = run("strategy", "move", "A-1", "--to", STANDARD.name, "--yes", "--by", "dana", "--reason", "new hours")
    assert done.code == 0
    assert "1 case moved to" in done.out
    assert "1 of them could not be told yet" in done.out
    assert under(book) == before | {"A-1-1": STANDARD.reference}
    shown = run("case", "show", "A-1", "--json")
    facts = [each for each in json.loads(shown.out)["timeline"] if each["kind"] == "fact"]
    assert [each["says"] for each in facts] == [f"strategy_moved to {STANDARD.reference}, by dana (new hours)"]
    with reading(book) as connection:
        assert connection.scalar(select(inbox_event.c.signalled_at)) is None, "the relay tells it"
    again = json.loads(run("strategy", "move", "--from", STANDARD.name, "--to", STANDARD.name, "--yes", "--json").out)
    assert (again["moved"], again["already"]) == (2, 1), "the others of that name, and none twice"


def test_a_case_that_would_hear_the_same_words_twice_is_not_moved(run: Run, book: Engine, tmp_path: Path) -> None:
    renamed = tmp_path / "old" / "wallet-standard.yaml"
    renamed.parent.mkdir()
    renamed.write_text(STANDARD.document.replace("id: reminder-1,", "id: hello-1,"))
    kept = json.loads(run("strategy", "keep", str(renamed), "--json").out)["reference"]
    assert "was kept before" in run("strategy", "keep", str(renamed)).out
    with writing(book) as connection:
        sent = {"touch_key": "reminder/reminder-1", "template": "reminder_1", "status": "sent"}
        add_touch(connection, **sent)
    many = run("strategy", "move", "--from", STANDARD.name, "--to", kept, "--yes")
    assert "2 cases moved to" in many.out
    assert "1 case not moved: reminder_1 was sent as reminder/reminder-1" in many.out
    alone = run("strategy", "move", "A-1", "--to", kept, "--yes")
    assert alone.code == 2
    assert "case A-1-1 was not moved: reminder_1 was sent as" in alone.err


def add_touch(connection, **values: str) -> None:  # type: ignore[no-untyped-def]
    connection.execute(
        insert(touch).values(
            touch_id="t",
            case_id="A-1-1",
            account_id="A-1",
            person_id="P-A-1",
            channel="sms",
            contact_point_id="P-A-1:sms",
            reference="R",
            at=NOW,
            attempted_at=NOW,
            provider="twilio",
            balance_minor=10_000,
            **values,
        )
    )


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("move", "--to", "wallet-gentle"), "give ACCOUNT, --campaign or --from, and only one of them"),
        (("move", "A-9", "--to", "wallet-gentle"), "no account or case A-9"),
        (("move", "A-1", "--to", "wallet-kind"), "strategy 'wallet-kind' is not in config/strategies"),
        (("move", "A-1", "--to", "wallet-gentle@0"), "wallet-gentle@0 is not kept"),
        (("move", "A-1", "--to", "wallet-gentle@"), "write NAME, or NAME@VERSION"),
        (("move", "A-1", "--to", "wallet-gentle", "--yes", "--preview"), "not both"),
        (("move", "--campaign", "x", "--to", "wallet-gentle"), "campaign x is not known"),
        (("move", "--from", "nothing", "--to", "wallet-gentle"), "no open case runs under nothing"),
        (("show", "wallet-kind"), "is not in config/strategies"),
        (("keep", "missing.yaml"), "missing.yaml"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(run: Run, book: Engine, command: tuple[str, ...], why: str) -> None:
    told = run("strategy", *command)
    assert (told.code, why in told.err, told.err.count("\n")) == (2, True, 1), told.err


def test_moving_a_whole_campaign_to_another_strategy_shows_what_each_would_leave_out(run: Run, book: Engine) -> None:
    shown = json.loads(run("strategy", "move", "A-2", "--to", GENTLE.name, "--json").out)
    (one,) = shown["cases"]
    assert one["then"]["action"]["touch_key"] == "reminder/reminder-1"
    assert "installment_offer/offer-2" in one["left_out"]
    assert (shown["movable"], shown["moved"], one["moved"]) == (1, 0, False)
