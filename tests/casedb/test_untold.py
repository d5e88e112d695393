"""Facts that wait to be told are each taken by one relay at a time, the oldest first."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from casedb.engine import writing
from casedb.inbox import InboundFact, InboundKind, mark_signalled, receive
from casedb.untold import LEASE, LONGEST_PAUSE, pause_after, put_back, read_backlog, take_untold
from tests.casedb.people import NOW, add_account, add_person


@pytest.fixture
def waiting(any_engine: Engine) -> Engine:
    """Twenty untold payments, one a second, the last of them just now."""
    with writing(any_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
    for number in range(20):
        at = NOW - timedelta(seconds=19 - number)
        fact = InboundFact(
            event_id=f"E-{number:02}",
            source="ledger",
            kind=InboundKind.PAYMENT,
            account_id="A-1",
            amount_minor=1,
            currency="USD",
            at=at,
        )
        receive(any_engine, fact, received_at=at)
    return any_engine


def taken(engine: Engine, limit: int = 100, *, later: timedelta = timedelta(0)) -> list[str]:
    return [fact.event_id for fact in take_untold(engine, NOW + later, older_than=NOW, limit=limit)]


def test_the_oldest_are_taken_first_and_by_one_relay_only(waiting: Engine) -> None:
    assert taken(waiting, 3) == ["E-00", "E-01", "E-02"]
    assert taken(waiting, 2) == ["E-03", "E-04"]


def test_relays_that_look_at_once_never_take_the_same_fact(waiting: Engine) -> None:
    with ThreadPoolExecutor(4) as relays:
        lots = list(relays.map(lambda _: taken(waiting, 5), range(8)))
    all_taken = [event_id for lot in lots for event_id in lot]
    assert sorted(all_taken) == [f"E-{number:02}" for number in range(20)]


def test_what_a_relay_left_by_dying_is_taken_by_another_when_the_lease_is_over(waiting: Engine) -> None:
    assert len(taken(waiting)) == 20
    assert taken(waiting, later=LEASE - timedelta(seconds=1)) == []
    assert len(taken(waiting, later=LEASE)) == 20


def test_what_was_told_or_came_in_just_now_is_not_taken(waiting: Engine) -> None:
    mark_signalled(waiting, "E-00", NOW)
    older = NOW - timedelta(seconds=17)
    assert [fact.event_id for fact in take_untold(waiting, NOW, older_than=older, limit=100)] == ["E-01", "E-02"]


def test_a_fact_that_failed_rests_and_lets_the_rest_pass(waiting: Engine) -> None:
    (poisoned,) = take_untold(waiting, NOW, older_than=NOW, limit=1)
    put_back(waiting, [poisoned], NOW, failed=True)
    assert taken(waiting, 1) == ["E-01"]
    assert taken(waiting, 1, later=pause_after(1) - timedelta(seconds=1)) == ["E-02"]
    (again,) = take_untold(waiting, NOW + pause_after(1), older_than=NOW, limit=1)
    assert (again.event_id, again.failures) == ("E-00", 1)


def test_pauses_double_up_to_a_bound() -> None:
    assert [pause_after(failures).total_seconds() for failures in (1, 2, 3)] == [5, 10, 20]
    assert pause_after(1000) == LONGEST_PAUSE


def test_what_was_given_back_unharmed_is_due_at_once(waiting: Engine) -> None:
    facts = take_untold(waiting, NOW, older_than=NOW, limit=100)
    put_back(waiting, facts, NOW, failed=False)
    again = take_untold(waiting, NOW, older_than=NOW, limit=100)
    assert again == facts


def test_the_backlog_says_how_many_wait_and_for_how_long(waiting: Engine) -> None:
    backlog = read_backlog(waiting, NOW - timedelta(seconds=10))
    assert (backlog.facts, backlog.age(NOW)) == (10, timedelta(seconds=19))
    for number in range(20):
        mark_signalled(waiting, f"E-{number:02}", NOW)
    assert read_backlog(waiting, NOW).facts == 0
    assert read_backlog(waiting, NOW).age(NOW) == timedelta(0)
