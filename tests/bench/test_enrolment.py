"""Enrolment is measured on accounts that never had a workflow, as the loop beside it is."""

import pytest

from bench.enrolment import UNPOLLED_QUEUE, Enrolling, begin_campaign, seconds_for_bare_starts
from bench.ground import account_id, ground
from workflows.messages import collection_workflow_id


@pytest.mark.timeout(60)
async def test_no_round_starts_an_account_that_another_has_started() -> None:
    async with ground(8) as laid:
        begin_campaign(laid, "bench")
        enrolling = Enrolling(ground=laid, campaign_id="bench", last=account_id(0))
        assert await enrolling.seconds(3) > 0
        assert await enrolling.seconds(3) > 0
        assert await seconds_for_bare_starts(laid, 3, 0, alike=True) > 0
        for number in range(1, 7):
            handle = laid.env.client.get_workflow_handle(collection_workflow_id(account_id(number)))
            started = await handle.describe()
            assert started.task_queue == UNPOLLED_QUEUE
        with pytest.raises(AssertionError, match="1 of 3 members were enrolled"):
            await enrolling.seconds(3)
