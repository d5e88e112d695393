"""Verdicts on record: numbered, sealed to one another, and beyond the reach of UPDATE and DELETE."""

import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from casedb import schema
from casedb.engine import open_engine, reading, writing
from casedb.migrate import downgrade, upgrade
from casedb.verdicts import SEALED, ChainHead, read_head, seal
from tests.casedb.people import NOW, add_account, add_person
from tests.casedb.verdicts import a_deferral, put_on_record

MINUTE = timedelta(minutes=1)


@pytest.fixture
def engine(any_engine: Engine) -> Engine:
    """One person with two cases."""
    add_two_cases(any_engine)
    return any_engine


def add_two_cases(engine: Engine) -> None:
    """Person `p` with accounts and cases `a` and `b`."""
    with writing(engine) as connection:
        add_person(connection, "p")
        for account in ("a", "b"):
            add_account(connection, account, "p", balance_minor=100)
            connection.execute(
                insert(schema.case).values(
                    case_id=f"{account}-1", account_id=account, person_id="p", strategy="s", strategy_version="1",
                    stage="reminder", opened_at=NOW, opening_balance_minor=100, decisions=0,
                )
            )  # fmt: skip


def test_verdicts_of_a_case_count_from_one_and_each_names_the_one_before(engine: Engine) -> None:
    with writing(engine) as connection:
        heads = [put_on_record(connection, "a-1", NOW, a_deferral(NOW + MINUTE * n)) for n in (1, 2, 3)]
        put_on_record(connection, "b-1", NOW)
    with reading(engine) as connection:
        rows = connection.execute(
            select(schema.verdict).where(schema.verdict.c.case_id == "a-1").order_by(schema.verdict.c.number)
        ).all()
        assert read_head(connection, "a-1") == heads[-1] == ChainHead(3, rows[2].hash)
        assert read_head(connection, "b-1").number == 1
    assert [row.number for row in rows] == [1, 2, 3]
    assert [row.previous_hash for row in rows] == ["", rows[0].hash, rows[1].hash]


def test_a_row_read_back_has_the_hash_that_it_was_written_with(engine: Engine) -> None:
    odd = NOW + timedelta(microseconds=7)
    with writing(engine) as connection:
        put_on_record(connection, "a-1", odd, a_deferral(odd + MINUTE))
    with reading(engine) as connection:
        row = connection.execute(select(schema.verdict)).mappings().one()
    assert seal({name: row[name] for name in SEALED}) == row["hash"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE verdict SET decision = 'allow'",
        "UPDATE verdict SET verdict_id = 77",
        "DELETE FROM verdict",
        "DELETE FROM verdict WHERE number = 2",
    ],
)
def test_the_database_itself_refuses_to_change_or_delete_a_verdict(engine: Engine, statement: str) -> None:
    with writing(engine) as connection:
        put_on_record(connection, "a-1", NOW)
        put_on_record(connection, "a-1", NOW)
    with pytest.raises(IntegrityError, match="never"), writing(engine) as connection:
        connection.execute(text(statement))


