"""A fact that comes with the very end of a case is not lost: what is owed again is collected by another case."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from temporalio import activity
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from activities.cases import CaseActivities
from activities.telling import Teller
from casedb import schema
from casedb.engine import reading
from casedb.inbox import InboundFact, InboundKind, receive, unsignalled
from config.payloads import DATA_CONVERTER
from tests.support.stage import OPENED_AT, Stage, stage
from tests.workflows.conftest import Play, playing
from workflows.collection import CollectionWorkflow
from workflows.messages import CLOSE_CASE, OPEN_CASE, PLAN, Opened, OpenRequest, PlanInput, StepOutcome, StepRequest

OWED = 12_345


def money(event_id: str, kind: InboundKind, at: datetime) -> InboundFact:
    return InboundFact(
        event_id=event_id, source="ledger", kind=kind, at=at, account_id="acc-1", amount_minor=OWED, currency="USD"
    )


class Meanwhile:
    """Something that happens once, within an activity, and is over when the activity goes on."""

    def __init__(self, moment: str) -> None:
        self.moment = moment
        self.happen: Callable[[], Awaitable[Any]] | None = None
        self.loop = asyncio.get_running_loop()

    def at(self, moment: str) -> None:
        """A moment has come."""
        if moment != self.moment or self.happen is None:
            return
        happen, self.happen = self.happen, None
        asyncio.run_coroutine_threadsafe(happen(), self.loop).result(timeout=20)  # type: ignore[arg-type]


@pytest.fixture
async def meanwhile(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Meanwhile:
    """What happens at the moment that the test is about: between two lines of an activity."""
    then = Meanwhile(request.param)
    real_close, real_plan, real_open = CaseActivities.close_case, CaseActivities.plan, CaseActivities.open_case

    @activity.defn(name=CLOSE_CASE)
    def close_case(self, request: StepRequest) -> StepOutcome:
        then.at("before the close is committed")
        outcome = real_close(self, request)
        then.at("after the close is committed")
        return outcome

    @activity.defn(name=PLAN)
    def plan(self, request: PlanInput) -> Any:
        step = real_plan(self, request)
        then.at("after the plan to close")
        return step

    @activity.defn(name=OPEN_CASE)
    def open_case(self, request: OpenRequest) -> Opened:
        opened = real_open(self, request)
        then.at("after nothing was found to open")
        return opened

    for name, changed in (("close_case", close_case), ("plan", plan), ("open_case", open_case)):
        monkeypatch.setattr(CaseActivities, name, changed)
    return then


def cases(staged: Stage) -> list[tuple[str, str | None]]:
    with reading(staged.engine) as connection:
        rows = connection.execute(select(schema.case).order_by(schema.case.c.case_id))
        return [(row.case_id, row.close_reason) for row in rows]


def teller(play: Play) -> Teller:
    async def connected() -> Client:
        return play.env.client

    return Teller.of(play.stage.settings, play.stage.engine, connected, lambda: OPENED_AT)


async def take_back(play: Play) -> None:
    """The payment is charged back: stored, and told."""
    receipt = await asyncio.to_thread(
        receive, play.stage.engine, money("back-1", InboundKind.REVERSAL, OPENED_AT), received_at=OPENED_AT
    )
    assert await teller(play).bring(receipt) == ("acc-1",)


async def pay(play: Play) -> None:
    """Paid in full: stored, and told."""
    receipt = await asyncio.to_thread(
        receive, play.stage.engine, money("pay-1", InboundKind.PAYMENT, OPENED_AT), received_at=OPENED_AT
    )
    await teller(play).bring(receipt)


async def until(ready: Callable[[], bool]) -> None:
    """Wait without letting the case's time pass."""
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(ready):
            await asyncio.sleep(0.02)


async def replays(play: Play, run_id: str | None) -> None:
    handle = play.env.client.get_workflow_handle("collection/acc-1", run_id=run_id)
    history: WorkflowHistory = await handle.fetch_history()
    await Replayer(workflows=[CollectionWorkflow], data_converter=DATA_CONVERTER).replay_workflow(history)


@pytest.mark.parametrize(
    ("meanwhile", "same_case"),
    [
        ("after the plan to close", True),
        ("before the close is committed", True),
        ("after the close is committed", False),
    ],
    indirect=["meanwhile"],
)
async def test_a_reversal_at_the_very_end_of_a_case_is_collected(
    staged: Stage, meanwhile: Meanwhile, same_case: bool
) -> None:
    async with playing(staged) as play:
        handle = await play.start()
        await until(lambda: play.messages() == 1 and len(staged.touches()) == 1)

        meanwhile.happen = lambda: take_back(play)
        await pay(play)

        await until(lambda: meanwhile.happen is None and any(reason is None for _, reason in cases(staged)))
        expected = [("acc-1-1", None)] if same_case else [("acc-1-1", "paid"), ("acc-1-2", None)]
        await until(lambda: cases(staged) == expected and play.next_action() == "contact" if same_case else True)
        await play.until(lambda: play.messages() == 2)
        assert cases(staged) == expected
        view = await play.env.client.get_workflow_handle_for(CollectionWorkflow.run, handle.id).query(
            CollectionWorkflow.view
        )
        assert view.case is not None
        assert (view.case.case_id, view.case.balance_minor) == (expected[-1][0], OWED)
        assert view.case.due_on == (OPENED_AT - timedelta(days=1)).date(), "it counts from the earliest unpaid day"
        assert unsignalled(staged.engine, OPENED_AT, 10) == []
        await replays(play, handle.first_execution_run_id)
        await replays(play, None)


@pytest.mark.parametrize("meanwhile", ["after nothing was found to open"], indirect=True)
async def test_what_is_owed_again_while_a_start_finds_nothing_to_do_is_collected_by_that_start(
    staged: Stage, meanwhile: Meanwhile
) -> None:
    async with playing(staged) as play:
        await pay(play)
        meanwhile.happen = lambda: take_back(play)
        await play.start()
        await until(lambda: cases(staged) == [("acc-1-1", None)])
        await until(lambda: play.messages() == 1)
        assert unsignalled(staged.engine, OPENED_AT, 10) == []


async def test_a_reversal_after_the_end_starts_another_case_at_once(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        staged.add_account(due_on=date(2026, 6, 1))
        async with playing(staged) as play:
            handle = await play.start()
            await until(lambda: cases(staged) == [("acc-1-1", None)])
            await pay(play)
            await handle.result()
            await take_back(play)
            await until(lambda: cases(staged) == [("acc-1-1", "paid"), ("acc-1-2", None)])
