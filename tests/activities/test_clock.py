"""Which "now" an activity goes by, and what a clock that runs behind may not do."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.clock import now_of, wall_has_reached

VIRTUAL = datetime(2031, 3, 3, 15, 0, tzinfo=UTC)


def test_a_virtual_case_goes_by_its_own_instant() -> None:
    assert now_of(VIRTUAL) == VIRTUAL
    assert wall_has_reached(VIRTUAL, VIRTUAL) == VIRTUAL


def test_a_real_case_goes_by_the_wall_clock() -> None:
    before = datetime.now(UTC)
    assert before <= now_of(None) <= datetime.now(UTC)


def test_a_step_that_the_server_let_begin_is_due_though_this_clock_runs_behind() -> None:
    due_at = datetime.now(UTC) + timedelta(seconds=30)
    assert now_of(None, due_at=due_at) == due_at


def test_nobody_is_contacted_before_the_wall_clock_says_so() -> None:
    due_at = datetime.now(UTC) + timedelta(seconds=30)
    with pytest.raises(ApplicationError) as early:
        wall_has_reached(None, due_at)
    assert early.value.type == "ClockBehind"
    assert not early.value.non_retryable
    delay = early.value.next_retry_delay
    assert delay is not None
    assert timedelta(seconds=29) < delay < timedelta(seconds=31)
