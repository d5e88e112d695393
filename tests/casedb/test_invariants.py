"""Each invariant holds for what was done right, and is seen to break when one thing is put wrong on purpose."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from casedb import schema
from casedb.engine import reading, writing
from casedb.invariants import ON_RECORD, Finding, Moment
from casedb.verdicts import VerdictAbout, record_verdict
from casedb.watch import keep_stuck, raise_for
from domain.vocabulary import Channel
from tests.casedb.debts import add_case
from tests.casedb.people import add_account, add_person
from tests.casedb.verdicts import a_verdict

NOW = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = "reminder/reminder-1"


@pytest.fixture
def book(any_engine: Engine) -> Iterator[Engine]:
    """A case that owes, was reminded an hour ago by leave of the gate, and acts again tomorrow."""
    with writing(any_engine) as connection:
        add_person(connection, "P-1", phone="+12125550142")
        add_account(connection, "A-1", "P-1", balance_minor=10_000, ledger_version=1)
        entry(connection, "opening", 10_000, NOW - 48 * HOUR)
        connection.execute(
            insert(schema.case),
            {
                "case_id": "A-1-1",
                "account_id": "A-1",
                "person_id": "P-1",
                "strategy": "wallet-standard",
                "strategy_version": "abc",
                "stage": "reminder",
                "opened_at": NOW - 48 * HOUR,
                "opening_balance_minor": 10_000,
                "next_at": NOW + 24 * HOUR,
                "next_action": "contact",
            },
        )
        at = NOW - HOUR
        about = VerdictAbout(case_id="A-1-1", person_id="P-1", touch_key=KEY, channel=Channel.SMS, at=at)
        record_verdict(connection, about, a_verdict(profile="US@1"))
        touch(connection, KEY, at)
    return any_engine


def entry(connection: Connection, entry_id: str, amount_minor: int, recorded_at: datetime, version: int = 1) -> None:
    """A booking on A-1."""
    kind = "charge" if amount_minor > 0 else "payment"
    row = {"entry_id": entry_id, "account_id": "A-1", "version": version, "kind": kind, "amount_minor": amount_minor}
    connection.execute(insert(schema.ledger_entry), row | {"at": recorded_at, "recorded_at": recorded_at})


def touch(connection: Connection, key: str, at: datetime, **changed: Any) -> None:
    """A reminder that the provider took."""
    row = {
        "touch_id": f"A-1-1:{key}",
        "case_id": "A-1-1",
        "account_id": "A-1",
        "person_id": "P-1",
        "touch_key": key,
        "channel": "sms",
        "contact_point_id": "P-1:sms:1",
        "reference": f"REF-{key}",
        "template": "reminder_1",
        "status": "sent",
        "at": at,
        "attempted_at": at,
        "sent_at": at,
        "provider": "twilio",
        "provider_id": f"SM-{key}",
        "delivery": "delivered",
        "code": "",
        "balance_minor": 10_000,
    }
    connection.execute(insert(schema.touch), row | changed)


def paid_before(connection: Connection) -> None:
    entry(connection, "payment", -10_000, NOW - 2 * HOUR, version=2)
    connection.execute(update(schema.account).values(balance_minor=0))


def charged_after_that(connection: Connection) -> None:
    """What is booked later does not excuse a message that went out while nothing was owed."""
    paid_before(connection)
    entry(connection, "fee", 500, NOW, version=3)
    connection.execute(update(schema.account).values(balance_minor=500))


def hold(connection: Connection, **changed: Any) -> None:
    values: dict[str, Any] = {"hold_id": "H-1", "kind": "custom", "reason": "", "owner": "care", "account_id": "A-1"}
    values |= {"person_id": "P-1", "starts_at": NOW - 3 * HOUR, "placed_at": NOW - 2 * HOUR, "pauses_dpd": True}
    connection.execute(insert(schema.hold), values | {"placed_by": "dana", "released_by": ""} | changed)


def said(connection: Connection, permission: str, at: datetime, address: str = "") -> None:
    row = {"consent_id": f"C-{permission}", "person_id": "P-1", "channel": "sms", "address": address}
    connection.execute(insert(schema.consent), row | {"permission": permission, "at": at, "source": "sms_reply"})


def told_late(connection: Connection) -> None:
    """A word from before the touch, of which nobody here knew until after it."""
    row = {"event_id": "E-9", "source": "crm", "kind": "opt_out", "at": NOW - 2 * HOUR, "received_at": NOW - HOUR / 2}
    connection.execute(insert(schema.inbox_event), row | {"payload": {}, "tell_failures": 0})
    stated = {"consent_id": "E-9:P-1", "person_id": "P-1", "channel": "sms", "address": "", "permission": "withdrawn"}
    connection.execute(insert(schema.consent), stated | {"at": NOW - 2 * HOUR, "source": "crm"})


def ungated(connection: Connection) -> None:
    touch(connection, "reminder/reminder-2", NOW)


def taken_twice(connection: Connection) -> None:
    about = VerdictAbout(case_id="A-1-1", person_id="P-1", touch_key="reminder/x", channel=Channel.SMS, at=NOW - HOUR)
    record_verdict(connection, about, a_verdict(profile="US@1"))
    touch(connection, "reminder/x", NOW - HOUR, provider_id=f"SM-{KEY}")


def approval(connection: Connection, **changed: Any) -> None:
    values: dict[str, Any] = {"approval_id": "A-1-1/approval-1", "case_id": "A-1-1", "requested_by": "amicable"}
    values |= {"requested_at": NOW - 24 * HOUR, "expires_at": NOW, "status": "granted", "decided_by": "officer"}
    values |= {"decided_at": NOW - HOUR, "comment": "", "balance_minor": 10_000, "roles": []}
    connection.execute(insert(schema.approval), values | changed)


def step(connection: Connection, **changed: Any) -> None:
    """A step outside, by leave of an approval that was changed."""
    approval(connection, **changed)
    row = {"key": "A-1-1/court", "case_id": "A-1-1", "account_id": "A-1", "step_id": "court", "kind": "court_pack"}
    row |= {"approval_id": "A-1-1/approval-1", "status": "taken", "taken_at": NOW, "reference": "R", "why": ""}
    connection.execute(insert(schema.outside_step), row)


def gone_to_law(connection: Connection) -> None:
    values = {"closed_at": NOW, "close_reason": "legal_referral", "stage": "closed"}
    connection.execute(update(schema.case).values(**values))


def forgotten(connection: Connection) -> None:
    connection.execute(update(schema.case).values(next_at=NOW - 25 * HOUR))


def miscounted(connection: Connection) -> None:
    connection.execute(update(schema.account).values(balance_minor=9_999))


def resealed(connection: Connection) -> None:
    connection.execute(update(schema.case).values(verdict_number=2))


def found(engine: Engine, since: datetime | None = None) -> dict[str, list[Finding]]:
    """What is broken, by invariant."""
    with reading(engine) as connection:
        asked = {each.name: list(each.broken(connection, Moment(now=NOW, since=since))) for each in ON_RECORD}
    return {name: findings for name, findings in asked.items() if findings}


def test_what_was_done_right_breaks_nothing(book: Engine) -> None:
    with writing(book) as connection:
        step(connection)
        hold(connection, placed_at=NOW - HOUR / 2)
        said(connection, "withdrawn", NOW - HOUR / 2)
        told_late(connection)
        entry(connection, "payment", -10_000, NOW - HOUR / 2, version=2)
        connection.execute(update(schema.account).values(balance_minor=0))
    assert found(book) == {}


WRONG = {
    paid_before: "no_contact_after_payment",
    charged_after_that: "no_contact_after_payment",
    hold: "none_under_a_hold",
    (lambda connection: hold(connection, account_id=None)): "none_under_a_hold",
    (lambda connection: said(connection, "withdrawn", NOW - 2 * HOUR)): "none_after_a_stop",
    (lambda connection: said(connection, "withdrawn", NOW - 2 * HOUR, "+12125550142")): "none_after_a_stop",
    ungated: "every_touch_was_allowed",
    taken_twice: "one_accept_per_touch",
    (lambda connection: step(connection, status="requested", decided_by=None)): "no_legal_step_without_leave",
    (lambda connection: step(connection, decided_at=NOW + HOUR)): "no_legal_step_without_leave",
    gone_to_law: "no_legal_step_without_leave",
    forgotten: "every_open_case_is_waited_for",
    miscounted: "ledger_sums_to_balance",
    resealed: "chains_are_whole",
}


class _Undone(Exception):
    """So that a transaction is rolled back."""


def test_one_thing_put_wrong_is_seen_and_nothing_else(book: Engine) -> None:
    for number, (put_wrong, name) in enumerate(WRONG.items()):
        with suppress(_Undone), writing(book) as connection:
            put_wrong(connection)
            ever, lately = (
                {each.name for each in ON_RECORD if list(each.broken(connection, Moment(now=NOW, since=since)))}
                for since in (None, NOW - 2 * HOUR)
            )
            assert ever == {name}, number
            assert lately <= ever, number
            raise _Undone


def test_what_happened_long_ago_is_not_told_again_and_again(book: Engine) -> None:
    with writing(book) as connection:
        paid_before(connection)
    assert list(found(book, since=NOW - 2 * HOUR)) == ["no_contact_after_payment"]
    assert found(book, since=NOW) == {}
    invariant = next(each for each in ON_RECORD if each.name == "no_contact_after_payment")
    findings = found(book)["no_contact_after_payment"]
    with writing(book) as connection:
        assert raise_for(connection, invariant, findings, NOW) == 1
        assert raise_for(connection, invariant, findings, NOW) == 0, "it is open"
        connection.execute(update(schema.human_task).values(done_at=NOW))
        assert raise_for(connection, invariant, findings, NOW) == 0, "a person has dealt with it"


def test_a_state_that_is_still_broken_after_it_was_ticked_off_is_told_again(book: Engine) -> None:
    with writing(book) as connection:
        miscounted(connection)
    invariant = next(each for each in ON_RECORD if each.name == "ledger_sums_to_balance")
    findings = found(book)["ledger_sums_to_balance"]
    with writing(book) as connection:
        assert raise_for(connection, invariant, findings, NOW) == 1
        assert raise_for(connection, invariant, findings, NOW) == 0
        connection.execute(update(schema.human_task).values(done_at=NOW))
        assert raise_for(connection, invariant, findings, NOW) == 1


def test_a_case_that_stands_still_has_one_task_until_it_moves(book: Engine) -> None:
    with writing(book) as connection:
        forgotten(connection)
        assert keep_stuck(connection, {"A-1-1": "it does not move"}, NOW, most=10) == (1, 0)
        assert keep_stuck(connection, {"A-1-1": "it does not move"}, NOW, most=10) == (0, 0)
    assert "every_open_case_is_waited_for" in found(book), "the watch's own task does not hide what it says"
    with writing(book) as connection:
        assert keep_stuck(connection, {}, NOW, most=10, whole=False) == (0, 0), "nobody knows whether it moves"
        assert keep_stuck(connection, {}, NOW, most=10) == (0, 1)


def test_the_task_of_a_closed_case_ends_whatever_is_known_of_the_others(book: Engine) -> None:
    with writing(book) as connection:
        assert keep_stuck(connection, {"A-1-1": "it does not move"}, NOW, most=10) == (1, 0)
        gone_to_law(connection)
        assert keep_stuck(connection, {}, NOW, most=10, whole=False) == (0, 1)


def test_of_more_cases_than_one_look_may_tell_the_rest_come_with_the_next_and_none_is_ended(book: Engine) -> None:
    cases = [f"A-{number}-1" for number in range(1, 6)]
    with writing(book) as connection:
        for case_id in cases[1:]:
            another_case(connection, case_id)
    stuck = dict.fromkeys(reversed(cases), "it does not move")
    for told in (2, 4, 5, 5):
        with writing(book) as connection:
            keep_stuck(connection, stuck, NOW, most=2)
            rows = connection.execute(select(schema.human_task.c.case_id, schema.human_task.c.done_at)).all()
        assert [row.case_id for row in rows] == cases[::-1][:told], "in the order in which they were found"
        assert {row.done_at for row in rows} == {None}


@pytest.mark.parametrize(
    ("action", "hours", "task", "is_found"),
    [
        ("rest", 2, None, True),
        ("rest", 0.9, None, False),
        ("contact", 23, None, False),
        ("contact", 25, None, True),
        ("rest", 2, "callback", True),
        ("rest", 2, "hold_duty", True),
        ("rest", 2, "relief_decision", True),
        ("rest", 2, "stuck_case", True),
        ("rest", 2, "hold_review", False),
        ("rest", 2, "approval_decision", False),
    ],
)
def test_a_case_is_forgotten_an_hour_after_its_step_unless_a_task_is_what_it_waits_for(
    book: Engine, action: str, hours: float, task: str | None, is_found: bool
) -> None:
    with writing(book) as connection:
        connection.execute(update(schema.case).values(next_at=NOW - timedelta(hours=hours), next_action=action))
        if task is not None:
            told = {"case_id": "A-1-1", "kind": task, "key": "k", "owner": "o", "why": "w", "raised_at": NOW}
            connection.execute(insert(schema.human_task), told)
    assert found(book).keys() == ({"every_open_case_is_waited_for"} if is_found else set())


def another_case(connection: Connection, case_id: str) -> None:
    """An open case of an account of its own, of the same person."""
    account_id = case_id.removesuffix("-1")
    add_account(connection, account_id, "P-1", balance_minor=0)
    add_case(connection, account_id, person_id="P-1")


def test_forgotten_cases_are_found_the_oldest_first_however_many(book: Engine) -> None:
    with writing(book) as connection:
        for number in range(2, 5):
            another_case(connection, f"A-{number}-1")
            due = NOW - timedelta(days=number)
            connection.execute(update(schema.case).where(schema.case.c.case_id == f"A-{number}-1").values(next_at=due))
    [(name, findings)] = found(book).items()
    assert (name, [each.about for each in findings]) == (
        "every_open_case_is_waited_for", ["A-4-1", "A-3-1", "A-2-1"],
    )  # fmt: skip
