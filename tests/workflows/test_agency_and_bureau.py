"""A case that goes to an agency and to the bureaus for real: its files, and what a payment makes of both."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from activities.escalation.outside_steps import create_steps
from casedb import furnishing, schema
from casedb.engine import reading, writing
from casedb.inbound import InboundKind
from domain.escalation import Escalation, OutsideKind, OutsidePlan
from domain.vocabulary import CloseReason
from tests.casedb.agencies import HARBOUR, kinds_of, send
from tests.casedb.bureaus import SUBJECT, month_file, only
from tests.support.stage import OPENED_AT, stage
from tests.workflows.conftest import Play, playing
from tests.workflows.test_escalation import agree, outside, prepare, with_escalation

PLANS = (
    OutsidePlan(step_id="agency", kind=OutsideKind.AGENCY_PLACEMENT, parameters={"agency": HARBOUR.agency_id}),
    OutsidePlan(step_id="bureau", kind=OutsideKind.BUREAU_FURNISHING, wait_days=5),
)


def taken_at(play: Play, step_id: str) -> datetime:
    """When a step was taken, on the case's clock."""
    step = schema.outside_step
    with reading(play.stage.engine) as connection:
        found = connection.execute(select(step.c.taken_at).where(step.c.step_id == step_id)).scalar_one()
    assert isinstance(found, datetime)
    return found


@pytest.mark.timeout(180)
async def test_a_payment_recalls_from_the_agency_and_corrects_the_bureaus_and_the_case_is_paid(tmp_path: Path) -> None:
    with stage(tmp_path) as plain:
        plain.add_account()
        lawful = with_escalation(plain, Escalation(steps=PLANS, closes_after_days=60))
        ready = replace(lawful, dependencies=replace(lawful.dependencies, steps=create_steps(lawful.settings)))
        with writing(ready.engine) as connection:
            connection.execute(insert(schema.furnishing_subject), SUBJECT | {"account_id": "acc-1"})
            furnishing.told_by_letter(connection, "acc-1", OPENED_AT, "letter-7", "owner-1")
        async with playing(ready) as play:
            prepare(play)
            handle = await play.start()
            await play.until(lambda: "approval_decision" in play.open_tasks())
            await agree(play, handle)
            await play.until(lambda: ("agency", "taken") in outside(play))
            assert kinds_of(send(play.stage.engine, at=taken_at(play, "agency"))) == ["CACT"]
            await play.until(lambda: ("bureau", "taken") in outside(play))
            begun = taken_at(play, "bureau")
            month = date(begun.year, begun.month, 1)
            assert only(month_file(play.stage.engine, month, begun))["account_status"] == "93"
            await play.report(handle, InboundKind.PAYMENT, "pay-1", amount_minor=12_345, currency="USD")
            assert (await handle.result()).close_reason is CloseReason.PAID
            assert outside(play) == [("agency", "undone"), ("bureau", "undone")]
            later = await play.now()
            assert kinds_of(send(play.stage.engine, at=later)) == ["CPAY", "CFIN"]
            paid = only(month_file(play.stage.engine, date(later.year, later.month, 1), later))
            assert (paid["account_status"], paid["current_balance"]) == ("62", 0)
            assert send(play.stage.engine, at=later).files == ()
            assert month_file(play.stage.engine, date(later.year, later.month, 1), later).lines == 0
