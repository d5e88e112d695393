"""The governed contact while every provider works: what it sends, what stops it, and what is on record."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from temporalio.exceptions import ApplicationError

from casedb.engine import writing
from domain.case import apply
from domain.step import Contact, Rest
from tests.support.contacts import Play
from workflows.messages import StepRequest

DAY = timedelta(days=1)


def test_a_touch_is_sent_recorded_and_followed_by_its_next_step(any_play: Play) -> None:
    request = any_play.request()
    outcome = any_play.contact(request)

    (message,) = any_play.received()
    touch = any_play.touch()
    assert (message.to, touch.reference in message.body) == ("+12125550123", True)
    assert (touch.status, touch.provider, touch.provider_id) == ("sent", "twilio", message.message_id)
    assert (touch.at, touch.balance_minor) == (request.now, 12_345)
    assert [(row.decision, row.touch_key) for row in any_play.rows("verdict")] == [("allow", touch.touch_key)]
    assert outcome.next.at > request.step.at
    assert [row.because for row in any_play.rows("decision")] == ["opened", "contact_made"]
    assert all(row.why for row in any_play.rows("decision"))


def test_a_touch_that_was_sent_is_answered_with_the_same_fact_and_not_sent_again(any_play: Play) -> None:
    request = any_play.request()
    first = any_play.contact(request)
    later = any_play.contact(replace(request, now=request.step.at + timedelta(hours=3)))

    assert later.event == first.event
    assert (len(any_play.received()), any_play.counted()) == (1, 1)


def pay(play: Play, request: StepRequest) -> None:
    play.change("account", balance_minor=0, ledger_version=2)


def dispute(play: Play, request: StepRequest) -> None:
    play.add(
        "hold", hold_id="h1", person_id="per-1", account_id="acc-1", kind="dispute", reason="", owner="disputes",
        starts_at=request.step.at - DAY,
    )  # fmt: skip


def leave_only_a_crumb(play: Play, request: StepRequest) -> None:
    play.change("account", balance_minor=99, ledger_version=2)


@pytest.mark.parametrize(
    ("meanwhile", "next_kind"), [(pay, "close_case"), (dispute, "rest"), (leave_only_a_crumb, "close_case")]
)
def test_what_happened_since_the_plan_supersedes_the_touch(
    any_play: Play, meanwhile: Callable[[Play, StepRequest], None], next_kind: str
) -> None:
    request = any_play.request()
    meanwhile(any_play, request)

    outcome = any_play.contact(request)

    assert (outcome.event, outcome.next.action.kind) == (None, next_kind)
    assert (any_play.received(), any_play.rows("touch")) == ((), [])
    assert any_play.rows("decision")[-1].because == "superseded"


def test_a_hold_on_the_person_silences_every_account(play: Play) -> None:
    request = play.request()
    play.add(
        "hold", hold_id="h1", person_id="per-1", account_id=None, kind="bankruptcy", reason="", owner="legal",
        starts_at=request.step.at - DAY,
    )  # fmt: skip
    assert isinstance(play.contact(request).next.action, Rest)
    assert [task.kind for task in play.rows("human_task")] == ["hold_review"]


def test_an_opted_out_channel_is_denied_on_record_and_the_next_one_speaks(play: Play) -> None:
    request = play.request()
    play.add(
        "consent", consent_id="c1", person_id="per-1", channel="sms", address="", permission="withdrawn",
        at=request.step.at - DAY, source="sms_reply",
    )  # fmt: skip
    play.contact(request)

    assert [message.channel for message in play.received()] == ["email"]
    assert [(row.channel, row.decision) for row in play.rows("verdict")] == [("sms", "deny"), ("email", "allow")]
    assert play.rows("verdict")[0].rule == "US-MEDIA-1"


def test_a_stop_that_only_the_case_knows_yet_counts_as_well(play: Play) -> None:
    from domain.case import ChannelWord
    from domain.vocabulary import Channel

    request = play.request()
    said = ChannelWord(channel=Channel.SMS, at=request.step.at - DAY, stopped=True)
    play.contact(replace(request, case=replace(request.case, words=(said,))))
    assert [message.channel for message in play.received()] == ["email"]


def test_a_touch_that_no_open_channel_can_take_is_forgone(play: Play) -> None:
    request = play.request()
    assert isinstance(request.step.action, Contact)
    play.add(
        "consent", consent_id="c1", person_id="per-1", channel="sms", address="", permission="withdrawn",
        at=request.step.at - DAY, source="sms_reply",
    )  # fmt: skip
    sms_only = replace(request.step.action, channels=request.step.action.channels[:1])
    outcome = play.contact(replace(request, step=replace(request.step, action=sms_only)))

    assert outcome.event is not None
    assert outcome.event.kind == "contact_forgone"
    assert (play.received(), [row.decision for row in play.rows("verdict")]) == ((), ["deny"])


def test_an_hour_that_is_night_in_one_of_the_persons_zones_defers_and_sends_nothing(play: Play) -> None:
    play.change("person", zones=["America/New_York", "America/Los_Angeles"])
    request = play.request()

    outcome = play.contact(request)

    assert outcome.event is not None
    assert outcome.event.kind == "contact_deferred"
    assert outcome.event.until == datetime(2027, 1, 4, 16, tzinfo=UTC)  # type: ignore[union-attr]  # 08:00 in Los Angeles
    assert outcome.next.at == datetime(2027, 1, 4, 16, tzinfo=UTC)
    assert (play.received(), play.rows("touch")) == ((), [])
    assert {(row.decision, row.rule) for row in play.rows("verdict")} == {("defer", "US-TIME-2")}
    again = StepRequest(case=apply(request.case, outcome.event), step=outcome.next, now=outcome.next.at)
    play.contact(again)
    assert len(play.received()) == 1


def test_a_jurisdiction_without_a_law_is_never_written_to(play: Play) -> None:
    play.change("person", jurisdiction="XX")
    outcome = play.contact(play.request())
    assert outcome.event is not None
    assert outcome.event.kind == "contact_forgone"
    assert {row.rule for row in play.rows("verdict")} == {"UNKNOWN-JURISDICTION"}


def test_a_ledger_that_nobody_vouched_for_defers_on_record(play: Play) -> None:
    request = play.request()
    play.change("account", ledger_as_of=request.step.at - 2 * DAY)

    outcome = play.contact(request, ledger_stale_after=DAY)

    assert outcome.event is not None
    assert (outcome.event.kind, outcome.event.rule) == ("contact_deferred", "LEDGER-STALE")  # type: ignore[union-attr]
    assert [(row.decision, row.rule) for row in play.rows("verdict")] == [("defer", "LEDGER-STALE")]
    assert play.received() == ()


def test_a_request_whose_latest_hour_passed_is_planned_anew(play: Play) -> None:
    request = play.request()
    assert isinstance(request.step.action, Contact)
    night = request.step.action.not_after + timedelta(minutes=30)

    outcome = play.contact(replace(request, now=night))

    assert (outcome.event, play.received()) == (None, ())
    assert outcome.next.at == request.step.at + DAY


def test_a_case_that_slept_to_an_hour_that_is_spread_now_plans_once_more_and_sends_once(play: Play) -> None:
    request = play.request()
    request = replace(request, case=replace(request.case, spread_minutes=120))
    outcome = play.contact(request)
    assert (outcome.event, play.received()) == (None, ())
    assert isinstance(outcome.next.action, Contact)
    assert isinstance(request.step.action, Contact)
    assert outcome.next.action.touch_key == request.step.action.touch_key
    assert request.step.at < outcome.next.at < request.step.at + timedelta(hours=2)

    moved = replace(request, step=outcome.next, now=outcome.next.at)
    made = [play.contact(moved), play.contact(moved)]
    assert made[0].event is not None
    assert made[1].event == made[0].event
    assert len(play.received()) == 1


def test_a_request_from_yesterday_needs_a_plan_of_today(play: Play) -> None:
    request = play.request()
    outcome = play.contact(replace(request, now=request.step.at + DAY + timedelta(hours=1)))
    assert (outcome.event, play.received()) == (None, ())
    assert isinstance(outcome.next.action, Contact)
    play.contact(replace(request, step=outcome.next, now=outcome.next.at))
    assert len(play.received()) == 1


def test_a_retry_that_woke_after_the_latest_hour_waits_for_tomorrow(play: Play) -> None:
    """In China the law is open until 22:00, the strategy only until 20:00."""
    play.change("person", jurisdiction="CN")
    request = play.request()
    failing = replace(
        request.case, failing_touch="reminder/reminder-1", failures=1, failed_at=request.step.at + timedelta(hours=1)
    )
    night = datetime(2027, 1, 5, 1, 30, tzinfo=UTC)  # 20:30 in New York

    outcome = play.contact(replace(request, case=failing, now=night))

    assert play.received() == ()
    assert outcome.next.at > night + timedelta(hours=8)


def test_the_cap_counts_the_person_over_all_accounts(any_play: Play) -> None:
    requests = [any_play.request()]
    for number in range(2, 5):
        any_play.stage.add_account(f"acc-{number}")
        requests.append(any_play.request(f"acc-{number}"))

    kinds = [outcome.event.kind for each in requests if (outcome := any_play.contact(each)).event]

    assert kinds == ["contact_made"] * 3 + ["contact_deferred"]
    assert len(any_play.received()) == any_play.counted() == 3
    assert any_play.rows("verdict")[-1].rule == "HOUSE-CAP-1"


def test_threads_that_race_for_the_last_slot_of_a_person_never_send_one_too_many(any_play: Play) -> None:
    requests = [any_play.request()]
    for number in range(2, 13):
        any_play.stage.add_account(f"acc-{number}")
        requests.append(any_play.request(f"acc-{number}"))
    start = threading.Barrier(len(requests))

    def race(request: StepRequest) -> str:
        start.wait()
        outcome = any_play.contact(request)
        return outcome.event.kind if outcome.event else ""

    with ThreadPoolExecutor(len(requests)) as pool:
        kinds = list(pool.map(race, requests))

    assert sorted(kinds) == ["contact_deferred"] * 9 + ["contact_made"] * 3
    assert len(any_play.received()) == any_play.counted() == 3


def test_attempts_that_race_for_one_touch_send_it_once(any_play: Play) -> None:
    request = any_play.request()
    start = threading.Barrier(6)

    def race(_: int) -> str:
        start.wait()
        try:
            outcome = any_play.contact(request)
        except ApplicationError as error:
            return str(error.type)
        return outcome.event.kind if outcome.event else ""

    with ThreadPoolExecutor(6) as pool:
        kinds = list(pool.map(race, range(6)))

    assert "contact_made" in kinds
    assert set(kinds) <= {"contact_made", "OutcomeUnknown"}
    assert (len(any_play.received()), any_play.touch().status) == (1, "sent")


def test_a_payment_that_the_contact_waited_for_is_seen(any_play: Play) -> None:
    """It held the person's lock when the contact came; the contact must read what it left behind."""
    request = any_play.request()
    with ThreadPoolExecutor(1) as pool:
        with writing(any_play.engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT person_id FROM person FOR UPDATE"))
            connection.execute(text("UPDATE account SET balance_minor = 0, ledger_version = 2"))
            contact = pool.submit(any_play.contact, request)
            if connection.dialect.name == "postgresql":
                _wait_until_somebody_waits(connection)
        outcome = contact.result(timeout=20)

    assert (outcome.event, outcome.next.action.kind) == (None, "close_case")
    assert any_play.received() == ()


def _wait_until_somebody_waits(connection: object) -> None:
    """PostgreSQL says itself when another session waits for one of our locks."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while connection.execute(waiting).scalar_one() == 0:  # type: ignore[attr-defined]
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))  # type: ignore[attr-defined]
        assert datetime.now(UTC) < deadline


def test_a_step_that_is_no_contact_is_refused_for_good(play: Play) -> None:
    request = play.request()
    with pytest.raises(ApplicationError) as told:
        play.contact(replace(request, step=replace(request.step, action=Rest())))
    assert told.value.non_retryable
