"""A post to our door and everything that comes of it is one trace, through database, relay and Temporal."""

import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import StatusCode

from telemetry import tracing
from telemetry.scrubbing import ATTRIBUTES, scrubbed
from tests.support.contacts import PERSONAL
from tests.telemetry.conftest import Seen

pytestmark = pytest.mark.xdist_group("seen")

ROOT = Path(__file__).parents[2]


def names(spans: list[ReadableSpan]) -> list[str]:
    return [each.name for each in spans]


def parent_of(span: ReadableSpan, spans: list[ReadableSpan]) -> str:
    (found,) = [
        each.name for each in spans if span.parent and each.context and each.context.span_id == span.parent.span_id
    ]
    return found


def only(name: str, spans: list[ReadableSpan]) -> ReadableSpan:
    (found,) = [each for each in spans if each.name == name]
    return found


def test_a_posted_payment_is_one_trace_from_the_door_through_the_relay_to_the_end_of_its_case(seen: Seen) -> None:
    trace = seen.trace_of("POST /v1/ledger-events")
    assert names(trace) == [
        "POST /v1/ledger-events",
        "tell case",  # by the door, while Temporal was away
        "tell case",  # by the relay, from what stood in the database
        "SignalWorkflow:fact",
        "HandleSignal:fact",
        "StartActivity:plan",
        "RunActivity:plan",
        "StartActivity:close_case",
        "RunActivity:close_case",
    ]
    assert {parent_of(each, trace) for each in trace if each.name == "tell case"} == {"POST /v1/ledger-events"}
    assert parent_of(only("RunActivity:close_case", trace), trace) == "StartActivity:close_case"
    assert parent_of(only("StartActivity:close_case", trace), trace) == "HandleSignal:fact"


def test_a_receipt_that_lets_a_touch_go_another_way_is_one_trace_from_the_door_to_the_provider(seen: Seen) -> None:
    trace = seen.trace_of("send email")
    assert names(trace) == [
        "POST /receipts/twilio/{reference}",
        "tell case",
        "SignalWorkflow:fact",
        "HandleSignal:fact",
        "StartActivity:plan",
        "RunActivity:plan",
        "StartActivity:contact",
        "RunActivity:contact",
        "send email",
        "HTTP POST",
    ]
    sent = only("send email", trace)
    assert dict(sent.attributes or {}) == {
        "amicable.channel": "email",
        "amicable.provider": "sendgrid",
        "amicable.outcome": "accepted",
    }
    assert parent_of(only("HTTP POST", trace), trace) == "send email"
    assert parent_of(sent, trace) == "RunActivity:contact"


def test_what_a_case_does_of_its_own_is_in_the_trace_that_started_it(seen: Seen) -> None:
    trace = seen.trace_of("the test starts a case")
    assert {"RunWorkflow:CollectionWorkflow", "RunActivity:open_case", "send sms"} <= set(names(trace))
    assert "send email" not in names(trace)


def test_what_follows_at_once_is_the_signals_and_what_comes_an_hour_later_is_the_workflows_own(seen: Seen) -> None:
    woken, started = seen.trace_of("somebody wakes it"), seen.trace_of("somebody starts a sleeper")
    assert names(woken).count("RunActivity:look_up") == 1
    assert names(started).count("RunActivity:look_up") == 1
    assert "HandleSignal:hear" in names(woken)
    assert "RunWorkflow:Sleeping" in names(started)


def test_each_of_very_many_is_a_trace_of_its_own_that_refers_to_what_began_it(seen: Seen) -> None:
    (one,), (campaign,) = seen.trace_of("one of very many"), seen.trace_of("a campaign")
    assert one.parent is None
    assert [link.context.span_id for link in one.links] == [campaign.context.span_id]  # type: ignore[union-attr]


def test_a_replay_makes_no_spans_and_needs_no_traces_to_be_on(seen: Seen) -> None:
    assert seen.replayed == []


def test_no_span_knows_anything_about_the_person(seen: Seen) -> None:
    ours = [
        each for each in seen.spans if each.instrumentation_scope and "fastapi" not in each.instrumentation_scope.name
    ]
    assert len(ours) > 20
    for span in ours:
        told = span.to_json()
        assert not [word for word in (*PERSONAL, "127.0.0.1:") if word in told], span.name
        assert set(span.attributes or {}) <= ATTRIBUTES


def test_the_door_ends_its_span_with_its_answer_and_tells_the_case_after_it(seen: Seen) -> None:
    door, told, *_ = seen.trace_of("send email")
    assert door.end_time is not None
    assert told.start_time is not None
    assert door.end_time <= told.start_time


def test_of_an_error_only_its_kind_goes_out() -> None:
    noted = TracerProvider().get_tracer("t").start_span("plan", attributes={"url.full": "https://x/?To=+12125550123"})
    assert isinstance(noted, ReadableSpan)
    noted.record_exception(ValueError("Ada Invented"))
    noted.set_status(StatusCode.ERROR, "ValueError: Ada Invented")
    noted.end()
    out = scrubbed(noted)
    assert "Ada" not in out.to_json()
    assert "+1212" not in out.to_json()
    assert out.status.description == "ValueError"
    (event,) = out.events
    assert dict(event.attributes or {}) == {"exception.type": "ValueError"}


def test_while_traces_are_off_a_span_is_nothing_and_no_library_of_traces_is_loaded() -> None:
    code = (
        "import sys; import worker, web.__main__; from telemetry import tracing\n"
        "with tracing.span('x', account_id='a') as noting: noting.note(outcome='b'); noting.end()\n"
        "assert not tracing.is_on() and tracing.current_traceparent() == tracing.current_trace_id() == ''\n"
        "print([each for each in sys.modules if each.startswith(('opentelemetry.sdk', 'opentelemetry.exporter',"
        " 'temporalio.contrib.opentelemetry'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("traceparent", ["", "nonsense", "00-0-0-00"])
def test_a_place_in_a_trace_that_cannot_be_read_is_none(traceparent: str) -> None:
    assert tracing._context_of(traceparent) is None
