"""A call is known by its reference and its number together; who asked to be called back is not forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, select

from casedb import cases
from casedb.calls import find_call
from casedb.engine import reading, writing
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.schema import case, contact_point, human_task
from casedb.touches import Claim, insert_claim
from domain.errors import InvalidInput
from domain.step import NextStep, Rest
from domain.vocabulary import Channel
from tests.casedb.people import NOW, add_account, add_person

REFERENCE = "ABCD-2345"


@pytest.fixture
def called(any_engine: Engine) -> Engine:
    """Two persons, each called under the same reference."""
    with writing(any_engine) as connection:
        for number in (1, 2):
            person, account = f"P-{number}", f"A-{number}"
            add_person(connection, person)
            add_account(connection, account, person)
            connection.execute(
                insert(contact_point).values(
                    contact_point_id=f"{person}:voice",
                    person_id=person,
                    channel="voice",
                    address=f"+1202555010{number}",
                    line_type="mobile",
                    preference=0,
                )
            )
            connection.execute(insert(case).values(**a_case(f"{account}-1", account, person)))
            insert_claim(connection, a_claim(f"{account}-1", account, person))
    return any_engine


def a_case(case_id: str, account_id: str, person_id: str) -> dict[str, object]:
    return {
        "case_id": case_id,
        "account_id": account_id,
        "person_id": person_id,
        "strategy": "s",
        "strategy_version": "v",
        "stage": "reminder",
        "opened_at": NOW,
        "opening_balance_minor": 100,
        "decisions": 0,
    }


def a_claim(case_id: str, account_id: str, person_id: str) -> Claim:
    return Claim(
        case_id=case_id,
        account_id=account_id,
        person_id=person_id,
        touch_key="reminder/1",
        channel=Channel.VOICE,
        contact_point_id=f"{person_id}:voice",
        reference=REFERENCE,
        template="reminder_1",
        provider="twilio",
        at=NOW,
        attempted_at=NOW,
        balance_minor=100,
    )


def ask(engine: Engine, event_id: str = "voice:CA1:callback", account_id: str | None = "A-1") -> bool:
    """Ask to be called back; whether it is known already."""
    fact = InboundFact(
        event_id=event_id, source="voice_keypad", kind=InboundKind.CALLBACK, at=NOW, account_id=account_id
    )
    return receive(engine, fact, received_at=NOW).duplicate


def tasks(engine: Engine) -> list[tuple[str | None, str, bool]]:
    with reading(engine) as connection:
        rows = connection.execute(select(human_task).order_by(human_task.c.key)).all()
    return [(row.case_id, row.kind, row.done_at is None) for row in rows]


def test_one_reference_of_two_persons_is_told_apart_by_the_number(called: Engine) -> None:
    with reading(called) as connection:
        found = [find_call(connection, REFERENCE, f"+1202555010{number}") for number in (1, 2, 3)]
        assert find_call(connection, "WXYZ-2345", "+12025550101") is None
    assert [call and call.person_id for call in found] == ["P-1", "P-2", None]


def test_asking_twice_in_one_call_is_one_task_and_in_two_calls_two(called: Engine) -> None:
    assert [ask(called), ask(called), ask(called, "voice:CA2:callback")] == [False, True, False]
    assert tasks(called) == [("A-1-1", "callback", True)] * 2


def test_the_task_stays_whatever_the_case_plans_next(called: Engine) -> None:
    ask(called)
    step = NextStep(at=NOW + timedelta(days=1), action=Rest(), why="nothing to do", dpd_bucket="")
    with writing(called) as connection:
        cases.finish_tasks(connection, "A-1-1", step, NOW)
    assert tasks(called) == [("A-1-1", "callback", True)]


def test_who_has_no_case_is_called_back_all_the_same(called: Engine) -> None:
    with writing(called) as connection:
        add_account(connection, "A-9", "P-1")
    assert ask(called, account_id="A-9") is False
    assert tasks(called) == [(None, "callback", True)]
    with reading(called) as connection:
        assert "(account A-9, which has no case)" in str(connection.scalar(select(human_task.c.why)))


def test_a_request_that_names_no_account_is_refused(called: Engine) -> None:
    with pytest.raises(InvalidInput, match="account_id of callback"):
        ask(called, account_id=None)
