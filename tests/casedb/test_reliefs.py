"""Relief: within the limit it stands, above it another person must approve; its effect is one transaction, once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update

from casedb import reliefs, schema
from casedb.approvals import list_approvals
from casedb.cases import finish_tasks
from casedb.engine import reading, writing
from casedb.inbox import InboundFact, InboundKind, Receipt, receive
from casedb.ledger import Entry, find_account, post
from casedb.relief_tasks import keep_relief_tasks
from casedb.reliefs import ReliefRecord
from casedb.tasks import list_tasks
from config.roles import load_roles
from domain.authority import ReliefKind
from domain.errors import IllegalTransition, InvalidInput, NotKnown
from domain.events import ReliefGranted
from domain.negotiation.allocation import USUAL_ORDER, Parts
from domain.negotiation.relief import ReliefStatus, Residual
from domain.step import NextStep, Rest
from domain.vocabulary import LedgerKind, TaskKind
from tests.casedb.debts import add_case
from tests.casedb.people import NOW, add_account, add_person

PEOPLE = load_roles()
UNTIL = date(2026, 12, 15)
ENDS = datetime(2026, 12, 15, tzinfo=UTC)


@pytest.fixture
def owing(any_engine: Engine) -> Engine:
    """10,000 owed, 1,000 of it fees."""
    with writing(any_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1", balance_minor=0, ledger_version=0)
        add_case(connection, person_id="P-1")
        for kind, amount in ((LedgerKind.CHARGE, 9_000), (LedgerKind.FEE, 1_000)):
            standing = find_account(connection, "A-1", lock=True)
            assert standing is not None
            post(
                connection,
                standing,
                Entry(entry_id=kind.value, kind=kind, amount_minor=amount, at=NOW),
                recorded_at=NOW,
            )
    return any_engine


def a_relief(**changes: Any) -> ReliefRecord:
    record = ReliefRecord(
        relief_id="A-1-r1",
        case_id="A-1-1",
        account_id="A-1",
        kind=ReliefKind.FEE_WAIVER,
        amount_minor=1_000,
        until=None,
        reason="a first one",
        residual=Residual.OWED,
        proposed_by="agent-1",
        proposed_as="",
        proposed_at=NOW,
        expires_at=NOW + timedelta(days=14),
        balance_minor=10_000,
        ledger_version=0,
        status=ReliefStatus.PROPOSED,
    )
    return replace(record, **changes)


SETTLEMENT = {
    "kind": ReliefKind.SETTLEMENT,
    "amount_minor": 6_000,
    "until": UNTIL,
    "residual": Residual.WAIVED_WHEN_SETTLED,
}
DEFERRAL = {"kind": ReliefKind.DEFERRAL, "amount_minor": 10_000, "until": UNTIL}


def propose(engine: Engine, **changes: Any) -> ReliefRecord:
    record = a_relief(**changes)
    with writing(engine) as connection:
        reliefs.propose(connection, record)
    return record


def decide(engine: Engine, by: str, *, approve: bool = True, now: datetime = NOW) -> ReliefRecord:
    with writing(engine) as connection:
        return reliefs.decide(connection, PEOPLE, "A-1-r1", by=by, approve=approve, why="seen", currency="USD", now=now)


def grant(engine: Engine, record: ReliefRecord, now: datetime = NOW) -> Receipt:
    fact = InboundFact(
        event_id=f"relief:{record.relief_id}",
        source="console",
        kind=InboundKind.RELIEF_GRANTED,
        at=now,
        account_id="A-1",
        amount_minor=record.amount_minor,
        currency="USD",
        relief_id=record.relief_id,
        relief=record.kind,
        relief_until=record.until,
        ends_at=ENDS if record.kind is ReliefKind.DEFERRAL else None,
        by="agent-1",
    )
    return receive(engine, fact, received_at=now)


def balance(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.scalar(select(schema.account.c.balance_minor)) or 0)


def status(engine: Engine) -> ReliefStatus:
    with reading(engine) as connection:
        return reliefs.find_relief(connection, "A-1-r1").status


def test_a_second_person_within_his_limit_approves_and_then_it_may_be_granted(owing: Engine) -> None:
    record = propose(owing)
    with pytest.raises(InvalidInput, match="is proposed: it cannot be granted now"):
        grant(owing, record)
    assert decide(owing, "lead-1").status is ReliefStatus.OFFERED
    grant(owing, record)
    assert (status(owing), balance(owing)) == (ReliefStatus.GRANTED, 9_000)


@pytest.mark.parametrize(
    ("by", "says"),
    [
        ("agent-1", "cannot decide; another person must"),
        (" AGENT-1 ", "cannot decide; another person must"),
        ("agent-2", "above the limit of agent-2 as well"),  # five percent
        ("compliance-1", "above the limit"),
        ("nobody", "above the limit"),
    ],
)
def test_the_proposer_and_who_may_not_grant_it_cannot_approve(owing: Engine, by: str, says: str) -> None:
    propose(owing)
    with pytest.raises(IllegalTransition, match=says):
        decide(owing, by)
    assert status(owing) is ReliefStatus.PROPOSED


def test_a_refused_or_expired_proposal_never_has_an_effect(owing: Engine) -> None:
    record = propose(owing)
    with pytest.raises(IllegalTransition, match="is expired"):
        decide(owing, "lead-1", now=record.expires_at)
    assert decide(owing, "agent-2", approve=False).decided_by == "agent-2"
    with pytest.raises(IllegalTransition, match="is refused: there is nothing to decide"):
        decide(owing, "lead-1")
    with pytest.raises(InvalidInput, match="is refused"):
        grant(owing, record)
    assert balance(owing) == 10_000


def test_a_waiver_is_on_the_ledger_once_and_told_with_where_it_stands(owing: Engine) -> None:
    record = propose(owing, status=ReliefStatus.OFFERED)
    first, second = grant(owing, record), grant(owing, record)
    assert (first.duplicate, second.duplicate, balance(owing)) == (False, True, 9_000)
    event = first.event()
    assert isinstance(event, ReliefGranted)
    assert (event.balance_minor, event.ledger_version, event.relief) == (9_000, 3, ReliefKind.FEE_WAIVER)
    assert second.event() == event


def test_a_deferral_is_a_hold_until_its_day(owing: Engine) -> None:
    grant(owing, propose(owing, **DEFERRAL, status=ReliefStatus.OFFERED))
    with reading(owing) as connection:
        hold = connection.execute(select(schema.hold)).one()
        [fact] = reliefs.granted_facts(connection, "A-1-1")
    assert (hold.hold_id, hold.kind, hold.ends_at, hold.pauses_dpd) == ("relief:A-1-r1", "deferral", ENDS, True)
    assert (fact.ends_at, balance(owing)) == (ENDS, 10_000)


def test_a_settlement_moves_nothing_until_it_is_paid(owing: Engine) -> None:
    receipt = grant(owing, propose(owing, **SETTLEMENT, status=ReliefStatus.OFFERED))
    event = receipt.event()
    assert isinstance(event, ReliefGranted)
    assert (event.until, event.amount_minor, balance(owing)) == (UNTIL, 6_000, 10_000)
    with reading(owing) as connection:
        assert reliefs.granted_facts(connection, "A-1-1") == [event]


def test_an_offer_that_nobody_took_in_time_is_worth_nothing(owing: Engine) -> None:
    record = propose(owing, **SETTLEMENT, status=ReliefStatus.OFFERED)
    with pytest.raises(InvalidInput, match="is expired"):
        grant(owing, record, now=record.expires_at)


def test_more_than_is_owed_by_now_is_not_granted(owing: Engine) -> None:
    record = propose(owing, status=ReliefStatus.OFFERED)
    with writing(owing) as connection:
        standing = find_account(connection, "A-1", lock=True)
        assert standing is not None
        paid = Entry(entry_id="pay", kind=LedgerKind.PAYMENT, amount_minor=-9_500, at=NOW)
        post(connection, standing, paid, recorded_at=NOW)
    with pytest.raises(InvalidInput, match=r"only USD 5\.00 is owed now"):
        grant(owing, record)
    assert balance(owing) == 500


def test_the_parts_of_a_debt_are_read_from_its_ledger(owing: Engine) -> None:
    with reading(owing) as connection:
        assert reliefs.parts_owed(connection, "A-1", USUAL_ORDER) == Parts(fees=1_000, principal=9_000)


def test_an_unknown_relief_is_told_as_such(owing: Engine) -> None:
    with reading(owing) as connection, pytest.raises(NotKnown, match="relief list"):
        reliefs.find_relief(connection, "nothing")


def waits(engine: Engine) -> list[tuple[str, str, datetime | None]]:
    """Key, owner and day of every task that is open."""
    with reading(engine) as connection:
        return [(each.key, each.owner, each.due_at) for each in list_tasks(connection)[0]]


def test_a_proposal_above_the_limit_is_a_task_until_another_person_has_decided(owing: Engine) -> None:
    record = propose(owing)
    assert waits(owing) == [("A-1-r1", "approvals", record.expires_at)]
    with reading(owing) as connection:
        [task] = list_tasks(connection, account_id="A-1")[0]
    assert (task.kind, task.case_id) == (TaskKind.RELIEF_DECISION, "A-1-1")
    assert task.why == (
        "relief A-1-r1, fee waiver of USD 10.00: it is above the limit of agent-1; another person decides"
    )
    with pytest.raises(IllegalTransition):
        decide(owing, "agent-2")
    assert len(waits(owing)) == 1, "his limit is no higher"
    decide(owing, "lead-1")
    assert waits(owing) == []


def test_what_is_within_the_limit_and_what_is_refused_waits_for_nobody(owing: Engine) -> None:
    propose(owing, relief_id="A-1-r0", status=ReliefStatus.OFFERED)
    assert waits(owing) == []
    propose(owing)
    decide(owing, "agent-2", approve=False)
    assert waits(owing) == []


def test_the_task_of_a_proposal_survives_the_next_step_and_ends_when_it_expires(owing: Engine) -> None:
    record = propose(owing)
    propose(owing, relief_id="A-1-r2", expires_at=NOW + timedelta(days=20))
    with writing(owing) as connection:
        finish_tasks(connection, "A-1-1", NextStep(at=NOW, action=Rest(), why="", dpd_bucket=""), NOW)
        keep_relief_tasks(connection, NOW)
    assert [key for key, *_ in waits(owing)] == ["A-1-r1", "A-1-r2"]
    with writing(owing) as connection:
        keep_relief_tasks(connection, record.expires_at)
    assert [key for key, *_ in waits(owing)] == ["A-1-r2"]


def test_the_task_of_a_proposal_ends_with_its_case_and_one_from_before_is_raised(owing: Engine) -> None:
    propose(owing)
    with writing(owing) as connection:
        connection.execute(delete(schema.human_task))
        keep_relief_tasks(connection, NOW)
    assert len(waits(owing)) == 1
    with writing(owing) as connection:
        connection.execute(update(schema.case).values(closed_at=NOW, close_reason="paid", stage="closed"))
        keep_relief_tasks(connection, NOW)
    assert waits(owing) == []


def test_a_proposal_that_is_over_waits_for_nobodys_leave(owing: Engine) -> None:
    record = propose(owing)

    def listed(now: datetime, *, everything: bool = False) -> list[tuple[str, str]]:
        with reading(owing) as connection:
            found = list_approvals(connection, now, everything=everything, limit=10)
        return [(each.approval_id, each.status) for each in found]

    before = record.expires_at - timedelta(seconds=1)
    assert listed(before) == [("A-1-r1", "requested")]
    assert listed(record.expires_at) == []
    assert listed(record.expires_at, everything=True) == [("A-1-r1", "expired")]
    with writing(owing) as connection:
        connection.execute(update(schema.case).values(closed_at=NOW, close_reason="paid", stage="closed"))
    assert listed(before) == []
    assert listed(before, everything=True) == [("A-1-r1", "expired")]
