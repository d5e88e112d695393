"""What is on record about a case, on both databases."""

from sqlalchemy import Engine, select

from casedb import cases, schema
from casedb.engine import reading, writing
from domain.step import Close, NextStep
from domain.vocabulary import CloseReason
from tests.casedb.people import add_account, add_person
from tests.domain.cases import OPENED_AT, a_case


def test_a_case_that_was_closed_stays_closed_when_its_task_runs_again(any_engine: Engine) -> None:
    """A signal that meets the close makes Temporal run the task again, with the case as it was before."""
    case = a_case()
    step = NextStep(at=OPENED_AT, action=Close(reason=CloseReason.PAID), why="nothing is owed", dpd_bucket="1-30")
    with writing(any_engine) as connection:
        add_person(connection, case.person_id)
        add_account(connection, case.account_id, case.person_id)
        cases.insert_case(connection, case)
        cases.close_case(connection, case.case_id, CloseReason.PAID, OPENED_AT)

    with writing(any_engine) as connection:
        cases.record_decision(connection, case, step, "ledger_changed", OPENED_AT)

    with reading(any_engine) as connection:
        row = connection.execute(select(schema.case)).one()
    assert (row.stage, row.close_reason, row.decisions) == ("closed", "paid", 1)
