"""The collection workflow on the time-skipping server, with real sandbox, adapters and database."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.service import RPCError

from bench.cases import cost_of
from casedb import inbox
from casedb.inbox import InboundFact, InboundKind
from domain.requests import ApprovalDecision, Decision, PlanRequest, PromiseRequest
from domain.vocabulary import Channel, CloseReason
from tests.support.stage import OPENED_AT, Stage, stage
from tests.workflows.conftest import Handle, Play, playing
from workflows.collection import CollectionWorkflow

LADDER = [
    "reminder/reminder-1",
    "reminder/reminder-2",
    "reminder/reminder-3",
    "follow_up/follow-up-1",
    "follow_up/follow-up-2",
    "follow_up/follow-up-3",
    "installment_offer/offer-1",
    "installment_offer/offer-2",
    "legal_escalation/notice-1",
    "legal_escalation/notice-2",
]
APPROVAL = "acc-1-1/approval-1"


def keys(play: Play) -> list[str]:
    """Of the ladder; what is said about an agreement has keys of its own."""
    return [key for key, _, status in play.stage.touches() if status == "sent" and key in LADDER]


async def to_the_approval(play: Play) -> None:
    await play.until(lambda: play.next_action() == "rest" and "approval_decision" in play.open_tasks())


async def pay(play: Play, handle: Handle, amount_minor: int, event_id: str = "pay-1") -> None:
    await play.report(handle, InboundKind.PAYMENT, event_id, amount_minor=amount_minor, currency="USD")


async def test_an_ignored_case_walks_every_stage_and_stops_at_a_human(play: Play) -> None:
    await play.start()
    await to_the_approval(play)
    assert keys(play) == LADDER
    assert play.messages() == len(LADDER)


async def test_without_a_decision_the_request_expires_into_a_human_task_and_nothing_proceeds(play: Play) -> None:
    handle = await play.start()
    await to_the_approval(play)
    await play.until(lambda: "approval_expired" in play.open_tasks(), step=timedelta(days=1))
    await play.env.sleep(timedelta(days=90))
    view = await handle.query(CollectionWorkflow.view)
    assert view.case is not None
    assert not view.case.is_closed
    assert play.messages() == len(LADDER)
    assert "approval_expired" in play.open_tasks()


async def test_a_granted_case_is_handed_over_and_closed(play: Play) -> None:
    handle = await play.start()
    await to_the_approval(play)
    decision = ApprovalDecision(approval_id=APPROVAL, decision=Decision.GRANT, by="officer-2")
    await handle.execute_update(CollectionWorkflow.decide_approval, decision)
    assert (await handle.result()).close_reason is CloseReason.LEGAL_REFERRAL
    assert play.open_tasks() == []


@pytest.mark.parametrize(
    ("approval_id", "by", "says"),
    [
        (APPROVAL, "amicable", "another person"),
        ("acc-1-1/approval-9", "officer-2", "was not asked for"),
    ],
)
async def test_a_decision_by_the_requester_or_about_another_request_is_refused_before_history(
    play: Play, approval_id: str, by: str, says: str
) -> None:
    handle = await play.start()
    await to_the_approval(play)
    before = len((await handle.fetch_history()).events)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(
            CollectionWorkflow.decide_approval,
            ApprovalDecision(approval_id=approval_id, decision=Decision.GRANT, by=by),
        )
    assert says in str(refused.value.cause)
    later = (await handle.fetch_history()).events[before:]
    assert [event for event in later if event.HasField("workflow_execution_update_accepted_event_attributes")] == []


async def test_a_refused_escalation_waits_for_a_human_and_can_be_put_again(play: Play) -> None:
    handle = await play.start()
    await to_the_approval(play)
    for decision in (Decision.REFUSE, Decision.RENEW):
        await handle.execute_update(
            CollectionWorkflow.decide_approval,
            ApprovalDecision(approval_id=APPROVAL, decision=decision, by="officer-2"),
        )
    await play.until(lambda: "acc-1-1/approval-2" in play.approvals())
    second = ApprovalDecision(approval_id="acc-1-1/approval-2", decision=Decision.GRANT, by="officer-3")
    await handle.execute_update(CollectionWorkflow.decide_approval, second)
    assert (await handle.result()).close_reason is CloseReason.LEGAL_REFERRAL


async def test_a_payment_in_full_closes_the_case_and_nothing_is_sent_after_it(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 2)
    await pay(play, handle, 12_345)
    result = await handle.result()
    assert result.close_reason is CloseReason.PAID
    assert keys(play) == LADDER[:2]


async def test_a_payment_whose_signal_is_late_still_stops_the_next_touch(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    at = await play.now()
    inbox.receive(
        play.stage.engine,
        InboundFact(
            event_id="pay-silent",
            source="test",
            kind=InboundKind.PAYMENT,
            account_id="acc-1",
            at=at,
            amount_minor=12_345,
            currency="USD",
        ),
        received_at=at,
    )
    assert (await handle.result()).close_reason is CloseReason.PAID
    assert keys(play) == LADDER[:1]


async def test_a_part_payment_goes_on_chasing_the_net_amount(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    await pay(play, handle, 2_345)
    await play.until(lambda: len(keys(play)) == 2)
    latest = play.stage.sandbox.network.messages()[-1]
    assert "100.00" in latest.body
    assert "123.45" not in latest.body


async def test_the_same_payment_signalled_twice_counts_once(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    await pay(play, handle, 2_345)
    await pay(play, handle, 2_345)
    await play.settled(4)
    assert (
        await play.learned(handle, lambda case: case.balance_minor if case.balance_minor != 12_345 else None) == 10_000
    )


async def test_a_dispute_silences_the_case_until_it_is_resolved_and_its_days_do_not_count(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 2)
    await play.report(handle, InboundKind.DISPUTE, "dispute-1", hold_id="hold-1", owner="disputes")
    await play.until(lambda: "hold_duty" in play.open_tasks())
    await play.env.sleep(timedelta(days=20))
    assert len(keys(play)) == 2
    await play.report(handle, InboundKind.HOLD_RELEASED, "release-1", hold_id="hold-1")
    await play.until(lambda: len(keys(play)) == 3)
    assert keys(play)[2] == LADDER[2]
    assert "hold_duty" not in play.open_tasks()


async def test_a_payment_during_a_dispute_closes_the_case_at_once(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    await play.report(handle, InboundKind.DISPUTE, "dispute-1", hold_id="hold-1", owner="disputes")
    await pay(play, handle, 12_345)
    assert (await handle.result()).close_reason is CloseReason.PAID


async def test_after_stop_by_text_the_case_goes_on_by_mail_only(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    await play.report(handle, InboundKind.OPT_OUT, "stop-1", channel=Channel.SMS)
    await to_the_approval(play)
    channels = [channel for _, channel, _ in play.stage.touches()]
    assert channels == ["sms"] + ["email"] * 9


async def test_after_stop_on_every_channel_a_human_is_asked_and_nothing_is_sent(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    await play.report(handle, InboundKind.OPT_OUT, "stop-1", channel=Channel.SMS)
    await play.report(handle, InboundKind.OPT_OUT, "stop-2", channel=Channel.EMAIL)
    await play.until(lambda: "no_lawful_channel" in play.open_tasks())
    await play.env.sleep(timedelta(days=60))
    assert play.messages() == 1


async def test_a_kept_promise_pauses_the_ladder_and_a_broken_one_resumes_it(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    due_on = (await play.now()).date() + timedelta(days=7)
    promise = PromiseRequest(promise_id="promise-1", amount_minor=12_345, due_on=due_on)
    made = await handle.execute_update(CollectionWorkflow.promise_to_pay, promise)
    assert made.due_on == due_on
    await play.env.sleep(timedelta(days=7))
    assert len(keys(play)) == 1
    await play.until(lambda: len(keys(play)) == 2)
    assert (await play.now()).date() > due_on


@pytest.mark.parametrize(
    ("amount_minor", "days", "says"),
    [(12_346, 3, "between"), (1, 3, "between"), (12_345, 400, "must fall between"), (12_345, -1, "must fall between")],
)
async def test_a_promise_outside_the_terms_is_refused_with_the_terms(
    play: Play, amount_minor: int, days: int, says: str
) -> None:
    handle = await play.start()
    await play.settled(1)
    due_on = OPENED_AT.date() + timedelta(days=days)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(
            CollectionWorkflow.promise_to_pay,
            PromiseRequest(promise_id="promise-1", amount_minor=amount_minor, due_on=due_on),
        )
    assert says in str(refused.value.cause)


async def test_an_accepted_plan_silences_the_case_while_it_performs_and_sums_to_the_debt(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    first = (await play.now()).date() + timedelta(days=5)
    plan = await handle.execute_update(
        CollectionWorkflow.accept_plan, PlanRequest(plan_id="plan-1", instalments=3, first_due_on=first)
    )
    assert sum(each.amount_minor for each in plan.instalments) == 12_345
    await play.env.sleep(timedelta(days=4))
    assert len(keys(play)) == 1
    await pay(play, handle, plan.instalments[0].amount_minor)
    await play.env.sleep(timedelta(days=20))
    assert len(keys(play)) == 1


async def test_a_new_run_carries_the_case_and_goes_on_where_it_was(play: Play) -> None:
    handle = await play.start(renew_after_events=10)
    await to_the_approval(play)
    assert keys(play) == LADDER
    described = await play.env.client.get_workflow_handle(handle.id).describe()
    assert described.run_id != handle.first_execution_run_id


async def test_an_account_that_owes_nothing_ends_at_once_without_a_case(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        staged.add_account(due_on=date(2027, 6, 1))
        async with playing(staged) as play:
            result = await (await play.start()).result()
    assert result.case_id is None
    assert result.why == "nothing is overdue"


async def test_an_unknown_account_fails_the_workflow_with_its_id_and_what_to_do(play: Play) -> None:
    handle = await play.start("acc-nobody")
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    cause = failed.value.cause
    assert cause is not None
    assert "acc-nobody" in str(cause.__cause__ or cause)


async def test_history_holds_no_personal_data(play: Play) -> None:
    handle = await play.start()
    await to_the_approval(play)
    text = (await handle.fetch_history()).to_json()
    for secret in ("Ada", "Invented", "2125550123", "mail.example.com"):
        assert secret not in text


async def test_a_whole_case_stays_within_the_budget_of_actions_events_and_bytes(staged: Stage) -> None:
    async with playing(staged) as play:
        handle = await play.start()
        await to_the_approval(play)
        decision = ApprovalDecision(approval_id=APPROVAL, decision=Decision.GRANT, by="officer-2")
        await handle.execute_update(CollectionWorkflow.decide_approval, decision)
        await handle.result()
        cost = cost_of((await handle.fetch_history()).events)
    assert cost.total_actions <= 30
    assert cost.events < 150
    assert cost.bytes < 60_000


async def test_a_payment_costs_two_actions(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    before = cost_of((await handle.fetch_history()).events).total_actions
    await pay(play, handle, 12_345)
    await handle.result()
    after = cost_of((await handle.fetch_history()).events).total_actions
    assert after - before <= 2


async def test_a_signal_to_a_case_that_has_ended_is_refused_by_the_server_not_lost_in_it(play: Play) -> None:
    handle = await play.start()
    await play.until(lambda: len(keys(play)) == 1)
    await pay(play, handle, 12_345)
    await handle.result()
    with pytest.raises(RPCError):
        await pay(play, handle, 1, event_id="pay-2")
