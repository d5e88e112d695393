"""Human tasks: who waits for what, and what a person's word does, once and in one transaction."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select, update

from casedb.engine import reading, writing
from casedb.inbox import InboundFact, InboundKind, Receipt, receive, unsignalled
from casedb.schema import case, human_task, inbox_event, touch
from casedb.task_raising import Need
from casedb.task_raising import raise_task as raise_needed
from casedb.tasks import TaskRecord, find_task, list_tasks
from casedb.timeline import find_case, read_timeline
from casedb.touches import Claim, insert_claim
from domain.errors import InvalidInput, NotKnown
from domain.events import ContactMade, ContactReported
from domain.vocabulary import Channel, DeliveryStatus, Stage, TaskKind
from tests.casedb.people import NOW, add_account, add_person

KEY, LATER = "reminder/reminder-1", NOW + timedelta(days=2)
DONE, SETTLED = InboundKind.TASK_DONE, InboundKind.OUTCOME_SETTLED


@pytest.fixture
def doubtful(any_engine: Engine) -> Engine:
    """A case with a message of which nobody knows whether it went out, and a person to call back."""
    with writing(any_engine) as connection:
        add_person(connection, "P-1", phone="+12025550101")
        add_account(connection, "A-1", "P-1")
        connection.execute(
            insert(case).values(
                case_id="A-1-1", account_id="A-1", person_id="P-1", strategy="wallet-standard", strategy_version="1",
                stage="reminder", opened_at=NOW, opening_balance_minor=700, decisions=0,
            )
        )  # fmt: skip
        claim = Claim(
            case_id="A-1-1",
            account_id="A-1",
            person_id="P-1",
            touch_key=KEY,
            channel=Channel.SMS,
            contact_point_id="P-1:sms:1",
            reference="ABCD-2345",
            template="reminder_1",
            provider="twilio",
            at=NOW,
            attempted_at=NOW,
            balance_minor=700,
        )
        insert_claim(connection, claim)
        connection.execute(update(touch).values(status="unknown", code="not_found"))
    raise_task(any_engine, TaskKind.UNKNOWN_OUTCOME, KEY, "operations", NOW)
    raise_task(any_engine, TaskKind.CALLBACK, "call-1", "care", NOW + timedelta(hours=1))
    return any_engine


def raise_task(engine: Engine, kind: TaskKind, key: str, owner: str, at: datetime) -> None:
    values = {"case_id": "A-1-1", "kind": kind.value, "key": key, "owner": owner, "why": "because", "raised_at": at}
    with writing(engine) as connection:
        connection.execute(insert(human_task).values(**values))


def listed(engine: Engine, **narrowed: object) -> list[TaskRecord]:
    with reading(engine) as connection:
        return list_tasks(connection, **narrowed)[0]  # type: ignore[arg-type]


def word(
    engine: Engine, kind: InboundKind, task: TaskRecord, *, went_out: bool | None = None, by: str = "dana"
) -> Receipt:
    fact = InboundFact(
        event_id=task.settled_as,
        source="console",
        kind=kind,
        at=LATER,
        account_id=task.account_id,
        task_id=task.task_id,
        went_out=went_out,
        by=by,
        note="ticket 4711",
    )
    return receive(engine, fact, received_at=LATER)


def touched(engine: Engine) -> tuple[str, str, datetime | None]:
    with reading(engine) as connection:
        row = connection.execute(select(touch.c.status, touch.c.code, touch.c.sent_at)).one()
    return row.status, row.code, row.sent_at


def test_tasks_are_listed_oldest_first_and_by_owner_and_kind(doubtful: Engine) -> None:
    first, second = listed(doubtful)
    assert (first.kind, first.owner, first.account_id, first.why) == (
        TaskKind.UNKNOWN_OUTCOME, "operations", "A-1", "because",
    )  # fmt: skip
    assert second.raised_at == NOW + timedelta(hours=1)
    assert listed(doubtful, owner="care") == listed(doubtful, kind=TaskKind.CALLBACK) == [second]
    with reading(doubtful) as connection:
        assert list_tasks(connection, limit=1) == ([first], 2)


def test_a_callback_that_was_made_is_ticked_off_and_says_by_whom(doubtful: Engine) -> None:
    *_, callback = listed(doubtful)
    receipt = word(doubtful, DONE, callback)
    assert (receipt.event(), receipt.account_ids) == (None, ())
    assert [task.kind for task in listed(doubtful)] == [TaskKind.UNKNOWN_OUTCOME]
    with reading(doubtful) as connection:
        assert find_task(connection, callback.task_id).done_at == LATER
        says = [entry.says for entry in read_timeline(connection, find_case(connection, "A-1"))]
    assert f"task_done of task {callback.task_id}, by dana (ticket 4711)" in says
    assert len(listed(doubtful, done=True)) == 2


def test_a_message_that_went_out_is_sent_and_the_case_hears_that_it_was_made(doubtful: Engine) -> None:
    task, _ = listed(doubtful)
    receipt = word(doubtful, SETTLED, task, went_out=True)
    assert touched(doubtful) == ("sent", "", NOW)
    assert receipt.account_ids == ("A-1",)
    assert receipt.event() == ContactMade(
        event_id=f"made:{KEY}", at=NOW, touch_key=KEY, stage=Stage.REMINDER, channel=Channel.SMS
    )
    assert [each.event() for each in unsignalled(doubtful, LATER, 9)] == [receipt.event()]


def test_a_message_that_did_not_go_out_is_free_again_and_the_case_plans_anew(doubtful: Engine) -> None:
    task, _ = listed(doubtful)
    receipt = word(doubtful, SETTLED, task, went_out=False)
    assert touched(doubtful) == ("failed", "not_found", None)
    assert receipt.event() == ContactReported(
        event_id=task.settled_as, at=LATER, touch_key=KEY, delivery=DeliveryStatus.NONE, made_at=NOW
    )
    assert task not in listed(doubtful)


def test_the_same_word_twice_is_one_fact(doubtful: Engine) -> None:
    task, _ = listed(doubtful)
    first = word(doubtful, SETTLED, task, went_out=True)
    again = word(doubtful, SETTLED, task, went_out=False, by="lin")
    assert (again.duplicate, again.event()) == (True, first.event())
    assert (again.fact.by, again.fact.went_out) == ("dana", True)
    assert touched(doubtful)[0] == "sent"


@pytest.mark.parametrize("status", ["sent", "failed", "claimed"])
def test_a_message_that_is_in_doubt_no_more_cannot_be_settled_and_nothing_is_stored(
    doubtful: Engine, status: str
) -> None:
    task, _ = listed(doubtful)
    with writing(doubtful) as connection:
        connection.execute(update(touch).values(status=status))
    with pytest.raises(InvalidInput, match=f"is {status} by now: nothing is left to settle"):
        word(doubtful, SETTLED, task, went_out=True)
    assert task in listed(doubtful)
    with reading(doubtful) as connection:
        assert connection.execute(select(inbox_event)).all() == []


def test_a_task_ends_by_its_own_way_alone_and_once(doubtful: Engine) -> None:
    task, callback = listed(doubtful)
    with pytest.raises(InvalidInput, match="is of kind unknown_outcome: task_done does not end it"):
        word(doubtful, DONE, task)
    with pytest.raises(InvalidInput, match="is of kind callback: outcome_settled does not end it"):
        word(doubtful, SETTLED, callback, went_out=True)
    with writing(doubtful) as connection:
        connection.execute(update(human_task).values(done_at=NOW))
    with pytest.raises(InvalidInput, match="was done already at 2026-11-21 09:00 UTC"):
        word(doubtful, DONE, callback)


def test_a_task_that_is_raised_again_can_be_settled_again(doubtful: Engine) -> None:
    task, _ = listed(doubtful)
    word(doubtful, SETTLED, task, went_out=False)
    with writing(doubtful) as connection:
        connection.execute(update(touch).values(status="unknown"))
        connection.execute(update(human_task).values(done_at=None, raised_at=LATER))
        again = find_task(connection, task.task_id)
    assert word(doubtful, SETTLED, again, went_out=True).duplicate is False
    assert touched(doubtful)[0] == "sent"


def test_a_task_that_nobody_knows_is_said_to_be_unknown(doubtful: Engine) -> None:
    with reading(doubtful) as connection, pytest.raises(NotKnown, match="task 99 is not known"):
        find_task(connection, 99)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"by": ""}, "task_id and by of outcome_settled"),
        ({"task_id": None}, "task_id and by of outcome_settled"),
        ({"went_out": None}, "went_out of outcome_settled"),
        ({"note": "x" * 201}, "note of outcome_settled"),
        ({"note": "two\nlines"}, "note of outcome_settled"),
    ],
)
def test_a_word_that_is_not_whole_is_refused(changed: dict[str, object], says: str) -> None:
    whole = {"event_id": "e", "source": "s", "kind": SETTLED, "at": NOW, "task_id": 1, "by": "dana", "went_out": True}
    InboundFact(**whole).check()  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=says):
        InboundFact(**whole | changed).check()  # type: ignore[arg-type]


def test_a_task_about_no_case_is_listed_and_ended_like_any_other(any_engine: Engine) -> None:
    need = Need(kind=TaskKind.PARKED_FACT, key="evt-9", owner="operations", why="account acc-9 is not known")
    with writing(any_engine) as connection:
        raise_needed(connection, need, NOW)
        raise_needed(connection, need, LATER)
    (task,) = listed(any_engine)
    assert (task.case_id, task.account_id, task.person_id, task.raised_at) == (None, None, None, NOW)

    receipt = word(any_engine, DONE, task)

    assert (receipt.account_ids, listed(any_engine)) == ((), [])


def test_a_task_of_a_case_is_raised_once_per_key(doubtful: Engine) -> None:
    need = Need(kind=TaskKind.UNCLEAR_REPLY, key="evt-1", owner="care", why="not understood")
    with writing(doubtful) as connection:
        raise_needed(connection, need, NOW, case_id="A-1-1")
        raise_needed(connection, need, LATER, case_id="A-1-1")
    assert [task.key for task in listed(doubtful, kind=TaskKind.UNCLEAR_REPLY)] == ["evt-1"]
