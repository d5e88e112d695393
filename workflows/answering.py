"""AnswerWorkflow: one answer to what a person wrote, once; its id is the reply's, so that it cannot run twice."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.messages import ANSWER_REPLY, AnswerRequest

ATTEMPT_TIMEOUT = timedelta(seconds=60)
WORTHLESS_AFTER = timedelta(hours=24)
"""Whoever has waited for a day was called by a person, or wrote again."""
STEADY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name="AnswerWorkflow")
class AnswerWorkflow:
    """Answer one reply; see the module's text."""

    @workflow.run
    async def run(self, request: AnswerRequest) -> str:
        """What became of the answer, in a word."""
        answered: str = await workflow.execute_activity(
            ANSWER_REPLY,
            request,
            result_type=str,
            start_to_close_timeout=ATTEMPT_TIMEOUT,
            schedule_to_close_timeout=WORTHLESS_AFTER,
            retry_policy=STEADY,
            summary=request.reply_id,
        )
        return answered
