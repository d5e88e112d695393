"""CampaignWorkflow: enrol the members of a campaign at a pace, page by page, with a bounded history.

    wait while it is paused -> a page -> again, until no member is left; aborted: leave out the rest, close or let be

A page is one activity however many members it has; a crash goes on inside of the page it was on. Pausing, resuming and
aborting are updates: refused before history where they make no sense, and on record in the case database when they are
answered, where the page that runs sees them as well.
"""

from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from domain.vocabulary import CampaignStatus
    from workflows.campaign_messages import (
        CHANGE_CAMPAIGN,
        LEAVE_OUT_REST,
        WITHDRAW_PAGE,
        AbortOrder,
        CampaignChange,
        CampaignStanding,
        RestOfCampaign,
        SteeringOrder,
        WithdrawnPage,
        WithdrawPage,
        admit_abort,
        admit_pause,
        admit_resume,
    )
    from workflows.messages import (
        ENROL_PAGE,
        FINISH_CAMPAIGN,
        CampaignRequest,
        CampaignResult,
        EnrolledPage,
        EnrolPage,
    )

STEADY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
PAGE_TIMEOUT = timedelta(minutes=10)
"""Beside the time that its pace takes."""
RECORD_TIMEOUT = timedelta(seconds=60)
HEARTBEAT = timedelta(seconds=60)
HELD_AGAIN = timedelta(seconds=10)
"""A page that was held though nobody here knows why looks again after so long."""


