"""Opening the case database, and its two kinds of transaction: `writing` and `reading`.

Writers are serialized where the database would only let them fail: SQLite has one writer per file, so the
threads of a process queue on a lock (no polling) and processes on `BEGIN IMMEDIATE`, which takes the write lock
before the first read; a transaction never finds halfway that what it read is old. PostgreSQL locks rows instead:
`lock_person` comes first, then the accounts of that person, always in this order.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, bindparam, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError

from casedb.schema import person
from domain.duties import HoldRules
from domain.errors import ConfigurationError, NotKnown

BUSY_TIMEOUT_S = 30
"""How long one process waits for another's SQLite write lock before it gives up."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}",
)
_EXAMPLES = "sqlite:///.amicable/cases.db or postgresql+psycopg://user:password@host/database"

_LOCK_PERSON = select(person.c.person_id).where(person.c.person_id == bindparam("id")).with_for_update()


@dataclass(frozen=True, slots=True)
class _Doors:
    """The two views of one engine's pool, and the queue of its writers."""

    writer: Engine
    reader: Engine
    queue: "threading.Lock | None"
    held_by: list[int] = field(default_factory=list)
    kept: list[Connection] = field(default_factory=list)
    """The connection of SQLite's one writer, once there was one: fetching it from the pool and giving it back costs
    four times what beginning and committing does."""


SUPPRESSION_SALT = "amicable_suppression_salt"
"""The execution option under which connections carry the salt of `casedb.suppression`."""
HOLD_RULES = "amicable_hold_rules"
"""The same of the rules of `casedb.duties`."""

# Kept on the engine itself: a registry would hold every engine for ever, as the doors refer back to it.
_DOORS = "amicable_doors"


def open_engine(
    url: str, *, pool_size: int = 20, suppression_salt: str = "", hold_rules: HoldRules | None = None
) -> Engine:
    """Connect to a SQLite file (its directory is made) or a PostgreSQL database, and prove that it answers.

    Without a salt an opt-out is recorded as always, but the list that outlives an erasure is not kept. Without rules a
    hold silences as always, but has no duties.
    Raises ConfigurationError when the URL is neither, or nothing answers there.
    """
    parsed = _parse(url)
    engine = _sqlite(parsed, pool_size) if parsed.get_backend_name() == "sqlite" else _postgres(parsed, pool_size)
    for door in (engine, _doors_of(engine).reader):
        door.update_execution_options(**{SUPPRESSION_SALT: suppression_salt, HOLD_RULES: hold_rules})
    try:
        with reading(engine):
            pass
    except DBAPIError as error:
        engine.dispose()
        raise ConfigurationError(
            f"database {parsed.render_as_string(hide_password=True)} does not answer "
            f"({' '.join(str(error.orig).split())}): "
            "check that it runs and that the URL names its host, database and user"
        ) from None
    return engine


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError(f"the database URL cannot be read: write {_EXAMPLES}") from None
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise ConfigurationError(f"database kind {parsed.drivername!r} is not supported: write {_EXAMPLES}")
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise ConfigurationError(f"a SQLite case database lives in a file that outlives the process: {_EXAMPLES}")
    return parsed


def _sqlite(url: URL, pool_size: int) -> Engine:
    directory = Path(str(url.database)).parent
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"directory {directory} of the case database cannot be made ({error.strerror}): name another one"
        ) from None
    engine = create_engine(
        url,
        pool_size=pool_size,
        hide_parameters=True,  # an error must not quote a name or an address
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_S},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    doors = _Doors(writer=engine, reader=engine, queue=threading.Lock())
    vars(engine)[_DOORS] = doors
    event.listen(engine, "engine_disposed", lambda disposed: _let_go(doors))
    return engine


def _postgres(url: URL, pool_size: int) -> Engine:
    engine = create_engine(
        url, pool_size=pool_size, pool_pre_ping=True, hide_parameters=True, connect_args={"connect_timeout": 10}
    )
    vars(engine)[_DOORS] = _Doors(writer=engine, reader=engine.execution_options(postgresql_readonly=True), queue=None)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    """The driver must not open transactions of its own accord: it opens them late, and never IMMEDIATE."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection, statement: str) -> None:
    """Not by a `begin` event: one listener makes SQLAlchemy look for listeners around every statement."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute(statement)


def _doors_of(engine: Engine) -> _Doors:
    doors = vars(engine).get(_DOORS)
    if not isinstance(doors, _Doors):
        raise ConfigurationError("this engine was not opened by open_engine: its transactions would not be safe")
    return doors


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write: committed at the end, rolled back by an error. Not to be nested."""
    doors = _doors_of(engine)
    if doors.queue is None:
        with doors.writer.begin() as connection:
            yield connection
        return
    me = threading.get_ident()
    if me in doors.held_by:
        raise RuntimeError("writing() inside writing(): the inner one would wait for the outer one for ever")
    with doors.queue:
        doors.held_by.append(me)
        try:
            connection = _kept(doors)
            with connection.begin():
                _begin(connection, "BEGIN IMMEDIATE")
                yield connection
        except BaseException:
            _let_go_if_stuck(doors)
            raise
        finally:
            doors.held_by.remove(me)


def _kept(doors: _Doors) -> Connection:
    """The writer's connection; another one after the engine was disposed of, or when this one broke."""
    if doors.kept and (doors.kept[0].closed or doors.kept[0].invalidated):
        _let_go(doors)
    if not doors.kept:
        doors.kept.append(doors.writer.connect())
    return doors.kept[0]


def _let_go_if_stuck(doors: _Doors) -> None:
    """A commit that failed, as on a full disk, leaves its transaction open: whoever writes next must not inherit it."""
    if not doors.kept or doors.kept[0].closed or doors.kept[0].invalidated:
        return
    driver: Any = doors.kept[0].connection.dbapi_connection
    if driver.in_transaction:
        driver.rollback()


def _let_go(doors: _Doors) -> None:
    """Close it for good: a pool that was disposed of would only keep it."""
    while doors.kept:
        connection = doors.kept.pop()
        if not connection.closed and not connection.invalidated:
            connection.detach()
        connection.close()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that sees one moment of the database; PostgreSQL refuses writes in it."""
    doors = _doors_of(engine)
    with doors.reader.begin() as connection:
        if doors.queue is not None:
            _begin(connection, "BEGIN")
        yield connection


def lock_person(connection: Connection, person_id: str) -> None:
    """Let nobody else decide about this person until the transaction ends; locked before any account.

    On SQLite the transaction of `writing` is alone already. Raises NotKnown for an unknown person.
    """
    if connection.execute(_LOCK_PERSON, {"id": person_id}).first() is None:
        raise NotKnown(f"person {person_id} is not known: import the book that holds the person first")
