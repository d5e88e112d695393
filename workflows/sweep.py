"""DelinquencySweepWorkflow: starts what no event started, brings back what was lost, and reports who is overdue.

    running workflows, page by page -> those without a case are settled -> accounts, page by page -> invariants
    -> the report

Every page is one activity, whatever the number of accounts in it. A long book continues as new; a crash resumes at the
page it was on.
"""

from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from workflows.sweep_messages import (
        CHECK_INVARIANTS,
        REPORT_OVERDUE,
        SETTLE_ORPHANS,
        SWEEP_ACCOUNTS,
        SWEEP_WORKFLOWS,
        AccountsPage,
        Checked,
        CheckRequest,
        OrphansFound,
        OrphansSettled,
        OverdueReport,
        SweepProgress,
        SweepRequest,
        SweepResult,
        SweptAccounts,
        SweptWorkflows,
        WorkflowsPage,
        problem,
    )

PATIENT = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1), maximum_attempts=20)
"""A server that is away for a quarter of an hour is waited for; then this sweep fails where people see it."""
TWICE_MORE = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3)
PAGE_TIMEOUT = timedelta(minutes=15)
HEARTBEAT = timedelta(seconds=60)
INVARIANTS_CHECKED = "invariants-checked"
"""Since when a sweep asks every invariant; sweeps that began before go on without."""


@workflow.defn(name="DelinquencySweepWorkflow")
class DelinquencySweepWorkflow:
    """One look at the whole book; see the module's text."""

    @workflow.init
    def __init__(self, request: SweepRequest) -> None:
        self._request = request
        self._progress = request.progress

    @workflow.run
    async def run(self, request: SweepRequest) -> SweepResult:
        """Run until both lists are at their end."""
        for _ in range(request.pages_per_run):
            if self._progress.listing:
                await self._look_at_workflows()
            elif await self._look_at_accounts():
                return await self._finish()
        workflow.continue_as_new(replace(request, progress=self._progress))

    async def _look_at_workflows(self) -> None:
        page: SweptWorkflows = await workflow.execute_activity(
            SWEEP_WORKFLOWS,
            WorkflowsPage(
                token=self._progress.token,
                limit=self._request.page_size,
                opening_minutes=self._request.opening_minutes,
            ),
            result_type=SweptWorkflows,
            start_to_close_timeout=PAGE_TIMEOUT,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=PATIENT,
            summary=f"running workflows after {self._progress.workflows}",
        )
        self._progress = self._progress.with_workflows(page)
        if page.token:
            return
        settled = await self._settle_orphans() if self._progress.orphans else OrphansSettled()
        self._progress = replace(self._progress, listing=False, settled=settled)

    async def _settle_orphans(self) -> OrphansSettled:
        settled: OrphansSettled = await workflow.execute_activity(
            SETTLE_ORPHANS,
            OrphansFound(
                accounts=self._progress.orphans,
                seen=self._progress.workflows,
                opening_minutes=self._request.opening_minutes,
            ),
            result_type=OrphansSettled,
            start_to_close_timeout=PAGE_TIMEOUT,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=PATIENT,
            summary=f"{len(self._progress.orphans)} without a case",
        )
        return settled

    async def _look_at_accounts(self) -> bool:
        """One page; whether it was the end of the book."""
        page: SweptAccounts = await workflow.execute_activity(
            SWEEP_ACCOUNTS,
            AccountsPage(
                after=self._progress.after,
                limit=self._request.page_size,
                starts_per_second=self._request.starts_per_second,
            ),
            result_type=SweptAccounts,
            start_to_close_timeout=PAGE_TIMEOUT,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=PATIENT,
            summary=f"accounts after {self._progress.after or 'the start'}",
        )
        self._progress = self._progress.with_accounts(page)
        return page.last_account_id is None

    async def _finish(self) -> SweepResult:
        """The report last, so that it shows what this sweep started; without room for it the sweep still counts."""
        checked = await self._check() if workflow.patched(INVARIANTS_CHECKED) else None
        try:
            report: OverdueReport | None = await workflow.execute_activity(
                REPORT_OVERDUE,
                result_type=OverdueReport,
                start_to_close_timeout=PAGE_TIMEOUT,
                retry_policy=TWICE_MORE,
                summary="overdue accounts",
            )
        except ActivityError as failure:
            if is_cancelled_exception(failure):
                raise
            report = None
            told = problem("report", str(failure.cause or failure))
            self._progress = replace(self._progress, tally=self._progress.tally.plus(told))
        return replace(self._result(), report=report, checked=checked)

    async def _check(self) -> Checked | None:
        """After everything was started, so that what was only lost is not called stuck."""
        try:
            checked: Checked = await workflow.execute_activity(
                CHECK_INVARIANTS,
                CheckRequest(),
                result_type=Checked,
                start_to_close_timeout=PAGE_TIMEOUT,
                heartbeat_timeout=PAGE_TIMEOUT,
                retry_policy=TWICE_MORE,
                summary="invariants",
            )
        except ActivityError as failure:
            if is_cancelled_exception(failure):
                raise
            told = problem("invariants", str(failure.cause or failure))
            self._progress = replace(self._progress, tally=self._progress.tally.plus(told))
            return None
        return checked

    def _result(self) -> SweepResult:
        done = self._progress
        return SweepResult(
            tally=done.tally,
            workflows=done.workflows,
            orphans_ended=done.settled.ended,
            orphans_left=done.settled.left,
        )

    @workflow.query
    def progress(self) -> SweepProgress:
        """How far it has come."""
        return self._progress
