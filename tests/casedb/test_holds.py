"""Holds on record at every level: who placed them and when, what they silence, and what may still be asked for."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from activities.planning import Planner
from casedb import schema
from casedb.engine import reading, writing
from casedb.holds import find_hold, free_id, list_holds
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.snapshot import Snapshot, read_snapshot
from domain.calendar import days_past_due
from domain.errors import InvalidInput, NotKnown
from domain.events import HoldPlaced
from domain.holds import pauses_of
from domain.step import Contact, Rest
from domain.vocabulary import Channel, HoldKind
from tests.casedb.people import add_account, add_person
from tests.domain.cases import STRATEGIES, a_case

OLDER, NEWER = date(2027, 1, 3), date(2027, 2, 2)
NOW = datetime(2027, 2, 12, 15, tzinfo=UTC)
"""40 days after the older amount fell due, 10 after the newer one."""
DAY = timedelta(days=1)
ZONE = "America/New_York"


@pytest.fixture
def engine(any_engine: Engine) -> Engine:
    """A person with two accounts; on the first two amounts are overdue."""
    with writing(any_engine) as connection:
        add_person(connection, "P-1", phone="+12125550142")
        for account in ("A-1", "A-2"):
            add_account(connection, account, "P-1", balance_minor=12_345)
        for due_on, amount in ((OLDER, 10_000), (NEWER, 2_345)):
            due = {"obligation_id": f"O-{due_on}", "account_id": "A-1", "due_on": due_on, "amount_minor": amount}
            connection.execute(insert(schema.obligation), due)
    return any_engine


def place(engine: Engine, **stated: Any) -> None:
    """A hardship hold that dana places today."""
    about: dict[str, Any] = {"account_id": "A-1", "hold_id": "H", "starts_at": None} | stated
    fact = InboundFact(
        event_id=f"place:{about['hold_id']}", source="console", kind=InboundKind.HOLD_PLACED, at=NOW,
        hold_kind=HoldKind.HARDSHIP, owner="care", by="dana", **about,
    )  # fmt: skip
    receive(engine, fact, received_at=NOW)


def seen(engine: Engine, account_id: str = "A-1") -> Snapshot:
    """What the contact reads."""
    with reading(engine) as connection:
        return read_snapshot(connection, account_id, "", "", NOW, lock=False)


def paused(engine: Engine, account_id: str = "A-1", due_on: date = OLDER) -> int:
    """Days past due of an amount."""
    return days_past_due(due_on, NOW, ZONE, pauses_of(seen(engine, account_id).holds, due_on))


PERSON = {"account_id": None, "person_id": "P-1"}
ONE_AMOUNT = {"obligation_due_on": OLDER}


@pytest.mark.parametrize(
    ("level", "days"),
    [(PERSON, (35, 35, 10)), ({}, (35, 40, 10)), (ONE_AMOUNT, (35, 40, 10))],
    ids=["person", "account", "amount"],
)
def test_a_backdated_hold_takes_its_days_off_where_it_is_and_nowhere_else(
    engine: Engine, level: dict[str, Any], days: tuple[int, int, int]
) -> None:
    started = datetime(2027, 1, 20, 15, tzinfo=UTC)
    place(engine, starts_at=started, ends_at=started + 5 * DAY, **level)
    newer = 10
    assert (paused(engine), paused(engine, "A-2"), newer) == days
    assert paused(engine, due_on=NEWER) == newer, "it was over before that fell due"


def test_a_hold_tells_who_placed_it_and_when_however_far_back_it_starts(engine: Engine) -> None:
    place(engine, starts_at=NOW - 30 * DAY, review_at=NOW + 30 * DAY, reason="lost his job")
    with reading(engine) as connection:
        hold = find_hold(connection, "H")
    assert (hold.placed_at, hold.placed_by, hold.starts_at) == (NOW, "dana", NOW - 30 * DAY)
    assert (hold.reason, hold.owner, hold.state.review_at) == ("lost his job", "care", NOW + 30 * DAY)
    assert not hold.review_due_at(NOW)
    assert hold.review_due_at(NOW + 30 * DAY)


def test_the_fact_for_the_case_says_as_much_as_the_row(engine: Engine) -> None:
    fact = InboundFact(
        event_id="E", source="console", kind=InboundKind.HOLD_PLACED, at=NOW, account_id="A-1", hold_id="H",
        hold_kind=HoldKind.DISPUTE, owner="care", by="dana", obligation_due_on=OLDER, review_at=NOW + DAY,
    )  # fmt: skip
    first, again = (receive(engine, fact, received_at=NOW) for _ in range(2))
    assert again.duplicate
    assert first.event() == again.event() == HoldPlaced(
        event_id="E", at=NOW, hold_id="H", reason=HoldKind.DISPUTE, owner="care", starts_at=NOW,
        obligation_due_on=OLDER, review_at=NOW + DAY,
    )  # fmt: skip


def test_only_what_is_not_held_is_asked_for_and_only_while_something_is(engine: Engine) -> None:
    planner = Planner(STRATEGIES, frozenset({Channel.SMS}))
    case = a_case(due_on=OLDER, opened_at=NOW - 39 * DAY, done=("reminder/reminder-1",))
    assert seen(engine).unpaid == ()
    assert planner.asked_for(case, seen(engine), NOW) == (case, seen(engine))

    place(engine, starts_at=NOW - 30 * DAY, review_at=NOW + 30 * DAY, **ONE_AMOUNT)

    snapshot = seen(engine)
    assert snapshot.unpaid == ((OLDER, 10_000), (NEWER, 2_345))
    told, left = planner.asked_for(case, snapshot, NOW)
    assert (told.due_on, left.balance_minor) == (NEWER, 2_345)
    assert isinstance(planner.next_step(case, snapshot, NOW).action, Contact)

    place(engine, hold_id="P", starts_at=NOW - DAY, review_at=NOW + DAY, **PERSON)
    assert isinstance(planner.next_step(case, seen(engine), NOW).action, Rest)
    assert planner.asked_for(case, seen(engine), NOW)[1].balance_minor == 12_345


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({"obligation_due_on": OLDER + DAY}, "nothing of account A-1 fell due on 2027-01-04"),
        ({"obligation_due_on": OLDER, "account_id": None, "person_id": "P-1"}, "whose amount due is held"),
        ({"starts_at": NOW, "ends_at": NOW}, "not after its start"),
    ],
)
def test_a_hold_that_cannot_be_is_refused_and_leaves_nothing(engine: Engine, stated: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        place(engine, **stated)
    with reading(engine) as connection:
        assert list_holds(connection, NOW, everything=True) == []


def test_holds_are_listed_by_person_or_account_until_they_are_over(engine: Engine) -> None:
    place(engine, hold_id="person", **PERSON)
    place(engine, hold_id="ending", ends_at=NOW + DAY)
    place(engine, hold_id="other", account_id="A-2", review_at=NOW + 2 * DAY)
    with reading(engine) as connection:

        def ids(about: str | None = None, *, now: datetime = NOW, everything: bool = False) -> list[str]:
            return [each.hold_id for each in list_holds(connection, now, about=about, everything=everything)]

        assert ids() == ["person", "ending", "other"]
        assert ids("A-1") == ["person", "ending"]
        assert ids("P-1") == ids()
        assert ids(now=NOW + DAY) == ["person", "other"]
        assert ids(now=NOW + DAY, everything=True) == ["person", "ending", "other"]
        with pytest.raises(NotKnown, match="hold nothing"):
            find_hold(connection, "nothing")


def test_an_id_is_free_again_with_a_number_when_its_hold_was_released(engine: Engine) -> None:
    place(engine, hold_id="A-1:x")
    with reading(engine) as connection:
        assert free_id(connection, "A-1:x") == "A-1:x", "in force: the same one is meant"
    for number, hold_id in enumerate(("A-1:x", "A-1:x:2"), start=2):
        if number > 2:
            place(engine, hold_id=hold_id)
        end = InboundFact(
            event_id=f"end:{hold_id}", source="console", kind=InboundKind.HOLD_RELEASED, at=NOW, account_id="A-1",
            hold_id=hold_id, by="eve",
        )  # fmt: skip
        receive(engine, end, received_at=NOW)
        with reading(engine) as connection:
            assert free_id(connection, "A-1:x") == f"A-1:x:{number}"
            assert find_hold(connection, hold_id).released_by == "eve"
