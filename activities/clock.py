"""Which "now" an activity goes by: the request's on a virtual clock, the wall's on the real one."""

from datetime import UTC, datetime


def now_of(requested: datetime | None) -> datetime:
    """The case's instant: what the request says, or the wall clock when it says nothing."""
    return requested if requested is not None else datetime.now(UTC)
