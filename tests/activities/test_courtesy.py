"""A case opened before the due date: for one courtesy reminder through the same gate, and only where one is welcome."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from casedb import schema
from casedb.engine import writing
from domain.step import Contact
from domain.vocabulary import CloseReason
from tests.support.contacts import Play
from tests.support.stage import OPENED_AT
from workflows.messages import Opened, OpenRequest, StepRequest

DUE_ON = date(2027, 1, 7)
"""Three days after OPENED_AT in New York."""
NOT_OVERDUE = "nothing is overdue"


def comes_due(play: Play, account_id: str = "soon-1", due_on: date = DUE_ON, **more: str) -> str:
    person = {"person_id": f"per-{account_id}", "phone": "+12125550177", "email": f"{account_id}@mail.example.com"}
    return play.stage.add_account(account_id, due_on=due_on, **(person | more))  # type: ignore[arg-type]  # fields of the account, named by the tests


def opened(play: Play, account_id: str = "soon-1", strategy: str = "wallet-gentle") -> Opened:
    return play.cases.open_case(OpenRequest(account_id=account_id, strategy=strategy, now=OPENED_AT))


def refused(play: Play, account_id: str = "soon-1", strategy: str = "wallet-gentle") -> str:
    found = opened(play, account_id, strategy)
    assert found.case is None
    return found.why


def remind(play: Play) -> str:
    """Open the case, make its courtesy reminder, close it as paid: what was written."""
    found = opened(play)
    assert found.case is not None
    assert found.step is not None
    outcome = play.contact(StepRequest(case=found.case, step=found.step, now=found.step.at))
    assert outcome.event is not None
    assert outcome.event.kind == "contact_made"
    (message,) = play.received()
    return message.body


def test_a_case_opens_before_the_due_date_for_the_reminder_alone(any_play: Play) -> None:
    comes_due(any_play)

    found = opened(any_play)

    assert found.case is not None
    assert found.step is not None
    assert isinstance(found.step.action, Contact)
    assert found.step.action.touch_key == "reminder/courtesy"
    assert found.step.at == OPENED_AT + timedelta(hours=1)
    assert (found.case.due_on, found.step.dpd_bucket) == (DUE_ON, "current")


def test_the_reminder_goes_through_the_gate_and_speaks_of_a_coming_date(any_play: Play) -> None:
    comes_due(any_play)

    text = remind(any_play)

    assert "falls due on January 7, 2027" in text
    assert "overdue" not in text.lower()
    assert "was due" not in text
    assert [row.touch_key for row in any_play.rows("verdict")] == ["reminder/courtesy"]


@pytest.mark.parametrize(("due_on", "strategy"), [(date(2027, 1, 8), "wallet-gentle"), (DUE_ON, "wallet-standard")])
def test_nothing_is_said_earlier_or_by_a_strategy_that_has_no_courtesy(play: Play, due_on: date, strategy: str) -> None:
    comes_due(play, due_on=due_on)
    assert refused(play, strategy=strategy) == NOT_OVERDUE


def test_one_due_date_is_spoken_of_once_even_when_a_payment_was_taken_back(play: Play) -> None:
    comes_due(play)
    remind(play)
    play.change("case", closed_at=OPENED_AT, close_reason=CloseReason.PAID.value, stage="closed")

    assert refused(play) == f"{NOT_OVERDUE}, and what falls due on 2027-01-07 was spoken of already"


def test_who_refused_every_channel_is_left_in_peace(play: Play) -> None:
    comes_due(play)
    play.change("contact_point", undeliverable_since=OPENED_AT)
    assert refused(play) == f"{NOT_OVERDUE}, and no channel is open for a reminder before the due date"


def test_one_conversation_with_a_person_no_courtesy_beside_another_account(play: Play) -> None:
    comes_due(play, person_id="per-1")
    assert refused(play) == f"{NOT_OVERDUE}, and another account of the person is overdue"
    assert opened(play, "acc-1").case is not None
    assert refused(play) == f"{NOT_OVERDUE}, and another account of the person has an open case"


def test_several_amounts_get_no_reminder_of_one(play: Play) -> None:
    comes_due(play)
    later = {"obligation_id": "soon-1:2", "account_id": "soon-1", "due_on": date(2027, 2, 7), "amount_minor": 1}
    with writing(play.engine) as connection:
        connection.execute(insert(schema.obligation), later)
    play.change("account", balance_minor=12_346)

    assert refused(play) == f"{NOT_OVERDUE}, and several amounts are owed: a reminder before the due date speaks of one"


def test_an_account_that_went_elsewhere_is_not_reminded(play: Play) -> None:
    comes_due(play)
    assert opened(play).case is not None
    play.change("case", closed_at=OPENED_AT, close_reason=CloseReason.WITHDRAWN.value, stage="closed")
    assert refused(play).startswith("the last case ended with withdrawn")
