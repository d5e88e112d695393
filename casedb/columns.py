"""Column types that every table shares: UTC instants and enumerations that the database checks."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

# Every constraint has a name that both databases share, so that a migration can speak of it. It stands here
# because it must hold before the first table is defined, and every table imports this file.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. A naive value is refused: it would mean a different moment elsewhere."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """SQLite has no zone in its text, so UTC is written without one; PostgreSQL takes the aware value."""
        if dialect.name == "sqlite":
            return _utc_text
        inner = super().bind_processor(dialect)

        def process(value: datetime | None) -> Any:
            instant = _utc(value)
            return inner(instant) if inner and instant is not None else instant

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Every instant read back is aware and in UTC, whatever the driver returns."""

        def process(value: Any) -> datetime | None:
            if value is None:
                return None
            instant = datetime.fromisoformat(value) if isinstance(value, str) else value
            return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)

        return process


def _utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value!r}: instants carry a zone")
    return value.astimezone(UTC)


def _utc_text(value: datetime | None) -> str | None:
    instant = _utc(value)
    return None if instant is None else instant.isoformat(" ", "microseconds")[: -len("+00:00")]


def one_of(column: str, choices: type[StrEnum]) -> CheckConstraint:
    """A check that `column` holds a value of the enumeration, whichever program wrote it."""
    values = ", ".join(f"'{choice.value}'" for choice in choices)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    """A UTC instant column."""
    return Field(sa_column=Column(UtcDateTime(), nullable=nullable, index=index))
