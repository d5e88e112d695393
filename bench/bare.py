"""The bare workflow: the same timers and activities as a whole case, and nothing else. What Temporal alone costs."""

from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows import search_attributes

STEADY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))
STAGES_OF_TOUCHES = ("reminder",) * 3 + ("follow_up",) * 3 + ("installment_offer",) * 2 + ("legal_escalation",) * 2


ROUND_TRIPS = 40


@activity.defn(name="bare_step")
def bare_step(key: str) -> str:
    """Answers at once."""
    return key


@workflow.defn(name="BareWorkflow")
class BareWorkflow:
    """Ten touches in four stages, each an activity; three upserts; records as local activities."""

    @workflow.run
    async def run(self, waiting: bool) -> str:
        """Open, ten times (wait and) act, (wait,) record twice, and end: the shape of a whole case."""
        await self._record("open")
        stage = STAGES_OF_TOUCHES[0]
        for number, next_stage in enumerate(STAGES_OF_TOUCHES):
            if waiting:
                await workflow.sleep(timedelta(days=4), summary=f"touch {number}")
            await workflow.execute_activity(
                bare_step,
                f"touch {number}",
                start_to_close_timeout=timedelta(seconds=60),
                schedule_to_close_timeout=timedelta(hours=8),
                retry_policy=STEADY,
                summary=f"touch {number}",
            )
            if next_stage != stage:
                stage = next_stage
                workflow.upsert_search_attributes([search_attributes.STAGE.value_set(stage)])
        if waiting:
            await workflow.sleep(timedelta(days=7), summary="before closing")
        await self._record("superseded")
        await self._record("close")
        return stage

    async def _record(self, key: str) -> None:
        await workflow.execute_local_activity(
            bare_step, key, start_to_close_timeout=timedelta(seconds=60), retry_policy=STEADY, summary=key
        )


@workflow.defn(name="RoundTripsWorkflow")
class RoundTripsWorkflow:
    """Bare activities one after the other."""

    @workflow.run
    async def run(self) -> float:
        """The mean round trip in microseconds, by the workflow's own clock."""
        began = workflow.now()
        for number in range(ROUND_TRIPS):
            await workflow.execute_activity(bare_step, str(number), start_to_close_timeout=timedelta(seconds=10))
        return (workflow.now() - began) / timedelta(microseconds=1) / ROUND_TRIPS
