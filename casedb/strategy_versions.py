"""Versions of strategies: each is kept when a process first has it, and never changes.

A case runs under the version that it started with, so what is kept here outlives the file.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from casedb.engine import reading, writing
from casedb.schema import case, strategy_version
from domain.errors import InvalidInput

_KEEP: dict[str, Any] = {
    name: dialect.insert(strategy_version).on_conflict_do_nothing(index_elements=["name", "version"])
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
_DOCUMENT = select(strategy_version.c.document).where(
    strategy_version.c.name == bindparam("name"), strategy_version.c.version == bindparam("version")
)
_OPEN = case.c.closed_at.is_(None)
_IN_USE = (
    select(case.c.strategy, case.c.strategy_version, func.count().label("cases"))
    .where(_OPEN)
    .group_by(case.c.strategy, case.c.strategy_version)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVersion:
    """A version of a strategy, and how much hangs on it."""

    name: str
    version: str
    kept_at: datetime | None
    """None: open cases run under it, and nobody kept it."""
    open_cases: int
    closed_cases: int

    @property
    def reference(self) -> str:
        """As people write it."""
        return f"{self.name}@{self.version}"


def keep(engine: Engine, documents: Iterable[tuple[str, str, str]], at: datetime) -> int:
    """Keep name, version and text of each; answers how many were new.

    Raises InvalidInput when another text is kept under the same version.
    """
    wanted = {(name, version): text for name, version, text in documents}
    with reading(engine) as connection:
        known = {key: _find(connection, *key) for key in wanted}
    fresh = {key: text for key, text in wanted.items() if known[key] is None}
    for (name, version), text in wanted.items():
        if known[name, version] not in (None, text):
            raise InvalidInput(f"{name}@{version} is kept with another text: rename the strategy, or add a comment")
    if fresh:
        rows = [
            {"name": name, "version": version, "document": text, "kept_at": at}
            for (name, version), text in fresh.items()
        ]
        with writing(engine) as connection:
            connection.execute(_KEEP[connection.dialect.name], rows)
    return len(fresh)


def find_document(engine: Engine, name: str, version: str) -> str | None:
    """The text of that version; None when nobody kept it."""
    with reading(engine) as connection:
        return _find(connection, name, version)


def _find(connection: Connection, name: str, version: str) -> str | None:
    found: str | None = connection.scalar(_DOCUMENT, {"name": name, "version": version})
    return found


def versions_in_use(engine: Engine) -> dict[tuple[str, str], int]:
    """Name and version of every strategy that an open case runs under, with how many do."""
    with reading(engine) as connection:
        return {(row.strategy, row.strategy_version): row.cases for row in connection.execute(_IN_USE)}


def list_versions(connection: Connection) -> list[KeptVersion]:
    """Every version that is kept or that a case has, by name and then the newest first."""
    counted = (
        select(
            case.c.strategy,
            case.c.strategy_version,
            func.count().filter(_OPEN).label("open_cases"),
            func.count().filter(case.c.closed_at.is_not(None)).label("closed_cases"),
        )
        .group_by(case.c.strategy, case.c.strategy_version)
        .subquery()
    )
    same = and_(counted.c.strategy == strategy_version.c.name, counted.c.strategy_version == strategy_version.c.version)
    kept = connection.execute(
        select(strategy_version.c.name, strategy_version.c.version, strategy_version.c.kept_at, counted)
        .outerjoin(counted, same)
        .order_by(strategy_version.c.name, strategy_version.c.kept_at.desc())
    ).all()
    lost = connection.execute(
        select(counted)
        .outerjoin(strategy_version, same)
        .where(strategy_version.c.name.is_(None), or_(counted.c.open_cases > 0, counted.c.closed_cases > 0))
        .order_by(counted.c.strategy, counted.c.strategy_version)
    ).all()
    return [
        *(
            KeptVersion(
                name=row.name,
                version=row.version,
                kept_at=row.kept_at,
                open_cases=row.open_cases or 0,
                closed_cases=row.closed_cases or 0,
            )
            for row in kept
        ),
        *(
            KeptVersion(
                name=row.strategy,
                version=row.strategy_version,
                kept_at=None,
                open_cases=row.open_cases,
                closed_cases=row.closed_cases,
            )
            for row in lost
        ),
    ]
