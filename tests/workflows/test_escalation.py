"""Each way of an escalation to its end, on a server that skips time."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from activities.escalation.outside_steps import Registry, create_steps
from casedb import schema
from casedb.attestations import Attested, attest
from casedb.engine import reading, writing
from casedb.inbound import InboundKind
from domain.escalation import Escalation, OutsideKind, OutsidePlan, Subject
from domain.requests import ApprovalDecision, Decision
from domain.strategy import Strategy
from domain.vocabulary import CloseReason
from tests.support.law import AUTHORITY, PEOPLE, Recorded
from tests.support.stage import OPENED_AT, Stage, stage
from tests.workflows.conftest import Handle, Play, playing
from workflows.collection import CollectionWorkflow

STANDARD = "wallet-standard"
STEPS = (
    OutsidePlan(step_id="letter", kind=OutsideKind.LETTER_BEFORE_ACTION),
    OutsidePlan(step_id="placed", kind=OutsideKind.AGENCY_PLACEMENT, wait_days=3),
)
BY_AGENCY = Escalation(steps=STEPS, closes_after_days=60)


def with_escalation(ready: Stage, escalation: Escalation) -> Stage:
    """The stage under a strategy with this escalation, and with steps that write down what they are asked."""
    rules = ready.dependencies.rules
    strategy = replace(rules.strategies[STANDARD], escalation=escalation)
    rules = replace(rules, strategies={**rules.strategies, STANDARD: strategy}, authority=AUTHORITY)
    ours = create_steps(ready.settings)
    in_books = {kind: ours[kind] for kind in (OutsideKind.CHARGE_OFF, OutsideKind.WRITE_OFF)}
    steps: Registry = {kind: Recorded(kind) for kind in OutsideKind} | in_books
    return replace(ready, dependencies=replace(ready.dependencies, rules=rules, steps=steps))


@pytest.fixture
async def play(tmp_path: Path) -> AsyncIterator[Play]:
    """A case that may be placed with an agency."""
    with stage(tmp_path) as ready:
        ready.add_account()
        async with playing(with_escalation(ready, BY_AGENCY)) as played:
            yield played


def prepare(play: Play) -> None:
    """Everything that a person attests before law."""
    strategy: Strategy = play.stage.dependencies.rules.strategies[STANDARD]
    notices = [plan.key_of(touch) for plan in strategy.stages for touch in plan.touches if touch.mandatory]
    words = [(Subject.NOTICE, f"{key} RR 000 000 001") for key in notices]
    words += [(Subject.CONTRACT, "DMS-1"), (Subject.LIMITATION, "open"), (Subject.VENUE, "consumer_residence")]
    with writing(play.stage.engine) as connection:
        for subject, says in words:
            attest(connection, Attested(account_id="acc-1", subject=subject, says=says, by="owner-1", at=OPENED_AT))


def outside(play: Play) -> list[tuple[str, str]]:
    """Each step and whether it stands."""
    step = schema.outside_step
    with reading(play.stage.engine) as connection:
        rows = connection.execute(select(step.c.step_id, step.c.status).order_by(step.c.taken_at, step.c.key))
        return [(row.step_id, row.status) for row in rows]


async def agree(play: Play, handle: Handle, approval_id: str = "acc-1-1/approval-1") -> None:
    """Everybody's yes, each through the update."""
    for role, person in PEOPLE.items():
        word = ApprovalDecision(
            approval_id=approval_id, decision=Decision.GRANT, by=person, role=role.value, comment="seen"
        )
        await handle.execute_update(CollectionWorkflow.decide_approval, word)


async def test_unmet_conditions_are_a_task_and_once_they_are_met_people_are_asked(play: Play) -> None:
    await play.start()
    await play.until(lambda: "escalation_unmet" in play.open_tasks())
    assert play.approvals() == []
    prepare(play)
    await play.until(lambda: "approval_decision" in play.open_tasks(), step=timedelta(days=1))
    assert "escalation_unmet" not in play.open_tasks()


