"""What ops read about a case: complete, in the order of time, of this case only, and without personal data."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert

from casedb import schema
from casedb.campaign_totals import MoneyTotal, campaign_totals, find_campaign, list_campaigns, require_campaign
from casedb.campaigns import NewCampaign, create_campaign
from casedb.case_filters import CaseFilter
from casedb.engine import reading, writing
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.replies import IncomingReply, take_reply
from casedb.timeline import EntryKind, find_case, latest_approval, list_cases, read_timeline
from casedb.verdicts import VerdictAbout, record_verdict
from config.replies import load_replies
from domain.errors import NotKnown
from domain.vocabulary import Channel, Clock, HoldKind, Stage
from tests.casedb.people import add_account, add_person
from tests.casedb.verdicts import a_verdict

START = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)
PHONE = "+12125550142"
DAY = timedelta(days=1)


def add_case(connection: Connection, case_id: str, account_id: str, person_id: str, **changed: Any) -> None:
    """An open case of an account, opened at START."""
    values: dict[str, Any] = {
        "strategy": "wallet-standard",
        "strategy_version": "abc",
        "stage": "reminder",
        "opened_at": START,
        "opening_balance_minor": 10_000,
        "decisions": 0,
    }
    row = {"case_id": case_id, "account_id": account_id, "person_id": person_id} | values | changed
    connection.execute(insert(schema.case), row)


def fact(event_id: str, kind: InboundKind, at: datetime, **stated: Any) -> InboundFact:
    """A fact from the lender's side."""
    return InboundFact(event_id=event_id, source="wallet", kind=kind, at=at, **stated)


def paid(event_id: str, at: datetime, amount_minor: int = 4_000) -> InboundFact:
    """A payment on account A-1."""
    return fact(event_id, InboundKind.PAYMENT, at, account_id="A-1", amount_minor=amount_minor, currency="USD")


@pytest.fixture
def book(any_engine: Engine) -> Engine:
    """Two people, an account each of USD 100, the first with an open case in campaign C-1."""
    with writing(any_engine) as connection:
        for number in ("1", "2"):
            add_person(connection, f"P-{number}", phone=f"{PHONE}{number}")
            add_account(connection, f"A-{number}", f"P-{number}", balance_minor=10_000)
            due = {"obligation_id": f"O-{number}", "account_id": f"A-{number}", "amount_minor": 10_000}
            connection.execute(insert(schema.obligation), due | {"due_on": date(2027, 1, 1)})
    new = NewCampaign(
        campaign_id="C-1",
        name="January",
        strategy="wallet-standard",
        started_by="dana",
        clock=Clock.VIRTUAL,
        started_at=START,
    )
    assert create_campaign(any_engine, new) == 2
    with writing(any_engine) as connection:
        add_case(connection, "A-1-1", "A-1", "P-1", campaign_id="C-1")
    return any_engine


def add_touch(connection: Connection, at: datetime) -> None:
    """A sent reminder with the verdict that allowed it."""
    about = VerdictAbout(case_id="A-1-1", person_id="P-1", touch_key="reminder/first", channel=Channel.SMS, at=at)
    record_verdict(connection, about, a_verdict(profile="US@1"))
    connection.execute(
        insert(schema.touch),
        {
            "touch_id": "A-1-1:reminder/first",
            "case_id": "A-1-1",
            "account_id": "A-1",
            "person_id": "P-1",
            "touch_key": "reminder/first",
            "channel": "sms",
            "contact_point_id": "P-1:sms:1",
            "reference": "AAAA-BBBB",
            "template": "reminder_1",
            "status": "sent",
            "at": at,
            "attempted_at": at,
            "provider": "twilio",
            "delivery": "delivered",
            "code": "",
            "balance_minor": 10_000,
        },
    )


def add_decision(connection: Connection, number: int, at: datetime, because: str) -> None:
    """A decision to contact a day later."""
    row = {"case_id": "A-1-1", "number": number, "at": at, "because": because, "action": "contact"}
    connection.execute(insert(schema.decision), row | {"step_at": at + DAY, "why": "it is due"})


