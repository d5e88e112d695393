"""What keeps an agreement is money on the ledger since its day; how it was judged is on record once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select

from casedb import agreements, schema
from casedb.engine import reading, writing
from casedb.ledger import Entry, find_account, post
from domain.agreements import PlanState, PromiseState
from domain.case import CaseState
from domain.events import Instalment
from domain.negotiation.judging import Judgement, Received
from domain.negotiation.standing import Judged
from domain.vocabulary import LedgerKind
from tests.casedb.debts import add_case
from tests.casedb.people import NOW, add_account, add_person
from tests.domain.cases import a_case

DAY = timedelta(days=1)


@pytest.fixture
def owing(any_engine: Engine) -> Engine:
    with writing(any_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1", balance_minor=10_000, ledger_version=1)
        add_case(connection, person_id="P-1")
    return any_engine


def move(engine: Engine, entry_id: str, kind: LedgerKind, amount_minor: int, days: int = 0) -> None:
    with writing(engine) as connection:
        standing = find_account(connection, "A-1", lock=True)
        assert standing is not None
        at = NOW + days * DAY
        post(
            connection, standing, Entry(entry_id=entry_id, kind=kind, amount_minor=amount_minor, at=at), recorded_at=at
        )


def test_only_payments_and_what_was_taken_back_count_and_only_since_then(owing: Engine) -> None:
    move(owing, "before", LedgerKind.PAYMENT, -500)
    with reading(owing) as connection:
        version = connection.scalar(select(schema.account.c.ledger_version))
    move(owing, "pay", LedgerKind.PAYMENT, -3_000)
    move(owing, "fee", LedgerKind.FEE, 700)
    move(owing, "waived", LedgerKind.WAIVER, -700)
    move(owing, "back", LedgerKind.REVERSAL, 1_000, days=9)
    move(owing, "late", LedgerKind.PAYMENT, -2_000, days=6)
    with reading(owing) as connection:
        found = agreements.received(connection, "A-1", "promise:p", since_version=int(version or 0), by=NOW + 5 * DAY)
    assert found == Received(agreed_as="promise:p", total_minor=4_000, in_time_minor=2_000)


def promised(promise_id: str = "p-1") -> CaseState:
    promise = PromiseState(
        promise_id=promise_id, amount_minor=5_000, due_on=date(2026, 12, 1), made_at=NOW, baseline_minor=10_000,
        baseline_version=1,
    )  # fmt: skip
    return replace(a_case(), case_id="A-1-1", account_id="A-1", promise=promise, agreed=(f"promise:{promise_id}",))


def judged(agreed_as: str, judgement: Judgement, received_minor: int = 0) -> Judged:
    return Judged(agreed_as=agreed_as, judgement=judgement, received_minor=received_minor)


def rows(engine: Engine) -> list[tuple[str, str, int]]:
    table = schema.agreement
    with reading(engine) as connection:
        found = connection.execute(select(table).order_by(table.c.agreed_as))
        return [(row.agreed_as, row.judgement, row.received_minor) for row in found]


def test_a_promise_is_judged_once(owing: Engine) -> None:
    for judgement, received in ((Judgement.OPEN, 0), (Judgement.PARTLY_KEPT, 70), (Judgement.KEPT, 5_000)):
        with writing(owing) as connection:
            agreements.record(connection, promised(), [judged("promise:p-1", judgement, received)], NOW)
    assert rows(owing) == [("promise:p-1", "partly_kept", 70)]


def test_a_promise_that_gave_way_to_another_is_replaced_and_not_broken(owing: Engine) -> None:
    for promise_id in ("p-1", "p-2"):
        with writing(owing) as connection:
            key = f"promise:{promise_id}"
            agreements.record(connection, promised(promise_id), [judged(key, Judgement.OPEN)], NOW)
    assert rows(owing) == [("promise:p-1", "replaced", 0), ("promise:p-2", "open", 0)]


PLAN = PlanState(
    plan_id="pl",
    instalments=(
        Instalment(due_on=date(2026, 12, 1), amount_minor=5_074),
        Instalment(due_on=date(2026, 12, 31), amount_minor=5_074),
    ),
    accepted_at=NOW,
    baseline_minor=10_000,
    baseline_version=1,
    interest_minor=(99, 49),
)


def planned() -> CaseState:
    return replace(a_case(), case_id="A-1-1", account_id="A-1", plan=PLAN, agreed=("plan:pl",))


def test_a_plan_may_break_and_perform_again(owing: Engine) -> None:
    for judgement in (Judgement.OPEN, Judgement.BROKEN, Judgement.OPEN):
        with writing(owing) as connection:
            agreements.record(connection, planned(), [judged("plan:pl", judgement)], NOW)
    assert rows(owing) == [("plan:pl", "open", 0)]
    with writing(owing) as connection:
        agreements.end(connection, "A-1-1", Judgement.KEPT, NOW)
    assert rows(owing) == [("plan:pl", "kept", 0)]


def test_what_was_agreed_comes_back_as_the_fact_it_was_with_what_was_owed_then(owing: Engine) -> None:
    for case in (promised(), planned()):
        with writing(owing) as connection:
            agreements.record(connection, case, [], NOW)
    with reading(owing) as connection:
        made = agreements.made_facts(connection, "A-1-1")
    facts = {fact.agreed_as: (fact, based) for fact, based in made}
    plan, based = facts["plan:pl"]
    assert (plan.instalments, plan.interest_minor) == (PLAN.instalments, (99, 49))  # type: ignore[union-attr]  # the plan
    assert based == {"baseline_minor": 10_000, "baseline_version": 1}
    assert facts["promise:p-1"][0].amount_minor == 5_000  # type: ignore[union-attr]  # the promise


@pytest.mark.parametrize(
    ("today", "charged"), [(date(2026, 11, 30), 0), (date(2026, 12, 1), 99), (date(2027, 1, 9), 148)]
)
def test_the_interest_of_a_plan_is_charged_with_its_day_and_once(owing: Engine, today: date, charged: int) -> None:
    for expected in (charged > 0, False):
        with writing(owing) as connection:
            assert agreements.charge_interest(connection, planned(), today, NOW) is expected
    with reading(owing) as connection:
        standing = find_account(connection, "A-1")
    assert standing is not None
    assert standing.balance_minor == 10_000 + charged


def test_the_list_tells_the_newest_first_and_of_one_account_if_asked(owing: Engine) -> None:
    for case in (promised(), planned()):
        with writing(owing) as connection:
            agreements.record(connection, case, [], NOW)
    with reading(owing) as connection:
        [plan] = agreements.list_agreements(connection, "plan")
        assert (plan.account_id, plan.amount_minor, plan.judgement) == ("A-1", 10_148, Judgement.OPEN)
        assert agreements.list_agreements(connection, "plan", "A-2") == []
