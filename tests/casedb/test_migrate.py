"""Migrations and models describe one schema, on both databases."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from casedb.engine import open_engine, reading, writing
from casedb.migrate import current_revision, downgrade, head_revision, upgrade
from casedb.schema import METADATA
from tests.casedb.people import add_account, add_person


def test_a_new_database_comes_up_to_the_newest_revision_and_goes_back_to_nothing(any_empty_database: str) -> None:
    assert current_revision(any_empty_database) is None
    upgrade(any_empty_database)
    assert current_revision(any_empty_database) == head_revision()
    downgrade(any_empty_database, "base")
    assert current_revision(any_empty_database) is None
    engine = open_engine(any_empty_database)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()


def test_upgrading_twice_changes_nothing(any_database: str) -> None:
    upgrade(any_database)
    assert current_revision(any_database) == head_revision()


def test_the_models_and_the_migrations_agree_on_tables_columns_types_and_indexes(any_engine: Engine) -> None:
    with reading(any_engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_models_and_the_migrations_agree_on_every_constraint(any_engine: Engine, empty_sqlite_url: str) -> None:
    """Alembic does not compare check constraints, and a new word in an enumeration is exactly such a change."""
    modelled = open_engine(empty_sqlite_url)
    with writing(modelled) as connection:
        METADATA.create_all(connection)
    expected, found = constraint_names(modelled), constraint_names(any_engine)
    assert found == expected
    if any_engine.dialect.name == "sqlite":
        assert check_texts(any_engine) == check_texts(modelled)
    modelled.dispose()


def test_every_constraint_has_a_name(any_engine: Engine) -> None:
    assert all(name for _, name in constraint_names(any_engine))


def test_new_words_are_taken_at_once_and_going_back_keeps_every_other_row(any_empty_database: str) -> None:
    upgrade(any_empty_database, "0001")
    engine = open_engine(any_empty_database)
    with writing(engine) as connection:
        add_person(connection, "P-1", phone="+12025550101")
    upgrade(any_empty_database, "0002")
    messenger = (
        "INSERT INTO contact_point VALUES ('P-1:whatsapp', 'P-1', 'social_private', '+12025550101', 'mobile', 0, NULL)"
    )
    with writing(engine) as connection:
        connection.execute(text(messenger))
    downgrade(any_empty_database, "0001")
    with reading(engine) as connection:
        kept = connection.scalars(text("SELECT contact_point_id FROM contact_point")).all()
    assert kept == ["P-1:sms:1"]
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(text(messenger))
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO account VALUES ('A', 'nobody', 'Lantern', 'pay_later', 'USD', 'UTC', 0, 0, NULL, NULL, '')",
        "INSERT INTO campaign (campaign_id, name, strategy, started_by, started_at, clock, status) "
        "VALUES ('C', 'n', 's', 'ops', '2026-11-21 00:00:00', 'real', 'asleep')",
    ],
)
def test_what_must_never_happen_is_refused_by_the_database_itself(any_engine: Engine, statement: str) -> None:
    with pytest.raises(IntegrityError), writing(any_engine) as connection:
        connection.execute(text(statement))


def constraint_names(engine: Engine) -> set[tuple[str, str | None]]:
    """(table, name) of every primary key, foreign key, unique and check constraint."""
    looked_at: Any = inspect(engine)
    found: set[tuple[str, str | None]] = set()
    for table in METADATA.tables:
        found.add((table, looked_at.get_pk_constraint(table)["name"]))
        for constraints in (
            looked_at.get_foreign_keys(table),
            looked_at.get_unique_constraints(table),
            looked_at.get_check_constraints(table),
        ):
            found.update((table, constraint["name"]) for constraint in constraints)
    return found


def check_texts(engine: Engine) -> set[tuple[str, str]]:
    """(name, condition) of every check constraint."""
    looked_at = inspect(engine)
    return {
        (str(check["name"]), check["sqltext"])
        for table in METADATA.tables
        for check in looked_at.get_check_constraints(table)
    }


def test_tasks_and_failed_touches_survive_the_way_up_and_down(any_empty_database: str) -> None:
    upgrade(any_empty_database, "0003")
    engine = open_engine(any_empty_database)
    with writing(engine) as connection:
        add_person(connection, "P-1", phone="+12025550101")
        add_account(connection, "A-1", "P-1")
        for statement in BEFORE_0004:
            connection.execute(text(statement))
    upgrade(any_empty_database, "0004")
    with writing(engine) as connection:
        assert connection.scalar(text("SELECT undelivered_by FROM touch")) == "sms"
        connection.execute(text(PARKED))
    downgrade(any_empty_database, "0003")
    with reading(engine) as connection:
        kept = connection.execute(text("SELECT task_id, case_id, kind, why FROM human_task")).all()
    assert [tuple(row) for row in kept] == [(7, "A-1-1", "callback", "asked")]
    engine.dispose()


BEFORE_0004 = (
    'INSERT INTO "case" (case_id, account_id, person_id, strategy, strategy_version, stage, opened_at, '
    "opening_balance_minor, decisions) VALUES ('A-1-1', 'A-1', 'P-1', 's', '1', 'reminder', "
    "'2026-11-21 00:00:00', 1, 0)",
    "INSERT INTO touch (touch_id, case_id, account_id, person_id, touch_key, channel, contact_point_id, reference, "
    "template, status, at, attempted_at, provider, delivery, code, balance_minor) VALUES ('t', 'A-1-1', 'A-1', 'P-1', "
    "'reminder/r', 'sms', 'P-1:sms:1', 'R', 'r', 'sent', '2026-11-21 00:00:00', '2026-11-21 00:00:00', 'twilio', "
    "'failed', '30003', 1)",
    "INSERT INTO human_task (task_id, case_id, kind, key, owner, why, raised_at) VALUES (7, 'A-1-1', 'callback', 'k', "
    "'care', 'asked', '2026-11-21 00:00:00')",
)
PARKED = (
    "INSERT INTO human_task (kind, key, owner, why, raised_at) VALUES ('parked_fact', 'evt-1', 'operations', 'who?', "
    "'2026-11-21 00:00:00')"
)


def test_a_settled_case_and_a_deferral_survive_the_way_down_under_older_words(any_empty_database: str) -> None:
    upgrade(any_empty_database, "0009")
    engine = open_engine(any_empty_database)
    with writing(engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
        connection.execute(text(BEFORE_0004[0]))
        connection.execute(text("UPDATE \"case\" SET close_reason = 'settled', closed_at = '2026-12-01 00:00:00'"))
        connection.execute(text(DEFERRAL))
    downgrade(any_empty_database, "0008")
    with reading(engine) as connection:
        assert connection.scalar(text('SELECT close_reason FROM "case"')) == "paid"
        assert connection.scalar(text("SELECT kind FROM hold")) == "custom"
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(text("UPDATE \"case\" SET close_reason = 'settled'"))
    engine.dispose()


DEFERRAL = (
    "INSERT INTO hold (hold_id, person_id, account_id, kind, reason, owner, starts_at, pauses_dpd, placed_by, "
    "released_by) VALUES ('relief:r', 'P-1', 'A-1', 'deferral', '', 'operations', '2026-11-21 00:00:00', true, '', '')"
)
