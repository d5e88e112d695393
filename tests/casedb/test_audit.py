"""The walk over the chains finds what was done to them, and where it was done first."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select, text

from casedb import schema
from casedb.audit import Break, count_verdicts, verify_chains
from casedb.engine import reading, writing
from casedb.verdicts import SEALED, seal
from tests.casedb.people import NOW
from tests.casedb.test_verdicts import add_two_cases
from tests.casedb.verdicts import a_deferral, put_on_record

LENGTH = 5
Tamper = Callable[[Connection], object]


@pytest.fixture
def chains(any_engine: Engine) -> Engine:
    """Two chains of five verdicts."""
    add_two_cases(any_engine)
    with writing(any_engine) as connection:
        for number in range(LENGTH):
            for case_id in ("a-1", "b-1"):
                put_on_record(connection, case_id, NOW + timedelta(minutes=number), a_deferral(NOW))
    return any_engine


def tamper(engine: Engine, act: Tamper) -> None:
    """Do something to the table as its owner could, the triggers taken away."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE verdict DISABLE TRIGGER USER"))
        else:
            for name in ("verdict_appended", "verdict_unchanged", "verdict_undeleted"):
                connection.execute(text(f"DROP TRIGGER {name}"))
        act(connection)


def run(*statements: str) -> Tamper:
    """These statements, one after the other."""

    def act(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    return act


def seal_anew(number: int) -> Tamper:
    """Change a verdict and give it the hash that fits, as one who has read this file would."""

    def act(connection: Connection) -> None:
        verdict = schema.verdict
        mine = (verdict.c.case_id == "a-1", verdict.c.number == number)
        connection.execute(verdict.update().where(*mine).values(decision="allow"))
        row = connection.execute(select(verdict).where(*mine)).mappings().one()
        connection.execute(verdict.update().where(*mine).values(hash=seal({name: row[name] for name in SEALED})))

    return act


def swapped(left: int, right: int) -> Tamper:
    """Two verdicts in each other's place."""
    return run(
        f"UPDATE verdict SET number = 99 WHERE case_id = 'a-1' AND number = {left}",
        f"UPDATE verdict SET number = {left} WHERE case_id = 'a-1' AND number = {right}",
        f"UPDATE verdict SET number = {right} WHERE case_id = 'a-1' AND number = 99",
    )


def test_chains_that_nobody_touched_are_whole(chains: Engine) -> None:
    read: list[int] = []
    with reading(chains) as connection:
        audit = verify_chains(connection, on_progress=read.append)
        assert count_verdicts(connection) == 2 * LENGTH
        assert count_verdicts(connection, "a-1") == LENGTH
    assert (audit.chains, audit.verdicts, audit.broken) == (2, 2 * LENGTH, ())
    assert read == [LENGTH, 2 * LENGTH]


CLOSE_THE_GAP = "UPDATE verdict SET number = number - 1 WHERE case_id = 'a-1' AND number = 4"
DELETE = "DELETE FROM verdict WHERE case_id = 'a-1'"


@pytest.mark.parametrize(
    ("act", "number", "what"),
    [
        (run("UPDATE verdict SET why = 'other' WHERE case_id = 'a-1' AND number = 3"), 3, Break.CHANGED),
        (run("UPDATE verdict SET until = NULL WHERE case_id = 'a-1' AND number = 5"), 5, Break.CHANGED),
        (run("UPDATE verdict SET hash = 'x' WHERE case_id = 'a-1' AND number = 5"), 5, Break.CHANGED),
        (run("UPDATE verdict SET previous_hash = 'x' WHERE case_id = 'a-1' AND number = 1"), 1, Break.CHANGED),
        (seal_anew(1), 1, Break.CHANGED),
        (seal_anew(3), 3, Break.CHANGED),
        (seal_anew(5), 5, Break.CHANGED),
        (run(f"{DELETE} AND number = 1"), 1, Break.MISSING),
        (run(f"{DELETE} AND number = 3"), 3, Break.MISSING),
        (run(f"{DELETE} AND number = 5"), 5, Break.MISSING),
        (run(f"{DELETE} AND number > 2"), 3, Break.MISSING),
        (run(DELETE), 1, Break.MISSING),
        (run(f"{DELETE} AND number = 3", CLOSE_THE_GAP), 3, Break.MISSING),
        (swapped(2, 4), 2, Break.REORDERED),
        (swapped(1, 2), 1, Break.REORDERED),
        (swapped(4, 5), 4, Break.REORDERED),
        (run("UPDATE \"case\" SET verdict_number = 3 WHERE case_id = 'a-1'"), 4, Break.ADDED),
        (run("UPDATE \"case\" SET verdict_hash = 'x' WHERE case_id = 'a-1'"), 5, Break.CHANGED),
        (run("UPDATE verdict SET number = 6, case_id = 'b-1' WHERE case_id = 'a-1' AND number = 5"), 5, Break.MISSING),
    ],
)  # fmt: skip
def test_what_was_done_to_a_chain_is_found_where_it_was_done_first(
    chains: Engine, act: Tamper, number: int, what: Break
) -> None:
    tamper(chains, act)
    with reading(chains) as connection:
        everywhere, here, there = (verify_chains(connection, case_id) for case_id in (None, "a-1", "b-1"))
    assert [(broken.case_id, broken.number, broken.what) for broken in here.broken] == [("a-1", number, what)]
    assert everywhere.broken == here.broken + there.broken
    assert everywhere.chains == 2


def test_a_row_put_at_the_end_of_another_chain_is_found_there_too(chains: Engine) -> None:
    tamper(chains, run("UPDATE verdict SET number = 6, case_id = 'b-1' WHERE case_id = 'a-1' AND number = 5"))
    with reading(chains) as connection:
        [broken] = verify_chains(connection, "b-1").broken
    assert (broken.number, broken.what) == (6, Break.ADDED)