async def test_an_approved_case_takes_its_steps_and_ends_when_nothing_comes(play: Play) -> None:
    prepare(play)
    handle = await play.start()
    await play.until(lambda: "approval_decision" in play.open_tasks())
    await agree(play, handle)
    assert (await handle.result()).close_reason is CloseReason.LEGAL_REFERRAL
    assert outside(play) == [("letter", "taken"), ("placed", "taken")]
    assert play.open_tasks() == []


async def test_a_payment_after_the_placement_takes_everything_back_and_the_case_is_paid(play: Play) -> None:
    prepare(play)
    handle = await play.start()
    await play.until(lambda: "approval_decision" in play.open_tasks())
    await agree(play, handle)
    await play.until(lambda: ("placed", "taken") in outside(play))
    await play.report(handle, InboundKind.PAYMENT, "pay-1", amount_minor=12_345, currency="USD")
    assert (await handle.result()).close_reason is CloseReason.PAID
    assert outside(play) == [("letter", "undone"), ("placed", "undone")]


async def test_a_no_of_one_person_is_a_task_and_renewed_it_needs_everybody_anew(play: Play) -> None:
    prepare(play)
    handle = await play.start()
    await play.until(lambda: "approval_decision" in play.open_tasks())
    first = ApprovalDecision(
        approval_id="acc-1-1/approval-1", decision=Decision.GRANT, by="owner-1", role="case_owner", comment="seen"
    )
    await handle.execute_update(CollectionWorkflow.decide_approval, first)
    refusal = replace(first, decision=Decision.REFUSE, by="counsel-1", role="legal_counsel", comment="hardship")
    await handle.execute_update(CollectionWorkflow.decide_approval, refusal)
    await play.until(lambda: "approval_refused" in play.open_tasks())
    renewal = replace(first, decision=Decision.RENEW, by="compliance-2", role="")
    await handle.execute_update(CollectionWorkflow.decide_approval, renewal)
    await play.until(lambda: "acc-1-1/approval-2" in play.approvals())
    assert outside(play) == []
    await agree(play, handle, "acc-1-1/approval-2")
    await play.until(lambda: ("letter", "taken") in outside(play))


async def test_a_dispute_takes_the_letter_back_and_its_end_asks_people_again(play: Play) -> None:
    prepare(play)
    handle = await play.start()
    await play.until(lambda: "approval_decision" in play.open_tasks())
    await agree(play, handle)
    await play.until(lambda: ("letter", "taken") in outside(play), step=timedelta(hours=1))
    await play.report(handle, InboundKind.DISPUTE, "dispute-1", hold_id="hold-1", owner="disputes")
    await play.until(lambda: ("letter", "undone") in outside(play), step=timedelta(hours=1))
    await play.report(handle, InboundKind.HOLD_RELEASED, "release-1", hold_id="hold-1")
    await play.until(lambda: "acc-1-1/approval-2" in play.approvals())


@pytest.mark.parametrize(
    ("kind", "end", "left"),
    [
        (OutsideKind.CHARGE_OFF, CloseReason.CHARGED_OFF, 12_345),
        (OutsideKind.WRITE_OFF, CloseReason.WRITTEN_OFF, 0),
    ],
)
async def test_from_the_first_reminder_to_the_books(
    tmp_path: Path, kind: OutsideKind, end: CloseReason, left: int
) -> None:
    escalation = Escalation(steps=(OutsidePlan(step_id="books", kind=kind),), ends_as=end)
    with stage(tmp_path) as ready:
        ready.add_account()
        async with playing(with_escalation(ready, escalation)) as play:
            prepare(play)
            handle = await play.start()
            await play.until(lambda: "approval_decision" in play.open_tasks())
            await agree(play, handle)
            assert (await handle.result()).close_reason is end
            assert outside(play) == [("books", "taken")]
            with reading(play.stage.engine) as connection:
                assert connection.execute(select(schema.account.c.balance_minor)).scalar_one() == left