def add_approval(connection: Connection, at: datetime, number: int = 1, **changed: Any) -> None:
    """A request for legal escalation that nobody decided yet."""
    values = {"requested_by": "amicable", "requested_at": at, "expires_at": at + 14 * DAY, "status": "requested"}
    row = {"approval_id": f"A-1-1/approval-{number}", "case_id": "A-1-1", "balance_minor": 10_000}
    connection.execute(insert(schema.approval), row | values | {"comment": ""} | changed)


def test_a_timeline_tells_everything_in_the_order_of_time_and_no_personal_data(book: Engine) -> None:
    stop = fact("E-2", InboundKind.OPT_OUT, START + 2 * DAY, channel=Channel.SMS, address=f"{PHONE}1")
    hold = fact(
        "E-3",
        InboundKind.HOLD_PLACED,
        START + 3 * DAY,
        person_id="P-1",
        hold_id="H-1",
        hold_kind=HoldKind.HARDSHIP,
        owner="care",
        reason="lost the job",
    )
    of_another = fact("E-4", InboundKind.OPT_OUT, START + DAY, channel=Channel.SMS, address=f"{PHONE}2")
    for told in (hold, stop, paid("E-1", START + DAY), of_another):
        receive(book, told, received_at=START + 4 * DAY)
    with writing(book) as connection:
        add_decision(connection, 1, START, "opened")
        add_touch(connection, START + timedelta(hours=1))
        add_approval(connection, START + 5 * DAY, status="granted", decided_by="dana", decided_at=START + 6 * DAY)
        task = {"case_id": "A-1-1", "kind": "approval_decision", "key": "A-1-1/approval-1", "owner": "approvals"}
        connection.execute(
            insert(schema.human_task), task | {"why": "asked", "raised_at": START + 5 * DAY, "done_at": START + 6 * DAY}
        )
    with reading(book) as connection:
        entries = read_timeline(connection, find_case(connection, "A-1"))
    assert [(entry.kind.value, entry.about, entry.says) for entry in entries] == [
        ("opened", "A-1-1", "with USD 100.00 owed, by wallet-standard"),
        ("decision", "after opened", "contact, due"),
        ("verdict", "reminder/first", "allow sms (US@1)"),
        ("touch", "reminder/first", "sms sent, delivery delivered, reference AAAA-BBBB"),
        ("fact", "E-1", "payment of USD 40.00; USD 60.00 owed then"),
        ("fact", "E-2", "opt_out of sms"),
        ("fact", "E-3", "hold_placed for hardship (H-1), owner care"),
        ("approval", "A-1-1/approval-1", "asked by amicable, expires"),
        ("task", "A-1-1/approval-1", "approval_decision for approvals"),
        ("approval", "A-1-1/approval-1", "granted by dana"),
        ("task", "A-1-1/approval-1", "approval_decision is done"),
    ]
    assert entries[1].until == START + DAY
    assert PHONE not in repr(entries)
    assert "Wei Chen" not in repr(entries)


def test_a_later_case_does_not_tell_the_story_of_the_earlier_one(book: Engine) -> None:
    end = START + 10 * DAY
    receive(book, paid("E-1", end), received_at=end)
    receive(book, paid("E-2", end + 5 * DAY), received_at=end + 5 * DAY)
    with writing(book) as connection:
        connection.execute(schema.case.update().values(closed_at=end, close_reason="paid", stage="closed"))
        add_case(connection, "A-1-2", "A-1", "P-1", opened_at=end + 4 * DAY)
    with reading(book) as connection:
        first = read_timeline(connection, find_case(connection, "A-1-1"))
        second = read_timeline(connection, find_case(connection, "A-1"))
    assert [entry.about for entry in first] == ["A-1-1", "E-1", "A-1-1"]
    assert first[-1].kind is EntryKind.CLOSED
    assert [entry.about for entry in second] == ["A-1-2", "E-2"]


