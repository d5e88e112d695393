"""Which "now" an activity goes by: the request's on a virtual clock, the wall's on the real one."""

from datetime import UTC, datetime, timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

SETTLING = timedelta(milliseconds=50)
"""A little more than the difference, so that one retry is enough."""


def wall_clock() -> datetime:
    """This instant."""
    return datetime.now(UTC)


def now_of(requested: datetime | None, *, due_at: datetime | None = None) -> datetime:
    """The case's instant: what the request says, or the wall clock when it says nothing.

    A step that the server let begin is due, even where this machine's clock runs behind the server's.
    """
    now = requested if requested is not None else wall_clock()
    return now if due_at is None else max(now, due_at)


def wall_has_reached(requested: datetime | None, due_at: datetime) -> datetime:
    """The case's instant, once the wall clock agrees that it is not before `due_at`.

    For what the law times to the second: a clock behind the server's raises a retryable `ClockBehind` instead of
    contacting anybody too early.
    """
    now = now_of(requested)
    if requested is None and now < due_at:
        raise ApplicationError(
            f"this worker's clock is {(due_at - now).total_seconds():.3f} s behind the server's: synchronise it",
            type="ClockBehind",
            next_retry_delay=due_at - now + SETTLING,
            category=ApplicationErrorCategory.BENIGN,
        )
    return now
