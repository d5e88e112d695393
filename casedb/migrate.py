"""Moving the schema of a case database to a revision: `python -m casedb.migrate URL`.

Migrations expand first and contract in a later release, so that old and new workers run on one schema.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from casedb.engine import open_engine, reading, writing
from domain.errors import ConfigurationError

_SCRIPTS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('amicable.migrate'))")
"""SQLite's writers queue by themselves; on PostgreSQL two starting workers would migrate at once."""


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema up to a revision in one transaction; what is there already stays as it is."""
    _migrate(url, command.upgrade, revision)


def downgrade(url: str, revision: str) -> None:
    """Take the schema back to a revision; `base` is the empty database. What the newer tables held is lost."""
    _migrate(url, command.downgrade, revision)


def current_revision(url: str) -> str | None:
    """The revision the schema stands at; None for a database that was never migrated."""
    engine = open_engine(url, pool_size=1)
    try:
        with reading(engine) as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head_revision() -> str | None:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def require_current_schema(url: str) -> None:
    """Raise ConfigurationError, with what to do, unless the schema is the one that this code was written for."""
    found, wanted = current_revision(url), head_revision()
    if found != wanted:
        stands = f"is at revision {found}" if found else "was never migrated"
        raise ConfigurationError(f"the case database {stands}, this code needs {wanted}: run python starter.py migrate")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _migrate(url: str, move: Callable[[Config, str], None], revision: str) -> None:
    engine = open_engine(url, pool_size=1)
    try:
        with writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(_ONE_AT_A_TIME)
            config = _config()
            config.attributes["connection"] = connection
            move(config, revision)
    finally:
        engine.dispose()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m casedb.migrate", description="Migrate a case database.")
    parser.add_argument("url", help="such as sqlite:///.amicable/cases.db")
    parser.add_argument("--down-to", metavar="REVISION", help="go back instead; `base` empties the database")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = _arguments()
    if arguments.down_to:
        downgrade(arguments.url, arguments.down_to)
    else:
        upgrade(arguments.url)
    print(f"schema at {current_revision(arguments.url) or 'base'}")
