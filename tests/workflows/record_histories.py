"""Record the histories that CI replays: `python -m tests.workflows.record_histories [NAME ...]`.

A released history is never recorded again: it stands for the cases that sleep under the code of its day. A changed
command sequence needs `workflow.patched`, and then another history beside the old ones.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update
from temporalio.client import WorkflowHandle

from activities.telling import Teller
from bench.servers import real_clock_server
from casedb.campaigns import NewCampaign, create_campaign
from casedb.engine import writing
from casedb.inbox import InboundKind, unsignalled
from casedb.replies import IncomingReply, take_reply
from casedb.schema import person
from config.replies import load_replies
from domain.eligibility import Exclusion
from domain.requests import ApprovalDecision, Decision, PromiseRequest
from domain.vocabulary import Channel, Clock
from tests.support.campaigning import Campaigning
from tests.support.moving import move_the_case
from tests.support.stage import stage
from tests.support.sweeping import Sweeping
from tests.workflows.conftest import Handle, Play, playing
from workflows.campaign import CampaignWorkflow
from workflows.campaign_messages import AbortOrder, SteeringOrder
from workflows.collection import CollectionWorkflow
from workflows.messages import CampaignRequest, answer_workflow_id, campaign_workflow_id, collection_workflow_id

TARGET = Path(__file__).parent / "histories"


async def _to_the_approval(play: Play) -> None:
    await play.until(lambda: "approval_decision" in play.open_tasks())


async def ignored_then_granted(play: Play) -> Handle:
    """Ten touches, four stages, an approval by another person."""
    handle = await play.start()
    await _to_the_approval(play)
    decision = ApprovalDecision(approval_id="acc-1-1/approval-1", decision=Decision.GRANT, by="officer-2")
    await handle.execute_update(CollectionWorkflow.decide_approval, decision)
    await handle.result()
    return handle


async def paid_after_two_touches(play: Play) -> Handle:
    """A payment in full."""
    handle = await play.start()
    await play.until(lambda: len(play.stage.touches()) == 2)
    await play.report(handle, InboundKind.PAYMENT, "pay-1", amount_minor=12_345, currency="USD")
    await handle.result()
    return handle


async def disputed_stopped_and_promised(play: Play) -> Handle:
    """A dispute resolved, a stop by text, a promise, and then it is still running."""
    handle = await play.start()
    await play.until(lambda: len(play.stage.touches()) == 1)
    await play.report(handle, InboundKind.DISPUTE, "dispute-1", hold_id="hold-1", owner="disputes")
    await play.env.sleep(timedelta(days=3))
    await play.report(handle, InboundKind.HOLD_RELEASED, "release-1", hold_id="hold-1")
    await play.report(handle, InboundKind.OPT_OUT, "stop-1", channel=Channel.SMS)
    await play.until(lambda: len(play.stage.touches()) == 2)
    due_on = (await play.now()).date() + timedelta(days=5)
    promise = PromiseRequest(promise_id="promise-1", amount_minor=12_345, due_on=due_on)
    await handle.execute_update(CollectionWorkflow.promise_to_pay, promise)
    await play.env.sleep(timedelta(days=15))
    return handle


async def continued_as_new(play: Play) -> Handle:
    """A long case that went on in a new run at a stage border."""
    handle = await play.start(renew_after_events=10)
    await _to_the_approval(play)
    return play.env.client.get_workflow_handle_for(CollectionWorkflow.run, handle.id)


async def moved_to_another_strategy(play: Play) -> Handle:
    """One touch, a move to a strategy of another name, two touches under that, and then it is still running."""
    handle = await play.start()
    await play.until(lambda: len(play.stage.touches()) == 1)
    gentle = play.stage.dependencies.rules.strategies["wallet-gentle"]
    told = await asyncio.to_thread(move_the_case, play.stage.engine, gentle, await play.now())
    await handle.signal(CollectionWorkflow.fact, told)
    await play.until(lambda: len(play.stage.touches()) == 3)
    return handle


async def _stop_is_answered(play: Play, number: int) -> WorkflowHandle[Any, Any]:
    """The person texts STOP, and the relay has it answered; where it is noon, as answers go by the wall's clock."""
    now = datetime.now(UTC)
    with writing(play.stage.engine) as connection:
        connection.execute(update(person).values(zones=[f"Etc/GMT{now.hour - 12:+d}"]))
    incoming = IncomingReply(
        reply_id=f"twilio:reply:SM{number}",
        source="twilio",
        channel=Channel.SMS,
        address="+12125550123",
        at=now,
        text="STOP",
    )
    take_reply(play.stage.engine, incoming, load_replies(), received_at=now)

    async def connected() -> Any:
        return play.env.client

    teller = Teller.of(play.stage.settings, play.stage.engine, connected, lambda: now)
    for owed in unsignalled(play.stage.engine, now + timedelta(days=1), 10):
        if owed.kind is InboundKind.ANSWER:
            await teller.bring(owed)
    handle = play.env.client.get_workflow_handle(answer_workflow_id(incoming.reply_id))
    await handle.result()
    return handle