@workflow.defn(name="CampaignWorkflow")
class CampaignWorkflow:
    """Enrol every member of a campaign once; see the module's text."""

    @workflow.init
    def __init__(self, request: CampaignRequest) -> None:
        self._progress = request
        self._over = False

    @workflow.run
    async def run(self, request: CampaignRequest) -> CampaignResult:
        """Run until no member is left or it was aborted; a long book continues as new."""
        for _ in range(request.pages_per_run):
            await workflow.wait_condition(lambda: self._progress.abort is not None or not self._progress.paused)
            if self._progress.abort is None:
                self._over = await self._enrol_next()
            else:
                self._over = await self._give_up(self._progress.abort)
            await workflow.wait_condition(workflow.all_handlers_finished)
            if self._over and (self._progress.abort is None or self._progress.given_up):
                return self._result()
        workflow.continue_as_new(self._progress)

    async def _enrol_next(self) -> bool:
        """One page; whether it was the end."""
        page = await self._enrol_page()
        if page.last_account_id is None and not page.held:
            await workflow.execute_activity(
                FINISH_CAMPAIGN,
                self._progress.campaign_id,
                start_to_close_timeout=RECORD_TIMEOUT,
                retry_policy=STEADY,
                summary=self._progress.campaign_id,
            )
            return True
        self._progress = replace(
            self._progress,
            after=page.last_account_id or self._progress.after,
            enrolled=self._progress.enrolled + page.enrolled,
            excluded=self._progress.excluded + page.excluded,
            failed=self._progress.failed + page.failed,
        )
        if page.held and not self._progress.paused and self._progress.abort is None:
            await workflow.sleep(HELD_AGAIN, summary="held")
        elif self._progress.pause_seconds > 0:
            await workflow.sleep(timedelta(seconds=self._progress.pause_seconds), summary="pace")
        return False

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
            start_to_close_timeout=self._page_timeout(),
            heartbeat_timeout=HEARTBEAT,
            retry_policy=STEADY,
            summary=f"after {progress.after or 'the start'}",
        )
        return page

    def _page_timeout(self) -> timedelta:
        rate = self._progress.starts_per_second
        return PAGE_TIMEOUT + (timedelta(seconds=self._progress.page_size / rate) if rate > 0 else timedelta(0))

    async def _give_up(self, order: AbortOrder) -> bool:
        """First the members that nobody looked at, then a page of open cases at a time; whether it was the end."""
        if not self._progress.abort_on_record:
            await self._record(CampaignStatus.ABORTED, order)
        progress = self._progress
        if not progress.given_up:
            await workflow.execute_activity(
                LEAVE_OUT_REST,
                RestOfCampaign(campaign_id=progress.campaign_id, why=f"the campaign was aborted by {order.by}"),
                start_to_close_timeout=PAGE_TIMEOUT,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=STEADY,
                summary="whom nobody looked at",
            )
            self._progress = replace(self._progress, given_up=True)
            return not order.close_cases
        page: WithdrawnPage = await workflow.execute_activity(
            WITHDRAW_PAGE,
            WithdrawPage(
                campaign_id=progress.campaign_id,
                by=order.by,
                after=progress.withdrawn_after,
                limit=progress.page_size,
                per_second=progress.starts_per_second,
            ),
            result_type=WithdrawnPage,
            start_to_close_timeout=self._page_timeout(),
            heartbeat_timeout=HEARTBEAT,
            retry_policy=STEADY,
            summary=f"open cases after {progress.withdrawn_after or 'the start'}",
        )
        if page.last_case_id is not None:
            withdrawn = progress.withdrawn + page.withdrawn
            self._progress = replace(self._progress, withdrawn_after=page.last_case_id, withdrawn=withdrawn)
        return page.last_case_id is None

    async def _record(self, status: CampaignStatus, order: SteeringOrder | AbortOrder) -> CampaignStanding:
        await workflow.execute_activity(
            CHANGE_CAMPAIGN,
            CampaignChange(campaign_id=self._progress.campaign_id, status=status, by=order.by, why=order.why),
            start_to_close_timeout=RECORD_TIMEOUT,
            retry_policy=STEADY,
            summary=f"{status.value} by {order.by}",
        )
        return self._standing()

    @workflow.update
    async def pause(self, order: SteeringOrder) -> CampaignStanding:
        """Start no case more until it is resumed; the page that runs ends within a batch."""
        self._progress = replace(self._progress, paused=True)
        return await self._record(CampaignStatus.PAUSED, order)

    @pause.validator
    def _check_pause(self, order: SteeringOrder) -> None:
        admit_pause(self._progress.campaign_id, self._status)

    @workflow.update
    async def resume(self, order: SteeringOrder) -> CampaignStanding:
        """Go on where it was."""
        standing = await self._record(CampaignStatus.RUNNING, order)
        self._progress = replace(self._progress, paused=False)
        return replace(standing, status=self._status)

    @resume.validator
    def _check_resume(self, order: SteeringOrder) -> None:
        admit_resume(self._progress.campaign_id, self._status)

    @workflow.update
    async def abort(self, order: AbortOrder) -> CampaignStanding:
        """Enrol nobody more; open cases go on, or are closed from now on, page by page."""
        self._progress = replace(self._progress, abort=order)
        standing = await self._record(CampaignStatus.ABORTED, order)
        self._progress = replace(self._progress, abort_on_record=True)
        return standing

    @abort.validator
    def _check_abort(self, order: AbortOrder) -> None:
        admit_abort(self._progress.campaign_id, self._status)

    @workflow.query
    def progress(self) -> CampaignResult:
        """How many were enrolled and left out so far."""
        return self._result()

    @workflow.query
    def standing(self) -> CampaignStanding:
        """Where it stands."""
        return self._standing()

    @property
    def _status(self) -> CampaignStatus:
        if self._progress.abort is not None:
            return CampaignStatus.ABORTED
        if self._over:
            return CampaignStatus.FINISHED
        return CampaignStatus.PAUSED if self._progress.paused else CampaignStatus.RUNNING

    def _standing(self) -> CampaignStanding:
        progress = self._progress
        return CampaignStanding(
            status=self._status,
            enrolled=progress.enrolled,
            excluded=progress.excluded,
            failed=progress.failed,
            withdrawn=progress.withdrawn,
        )

    def _result(self) -> CampaignResult:
        progress = self._progress
        return CampaignResult(enrolled=progress.enrolled, excluded=progress.excluded, failed=progress.failed)
