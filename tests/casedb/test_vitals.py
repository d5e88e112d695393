"""The state of the house in numbers, read from a real database in which something of everything is wrong."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from casedb import schema
from casedb.engine import writing
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.last_runs import Chore, note_run
from casedb.switches import set_switch
from casedb.vitals import read_vitals
from domain.switches import Switch
from domain.vocabulary import Stage, SwitchScope, TaskKind
from tests.casedb.people import NOW, add_account, add_person


@pytest.fixture
def troubled(any_engine: Engine) -> Engine:
    """Five cases: closed, well, late, lost with tasks that it does not wait for, and lost without anything."""
    with writing(any_engine) as connection:
        add_person(connection, "P-1")
        for number, (stage, next_at, closed_at) in enumerate(
            (
                ("closed", NOW - timedelta(days=9), NOW - timedelta(days=9)),
                ("reminder", NOW + timedelta(days=3), None),
                ("reminder", NOW - timedelta(minutes=20), None),
                ("follow_up", NOW - timedelta(hours=2), None),
                ("follow_up", None, None),
            )
        ):
            add_account(connection, f"A-{number}", "P-1")
            connection.execute(insert(schema.case), _case(number, stage, next_at, closed_at))
        tasks = (("C-3", "callback", timedelta(hours=2)), (None, "callback", timedelta(days=2)))
        for key, (case_id, kind, old) in enumerate((*tasks, ("C-3", "hold_duty", timedelta(days=30)))):
            connection.execute(insert(schema.human_task), _task(key, case_id, kind, NOW - old))
        connection.execute(
            insert(schema.human_task), _task(9, "C-0", "callback", NOW - timedelta(days=1)) | {"done_at": NOW}
        )
    for number, account in ((1, "A-1"), (2, "nobody")):
        fact = InboundFact(
            event_id=f"E-{number}", source="t", kind=InboundKind.DISPUTE, at=NOW, account_id=account, owner="disputes"
        )
        receive(any_engine, fact, received_at=NOW - timedelta(minutes=number))
    set_switch(
        any_engine, Switch(scope=SwitchScope.CHANNEL, key="sms", reason="r", set_by="dana", set_at=NOW), strategies=()
    )
    return any_engine


def _case(number: int, stage: str, next_at: datetime | None, closed_at: datetime | None) -> dict[str, Any]:
    return {
        "case_id": f"C-{number}",
        "account_id": f"A-{number}",
        "person_id": "P-1",
        "strategy": "wallet-standard",
        "strategy_version": "1",
        "stage": stage,
        "opened_at": NOW - timedelta(days=10),
        "closed_at": closed_at,
        "close_reason": "paid" if closed_at else None,
        "opening_balance_minor": 1,
        "next_at": next_at,
    }


def _task(key: int, case_id: str | None, kind: str, raised_at: datetime) -> dict[str, Any]:
    due_at = raised_at + timedelta(days=1) if kind == "hold_duty" else None
    told = {"case_id": case_id, "kind": kind, "key": str(key), "owner": "o", "why": "w", "raised_at": raised_at}
    return told | {"due_at": due_at, "done_at": None}


def test_what_is_wrong_is_counted_by_what_it_is(troubled: Engine) -> None:
    vitals = read_vitals(troubled, NOW)
    stages = (Stage.REMINDER, Stage.FOLLOW_UP, Stage.INSTALLMENT_OFFER, Stage.LEGAL_ESCALATION)
    assert vitals.open_cases == dict(zip(stages, (2, 2, 0, 0), strict=True))
    assert (vitals.behind, vitals.behind_for()) == (2, timedelta(hours=2))
    assert vitals.without_timer == 2, "a callback and a duty say nothing about the workflow"
    callbacks = {age: told for (kind, age), told in vitals.tasks.items() if kind is TaskKind.CALLBACK}
    assert callbacks == {"1d": 1, "3d": 1, "7d": 0, "older": 0}, "the one that is done does not count"
    assert vitals.tasks[TaskKind.HOLD_DUTY, "older"] == 1
    assert sum(vitals.tasks.values()) == 4, "the parked fact has one too"
    assert {kind for kind, told in vitals.overdue_tasks.items() if told} == {TaskKind.HOLD_DUTY}
    assert (vitals.untold.facts, vitals.untold.age(NOW)) == (1, timedelta(minutes=1))
    assert vitals.parked == 1
    assert vitals.switches == {scope: int(scope is SwitchScope.CHANNEL) for scope in SwitchScope}


def test_an_empty_house_says_0_of_everything(any_engine: Engine) -> None:
    vitals = read_vitals(any_engine, NOW)
    assert {*vitals.open_cases.values(), *vitals.tasks.values(), *vitals.switches.values(), vitals.behind} == {0}
    assert (vitals.untold.facts, vitals.parked, vitals.without_timer, vitals.unknown_touches) == (0, 0, 0, 0)
    assert vitals.behind_for() == timedelta(0)
    assert vitals.watched_at is None


def test_a_lost_case_that_waits_for_a_task_is_looked_after_and_one_of_a_rehearsal_is_nobodys(troubled: Engine) -> None:
    with writing(troubled) as connection:
        connection.execute(insert(schema.human_task), _task(20, "C-3", "hold_review", NOW))
        dream = {"campaign_id": "dream", "name": "dream", "strategy": "s", "started_by": "o", "started_at": NOW}
        connection.execute(insert(schema.campaign), dream | {"clock": "virtual", "status": "running"})
        connection.execute(update(schema.case).where(schema.case.c.case_id == "C-4").values(campaign_id="dream"))
    assert read_vitals(troubled, NOW).without_timer == 0


def test_a_contact_may_take_its_lawful_day(troubled: Engine) -> None:
    with writing(troubled) as connection:
        connection.execute(update(schema.case).values(next_action="contact", next_at=NOW - timedelta(hours=23)))
    assert read_vitals(troubled, NOW).without_timer == 0
    assert read_vitals(troubled, NOW + timedelta(hours=2)).without_timer == 4


def test_the_last_run_of_the_watch_is_the_latest(any_engine: Engine) -> None:
    for at in (NOW, NOW + timedelta(hours=1)):
        with writing(any_engine) as connection:
            note_run(connection, Chore.WATCH, at)
        assert read_vitals(any_engine, NOW).watched_at == at
