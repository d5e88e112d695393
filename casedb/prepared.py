"""Statements of the hot path, compiled once and handed straight to the driver.

SQLAlchemy Core stays the one language of SQL and of types: it writes the text for either database and says how each
value is converted. What is left out is its execution layer, whose bookkeeping costs several times what the database
itself needs for these small statements, and the contact runs eight of them per touch (docs/decisions/0008).
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

Convert = Callable[[Any], Any]


class Prepared:
    """One statement with named parameters and no IN list; it runs in the caller's transaction. Thread-safe.

    Every method raises what SQLAlchemy's own execution would, without the values of the parameters.
    """

    def __init__(self, statement: Select[Any] | Insert | Update, *, columns: Sequence[str] = ()) -> None:
        """`columns` are those that an insert fills; the others get the database's default."""
        self._statement = statement
        self._columns = list(columns) or None
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> int:
        """Run it, and tell how many rows it touched."""
        cursor, _ = self._execute(connection, parameters)
        return int(cursor.rowcount)

    def all(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Every row, as a named tuple with a field per column."""
        cursor, compiled = self._execute(connection, parameters)
        return [compiled.row(values) for values in cursor.fetchall()]

    def first(self, connection: Connection, parameters: Mapping[str, Any]) -> Any | None:
        """The first row, or None."""
        rows = self.all(connection, parameters)
        return rows[0] if rows else None

    def _execute(self, connection: Connection, parameters: Mapping[str, Any]) -> "tuple[Any, _Compiled]":
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._statement, self._columns, dialect)
        driver: Any = connection.connection.dbapi_connection
        values = compiled.values(parameters)
        try:
            return driver.execute(compiled.sql, values), compiled
        except compiled.driver_error as error:
            raise DBAPIError.instance(
                compiled.sql, None, error, compiled.driver_error, hide_parameters=True, dialect=dialect
            ) from error


class _Compiled:
    """A statement in the words of one database."""

    def __init__(self, statement: Select[Any] | Insert | Update, columns: list[str] | None, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
        self.sql = str(compiled)
        self.driver_error: type[Exception] = dialect.loaded_dbapi.Error
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        to_driver = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
        positions: list[str] | None = compiled.positiontup
        self._by_name = positions is None
        self._slots: list[tuple[str, bool, Convert | None, Any]] = [
            (name, bind.required, convert, None if bind.required else (convert(bind.value) if convert else bind.value))
            for name in positions or binds
            for bind, convert in ((binds[name], to_driver[name]),)
        ]
        """Name, whether it is the caller's, how it is converted; else the constant, converted once."""
        selected = statement.exported_columns
        names = [str(column.key) for column in selected]
        self._row: Callable[..., Any] = namedtuple("Row", names)  # type: ignore[misc]  # one per statement
        from_driver = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in selected]
        self._converted = [(index, convert) for index, convert in enumerate(from_driver) if convert]

    def values(self, parameters: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them: in order, or by name."""
        values = [
            (convert(parameters[name]) if convert else parameters[name]) if asked else constant
            for name, asked, convert, constant in self._slots
        ]
        return dict(zip((slot[0] for slot in self._slots), values, strict=True)) if self._by_name else values

    def row(self, values: Sequence[Any]) -> Any:
        """A row of the driver's with every value as the core knows it."""
        row = list(values)
        for index, convert in self._converted:
            row[index] = convert(row[index])
        return self._row(*row)
