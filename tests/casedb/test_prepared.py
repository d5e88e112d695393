"""Statements that go to the driver directly mean what they would mean through SQLAlchemy's own execution."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from casedb import schema
from casedb.engine import reading, writing
from casedb.prepared import Prepared

AT = datetime(2031, 3, 3, 16, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))
_person = schema.person
INSERT = Prepared(insert(_person), columns=("person_id", "full_name", "locale", "jurisdiction", "zones", "created_at"))
FIND = Prepared(select(_person).where(_person.c.person_id == bindparam("id"), _person.c.jurisdiction == "US"))
RENAME = Prepared(
    update(_person).where(_person.c.person_id == bindparam("id")).values(locale="zh-CN").returning(_person.c.locale)
)
MOVE = Prepared(update(_person).where(_person.c.jurisdiction == "US").values(jurisdiction=bindparam("to")))


def someone(person_id: str) -> dict[str, object]:
    return {
        "person_id": person_id,
        "full_name": "Sample Person",
        "locale": "en",
        "jurisdiction": "US",
        "zones": ["America/New_York", "America/Chicago"],
        "created_at": AT,
    }


def test_what_is_written_is_read_back_by_both_ways_as_the_core_knows_it(any_engine: Engine) -> None:
    with writing(any_engine) as connection:
        assert INSERT.run(connection, someone("P-1")) == 1
        found = FIND.first(connection, {"id": "P-1"})
        by_sqlalchemy = connection.execute(select(_person)).one()
    assert found is not None
    assert tuple(found) == tuple(by_sqlalchemy)
    assert found.zones == ["America/New_York", "America/Chicago"]
    assert found.created_at == AT
    assert found.created_at.tzinfo is UTC


def test_a_row_that_is_not_there_is_none(any_engine: Engine) -> None:
    with reading(any_engine) as connection:
        assert FIND.first(connection, {"id": "nobody"}) is None


def test_it_is_part_of_the_transaction_around_it(any_engine: Engine) -> None:
    with pytest.raises(KeyError), writing(any_engine) as connection:  # noqa: PT012  # the insert must come first
        assert INSERT.run(connection, someone("P-1")) == 1
        FIND.first(connection, {})
    with reading(any_engine) as connection:
        assert FIND.first(connection, {"id": "P-1"}) is None


def test_an_update_tells_what_it_returned_and_how_many_rows_it_touched(any_engine: Engine) -> None:
    with writing(any_engine) as connection:
        for number in range(3):
            INSERT.run(connection, someone(f"P-{number}"))
        assert [row.locale for row in RENAME.all(connection, {"id": "P-1"})] == ["zh-CN"]
        assert MOVE.run(connection, {"to": "UK"}) == 3
        assert MOVE.run(connection, {"to": "UK"}) == 0


def test_a_broken_constraint_is_sqlalchemys_error_and_quotes_no_value(any_engine: Engine) -> None:
    with writing(any_engine) as connection:
        INSERT.run(connection, someone("P-1"))
    with pytest.raises(IntegrityError) as failed, writing(any_engine) as connection:
        INSERT.run(connection, someone("P-1"))
    assert "Sample Person" not in str(failed.value)


def test_a_forgotten_parameter_is_an_error_before_the_database_is_asked(any_engine: Engine) -> None:
    with pytest.raises(KeyError, match="id"), reading(any_engine) as connection:
        FIND.all(connection, {})


def test_a_naive_instant_is_refused(any_engine: Engine) -> None:
    naive = someone("P-1") | {"created_at": datetime(2031, 3, 3)}  # noqa: DTZ001  # that is the point
    with pytest.raises(ValueError, match="naive"), writing(any_engine) as connection:
        INSERT.run(connection, naive)
