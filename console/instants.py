"""Instants that people type."""

from datetime import UTC, datetime, time

from domain.errors import InvalidInput


def read_instant(text: str, option: str) -> datetime:
    """An instant with a zone, a day (its beginning in UTC) or `now`, in UTC. Raises InvalidInput."""
    if text == "now":
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is not None and instant.tzinfo is None and len(text) == len("2026-06-03"):
        instant = datetime.combine(instant.date(), time(), UTC)
    if instant is None or instant.tzinfo is None:
        raise InvalidInput(
            f"{option} {text!r} is not an instant: give one with a zone (2026-06-03T15:00Z), a day or now"
        )
    return instant.astimezone(UTC)
