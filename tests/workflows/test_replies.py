"""A promise in a person's own words reaches the case, once, and what it cannot take is a human's; answers run once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from activities.telling import REQUESTS, Teller
from casedb.engine import reading, writing
from casedb.inbox import InboundKind, unsignalled
from casedb.replies import IncomingReply, take_reply
from casedb.schema import human_task, person, reply
from config.replies import load_replies
from domain.calendar import local_date
from domain.vocabulary import Channel
from tests.support.stage import OPENED_AT
from tests.workflows.conftest import Play

LATER = OPENED_AT + timedelta(days=1)


def say(play: Play, text: str, at: datetime = OPENED_AT, *, number: int = 1) -> None:
    """The person writes; nobody is told yet, as after a crash."""
    incoming = IncomingReply(
        reply_id=f"twilio:reply:SM{number}",
        source="twilio",
        channel=Channel.SMS,
        address="+12125550123",
        at=at,
        text=text,
    )
    take_reply(play.stage.engine, incoming, load_replies(), received_at=at)


async def relay(play: Play) -> list[tuple[str, ...]]:
    """Bring what was not brought."""

    async def connected():
        return play.env.client

    teller = Teller.of(play.stage.settings, play.stage.engine, connected, lambda: OPENED_AT)
    told = [each for each in unsignalled(play.stage.engine, LATER, 10) if each.kind in REQUESTS]
    return [await teller.bring(receipt) for receipt in told]


def tasks(play: Play) -> list[str]:
    with reading(play.stage.engine) as connection:
        return list(connection.scalars(select(human_task.c.why).where(human_task.c.kind == "unclear_reply")))


async def test_a_promise_in_words_is_taken_by_the_running_case_and_told_once(play: Play) -> None:
    handle = await play.start()
    await play.settled(1)
    say(play, "I'll pay $100 next friday")
    assert await relay(play) == [("acc-1",)]
    promise = await play.learned(handle, lambda case: case.promise)
    assert (promise.promise_id, promise.amount_minor) == ("twilio:reply:SM1:promise", 10_000)
    assert await relay(play) == []
    assert tasks(play) == []


@pytest.mark.parametrize("text", ["I'll pay $1 tomorrow", "I'll pay $100 in three months"])
async def test_a_promise_beyond_the_terms_is_a_humans_to_explain(play: Play, text: str) -> None:
    await play.start()
    await play.settled(1)
    say(play, text)
    assert await relay(play) == [()]
    (why,) = tasks(play)
    assert "a promise must" in why
    assert await relay(play) == []


@pytest.mark.parametrize(("count", "taken"), [(3, True), (90, False)])
async def test_a_plan_in_words_is_taken_as_it_was_offered_or_refused_with_the_reason(
    play: Play, count: int, *, taken: bool
) -> None:
    handle = await play.start()
    await play.settled(1)
    first = local_date(OPENED_AT, "America/New_York") + timedelta(days=7)
    say(play, "can I pay in instalments?")
    with writing(play.stage.engine) as connection:
        connection.execute(update(reply).values(answer_status="sent", promised_on=first))
    say(play, f"plan {count}", number=2)
    assert await relay(play) == [("acc-1",) if taken else ()]
    if taken:
        plan = await play.learned(handle, lambda case: case.plan)
        assert (plan.plan_id, plan.instalments[0].due_on) == ("twilio:reply:SM2:plan", first)
        assert [each.amount_minor for each in plan.instalments] == [4_115] * 3
        assert tasks(play) == []
    else:
        assert "took the plan of 90" in tasks(play)[0]
        assert "from 2 to 6 instalments are on offer" in tasks(play)[0]


async def test_the_answer_to_a_reply_is_sent_once_however_often_it_is_brought(play: Play) -> None:
    now = datetime.now(UTC)
    with writing(play.stage.engine) as connection:  # where it is noon: answers go by the wall's clock
        connection.execute(update(person).values(zones=[f"Etc/GMT{now.hour - 12:+d}"]))
    say(play, "STOP", at=now)
    taken = [each for each in unsignalled(play.stage.engine, LATER, 10) if each.kind is InboundKind.ANSWER]

    async def connected():
        return play.env.client

    teller = Teller.of(play.stage.settings, play.stage.engine, connected, lambda: OPENED_AT)
    for _ in range(2):
        await teller.bring(taken[0])
    handle = play.env.client.get_workflow_handle("reply/twilio:reply:SM1")
    assert await handle.result() == "sent"
    assert play.messages() == 1


async def test_a_promise_where_no_case_runs_is_a_humans_to_explain(play: Play) -> None:
    say(play, "I'll pay $100 next friday")
    assert await relay(play) == [()]
    assert "no case runs" in tasks(play)[0]
