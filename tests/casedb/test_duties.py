"""Duties, decisions and complaints on record: begun with the hold, asked of people, and the way out kept in order."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from casedb.complaints import ComplaintRecord, find_complaint, list_complaints
from casedb.duties import ask_for_opened, list_duties
from casedb.engine import open_engine, reading, writing
from casedb.hold_ways import Word, decision, fulfilment, why_not_released
from casedb.holds import find_hold
from casedb.inbox import InboundFact, InboundKind, Receipt, receive, receive_all
from casedb.replies import IncomingReply, take_reply
from casedb.schema import human_task
from casedb.snapshot import read_snapshot
from config.holds import load_hold_rules
from config.replies import load_replies
from domain.duties import Outcome
from domain.errors import InvalidInput, NotKnown
from domain.events import HoldReleased
from domain.holds import next_duty
from domain.vocabulary import Channel, HoldKind
from tests.casedb.people import add_account, add_person

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
"""A Friday, 10:00 in New York."""
DAY = timedelta(days=1)
PHONE = "+12125550142"
RULES = load_hold_rules()


@pytest.fixture
def engine(any_database: str) -> Iterator[Engine]:
    """A person in the United States with two accounts, and the rules of this house."""
    opened = open_engine(any_database, suppression_salt="salt", hold_rules=RULES)
    with writing(opened) as connection:
        add_person(connection, "P-1", phone=PHONE)
        for account_id in ("A-1", "A-2"):
            add_account(connection, account_id, "P-1", balance_minor=50_000)
    yield opened
    opened.dispose()


def place(engine: Engine, kind: HoldKind, **stated: Any) -> Receipt:
    about: dict[str, Any] = {"account_id": "A-1", "hold_id": "H"} | stated
    fact = InboundFact(
        event_id=f"place:{about['hold_id']}", source="console", kind=InboundKind.HOLD_PLACED, at=NOW, hold_kind=kind,
        owner="care", by="dana", **about,
    )  # fmt: skip
    return receive(engine, fact, received_at=NOW)


def fulfil(engine: Engine, duty: str, evidence: str = "", at: datetime = NOW, hold_id: str = "H") -> list[Receipt]:
    word = Word(hold_id=hold_id, by="dana", at=at)
    return receive_all(engine, lambda inside: fulfilment(inside, word, duty, evidence), received_at=at)


def decide(engine: Engine, outcome: Outcome, at: datetime = NOW, hold_id: str = "H") -> list[Receipt]:
    word = Word(hold_id=hold_id, by="lee", at=at)
    return receive_all(engine, lambda inside: decision(inside, word, outcome, "as the file shows"), received_at=at)


def open_duties(engine: Engine, about: str | None = None) -> dict[str, date]:
    with reading(engine) as connection:
        return {record.duty: record.due_on for record in list_duties(connection, about)}


def tasks(engine: Engine) -> dict[str, Any]:
    """Open tasks by what they are about."""
    with reading(engine) as connection:
        rows = connection.execute(select(human_task).where(human_task.c.done_at.is_(None)))
        return {row.key: row for row in rows}


def complaints(engine: Engine) -> list[ComplaintRecord]:
    with reading(engine) as connection:
        return list_complaints(connection, everything=True)


def test_a_dispute_has_duties_with_days_and_a_task_for_each_that_is_open(engine: Engine) -> None:
    place(engine, HoldKind.DISPUTE)
    assert open_duties(engine) == {
        "acknowledge": date(2026, 11, 30),
        "verify": date(2026, 12, 20),
        "decide": date(2027, 1, 4),
    }
    raised = tasks(engine)
    assert set(raised) == {"H/acknowledge/1", "H/verify/1", "H/decide/1"}
    assert raised["H/verify/1"].owner == "disputes"
    assert raised["H/verify/1"].due_at == datetime(2026, 12, 21, 5, tzinfo=UTC)
    assert raised["H/verify/1"].case_id is None, "it outlives the case, and stands once for all accounts"


def test_the_case_is_told_of_the_duty_that_is_due_first_in_the_same_snapshot(engine: Engine) -> None:
    place(engine, HoldKind.DISPUTE)
    fulfil(engine, "acknowledge")
    with reading(engine) as connection:
        (held,) = read_snapshot(connection, "A-1", "", "", NOW, lock=False).holds
        assert read_snapshot(connection, "A-2", "", "", NOW, lock=False).holds == ()
    assert [duty.duty for duty in held.duties] == ["verify", "decide"]
    assert next_duty([held], NOW) == ("verify by 2026-12-20", datetime(2026, 12, 21, 5, tzinfo=UTC))


def test_the_same_dispute_twice_has_its_duties_once(engine: Engine) -> None:
    place(engine, HoldKind.DISPUTE)
    assert place(engine, HoldKind.DISPUTE).duplicate
    assert len(tasks(engine)) == 3


def test_a_hold_that_ends_by_a_decision_alone_takes_no_end_and_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="ends by a decision alone"):
        place(engine, HoldKind.DISPUTE, ends_at=NOW + DAY)
    assert open_duties(engine) == {}
    with pytest.raises(NotKnown), reading(engine) as connection:
        find_hold(connection, "H")


def test_a_rejected_dispute_needs_the_reference_of_its_verification(engine: Engine) -> None:
    place(engine, HoldKind.DISPUTE)
    with pytest.raises(InvalidInput, match="rejected needs verify first"):
        decide(engine, Outcome.REJECTED)
    with pytest.raises(InvalidInput, match="needs --evidence"):
        fulfil(engine, "verify")
    fulfil(engine, "verify", "letter-77")
    decided, released = decide(engine, Outcome.REJECTED)
    assert decided.event() is None
    assert isinstance(released.event(), HoldReleased)
    assert released.account_ids == ("A-1",)
    assert (open_duties(engine), tasks(engine)) == ({}, {})
    with reading(engine) as connection:
        held = find_hold(connection, "H")
        verified = next(each for each in list_duties(connection, "H", everything=True) if each.duty == "verify")
    assert (held.outcome, held.decided_by, held.decided_why) == ("rejected", "lee", "as the file shows")
    assert (verified.evidence, verified.done_by) == ("letter-77", "dana")


def test_an_upheld_dispute_stays_silent_until_the_lender_has_corrected_the_ledger(engine: Engine) -> None:
    place(engine, HoldKind.DISPUTE)
    assert len(decide(engine, Outcome.UPHELD)) == 1
    assert open_duties(engine) == {"correct_ledger": date(2026, 12, 7)}
    assert set(tasks(engine)) == {"H/correct_ledger/1"}
    with reading(engine) as connection:
        held = find_hold(connection, "H")
        assert held.state.active_at(NOW + DAY)
        assert "correct_ledger is to be done" in why_not_released(connection, held)
    _, released = fulfil(engine, "correct_ledger", "ledger-entry-9", NOW + DAY)
    assert isinstance(released.event(), HoldReleased)
    assert tasks(engine) == {}


def test_a_decision_is_made_once_and_the_same_word_again_changes_nothing(engine: Engine) -> None:
    place(engine, HoldKind.DISPUTE)
    decide(engine, Outcome.WITHDRAWN)
    assert [each.duplicate for each in decide(engine, Outcome.WITHDRAWN)] == [True, True]
    with pytest.raises(InvalidInput, match="was decided as withdrawn by lee: nothing changed"):
        decide(engine, Outcome.UPHELD)
    with reading(engine) as connection:
        assert find_hold(connection, "H").outcome == "withdrawn"


def test_a_duty_done_twice_is_done_once_and_one_that_is_none_is_refused_with_those_that_are(engine: Engine) -> None:
    place(engine, HoldKind.DISPUTE)
    assert [each.duplicate for _ in range(2) for each in fulfil(engine, "acknowledge")] == [False, True]
    with pytest.raises(InvalidInput, match="has no duty assess; open ones: decide, verify"):
        fulfil(engine, "assess")


def test_a_breathing_space_has_its_end_by_law_and_the_case_is_told_of_it(engine: Engine) -> None:
    placed = place(engine, HoldKind.BREATHING_SPACE).event()
    ends_at = datetime(2027, 1, 19, 5, tzinfo=UTC)
    assert getattr(placed, "ends_at", None) == ends_at
    with reading(engine) as connection:
        assert find_hold(connection, "H").ends_at == ends_at


def test_a_duty_that_opens_later_is_asked_for_then_and_once(engine: Engine) -> None:
    place(engine, HoldKind.BREATHING_SPACE)
    assert set(tasks(engine)) == {"H/confirm/1"}
    for at in (NOW + 24 * DAY, NOW + 26 * DAY, NOW + 27 * DAY):
        with writing(engine) as connection:
            ask_for_opened(connection, "P-1", at)
    raised = tasks(engine)["H/midway_review/1"]
    assert raised.raised_at == NOW + 26 * DAY


def test_a_review_comes_back_and_the_last_one_is_not_done_again(engine: Engine) -> None:
    place(engine, HoldKind.HARDSHIP, account_id=None, person_id="P-1")
    done = NOW + 50 * DAY
    fulfil(engine, "review", at=done)
    assert open_duties(engine, "A-2")["review"] == date(2027, 3, 10), "sixty days on, for every account of the person"
    assert fulfil(engine, "review", at=done)[0].duplicate


def test_the_end_of_a_treatment_ends_the_crisis_thirty_days_later(any_database: str) -> None:
    engine = open_engine(any_database, hold_rules=RULES)
    with writing(engine) as connection:
        add_person(connection, "P-1")
        connection.exec_driver_sql("UPDATE person SET jurisdiction = 'UK'")
        add_account(connection, "A-1", "P-1", balance_minor=50_000, zone="Europe/London")
    place(engine, HoldKind.BREATHING_SPACE, code="mental_health_crisis")
    ended = datetime(2027, 3, 1, 9, tzinfo=UTC)
    fulfil(engine, "treatment_ended", "note-3", ended)
    with reading(engine) as connection:
        assert find_hold(connection, "H").ends_at == datetime(2027, 3, 31, 23, tzinfo=UTC)
    assert open_duties(engine) == {}
    engine.dispose()


def test_needs_are_kept_as_a_code_alone(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="code heart_attack of a vulnerability hold is not known"):
        place(engine, HoldKind.VULNERABILITY, code="heart_attack")
    place(engine, HoldKind.VULNERABILITY, code="large_print", account_id=None, person_id="P-1")
    with reading(engine) as connection:
        assert find_hold(connection, "H").code == "large_print"
    assert {"record_needs", "adapt", "review"} == set(open_duties(engine))


def test_complaints_are_numbered_one_after_the_other_within_their_year(engine: Engine) -> None:
    place(engine, HoldKind.COMPLAINT, channel=Channel.LETTER)
    place(engine, HoldKind.COMPLAINT, hold_id="H2", account_id="A-2", starts_at=datetime(2027, 1, 2, tzinfo=UTC))
    place(engine, HoldKind.COMPLAINT, hold_id="H3", account_id="A-2")
    first, *_ = sorted(complaints(engine), key=lambda each: each.number)
    assert sorted(each.number for each in complaints(engine)) == ["C-2026-000001", "C-2026-000002", "C-2027-000001"]
    assert (first.channel, first.owner, first.account_id) == ("letter", "care", "A-1")
    assert (first.acknowledge_by, first.answer_by) == (date(2026, 12, 5), date(2027, 1, 19))


def test_a_complaint_is_answered_with_a_reference_and_then_the_person_is_spoken_to_again(engine: Engine) -> None:
    place(engine, HoldKind.COMPLAINT)
    fulfil(engine, "acknowledge")
    with pytest.raises(InvalidInput, match="upheld needs answer first"):
        decide(engine, Outcome.UPHELD)
    fulfil(engine, "answer", "letter-90", NOW + DAY)
    decide(engine, Outcome.PARTLY_UPHELD, NOW + DAY)
    with reading(engine) as connection:
        complaint = find_complaint(connection, "C-2026-000001")
        assert not find_hold(connection, "H").state.active_at(NOW + 2 * DAY)
    assert (complaint.acknowledged_at, complaint.answered_at) == (NOW, NOW + DAY)
    assert (complaint.outcome, complaint.answer) == ("partly_upheld", "letter-90")


@pytest.mark.parametrize(
    ("text", "kind", "duty"),
    [
        ("I don't owe this", HoldKind.DISPUTE, "verify"),
        ("I lost my job", HoldKind.HARDSHIP, "assess"),
        ("this is harassment, I will complain to the ombudsman", HoldKind.COMPLAINT, "answer"),
    ],
)
def test_what_a_borrower_writes_opens_the_hold_with_its_duties_at_once(
    any_database: str, text: str, kind: HoldKind, duty: str
) -> None:
    engine = open_engine(any_database, suppression_salt="salt", hold_rules=RULES)
    with writing(engine) as connection:
        add_person(connection, "P-1", phone=PHONE)
        add_account(connection, "A-1", "P-1", balance_minor=50_000)
    incoming = IncomingReply(
        reply_id="twilio:reply:SM1", source="twilio", channel=Channel.SMS, address=PHONE, at=NOW, text=text
    )
    take_reply(engine, incoming, load_replies(), received_at=NOW)
    assert duty in open_duties(engine, "A-1")
    numbers: Sequence[ComplaintRecord] = complaints(engine)
    assert [(each.channel, each.number) for each in numbers] == (
        [("sms", "C-2026-000001")] if kind is HoldKind.COMPLAINT else []
    )
    engine.dispose()


def test_a_release_that_came_first_leaves_no_duties(engine: Engine) -> None:
    release = InboundFact(
        event_id="release:H", source="crm", kind=InboundKind.HOLD_RELEASED, at=NOW, account_id="A-1", hold_id="H"
    )
    receive(engine, release, received_at=NOW)
    place(engine, HoldKind.DISPUTE)
    assert (open_duties(engine), tasks(engine)) == ({}, {})


def test_a_release_by_another_system_lets_the_duties_lapse_and_ends_their_tasks(engine: Engine) -> None:
    place(engine, HoldKind.HARDSHIP)
    release = InboundFact(
        event_id="release:H", source="crm", kind=InboundKind.HOLD_RELEASED, at=NOW, account_id="A-1", hold_id="H"
    )
    receive(engine, release, received_at=NOW)
    assert (open_duties(engine), tasks(engine)) == ({}, {})
    with pytest.raises(InvalidInput, match="was done or lapsed before"):
        fulfil(engine, "assess")
