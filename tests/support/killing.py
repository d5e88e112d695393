"""Kills a process that serves a door at every statement and every commit of it, one fork for each.

`multiprocessing`'s fork server imports this file, so that its children start with everything read. Such a child has
one thread: it makes the world and the application once, and forks for each point from then on. What a process
leaves behind it leaves by its statements, so a kill between any two lines is one before the next statement.
"""

import os
import pickle
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, select

from casedb import schema
from casedb.engine import open_engine, reading
from tests.support.door_posts import DOORS, DoorPost, create_door, create_world
from tests.support.stage import rules_and_renderer

rules_and_renderer()  # read once, before anything is forked
MOST_POINTS = 400
_BY_THE_WALL = frozenset({"received_at", "recorded_at", "raised_at", "created_at", "placed_at", "tell_at"})
"""Columns that say when we learned of something."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")

State = dict[str, list[str]]


@dataclass
class Killer:
    """Counts the points that this process passes, and ends it at one."""

    dies_at: int = 0
    passed: int = 0

    def here(self, *_: object) -> None:
        """A point: before a statement, a commit, or telling."""
        self.passed += 1
        if self.passed == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the database of each process is, and how it is made afresh."""

    url: str
    renew: Callable[[], None]
    keep: Callable[[], None]
    """Remember what is there now as what `renew` makes."""


def on_sqlite(path: str) -> Place:
    """A migrated file; `renew` copies what `keep` copied."""
    work, kept = Path(path), Path(f"{path}.kept")

    def renew() -> None:
        for tail in ("", "-wal", "-shm"):
            Path(f"{work}{tail}").unlink(missing_ok=True)
        shutil.copyfile(kept, work)

    return Place(url=f"sqlite:///{path}", renew=renew, keep=lambda: shutil.copyfile(work, kept) and None)


def on_postgresql(maintenance: str, url: str, name: str) -> Place:
    """A migrated database of this name; `renew` makes it again from a copy under another name."""

    def execute(*statements: str) -> None:
        with psycopg.connect(maintenance, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]  # names of our own

    def copy(made: str, template: str) -> str:
        return f"CREATE DATABASE {made} TEMPLATE {template} STRATEGY FILE_COPY"

    def renew() -> None:
        execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", copy(name, f"{name}_kept"))

    return Place(url=url, renew=renew, keep=lambda: execute(copy(f"{name}_kept", name)))


def watch(engine: Engine, killer: Killer) -> None:
    """Let every statement and commit of a process be a point, those that go straight to the driver as well."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda driver, _: driver.set_trace_callback(killer.here))
        return

    class Watched(psycopg.Cursor[Any]):
        def execute(self, *about: Any, **more: Any) -> Any:
            killer.here()
            return super().execute(*about, **more)

        def executemany(self, *about: Any, **more: Any) -> Any:
            killer.here()
            return super().executemany(*about, **more)

    def watched(driver: Any, _: object) -> None:
        driver.cursor_factory = Watched
        commit = driver.commit

        def dying_commit() -> None:
            killer.here()
            commit()

        driver.commit = dying_commit

    event.listen(engine, "connect", watched)


def state_of(engine: Engine) -> State:
    """Every row of every table, but for when we learned of it, and which facts some case has still to hear."""
    state: State = {}
    with reading(engine) as connection:
        for table in schema.METADATA.sorted_tables:
            columns = [column for column in table.c if column.name not in _BY_THE_WALL]
            rows = connection.execute(select(*columns)).mappings()
            state[table.name] = sorted(str({name: _plain(value) for name, value in row.items()}) for row in rows)
        told = schema.inbox_event.c
        state["untold"] = sorted(connection.scalars(select(told.event_id).where(told.signalled_at.is_(None))))
    return state


def _plain(value: Any) -> Any:
    """What is of this very hour is now: no two runs have the same."""
    now = datetime.now(UTC)
    if isinstance(value, datetime):
        return "now" if abs(now - value) < timedelta(hours=1) else value
    if isinstance(value, dict):
        return _INSTANT.sub(lambda found: str(_plain(datetime.fromisoformat(found[0]))), str(value))
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: what was there after it, and after the sender posted the same again."""

    point: int
    left: State
    end: State
    answer: int


@dataclass(kw_only=True)
class Report:
    """All that was found out about one door."""

    start: State = field(default_factory=dict)
    clean: State = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    """Of the clean post and of its repeat."""
    repeated: State = field(default_factory=dict)
    kills: list[Kill] = field(default_factory=list)
    trouble: str = ""


def kill_everywhere(place: Callable[[], Place], name: str, told: Any) -> None:
    """Try a door at every point; the target of a child of the fork server. Sends one `Report`."""
    report = Report()
    try:
        _Trial(place(), DOORS[name], report).run()
    except Exception:  # noqa: BLE001 - whoever waits for the report must hear of it
        report.trouble = traceback.format_exc()
    told.send(report)
    told.close()


class _Trial:
    """One door in one process."""

    def __init__(self, place: Place, door: DoorPost, report: Report) -> None:
        self.place, self.door, self.report = place, door, report
        self.killer = Killer()
        self.engine = open_engine(place.url, suppression_salt="salt")
        create_world(self.engine)
        door.prepare(self.engine)
        report.start = state_of(self.engine)
        self.engine.dispose()  # no connection may be shared with a fork
        place.keep()
        watch(self.engine, self.killer)
        self.app = create_door(self.engine, place.url, self.killer.here)

    def run(self) -> None:
        """The clean end first, then a kill at every point until the post gets through."""
        self.place.renew()
        self.report.answers, self.report.clean, self.report.repeated = self._fork(self._clean)
        for point in range(1, MOST_POINTS):
            self.place.renew()
            if self._fork(lambda point=point: self._post(dies_at=point)) is not None:
                return
            self.report.kills.append(self._survey(point))
        raise AssertionError(f"a post that passes {MOST_POINTS} points")

    def _survey(self, point: int) -> Kill:
        """What the dead process left, and what comes of the same post again: from the same ground the same."""
        left = state_of(self.engine)
        self.engine.dispose()
        alike = next((kill for kill in self.report.kills if kill.left == left), None)
        end, answer = (alike.end, alike.answer) if alike is not None else self._fork(self._repeat)
        return Kill(point=point, left=left, end=end, answer=answer)

    def _post(self, *, dies_at: int = 0) -> int:
        self.killer.dies_at, self.killer.passed = dies_at, 0
        answer = self.door.post(TestClient(self.app, raise_server_exceptions=False), self.engine)
        self.killer.here()
        return answer

    def _clean(self) -> tuple[list[int], State, State]:
        first = self._post()
        clean = state_of(self.engine)
        return [first, self._post()], clean, state_of(self.engine)

    def _repeat(self) -> tuple[State, int]:
        answer = self._post()
        return state_of(self.engine), answer

    def _fork(self, work: Callable[[], Any]) -> Any:
        """What a fork of this process answers; None when it was killed."""
        told, tells = os.pipe()
        child = os.fork()
        if child == 0:
            _answer(work, tells)
        os.close(tells)
        with os.fdopen(told, "rb") as stream:
            answer = stream.read()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return None
        assert status == 0, f"a fork ended with {status}"
        return pickle.loads(answer)  # of our own fork


def _answer(work: Callable[[], Any], tells: int) -> None:
    """The whole life of a fork; it must not come back to where it was forked."""
    signal.alarm(60)
    try:
        answer = pickle.dumps(work())
        with os.fdopen(tells, "wb") as stream:
            stream.write(answer)
    except BaseException:  # noqa: BLE001 - nothing of it may run on
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)
