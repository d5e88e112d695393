"""CampaignWorkflow: enrol a book of accounts at a pace, page by page, with a bounded history."""

from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.messages import (
        ENROL_PAGE,
        FINISH_CAMPAIGN,
        CampaignRequest,
        CampaignResult,
        EnrolledPage,
        EnrolPage,
    )

STEADY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name="CampaignWorkflow")
class CampaignWorkflow:
    """Enrol every member of a campaign once; a crash resumes at the page it was on."""

    @workflow.init
    def __init__(self, request: CampaignRequest) -> None:
        self._progress = request

    @workflow.run
    async def run(self, request: CampaignRequest) -> CampaignResult:
        """Run until no member is left; a long book continues as new."""
        for _ in range(request.pages_per_run):
            page = await self._enrol_page()
            if page.last_account_id is None:
                await workflow.execute_activity(
                    FINISH_CAMPAIGN,
                    request.campaign_id,
                    start_to_close_timeout=timedelta(seconds=60),
                    retry_policy=STEADY,
                    summary=request.campaign_id,
                )
                return CampaignResult(enrolled=self._progress.enrolled, excluded=self._progress.excluded)
            self._progress = replace(
                self._progress,
                after=page.last_account_id,
                enrolled=self._progress.enrolled + page.enrolled,
                excluded=self._progress.excluded + page.excluded,
            )
            if request.pause_seconds > 0:
                await workflow.sleep(timedelta(seconds=request.pause_seconds), summary="pace")
        workflow.continue_as_new(self._progress)

    async def _enrol_page(self) -> EnrolledPage:
        progress = self._progress
        page: EnrolledPage = await workflow.execute_activity(
            ENROL_PAGE,
            EnrolPage(
                campaign_id=progress.campaign_id,
                strategy=progress.strategy,
                clock=progress.clock,
                opened_at=progress.opened_at,
                after=progress.after,
                limit=progress.page_size,
                starts_per_second=progress.starts_per_second,
            ),
            result_type=EnrolledPage,
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=timedelta(seconds=60),
            retry_policy=STEADY,
            summary=f"after {progress.after or 'the start'}",
        )
        return page

    @workflow.query
    def progress(self) -> CampaignResult:
        """How many were enrolled and left out so far."""
        return CampaignResult(enrolled=self._progress.enrolled, excluded=self._progress.excluded)
