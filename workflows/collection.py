"""CollectionWorkflow: one overdue account, from a gentle reminder to a human's decision about law.

    open -> wait until the step is due or a fact arrives -> take facts in, or act -> again, until closed

It interprets and holds no rule: what is next is decided inside activities by `domain.ladder` and stands in the
history, so that strategies and laws may change under sleeping cases. An `if` here asks only about the shape of what
it got. Signals append to the inbox; requests are updates whose validator refuses before history is touched.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from domain.case import CaseState, apply
    from domain.errors import IllegalTransition
    from domain.events import (
        ApprovalGranted,
        ApprovalRefused,
        ApprovalRenewed,
        ContactFailed,
        Event,
        PlanAccepted,
        PromiseMade,
    )
    from domain.money import in_words
    from domain.requests import (
        ApprovalDecision,
        PlanRequest,
        PromiseRequest,
        admit_decision,
        admit_plan,
        admit_promise,
    )
    from domain.step import Contact, NextStep, Rest
    from domain.vocabulary import Clock
    from workflows.messages import (
        OPEN_CASE,
        PLAN,
        Carried,
        CaseView,
        CollectionRequest,
        CollectionResult,
        Opened,
        OpenRequest,
        PlanInput,
        StepOutcome,
        StepRequest,
    )
    from workflows.search_attributes import DPD_BUCKET, STAGE, STRATEGY

FactT = TypeVar("FactT")

ATTEMPT_TIMEOUT = timedelta(seconds=60)
LEAST_PATIENCE = timedelta(minutes=1)
"""Even a step that is due at the last minute gets one attempt."""
FACTS_AT_THE_END = "facts-at-the-end"
"""Since when facts that come with the end of a case are taken in; histories that ended before replay without."""
STEADY = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=5)
)
"""Database and provider troubles pass; nothing is given up for want of attempts, only for want of lawful time."""


@workflow.defn(name="CollectionWorkflow")
class CollectionWorkflow:
    """Collect one account; see the module's text."""

    @workflow.init
    def __init__(self, request: CollectionRequest) -> None:
        self._request = request
        carried = request.carried
        self._case: CaseState | None = carried.case if carried else None
        self._step: NextStep | None = carried.step if carried else None
        self._inbox: list[Event] = list(carried.inbox) if carried else []
        self._virtual_now: datetime | None = carried.now if carried else request.opened_at
        self._owed_again = False

    @workflow.run
    async def run(self, request: CollectionRequest) -> CollectionResult:
        """Run until the case is closed; nothing overdue ends it at once."""
        if self._case is None:
            opened = await self._open()
            if opened.case is None:
                await workflow.wait_condition(workflow.all_handlers_finished)
                await self._begin_again()
                return CollectionResult(case_id=None, close_reason=None, why=opened.why)
        while not self._current.is_closed:
            self._show()
            stage, strategy = self._current.stage, self._current.strategy
            if not self._inbox:
                await self._wait()
            if self._inbox:
                await self._take_in()
            else:
                await self._act()
            if self._current.stage is not stage and not self._current.is_closed:
                self._mark_stage()
            if self._current.strategy != strategy:
                workflow.upsert_search_attributes([STRATEGY.value_set(self._current.strategy)])
            await self._renew_when_long(border=self._current.stage is not stage)
        await workflow.wait_condition(workflow.all_handlers_finished)
        case = self._current
        await self._begin_again()
        return CollectionResult(case_id=case.case_id, close_reason=case.close_reason, why=self._next.why)

    @property
    def _current(self) -> CaseState:
        if self._case is None:
            raise ApplicationError("the case is not open yet", type="NotOpen", non_retryable=True)
        return self._case

    @property
    def _next(self) -> NextStep:
        if self._step is None:
            raise ApplicationError("the case has no step yet", type="NotOpen", non_retryable=True)
        return self._step

    @property
    def _strategy(self) -> str:
        """Of a case after this one: that of the start, or to which this one was moved."""
        moved = self._case is not None and self._case.moved_at is not None
        return self._current.strategy if moved else self._request.strategy

    async def _open(self) -> Opened:
        """What was told before is in the case database, and so in what the opening reads."""
        heard = len(self._inbox)
        opened = await self._read_account()
        self._case, self._step = opened.case, opened.step
        if opened.case is None:
            del self._inbox[:heard]
        return opened

    async def _read_account(self) -> Opened:
        opened: Opened = await workflow.execute_local_activity(
            OPEN_CASE,
            OpenRequest(
                account_id=self._request.account_id,
                strategy=self._strategy,
                campaign_id=self._request.campaign_id,
                now=self._virtual_now,
                strategy_version=self._request.strategy_version if self._case is None else None,
            ),
            result_type=Opened,
            start_to_close_timeout=ATTEMPT_TIMEOUT,
            retry_policy=STEADY,
            summary=self._request.account_id,
        )
        return opened

    async def _begin_again(self) -> None:
        """Facts may come with the very end of a case; if the account owes again, a new run collects it.

        The server refuses to end a workflow that has a signal waiting, and has the task run again with it.
        """
        while (self._owed_again or self._inbox) and workflow.patched(FACTS_AT_THE_END):
            facts, self._inbox, self._owed_again = self._inbox, [], False
            for fact in facts:
                self._advance_to(fact.at)
            opened = await self._read_account()
            if opened.case is not None and opened.step is not None:
                self._case, self._step = opened.case, opened.step
                self._mark_stage()
                self._renew()
            await workflow.wait_condition(workflow.all_handlers_finished)

    async def _wait(self) -> None:
        delay = self._next.at - workflow.now()
        if delay <= timedelta(0):
            return
        try:
            await workflow.wait_condition(
                lambda: bool(self._inbox), timeout=delay, timeout_summary=summary_of(self._next)
            )
        except TimeoutError:
            return

    async def _take_in(self) -> None:
        facts, self._inbox = self._inbox, []
        for fact in facts:
            self._case = apply(self._current, fact)
            self._advance_to(fact.at)
        await self._plan(", ".join(fact.kind for fact in facts))

    async def _plan(self, because: str, *, due_at: datetime | None = None) -> None:
        self._step = await workflow.execute_local_activity(
            PLAN,
            PlanInput(case=self._current, because=because, now=self._virtual_now, due_at=due_at),
            result_type=NextStep,
            start_to_close_timeout=ATTEMPT_TIMEOUT,
            retry_policy=STEADY,
            summary=because,
        )

    async def _act(self) -> None:
        step = self._next
        self._advance_to(step.at)
        if isinstance(step.action, Rest):
            await self._plan("rested", due_at=step.at)
        elif isinstance(step.action, Contact):
            await self._touch(step, step.action)
        else:
            self._follow(await self._record(step))

    async def _touch(self, step: NextStep, contact: Contact) -> None:
        """One activity per touch; it is retried for as long as the touch's lawful time goes on, and no longer."""
        try:
            outcome = await workflow.execute_activity(
                contact.kind,
                self._request_for(step),
                task_queue=contact.queue or None,
                result_type=StepOutcome,
                start_to_close_timeout=ATTEMPT_TIMEOUT,
                schedule_to_close_timeout=max(LEAST_PATIENCE, contact.not_after - self._now()),
                retry_policy=STEADY,
                summary=contact.touch_key,
            )
        except ActivityError as failure:
            if is_cancelled_exception(failure):
                raise
            await self._give_way(contact)
        else:
            self._follow(outcome)

    async def _record(self, step: NextStep) -> StepOutcome:
        """What only our own database must know is a local activity: one action with the plan that led to it."""
        outcome: StepOutcome = await workflow.execute_local_activity(
            step.action.kind,
            self._request_for(step),
            result_type=StepOutcome,
            start_to_close_timeout=ATTEMPT_TIMEOUT,
            retry_policy=STEADY,
            summary=step.action.kind,
        )
        return outcome

    def _request_for(self, step: NextStep) -> StepRequest:
        return StepRequest(case=self._current, step=step, now=self._virtual_now)

    def _follow(self, outcome: StepOutcome) -> None:
        if outcome.event is not None:
            self._case = apply(self._current, outcome.event)
        self._step = outcome.next
        self._owed_again = outcome.owed_again

    async def _give_way(self, contact: Contact) -> None:
        """A touch that could not be finished in its lawful time is on record as failed and thought about again."""
        case = self._current
        attempt = case.failures + 1 if case.failing_touch == contact.touch_key else 1
        fact = ContactFailed(
            event_id=f"failed:{contact.touch_key}:{attempt}",
            at=self._now(),
            touch_key=contact.touch_key,
            attempt=attempt,
        )
        self._case = apply(case, fact)
        await self._plan(fact.kind)

    def _now(self) -> datetime:
        """The case's instant. On a virtual clock whole minutes, so that two rehearsals of one seed are equal."""
        if self._request.clock is Clock.REAL or self._virtual_now is None:
            return workflow.now()
        return max(self._virtual_now, workflow.now().replace(second=0, microsecond=0))

    def _advance_to(self, instant: datetime) -> None:
        if self._virtual_now is not None:
            self._virtual_now = max(self._virtual_now, instant)

    def _mark_stage(self) -> None:
        workflow.upsert_search_attributes(
            [
                STAGE.value_set(self._current.stage.value),
                DPD_BUCKET.value_set(self._next.dpd_bucket),
            ]
        )

    def _show(self) -> None:
        case, step = self._current, self._next
        workflow.set_current_details(
            f"**{case.stage.value}** · {in_words(case.balance_minor, case.currency)} · {step.dpd_bucket} days\n\n"
            f"Next: **{summary_of(step)}** at {step.at.isoformat(timespec='minutes')}\n\nWhy: {step.why}"
        )

    async def _renew_when_long(self, *, border: bool) -> None:
        """A fresh history, when the server suggests it or at a stage border of a long case."""
        info = workflow.info()
        long = border and info.get_current_history_length() > self._request.renew_after_events
        if self._current.is_closed or not (long or info.is_continue_as_new_suggested()):
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        self._renew()

    def _renew(self) -> NoReturn:
        carried = Carried(case=self._current, step=self._next, inbox=tuple(self._inbox), now=self._virtual_now)
        workflow.continue_as_new(
            CollectionRequest(
                account_id=self._request.account_id,
                strategy=self._strategy,
                campaign_id=self._request.campaign_id,
                clock=self._request.clock,
                opened_at=self._request.opened_at,
                carried=carried,
                renew_after_events=self._request.renew_after_events,
                strategy_version=self._request.strategy_version,
            )
        )

    @workflow.signal
    def fact(self, event: Event) -> None:
        """Something happened outside: payment, dispute, stop, hold, receipt. Applied in order of arrival."""
        self._inbox.append(event)

    @workflow.query
    def view(self) -> CaseView:
        """The case and its next step, as the workflow knows them."""
        return CaseView(case=self._case, step=self._step)

    @workflow.update
    async def promise_to_pay(self, request: PromiseRequest) -> PromiseMade:
        """Accept a promise. Raises (before history) when the case or its terms do not allow it."""
        await self._until_open()
        fact = _admitted(lambda: admit_promise(self._case_with_inbox(), request, self._now()))
        self._inbox.append(fact)
        return fact

    @promise_to_pay.validator
    def _check_promise(self, request: PromiseRequest) -> None:
        if self._case is not None:
            admit_promise(self._case_with_inbox(), request, self._now())

    @workflow.update
    async def accept_plan(self, request: PlanRequest) -> PlanAccepted:
        """Accept an instalment plan within the terms on offer."""
        await self._until_open()
        fact = _admitted(lambda: admit_plan(self._case_with_inbox(), request, self._now()))
        self._inbox.append(fact)
        return fact

    @accept_plan.validator
    def _check_plan(self, request: PlanRequest) -> None:
        if self._case is not None:
            admit_plan(self._case_with_inbox(), request, self._now())

    @workflow.update
    async def decide_approval(self, request: ApprovalDecision) -> ApprovalGranted | ApprovalRefused | ApprovalRenewed:
        """Take a person's decision about legal escalation; the requester's own is refused."""
        await self._until_open()
        fact = _admitted(lambda: admit_decision(self._case_with_inbox(), request, self._now()))
        self._inbox.append(fact)
        return fact

    @decide_approval.validator
    def _check_decision(self, request: ApprovalDecision) -> None:
        if self._case is not None:
            admit_decision(self._case_with_inbox(), request, self._now())

    async def _until_open(self) -> None:
        await workflow.wait_condition(lambda: self._case is not None)

    def _case_with_inbox(self) -> CaseState:
        """The case as it will be when the facts that wait are taken in: a request is judged on the latest."""
        case = self._current
        for fact in self._inbox:
            case = apply(case, fact)
        return case


def summary_of(step: NextStep) -> str:
    """The step in a word, for timers and activities in the history."""
    return step.action.touch_key if isinstance(step.action, Contact) else step.action.kind


def _admitted(admit: Callable[[], FactT]) -> FactT:
    try:
        return admit()
    except IllegalTransition as refusal:
        raise ApplicationError(str(refusal), type="IllegalTransition", non_retryable=True) from None