async def answered(play: Play) -> WorkflowHandle[Any, Any]:
    """A stop by text, confirmed once."""
    return await _stop_is_answered(play, 1)


async def answer_withheld(play: Play) -> WorkflowHandle[Any, Any]:
    """A second stop by text: what was confirmed once is not confirmed again."""
    await _stop_is_answered(play, 1)
    return await _stop_is_answered(play, 2)


SCENES: dict[str, Callable[[Play], Awaitable[WorkflowHandle[Any, Any]]]] = {
    "ignored-then-granted": ignored_then_granted,
    "paid-after-two-touches": paid_after_two_touches,
    "disputed-stopped-and-promised": disputed_stopped_and_promised,
    "continued-as-new": continued_as_new,
    "moved-to-another-strategy": moved_to_another_strategy,
    "answered": answered,
    "answer-withheld": answer_withheld,
}


async def swept_with_an_orphan() -> str:
    """A sweep over five accounts, one of them lost and one whose workflow has no case; by pages of two."""
    with tempfile.TemporaryDirectory() as directory, stage(Path(directory), reports_dir=Path(directory)) as staged:
        async with real_clock_server() as env:
            sweeping = Sweeping(client=env.client, stage=staged)
            for number in range(3):
                sweeping.owes(f"acc-{number}")
            async with sweeping.worker():
                await sweeping.sweep()
                await sweeping.until_cases(3)
                await sweeping.until_listed(3)
                await env.client.get_workflow_handle(collection_workflow_id("acc-0")).terminate("lost")
                sweeping.close_behind_its_back("acc-1")
                for number in range(3, 5):
                    sweeping.owes(f"acc-{number}")
                handle = await sweeping.start(page_size=2, opening_minutes=0)
                await handle.result()
                return str((await handle.fetch_history()).to_json())


async def campaign_of_three_pages() -> str:
    """A campaign over five accounts by pages of two, one of them left out, as it ran before it could be paused."""
    with tempfile.TemporaryDirectory() as directory, stage(Path(directory)) as staged:
        async with real_clock_server() as env:
            sweeping = Sweeping(client=env.client, stage=staged)
            for number in range(5):
                sweeping.owes(f"acc-{number}", days=3 if number else -3)
            new = NewCampaign(
                campaign_id="autumn",
                name="autumn",
                strategy="wallet-standard",
                started_by="tests",
                clock=Clock.REAL,
                started_at=datetime.now(UTC),
            )
            create_campaign(staged.engine, new, also={Exclusion.NOT_OVERDUE})
            async with sweeping.worker():
                handle = await env.client.start_workflow(
                    CampaignWorkflow.run,
                    CampaignRequest(campaign_id="autumn", strategy="wallet-standard", page_size=2, pause_seconds=0.1),
                    id=campaign_workflow_id("autumn"),
                    task_queue=staged.settings.task_queue,
                )
                await handle.result()
                return str((await handle.fetch_history()).to_json())


async def campaign_paused_and_aborted() -> str:
    """A campaign by pages of two that was paused, resumed and aborted with its cases, as its last run tells it."""
    with tempfile.TemporaryDirectory() as directory, stage(Path(directory)) as staged:
        async with real_clock_server() as env:
            campaigning = Campaigning(client=env.client, stage=staged)
            campaigning.members_owe(8)
            async with campaigning.worker():
                handle = await campaigning.begin(starts_per_second=20.0)
                await campaigning.until_enrolled(2)
                await handle.execute_update(CampaignWorkflow.pause, SteeringOrder(by="dana", why="texts"))
                await handle.execute_update(CampaignWorkflow.resume, SteeringOrder(by="dana"))
                await campaigning.until_cases(3)
                await handle.execute_update(CampaignWorkflow.abort, AbortOrder(by="dana", close_cases=True))
                await handle.result()
                return str((await handle.fetch_history()).to_json())


SWEEPS = {
    "swept-with-an-orphan": swept_with_an_orphan,
    "swept-and-checked": swept_with_an_orphan,
    "campaign-of-three-pages": campaign_of_three_pages,
    "campaign-paused-and-aborted": campaign_paused_and_aborted,
}
"""The second was recorded when a sweep began to ask the invariants; the first stands for those before."""


async def record(name: str) -> None:
    """Play one scene and write its history, unless it is there already."""
    target = TARGET / f"{name}.json"
    if target.exists():
        print(f"{target.name} is recorded already; a released history is never replaced")
        return
    if name in SWEEPS:
        target.write_text(await SWEEPS[name]())
        print(f"{target.name} recorded")
        return
    with tempfile.TemporaryDirectory() as directory, stage(Path(directory)) as staged:
        staged.add_account()
        async with playing(staged) as play:
            handle = await SCENES[name](play)
            target.write_text((await handle.fetch_history()).to_json())
    print(f"{target.name} recorded")


if __name__ == "__main__":
    for each in sys.argv[1:] or (*SCENES, *SWEEPS):
        asyncio.run(record(each))
