"""What a case may be asked for by its workflow: words of a command line, light to import."""

from enum import StrEnum


class WorkflowState(StrEnum):
    """What `--workflow` asks for."""

    RUNNING = "running"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    TERMINATED = "terminated"
    CANCELED = "canceled"
    STUCK = "stuck"
    """It runs, and its code fails at every attempt."""
    LOST = "lost"
    """The case is open and nothing runs for it, for whatever reason."""


class DpdBucket(StrEnum):
    """What `domain.ladder.dpd_bucket` answers."""

    CURRENT = "current"
    FIRST = "1-30"
    SECOND = "31-60"
    THIRD = "61-90"
    LAST = "90+"
