"""The paths of agreements on the time-skipping server: promise, plan and settlement, kept and not, each to its end."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casedb import reliefs, schema
from casedb.engine import reading, writing
from casedb.inbox import InboundKind
from casedb.reliefs import ReliefRecord
from domain.authority import ReliefKind
from domain.negotiation.relief import ReliefStatus, Residual
from domain.requests import PlanRequest, PromiseRequest
from domain.vocabulary import CloseReason
from tests.support.stage import OPENED_AT, Stage
from tests.workflows.conftest import Handle, Play
from tests.workflows.test_collection import LADDER, keys, pay
from workflows.collection import CollectionWorkflow

DAY = timedelta(days=1)


def said(play: Play) -> list[str]:
    """Keys of everything that went out about agreements."""
    return [key for key, _, status in play.stage.touches() if status == "sent" and key not in LADDER]


def judgements(play: Play) -> dict[str, str]:
    table = schema.agreement
    with reading(play.stage.engine) as connection:
        return {row.agreed_as: row.judgement for row in connection.execute(select(table))}


async def promised(play: Play, handle: Handle, amount_minor: int = 12_345) -> date:
    """A promise for a week from now, after the first touch."""
    await play.until(lambda: len(keys(play)) == 1)
    due_on = (await play.now()).date() + 7 * DAY
    request = PromiseRequest(promise_id="p-1", amount_minor=amount_minor, due_on=due_on)
    await handle.execute_update(CollectionWorkflow.promise_to_pay, request)
    return due_on


async def reminded(play: Play, key: str) -> None:
    await play.until(lambda: key in said(play))


async def test_a_promise_is_reminded_of_once_and_ends_the_case_when_it_is_kept(play: Play) -> None:
    handle = await play.start()
    due_on = await promised(play, handle)
    await reminded(play, "promise/p-1/reminder")
    assert play.stage.touch_instants()[-1].date() == due_on - 2 * DAY
    assert "123.45" in play.stage.sandbox.network.messages()[-1].body
    await pay(play, handle, 12_345)
    assert (await handle.result()).close_reason is CloseReason.PAID
    assert (keys(play), said(play)) == (LADDER[:1], ["promise/p-1/reminder"])
    assert judgements(play) == {"promise:p-1": "kept"}


@pytest.mark.parametrize(("paid", "judged"), [(2_345, "partly_kept"), (0, "broken")])
async def test_a_promise_that_is_not_kept_lets_the_ladder_go_on_for_the_rest(
    play: Play, paid: int, judged: str
) -> None:
    handle = await play.start()
    due_on = await promised(play, handle)
    if paid:
        await pay(play, handle, paid)
    await play.until(lambda: len(keys(play)) == 2)
    assert (await play.now()).date() >= due_on + 3 * DAY
    assert judgements(play) == {"promise:p-1": judged}
    assert f"{(12_345 - paid) / 100:.2f}" in play.stage.sandbox.network.messages()[-1].body


async def planned(play: Play, handle: Handle) -> list[Any]:
    await play.until(lambda: len(keys(play)) == 1)
    first = (await play.now()).date() + 5 * DAY
    made = await handle.execute_update(
        CollectionWorkflow.accept_plan, PlanRequest(plan_id="pl", instalments=3, first_due_on=first)
    )
    await reminded(play, "plan/pl/terms")
    return list(made.instalments)


async def test_a_plan_that_performs_is_told_in_writing_reminded_of_and_ends_the_case(play: Play) -> None:
    handle = await play.start()
    for number, instalment in enumerate(await planned(play, handle), start=1):
        key = f"plan/pl/{number}/reminder"
        await reminded(play, key)
        assert play.stage.touch_instants()[-1].date() == instalment.due_on - 2 * DAY
        await pay(play, handle, instalment.amount_minor, event_id=f"pay-{number}")
    assert (await handle.result()).close_reason is CloseReason.PAID
    assert keys(play) == LADDER[:1]
    assert said(play) == ["plan/pl/terms", *(f"plan/pl/{number}/reminder" for number in (1, 2, 3))]
    assert judgements(play) == {"plan:pl": "kept"}


async def test_a_plan_with_two_missed_instalments_is_broken_and_the_ladder_goes_on(play: Play) -> None:
    handle = await play.start()
    instalments = await planned(play, handle)
    await play.until(lambda: len(keys(play)) == 2)
    assert (await play.now()).date() > instalments[1].due_on + 3 * DAY
    assert judgements(play) == {"plan:pl": "broken"}


def offered(stage: Stage, **changes: Any) -> ReliefRecord:
    """A settlement that stands for acceptance, as `relief propose` leaves it."""
    record = ReliefRecord(
        relief_id="r-1",
        case_id="acc-1-1",
        account_id="acc-1",
        kind=ReliefKind.SETTLEMENT,
        amount_minor=8_000,
        until=OPENED_AT.date() + 20 * DAY,
        reason="",
        residual=Residual.WAIVED_WHEN_SETTLED,
        proposed_by="lead-1",
        proposed_as="team_lead",
        proposed_at=OPENED_AT,
        expires_at=OPENED_AT + 14 * DAY,
        balance_minor=12_345,
        ledger_version=0,
        status=ReliefStatus.OFFERED,
    )
    record = replace(record, **changes)
    with writing(stage.engine) as connection:
        reliefs.propose(connection, record)
    return record


async def grant(play: Play, handle: Handle, record: ReliefRecord, **details: Any) -> None:
    await play.report(
        handle,
        InboundKind.RELIEF_GRANTED,
        f"relief:{record.relief_id}",
        relief_id=record.relief_id,
        relief=record.kind,
        relief_until=record.until,
        amount_minor=record.amount_minor,
        currency="USD",
        **details,
    )


async def test_a_settlement_paid_in_time_waives_the_rest_and_ends_the_case(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    await grant(play, handle, offered(play.stage))
    await reminded(play, "relief/r-1/terms")
    told = play.stage.sandbox.network.messages()[-1].body
    assert "80.00" in told
    assert "waive the rest" in told
    await reminded(play, "relief/r-1/reminder")
    await pay(play, handle, 8_000)
    assert (await handle.result()).close_reason is CloseReason.SETTLED
    assert keys(play) == LADDER[:1]
    with reading(play.stage.engine) as connection:
        account = connection.execute(select(schema.account)).one()
        waived = connection.execute(select(schema.ledger_entry).where(schema.ledger_entry.c.kind == "waiver")).one()
    assert (account.balance_minor, waived.amount_minor) == (0, -4_345)


async def test_a_settlement_that_is_missed_leaves_the_full_balance_owed(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    record = offered(play.stage)
    await grant(play, handle, record)
    await pay(play, handle, 7_999)
    await play.until(lambda: len(keys(play)) == 2)
    assert record.until is not None
    assert (await play.now()).date() > record.until + 2 * DAY
    view = await handle.query(CollectionWorkflow.view)
    assert view.case is not None
    assert view.case.balance_minor == 12_345 - 7_999
    assert "43.46" in play.stage.sandbox.network.messages()[-1].body


async def test_a_deferral_is_told_in_writing_and_its_days_do_not_count(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    until = OPENED_AT.date() + 30 * DAY
    ends = datetime(until.year, until.month, until.day, 5, tzinfo=UTC)
    record = offered(play.stage, kind=ReliefKind.DEFERRAL, until=until, amount_minor=12_345)
    await grant(play, handle, record, ends_at=ends)
    await reminded(play, "relief/r-1/terms")
    await play.until(lambda: len(keys(play)) == 2)
    assert (await play.now()).date() >= until
    assert keys(play) == LADDER[:2]
    view = await handle.query(CollectionWorkflow.view)
    assert view.step is not None
    assert view.step.dpd_bucket == "1-30"


async def test_a_lost_workflow_is_told_again_of_every_agreement(play: Play) -> None:
    handle = await play.start()
    await promised(play, handle, 5_000)
    await play.until(lambda: judgements(play) == {"promise:p-1": "open"})
    await grant(play, handle, offered(play.stage))
    await reminded(play, "relief/r-1/terms")
    before = (await handle.query(CollectionWorkflow.view)).case
    await handle.terminate()
    again = await play.start()
    after = await play.learned(again, lambda case: case)
    assert before is not None
    assert (after.settlement, after.promise, after.agreed) == (before.settlement, before.promise, before.agreed)
    assert after.settlement is not None
    await pay(play, again, 8_000)
    assert (await again.result()).close_reason is CloseReason.SETTLED