def test_cases_are_listed_with_the_next_step_first_and_closed_ones_last(book: Engine) -> None:
    with writing(book) as connection:
        add_case(connection, "A-2-1", "A-2", "P-2", closed_at=START, close_reason="paid", stage="closed")
        add_case(connection, "A-2-2", "A-2", "P-2", next_at=START + DAY, next_action="contact", next_why="due")
        connection.execute(schema.case.update().where(schema.case.c.case_id == "A-1-1").values(next_at=START + 2 * DAY))
    with reading(book) as connection:
        found, total = list_cases(connection)
        closed, _ = list_cases(connection, CaseFilter(stage=Stage.CLOSED))
        mine, of_campaign = list_cases(connection, CaseFilter(campaign_id="C-1"))
        first, all_of_them = list_cases(connection, limit=1)
        second, _ = list_cases(connection, limit=1, offset=1)
    assert [case.case_id for case in found] == ["A-2-2", "A-1-1", "A-2-1"]
    assert (total, all_of_them, of_campaign) == (3, 3, 1)
    assert [case.case_id for case in closed] == ["A-2-1"]
    assert [case.case_id for case in second] == ["A-1-1"]
    assert mine[0].clock is Clock.VIRTUAL
    assert (first[0].owed, first[0].due_on) == ("USD 100.00", date(2027, 1, 1))


def test_an_account_without_a_case_and_an_unknown_one_are_told_apart(book: Engine) -> None:
    with reading(book) as connection:
        with pytest.raises(NotKnown, match="A-2 has no case yet"):
            find_case(connection, "A-2")
        with pytest.raises(NotKnown, match="no account or case A-9"):
            find_case(connection, "A-9")


def test_the_approval_to_decide_is_the_one_asked_for_last(book: Engine) -> None:
    with reading(book) as connection:
        assert latest_approval(connection, "A-1-1") is None
    with writing(book) as connection:
        add_approval(connection, START + DAY, number=2)
        add_approval(connection, START, number=1)
    with reading(book) as connection:
        assert latest_approval(connection, "A-1-1") == "A-1-1/approval-2"


def test_a_campaign_counts_members_cases_messages_and_the_money_of_its_own_time(book: Engine) -> None:
    for told in (paid("E-0", START - DAY, 1_000), paid("E-1", START + DAY, 4_000)):
        receive(book, told, received_at=START + DAY)
    taken_back = fact("E-2", InboundKind.REVERSAL, START + DAY, account_id="A-1", amount_minor=500, currency="USD")
    receive(book, taken_back, received_at=START + DAY)
    with writing(book) as connection:
        add_touch(connection, START)
    with reading(book) as connection:
        (listed,) = list_campaigns(connection)
        totals = campaign_totals(connection, "C-1")
        assert find_campaign(connection, "C-9") is None
        with pytest.raises(NotKnown, match="campaign C-9 is not known"):
            require_campaign(connection, "C-9")
    assert (listed.members, listed.open_cases, listed.closed_cases) == (2, 1, 0)
    assert totals.members_by_status == {"pending": 2}
    assert totals.cases_by_stage == {"reminder": 1}
    assert totals.cases_by_outcome == {"open": 1}
    assert totals.messages_by_channel == {"sms": {"sent": 1}}
    assert totals.money == (MoneyTotal(currency="USD", opened_minor=10_000, recovered_minor=3_500, owed_minor=5_500),)


def test_a_reply_is_told_by_how_it_was_read_and_never_by_what_it_says(book: Engine) -> None:
    incoming = IncomingReply(
        reply_id="twilio:reply:SM1",
        source="twilio",
        channel=Channel.SMS,
        address=f"{PHONE}1",
        at=START + DAY,
        text="I'll pay $50 tomorrow",
    )
    take_reply(book, incoming, load_replies(), received_at=START + DAY)
    with reading(book) as connection:
        told = [entry.says for entry in read_timeline(connection, find_case(connection, "A-1"))]
    assert {
        "reply by sms: promise",
        "promise of USD 50.00 by 2027-01-06, asked of the case",
        "answer to promise: not sent yet",
    } <= set(told)
    assert not any("tomorrow" in each for each in told)
