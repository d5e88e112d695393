"""Transactions of the case database: who may write when, and what an error leaves behind."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from casedb.engine import lock_person, open_engine, reading, writing
from casedb.schema import account, book_import, person
from domain.errors import ConfigurationError, NotKnown
from tests.casedb.people import NOW, add_person


def test_a_transaction_is_kept_when_it_ends_and_undone_by_an_error(any_engine: Engine) -> None:
    with writing(any_engine) as connection:
        add_person(connection, "P-1")
    with pytest.raises(NotKnown), writing(any_engine) as connection:
        add_person_and_fail(connection, "P-2")
    with reading(any_engine) as connection:
        assert connection.scalars(select(person.c.person_id)).all() == ["P-1"]


def add_person_and_fail(connection: Connection, person_id: str) -> None:
    """A change, and then an error."""
    add_person(connection, person_id)
    lock_person(connection, "P-404")


def test_an_account_of_nobody_is_refused(any_engine: Engine) -> None:
    with pytest.raises(IntegrityError), writing(any_engine) as connection:
        connection.execute(
            insert(account).values(
                account_id="A-1",
                person_id="nobody",
                creditor="Lantern Wallet",
                product="pay_later",
                currency="USD",
                zone="UTC",
                balance_minor=0,
                ledger_version=0,
            )
        )


def test_threads_that_read_and_then_write_lose_no_update(any_engine: Engine) -> None:
    with writing(any_engine) as connection:
        add_person(connection, "P-1")
        connection.execute(insert(book_import).values(file_sha256="x", **counters(0), started_at=NOW))

    def add_one_often() -> None:
        for _ in range(20):
            with writing(any_engine) as connection:
                lock_person(connection, "P-1")
                done = connection.scalar(select(book_import.c.rows_done)) or 0
                connection.execute(book_import.update().values(rows_done=done + 1))

    threads = [threading.Thread(target=add_one_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(any_engine) as connection:
        assert connection.scalar(select(book_import.c.rows_done)) == 160


def counters(rows_done: int) -> dict[str, object]:
    """The counts of an import that did nothing yet."""
    return {
        "rows_done": rows_done,
        "accepted": 0,
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
        "finished": False,
    }


def test_a_reader_sees_one_moment_while_a_writer_goes_on(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine) as reader:
        before = reader.scalar(select(func.count()).select_from(person))
        with writing(sqlite_engine) as writer:
            add_person(writer, "P-1")
        assert reader.scalar(select(func.count()).select_from(person)) == before


def test_a_reader_cannot_write_on_postgresql(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    with pytest.raises(DBAPIError, match="read-only"), reading(engine) as connection:
        add_person(connection, "P-1")
    with writing(engine) as connection:
        add_person(connection, "P-1")
    engine.dispose()


def test_locking_a_person_nobody_knows_is_an_error_that_names_the_id(any_engine: Engine) -> None:
    with pytest.raises(NotKnown, match="P-404"), writing(any_engine) as connection:
        lock_person(connection, "P-404")


def test_writing_inside_writing_is_refused_at_once_on_sqlite(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine), pytest.raises(RuntimeError, match="inside"), writing(sqlite_engine):
        pass
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1")


def test_sqlite_keeps_readers_and_writers_apart_and_checks_references(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine) as connection:
        pragmas = {name: connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys")}
        assert pragmas == {"journal_mode": "wal", "foreign_keys": 1}
        assert connection.scalar(text("PRAGMA synchronous")) == 1
        assert connection.scalar(text("PRAGMA busy_timeout")) == 30_000


def test_the_directory_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path / 'a' / 'b' / 'cases.db'}").dispose()
    assert (tmp_path / "a" / "b" / "cases.db").exists()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("not a url", "cannot be read"),
        ("mysql://host/name", "mysql"),
        ("sqlite://", "outlives"),
        ("sqlite:////dev/null/cases.db", "cannot be made"),
        ("postgresql://user:hush@127.0.0.1:1/cases", "does not answer"),
    ],
)
def test_a_url_that_leads_nowhere_is_a_sentence_without_the_password(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        open_engine(url)
    assert "hush" not in str(caught.value)


def test_an_engine_opened_elsewhere_is_refused(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'cases.db'}")
    with pytest.raises(ConfigurationError, match="open_engine"), reading(engine):
        pass
    engine.dispose()


def test_an_error_of_the_database_never_quotes_a_value(any_engine: Engine) -> None:
    with pytest.raises(DBAPIError) as failed, writing(any_engine) as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:address)"), {"address": "ada@mail.example.com"})
    assert "ada@mail" not in str(failed.value)


def test_the_writer_of_sqlite_keeps_its_connection_until_the_engine_is_disposed_of(sqlite_engine: Engine) -> None:
    def who() -> object:
        with writing(sqlite_engine) as connection:
            return connection.connection.dbapi_connection

    first = who()
    assert who() is first
    with pytest.raises(NotKnown), writing(sqlite_engine) as connection:
        lock_person(connection, "P-404")
    assert who() is first
    sqlite_engine.dispose()
    assert first is not None
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        first.execute("SELECT 1")  # type: ignore[attr-defined]  # the driver's own
    assert who() is not first


def break_off(connection: Connection) -> None:
    """The connection is lost, and then an error."""
    connection.invalidate()
    raise RuntimeError("broken")


def test_a_writer_whose_connection_broke_gets_another(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1")
    with pytest.raises(RuntimeError), writing(sqlite_engine) as connection:
        break_off(connection)
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-2")
    with reading(sqlite_engine) as connection:
        assert connection.scalars(select(person.c.person_id).order_by(person.c.person_id)).all() == ["P-1", "P-2"]


def test_a_commit_that_fails_leaves_nothing_open_for_whoever_writes_next(any_engine: Engine) -> None:
    def full(connection: object) -> None:
        raise OSError("no space left")

    event.listen(any_engine, "commit", full)
    with pytest.raises(OSError, match="no space left"), writing(any_engine) as connection:
        add_person(connection, "P-1")
    event.remove(any_engine, "commit", full)
    with writing(any_engine) as connection:
        add_person(connection, "P-2")
    with reading(any_engine) as connection:
        assert connection.scalars(select(person.c.person_id)).all() == ["P-2"]
