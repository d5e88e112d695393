"""The governed contact when the provider's answer is late, lost, busy or a no: one message, never two."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.channel import FindOutcome, OutboundMessage, SendOutcome, Unknown
from casedb.engine import writing
from casedb.schema import account
from domain.step import Contact
from domain.strategy import WhenLost
from domain.vocabulary import Channel, Stage
from tests.support.contacts import AT_ONCE, PERSONAL, Play
from workflows.messages import StepRequest

APIS = {"twilio": "sms", "sendgrid": "email"}
PATIENT = timedelta(hours=1)


def only(play: Play, api: str) -> None:
    """Leave the person one channel."""
    if api == "sendgrid":
        play.add(
            "consent", consent_id="c1", person_id="per-1", channel="sms", address="", permission="withdrawn",
            at=play.request().now - timedelta(days=1), source="import",
        )  # fmt: skip


def failed(play: Play, request: StepRequest, **policy: timedelta) -> ApplicationError:
    with pytest.raises(ApplicationError) as told:
        play.contact(request, **policy)
    assert not any(secret in str(told.value) for secret in PERSONAL)
    assert told.value.category is ApplicationErrorCategory.BENIGN
    assert not told.value.non_retryable
    return told.value


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", ["answer_lost", "drop_before_accept", "server_error", "slow"])
def test_a_lost_answer_is_looked_up_and_ends_as_one_message(play: Play, api: str, kind: str) -> None:
    only(play, api)
    play.fault(api, kind, delay_seconds=1.5 if kind == "slow" else 0)
    request = play.request()

    lost = failed(play, request)
    assert (lost.type, play.touch().status) == ("OutcomeUnknown", "unknown")
    assert lost.next_retry_delay == play.governed.policy.lookup_every
    outcome = play.contact(request)

    assert [message.channel for message in play.received()] == [APIS[api]]
    assert play.touch().status == "sent"
    assert outcome.event is not None
    assert outcome.event.kind == "contact_made"


@pytest.mark.parametrize("api", APIS)
def test_a_busy_provider_names_the_delay_and_gives_the_cap_back_until_then(play: Play, api: str) -> None:
    only(play, api)
    play.fault(api, "rate_limited", delay_seconds=37)
    request = play.request()

    busy = failed(play, request)

    assert busy.type == "ProviderBusy"
    assert busy.next_retry_delay is not None
    assert 35 <= busy.next_retry_delay.total_seconds() <= 37
    assert (play.touch().status, play.counted(), play.received()) == ("busy", 0, ())
    play.contact(request)
    assert (len(play.received()), play.touch().status) == (1, "sent")


def test_a_provider_that_does_not_know_the_message_yet_is_asked_again_and_nothing_is_sent(play: Play) -> None:
    play.fault("twilio", "drop_before_accept")
    request = play.request()
    failed(play, request, reconcile_after=PATIENT)

    assert failed(play, request, reconcile_after=PATIENT).type == "OutcomeUnknown"

    assert (play.received(), play.touch().status, play.counted()) == ((), "unknown", 1)


def test_a_lookup_without_an_answer_proves_nothing(play: Play) -> None:
    play.fault("twilio", "drop_before_accept")
    play.fault("twilio", "server_error", operation="find")
    request = play.request()
    failed(play, request)

    failed(play, request)

    assert (play.received(), play.touch().status) == ((), "unknown")


def test_a_reminder_lost_without_a_trace_is_sent_again_once_and_then_waits_for_a_human(play: Play) -> None:
    play.fault("twilio", "drop_before_accept", times=2)
    request = play.request()
    failed(play, request)
    failed(play, request)

    outcome = play.contact(request)

    assert outcome.event is None
    assert outcome.next.action.kind == "rest"
    assert (play.touch().status, play.received()) == ("unknown", ())
    assert [(task.kind, task.key) for task in play.rows("human_task")] == [("unknown_outcome", play.touch().touch_key)]


def test_a_lost_message_is_not_sent_again_on_another_channel(play: Play) -> None:
    play.fault("twilio", "drop_before_accept")
    request = play.request()
    failed(play, request)
    play.change("contact_point", undeliverable_since=request.now)
    with writing(play.engine) as connection:
        connection.exec_driver_sql("update contact_point set undeliverable_since = null where channel = 'email'")

    outcome = play.contact(request)

    assert play.received() == ()
    assert outcome.event is not None
    assert outcome.event.kind == "contact_forgone"


def test_a_legal_notice_lost_without_a_trace_is_never_sent_again_by_itself(play: Play) -> None:
    """The core still counts on the reminder, so the request is made a legal one by its stage alone."""
    play.fault("twilio", "drop_before_accept")
    request = play.request()
    assert isinstance(request.step.action, Contact)
    legal = replace(request.step.action, stage=Stage.LEGAL_ESCALATION)
    request = replace(request, step=replace(request.step, action=legal))
    failed(play, request)

    for _ in range(2):
        outcome = play.contact(request)
        assert (outcome.event, outcome.next.action.kind) == (None, "rest")

    assert (play.touch().code, play.received()) == ("not_found", ())
    assert [task.kind for task in play.rows("human_task")] == ["unknown_outcome"]


def test_a_lost_message_goes_by_another_channel_where_the_strategy_wants_that(play: Play) -> None:
    play = play.when_lost(WhenLost.OTHER_CHANNEL)
    play.fault("twilio", "drop_before_accept")
    request = play.request()
    failed(play, request)

    outcome = play.contact(request)

    assert [message.channel for message in play.received()] == ["email"]
    assert outcome.event is not None
    assert outcome.event.kind == "contact_made"
    assert (play.touch().channel, play.touch().status, play.counted()) == ("email", "sent", 1)


def test_a_message_lost_by_both_channels_waits_for_a_human(play: Play) -> None:
    play = play.when_lost(WhenLost.OTHER_CHANNEL)
    play.fault("twilio", "drop_before_accept")
    play.fault("sendgrid", "drop_before_accept")
    request = play.request()
    failed(play, request)
    failed(play, request)

    outcome = play.contact(request)

    assert (outcome.event, play.received()) == (None, ())
    assert [task.kind for task in play.rows("human_task")] == ["unknown_outcome"]


def test_a_lost_message_is_left_at_that_where_the_strategy_goes_on(play: Play) -> None:
    play = play.when_lost(WhenLost.GO_ON)
    play.fault("twilio", "drop_before_accept")
    request = play.request()
    failed(play, request)

    for _ in range(2):
        outcome = play.contact(request)
        assert outcome.event is not None
        assert outcome.event.kind == "contact_forgone"
        assert isinstance(outcome.next.action, Contact)
        assert outcome.next.action.touch_key == "reminder/reminder-2"

    assert (play.received(), play.rows("human_task"), play.counted()) == ((), [], 1)


def test_a_notice_that_turns_up_after_all_is_sent_and_needs_no_human(play: Play) -> None:
    play.fault("twilio", "answer_lost")
    request = play.request()
    failed(play, request)
    play.change("touch", code="not_found")

    outcome = play.contact(request)

    assert (play.touch().status, len(play.received())) == ("sent", 1)
    assert outcome.next.action.kind == "contact"


@pytest.mark.parametrize(("condition", "code"), [("21211", "21211"), ("21614", "21614"), ("21612", "21612")])
def test_an_address_that_cannot_be_reached_is_remembered_and_the_next_channel_takes_over(
    play: Play, condition: str, code: str
) -> None:
    play.stage.sandbox.network.set_condition("+12125550123", condition)  # type: ignore[arg-type]
    outcome = play.contact(play.request())

    assert [message.channel for message in play.received()] == ["email"]
    assert outcome.event is not None
    assert outcome.event.channel is Channel.EMAIL  # type: ignore[union-attr]
    dead = {row.channel: row.undeliverable_since is not None for row in play.rows("contact_point")}
    assert dead == {"sms": True, "email": False}
    assert (play.touch().channel, play.touch().status, play.counted()) == ("email", "sent", 1)


def test_an_opt_out_that_only_the_provider_knew_becomes_ours_at_once(play: Play) -> None:
    request = play.request()
    play.stage.sandbox.network.stop("+12125550123", request.now)

    play.contact(request)

    (consent,) = play.rows("consent")
    assert (consent.permission, consent.channel, consent.source) == ("withdrawn", "sms", "provider")
    assert [message.channel for message in play.received()] == ["email"]


def test_a_consent_given_later_is_answered_by_a_later_refusal(play: Play) -> None:
    play.stage.add_account("acc-2")
    first, second = play.request(), play.request("acc-2")
    play.stage.sandbox.network.stop("+12125550123", first.now)
    play.contact(first)
    play.add(
        "consent", consent_id="yes", person_id="per-1", channel="sms", address="+12125550123", permission="given",
        at=first.now, source="console",
    )  # fmt: skip
    later = replace(second, now=second.step.at + timedelta(minutes=1))

    play.contact(later)

    assert [row.permission for row in play.rows("consent")].count("withdrawn") == 2
    assert {message.channel for message in play.received()} == {"email"}


def test_a_touch_that_every_provider_refuses_for_its_text_is_forgone_with_the_reason(play: Play) -> None:
    class Refusing:
        provider = "refusing"

        def send(self, message: OutboundMessage) -> SendOutcome:
            from activities.channel import Refused

            return Refused(code="21617", why="the text is too long")

        def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
            return Unknown(why="never asked")

    refusing = play.through(Channel.SMS, Refusing()).through(Channel.EMAIL, Refusing())
    outcome = refusing.contact(play.request())

    assert outcome.event is not None
    assert outcome.event.kind == "contact_forgone"
    assert "refused" in outcome.event.why  # type: ignore[union-attr]
    assert (play.touch().status, play.touch().code, play.counted()) == ("failed", "21617", 0)


def test_a_person_whose_every_address_is_dead_is_left_to_a_human(play: Play) -> None:
    play.stage.sandbox.network.set_condition("+12125550123", "21211")
    with writing(play.engine) as connection:
        connection.exec_driver_sql("delete from contact_point where channel = 'email'")

    outcome = play.contact(play.request())

    assert outcome.event is None
    assert [task.kind for task in play.rows("human_task")] == ["no_lawful_channel"]


def test_a_mandatory_notice_takes_a_channel_that_the_strategy_did_not_name(play: Play) -> None:
    play.stage.sandbox.network.set_condition("+12125550123", "21211")
    request = play.request()
    assert isinstance(request.step.action, Contact)
    narrow = replace(request.step.action, channels=(Channel.SMS,), mandatory=True)

    play.contact(replace(request, step=replace(request.step, action=narrow)))

    assert [message.channel for message in play.received()] == ["email"]


def test_a_slow_attempt_never_undoes_what_a_later_one_recorded(play: Play) -> None:
    """The first attempt hangs in its call; meanwhile a second one sends and confirms; then the first gives up."""
    request = play.request()

    class Overtaken:
        provider = "twilio"

        def send(self, message: OutboundMessage) -> SendOutcome:
            play.contact(request, in_flight=AT_ONCE)
            return Unknown(why="the line went dead")

        def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
            return Unknown(why="never asked")

    failed(play.through(Channel.SMS, Overtaken()), request)

    assert (play.touch().status, len(play.received())) == ("sent", 1)


def test_no_transaction_is_open_while_the_provider_is_called(play: Play) -> None:
    written: list[str] = []

    class Watching:
        provider = "twilio"
        real = play.governed.adapters[Channel.SMS]

        def send(self, message: OutboundMessage) -> SendOutcome:
            self._write("send")
            return self.real.send(message)

        def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
            self._write("find")
            return self.real.find(to=to, reference=reference, since=since)

        def _write(self, call: str) -> None:
            with writing(play.engine) as connection:
                connection.execute(account.update().values(creditor=call))
            written.append(call)

    request = play.request()
    play.fault("twilio", "answer_lost")
    watched = play.through(Channel.SMS, Watching())
    failed(watched, request)
    watched.contact(request)

    assert written == ["send", "find"]


def test_nothing_that_history_or_ops_read_carries_personal_data(play: Play) -> None:
    from temporalio.contrib.pydantic import pydantic_data_converter

    play.stage.sandbox.network.set_condition("+12125550123", "21211")
    request = play.request()
    outcome = play.contact(request)
    payloads = pydantic_data_converter.payload_converter.to_payloads([request, outcome])
    told = " ".join(payload.data.decode() for payload in payloads)
    told += json.dumps([list(map(str, row)) for name in ("decision", "verdict", "case") for row in play.rows(name)])

    assert not [secret for secret in PERSONAL if secret in told]
