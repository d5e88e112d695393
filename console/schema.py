"""`migrate`: the configured case database to the newest schema."""

from casedb.migrate import current_revision, upgrade
from console.output import say, write_json
from console.session import console_settings


def migrate_database(*, as_json: bool) -> int:
    """Migrate, and say from which revision to which."""
    url = console_settings().database_url.get_secret_value()
    before = current_revision(url)
    upgrade(url)
    after = current_revision(url)
    if as_json:
        write_json({"before": before, "after": after})
    elif before == after:
        say(f"the case database is at revision {after} already")
    else:
        say(f"the case database went from {before or 'nothing'} to revision {after}")
    return 0
