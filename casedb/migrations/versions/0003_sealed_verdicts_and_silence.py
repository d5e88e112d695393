"""Verdicts sealed into chains; holds with a review and of one amount due; switches; evidence of consent; suppression.

Revision 0003, after 0002.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

from casedb.columns import UtcDateTime

revision = "0003"
down_revision = "0002"

_TOLD = ("person_id", "touch_key", "channel", "at", "decision", "until", "rule", "fired", "why", "profile", "tzdata")
_HOLD = "hold_id, person_id, account_id, kind, reason, owner, starts_at, ends_at, released_at, pauses_dpd"  # as in 0001
_KINDS = (
    "kind IN ('dispute', 'hardship', 'breathing_space', 'bankruptcy', 'deceased', 'attorney', 'cease', "
    "'complaint', 'custom')"
)


def upgrade() -> None:
    """New columns and tables; every verdict so far is numbered and sealed."""
    op.add_column("person", sa.Column("restricted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("person", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("consent", sa.Column("evidence", sa.String(), nullable=False, server_default=""))
    op.add_column("consent", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case", sa.Column("verdict_number", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("case", sa.Column("verdict_hash", sa.String(), nullable=False, server_default=""))
    _suppression_and_switches()
    with _kept("hold"):
        _hold(sealed=True)
        op.execute(f"INSERT INTO hold ({_HOLD}, placed_by, released_by) SELECT {_HOLD}, '', '' FROM hold_before")  # noqa: S608  # names of this file only
    with _kept("verdict"):
        _verdict(sealed=True)
        _make_triggers()
        _seal()
        _count_on()


def downgrade() -> None:
    """Back to what 0002 knew: seals, switches and suppressed addresses are forgotten."""
    with _kept("verdict"):
        _verdict(sealed=False)
        columns = ", ".join(("verdict_id", "case_id", *_TOLD))
        op.execute(f"INSERT INTO verdict ({columns}) SELECT {columns} FROM verdict_before")  # noqa: S608  # names of this file only
        _count_on()
    if _on_postgres():
        op.execute("DROP FUNCTION verdict_appended")
        op.execute("DROP FUNCTION verdict_stands")
    with _kept("hold"):
        _hold(sealed=False)
        op.execute(f"INSERT INTO hold ({_HOLD}) SELECT {_HOLD} FROM hold_before")  # noqa: S608  # names of this file only
    op.drop_table("contact_switch")
    op.drop_table("suppression")
    for table, column in (
        ("case", "verdict_hash"),
        ("case", "verdict_number"),
        ("consent", "expires_at"),
        ("consent", "evidence"),
        ("person", "erased_at"),
        ("person", "restricted_at"),
    ):
        op.drop_column(table, column)


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


@contextmanager
def _kept(table: str) -> Iterator[None]:
    """A table that nothing refers to is made anew, which SQLite needs for new constraints; its rows wait beside."""
    op.execute(f"CREATE TABLE {table}_before AS SELECT * FROM {table}")  # noqa: S608  # names of this file only
    op.drop_table(table)
    yield
    op.drop_table(f"{table}_before")


def _suppression_and_switches() -> None:
    op.create_table(
        "suppression",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('opt_out', 'cease', 'wrong_number', 'deceased')", name=op.f("ck_suppression_reason_known")
        ),
        sa.PrimaryKeyConstraint("fingerprint", "reason", name=op.f("pk_suppression")),
    )
    op.create_table(
        "contact_switch",
        sa.Column("switch_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "scope IN ('global', 'channel', 'campaign', 'strategy')", name=op.f("ck_contact_switch_scope_known")
        ),
        sa.CheckConstraint("(scope = 'global') = (key = '')", name=op.f("ck_contact_switch_key_of_scope")),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_contact_switch_lifted_by_somebody")
        ),
        sa.PrimaryKeyConstraint("switch_id", name=op.f("pk_contact_switch")),
    )
    op.create_index(
        "contact_switch_one_set",
        "contact_switch",
        ["scope", "key"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )


def _hold(*, sealed: bool) -> None:
    added: list[Any] = [
        sa.Column("obligation_due_on", sa.Date(), nullable=True),
        sa.Column("review_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("placed_by", sa.String(), nullable=False),
        sa.Column("released_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "obligation_due_on IS NULL OR account_id IS NOT NULL", name=op.f("ck_hold_obligation_of_account")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "obligation_due_on"],
            ["obligation.account_id", "obligation.due_on"],
            name=op.f("fk_hold_account_id_obligation_due_on_obligation"),
        ),
    ]
    op.create_table(
        "hold",
        sa.Column("hold_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pauses_dpd", sa.Boolean(), nullable=False),
        sa.CheckConstraint(_KINDS, name=op.f("ck_hold_kind_known")),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_hold_account_id_account")),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_hold_person_id_person")),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_hold")),
        *(added if sealed else ()),
    )
    op.create_index("hold_person", "hold", ["person_id"])


def _verdict(*, sealed: bool) -> None:
    added: list[Any] = [
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_verdict_case_id_number")),
    ]
    op.create_table(
        "verdict",
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("touch_key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("fired", sa.JSON(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("tzdata", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_verdict_case_id_case")),
        sa.PrimaryKeyConstraint("verdict_id", name=op.f("pk_verdict")),
        *(added if sealed else ()),
    )
    if not sealed:
        op.create_index("verdict_case", "verdict", ["case_id", "at"])


def _seal() -> None:
    """Number and seal what is there, as `casedb.verdicts` did when this revision was written."""
    connection = op.get_bind()
    before = _rows_of("verdict_before", "verdict_id", "case_id", *_TOLD)
    after = sa.insert(_rows_of("verdict", "verdict_id", "case_id", *_TOLD, "number", "previous_hash", "hash"))
    in_order = sa.select(before).order_by(before.c.case_id, before.c.verdict_id)
    for sealed in _sealed(connection.execute(in_order, execution_options={"yield_per": 1000}).mappings()):
        connection.execute(after, sealed)


def _rows_of(table: str, *names: str) -> sa.TableClause:
    types: dict[str, Any] = {"at": UtcDateTime(), "until": UtcDateTime(), "fired": sa.JSON()}
    return sa.table(table, *(sa.column(name, types.get(name)) for name in names))


def _sealed(rows: Iterable[sa.RowMapping]) -> Iterator[dict[str, Any]]:
    case_id, number, previous = "", 0, ""
    for row in rows:
        if row["case_id"] != case_id:
            case_id, number, previous = row["case_id"], 0, ""
        number += 1
        told = [case_id, number, *(_plain(row[name]) for name in _TOLD), previous]
        sealed = sha256(json.dumps(told, separators=(",", ":")).encode("ascii")).hexdigest()
        yield {**row, "number": number, "previous_hash": previous, "hash": sealed}
        previous = sealed


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def _count_on() -> None:
    if _on_postgres():
        op.execute(
            "SELECT setval(pg_get_serial_sequence('verdict', 'verdict_id'), (SELECT coalesce(max(verdict_id), 0) + 1 "
            "FROM verdict), false)"
        )


def _make_triggers() -> None:
    for statement in _POSTGRES_TRIGGERS if _on_postgres() else _SQLITE_TRIGGERS:
        op.execute(statement)


_FOLLOWS = (
    'UPDATE "case" SET verdict_number = NEW.number, verdict_hash = NEW.hash WHERE case_id = NEW.case_id '
    "AND verdict_number = NEW.number - 1 AND verdict_hash = NEW.previous_hash"
)
_SQLITE_TRIGGERS = (
    f"CREATE TRIGGER verdict_appended AFTER INSERT ON verdict BEGIN {_FOLLOWS}; "
    "SELECT RAISE(ABORT, 'a verdict follows the last one of its case') WHERE changes() = 0; END",
    "CREATE TRIGGER verdict_unchanged BEFORE UPDATE ON verdict BEGIN "
    "SELECT RAISE(ABORT, 'a verdict on record is never changed'); END",
    "CREATE TRIGGER verdict_undeleted BEFORE DELETE ON verdict BEGIN "
    "SELECT RAISE(ABORT, 'a verdict on record is never deleted'); END",
)
_POSTGRES_TRIGGERS = (
    f"CREATE FUNCTION verdict_appended() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_FOLLOWS}; "
    "IF NOT FOUND THEN RAISE EXCEPTION 'a verdict follows the last one of its case' "
    "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NULL; END $$",
    "CREATE FUNCTION verdict_stands() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'a verdict on record is never changed or deleted' USING ERRCODE = 'restrict_violation'; END $$",
    "CREATE TRIGGER verdict_appended AFTER INSERT ON verdict FOR EACH ROW EXECUTE FUNCTION verdict_appended()",
    "CREATE TRIGGER verdict_stands BEFORE UPDATE OR DELETE ON verdict FOR EACH ROW EXECUTE FUNCTION verdict_stands()",
    "CREATE TRIGGER verdict_kept BEFORE TRUNCATE ON verdict FOR EACH STATEMENT EXECUTE FUNCTION verdict_stands()",
)