def test_postgresql_refuses_to_empty_the_table_at_a_stroke(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    with pytest.raises(IntegrityError, match="never"), writing(engine) as connection:
        connection.execute(text("TRUNCATE verdict"))
    engine.dispose()


def test_a_verdict_that_does_not_follow_the_last_one_is_refused(engine: Engine) -> None:
    with writing(engine) as connection:
        old = put_on_record(connection, "a-1", NOW)
        put_on_record(connection, "a-1", NOW)
    for head in (old, ChainHead(2, "0" * 64), ChainHead(7, old.hash)):
        with pytest.raises(IntegrityError), writing(engine) as connection:
            put_on_record(connection, "a-1", NOW, head=head)
    with reading(engine) as connection:
        assert read_head(connection, "a-1").number == 2


def test_writers_at_once_without_the_persons_lock_cannot_fork_a_chain(engine: Engine) -> None:
    start, refused = threading.Barrier(6), []

    def write() -> None:
        start.wait()
        for _ in range(10):
            try:
                with writing(engine) as connection:
                    put_on_record(connection, "a-1", NOW)
            except IntegrityError as lost:
                refused.append(lost)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        rows = connection.execute(select(schema.verdict).order_by(schema.verdict.c.number)).all()
        head = read_head(connection, "a-1")
    assert len(rows) + len(refused) == 60
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert [row.previous_hash for row in rows] == ["", *(row.hash for row in rows[:-1])]
    assert head == ChainHead(len(rows), rows[-1].hash)


def test_a_head_that_is_known_saves_the_read(engine: Engine) -> None:
    with writing(engine) as connection:
        first = put_on_record(connection, "a-1", NOW, head=ChainHead(0, ""))
        second = put_on_record(connection, "a-1", NOW, head=first)
        assert read_head(connection, "a-1") == second


@given(st.text(), st.text())
def test_no_two_contents_share_a_text_before_they_are_hashed(left: str, right: str) -> None:
    """Two columns side by side must not run into each other."""
    record = dict.fromkeys(SEALED, "")
    one = seal(record | {"rule": left, "why": right})
    other = seal(record | {"rule": left + right, "why": ""})
    assert (one == other) == (right == "")


def test_verdicts_from_before_are_numbered_and_sealed_and_come_back_unsealed(any_empty_database: str) -> None:
    upgrade(any_empty_database, "0002")
    engine = open_engine(any_empty_database)
    rows = [
        "('b-1', 'p', 'k', 'sms', '2026-11-21 09:00:00.000001', 'deny', NULL, 'R', '[\"R\"]', '不', 'US@1', 't')",
        "('a-1', 'p', 'k', 'sms', '2026-11-21 09:00:00', 'defer', '2026-11-22 09:00:00', '', '[]', '', 'US@1', 't')",
        "('b-1', 'p', 'k', 'sms', '2026-11-21 09:01:00', 'allow', NULL, '', '[]', 'w', 'US@1', 't')",
    ]
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
        add_person_0002(connection)
        for row in rows:
            connection.execute(
                text(
                    "INSERT INTO verdict (case_id, person_id, touch_key, channel, at, decision, until, rule, fired, "
                    f"why, profile, tzdata) VALUES {row}"
                )
            )
    upgrade(any_empty_database)
    with writing(engine) as connection:
        found = connection.execute(select(schema.verdict).order_by(schema.verdict.c.verdict_id)).mappings().all()
        assert [(row["case_id"], row["number"], row["fired"]) for row in found] == [
            ("b-1", 1, ["R"]), ("a-1", 1, []), ("b-1", 2, []),
        ]  # fmt: skip
        assert all(seal({name: row[name] for name in SEALED}) == row["hash"] for row in found)
        assert put_on_record(connection, "b-1", NOW).number == 3
        hold = connection.execute(select(schema.hold)).one()
        assert (hold.hold_id, hold.obligation_due_on, hold.placed_at, hold.placed_by) == ("h", None, None, "")
    downgrade(any_empty_database, "0002")
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM verdict")).scalar_one() == 4
        assert connection.execute(text("SELECT hold_id FROM hold")).scalars().all() == ["h"]
    upgrade(any_empty_database)
    with reading(engine) as connection:
        assert read_head(connection, "b-1").number == 3
    engine.dispose()


def add_person_0002(connection: object) -> None:
    """A person with two accounts and cases, in the words of revision 0002."""
    statements = [
        "INSERT INTO person VALUES ('p', 'Wei Chen', 'en', 'US', '[]', '2026-11-21 09:00:00')",
        *(
            f"INSERT INTO account VALUES ('{each}', 'p', 'Lantern', 'pay_later', 'USD', 'UTC', 0, 0, NULL)"
            for each in "ab"
        ),
        *(
            'INSERT INTO "case" (case_id, account_id, person_id, strategy, strategy_version, stage, opened_at, '
            f"opening_balance_minor, decisions) VALUES ('{each}-1', '{each}', 'p', 's', '1', 'reminder', "
            "'2026-11-21 09:00:00', 1, 0)"
            for each in "ab"
        ),
        "INSERT INTO hold VALUES ('h', 'p', NULL, 'dispute', '', 'care', '2026-11-21 09:00:00', NULL, NULL, true)",
    ]
    for statement in statements:
        connection.execute(text(statement))  # type: ignore[attr-defined]
