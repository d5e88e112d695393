"""Another condition for a check constraint, on both databases; what the table holds stays where it is."""

from alembic import op
from sqlalchemy import text


def change_check(table: str, name: str, condition: str) -> None:
    """Let the check of that name ask for another condition. Rows that break it are for the caller to mend first.

    SQLite has no statement for this. Its documentation (lang_altertable, section 7) allows to write the schema itself
    when nothing on disk changes; a copy of the table would take its triggers and the references to it along.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, condition)
        return
    connection = op.get_bind()
    asked = {"table": table}
    before = connection.scalar(text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table"), asked)
    version = connection.scalar(text("PRAGMA schema_version"))
    connection.execute(text("PRAGMA writable_schema = ON"))
    connection.execute(
        text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table"),
        asked | {"sql": _with_condition(str(before), name, condition)},
    )
    connection.execute(text(f"PRAGMA schema_version = {int(version or 0) + 1}"))
    connection.execute(text("PRAGMA writable_schema = OFF"))


def _with_condition(sql: str, name: str, condition: str) -> str:
    """The statement with what stands in the brackets of that check replaced."""
    start = sql.index(f"CONSTRAINT {name} CHECK (") + len(f"CONSTRAINT {name} CHECK (")
    depth, end = 1, start
    while depth:
        depth += {"(": 1, ")": -1}.get(sql[end], 0)
        end += 1
    return sql[:start] + condition + sql[end - 1 :]
