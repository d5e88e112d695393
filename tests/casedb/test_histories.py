"""What a score is made of is read from what is on record, and only where the strategy asks for it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert

from activities.planning import Planner
from casedb import schema
from casedb.engine import reading, writing
from casedb.histories import read_history
from casedb.snapshot import read_snapshot
from domain.holds import HoldState
from domain.score import History
from domain.vocabulary import Channel, HoldKind
from tests.casedb.debts import add_case, add_debt
from tests.domain.cases import GENTLE, STANDARD, STRATEGIES, a_case

NOW = datetime(2027, 2, 12, 15, tzinfo=UTC)
"""40 days after the debt fell due."""
CASE = a_case(
    case_id="A-1-1", account_id="A-1", person_id="P-A-1", strategy=GENTLE.name, strategy_version=GENTLE.version
)


@pytest.fixture
def engine(any_engine: Engine) -> Engine:
    """An account with promises kept and broken, and payments of which one is old and one came back."""
    add_debt(any_engine)
    with writing(any_engine) as connection:
        add_case(connection)
        for number, judgement in enumerate(("kept", "broken", "open")):
            connection.execute(
                insert(schema.agreement),
                {
                    "case_id": "A-1-1", "agreed_as": f"promise:{number}", "agreed_at": NOW, "payments": [],
                    "down_payment_minor": 0, "interest_minor": [], "baseline_minor": 1, "judgement": judgement,
                    "received_minor": 0,
                },
            )  # fmt: skip
        moved = (("payment", 1), ("payment", 2), ("payment", 100), ("reversal", 1), ("fee", 1))
        for number, (kind, days_ago) in enumerate(moved, start=2):
            at = NOW - timedelta(days=days_ago)
            entry = {"entry_id": f"e{number}", "account_id": "A-1", "version": number, "kind": kind}
            connection.execute(insert(schema.ledger_entry), entry | {"at": at, "recorded_at": at, "amount_minor": -5})
    return any_engine


def test_promises_of_the_account_and_what_was_paid_and_not_taken_back_in_ninety_days_count(engine: Engine) -> None:
    with reading(engine) as connection:
        found = read_history(connection, CASE, (), NOW)
    assert found == History(days_past_due=40, promises_kept=1, promises_broken=1, payments=1)


def test_a_hold_takes_its_days_off_and_hardship_is_known(engine: Engine) -> None:
    hold = HoldState(hold_id="H", kind=HoldKind.HARDSHIP, starts_at=NOW - timedelta(days=10))
    with reading(engine) as connection:
        found = read_history(connection, CASE, (hold,), NOW)
    assert (found.days_past_due, found.hardship) == (30, True)


def test_nothing_is_read_for_a_strategy_without_conditions(engine: Engine) -> None:
    planner = Planner(STRATEGIES, frozenset({Channel.SMS}))
    with reading(engine) as connection:
        snapshot = read_snapshot(connection, "A-1", "", "", NOW, lock=False)
        plain = a_case(account_id="A-1", person_id="P-A-1", strategy=STANDARD.name)
        assert planner.with_history(connection, plain, snapshot, NOW) is snapshot
        scored = planner.facts(planner.with_history(connection, CASE, snapshot, NOW)).score
    assert scored is not None
    assert scored.says == "ability 50, willingness 50 (late_30, promises_kept, promises_broken, payments)"
