"""Workflows for the sandbox, in a file of their own: it imports them anew for every run."""

import time
from datetime import timedelta

from temporalio import activity, workflow


@activity.defn(name="doubled")
async def doubled(number: int) -> int:
    """Twice as much."""
    return 2 * number


@workflow.defn(name="Doubles")
class Doubles:
    """Payloads both ways: an input, a result, a summary and a timer's."""

    @workflow.run
    async def run(self, number: int) -> int:
        """Four times as much."""
        for _ in range(2):
            number = await workflow.execute_activity(
                "doubled", number, result_type=int, start_to_close_timeout=timedelta(seconds=5), summary="doubled"
            )
            await workflow.sleep(timedelta(days=1), summary="a day")
        return number


@workflow.defn(name="ReadsTheClock")
class ReadsTheClock:
    """Asks the machine for the time, which no workflow may."""

    @workflow.run
    async def run(self) -> str:
        """What differs in a replay."""
        return time.ctime(time.time())
