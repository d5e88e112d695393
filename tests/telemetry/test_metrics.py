"""What the endpoint of numbers says of one case, and that no number is about anybody."""

import re
import socket
from pathlib import Path

import pytest

from activities.observing import NO_PRICES, OUTCOMES
from config.connection import plugins
from domain.errors import ConfigurationError
from domain.vocabulary import Channel
from telemetry import metrics
from telemetry.metrics import INSTRUMENTS
from tests.support.contacts import PERSONAL
from tests.telemetry.conftest import Seen

pytestmark = pytest.mark.xdist_group("seen")

NAMES_ONE = re.compile(r'"[^"]*(acc-1|per-1|pay-1|collection/)[^"]*"')


def test_contacts_are_counted_by_channel_with_what_the_gate_and_the_provider_said(seen: Seen) -> None:
    for channel in ("sms", "email"):
        assert seen.value("amicable_gate_verdicts_total", channel=channel, verdict="allow", rule="") == 1
        assert seen.value("amicable_gate_verdicts_total", channel=channel, verdict="deny", rule="") == 0
        assert seen.value("amicable_provider_answers_total", channel=channel, outcome="accepted") == 1
        assert seen.value("amicable_provider_call_seconds_count", channel=channel) == 1
        for other in OUTCOMES[1:]:
            outcome = other.__name__.lower()
            assert seen.value("amicable_provider_answers_total", channel=channel, outcome=outcome) == 0


def test_what_a_message_costs_is_summed_in_millionths_of_the_currency_a_text_by_its_parts(seen: Seen) -> None:
    assert seen.value("amicable_message_cost_micros_total", channel="sms", currency="USD") == 2 * 7_900
    assert seen.value("amicable_message_cost_micros_total", channel="email", currency="USD") == 600


@pytest.mark.parametrize("until", ["heard", "closed"])
def test_the_time_from_a_payment_to_silence_is_measured_from_the_moment_it_was_stored(seen: Seen, until: str) -> None:
    assert seen.value("amicable_payment_silence_seconds_count", until=until) == 1
    assert 0 < seen.value("amicable_payment_silence_seconds_sum", until=until) < 20
    assert seen.value("amicable_payment_silence_seconds_bucket", until=until, le="7200") == 1


def test_the_door_counts_its_answers_by_its_pattern(seen: Seen) -> None:
    assert seen.value("amicable_door_answers_total", route="/v1/ledger-events", status="200") == 1
    assert seen.value("amicable_door_answers_total", route="/receipts/twilio/{reference}", status="204") == 3
    assert seen.value("amicable_door_answer_seconds_count", route="/v1/ledger-events") == 1
    assert "/health" not in seen.exported, "it was asked, and is no news"


def test_the_relay_and_the_state_of_the_house_are_told(seen: Seen) -> None:
    assert seen.value("amicable_relayed_facts_total", outcome="told") == 1
    assert seen.value("amicable_untold_facts") == 0
    assert seen.value("amicable_open_cases", stage="reminder") == 0
    assert seen.value("amicable_human_tasks_open", kind="callback", age="older") == 0
    assert seen.value("amicable_kill_switches_set", scope="global") == 0
    assert seen.value("amicable_vitals_read_timestamp_seconds") > 1_700_000_000


def test_the_last_watch_and_what_waits_on_each_queue_are_told(seen: Seen) -> None:
    assert seen.value("amicable_watch_finished_timestamp_seconds") == 0, "never"
    lines = [line for line in seen.exported.splitlines() if line.startswith("amicable_queue_oldest_seconds{")]
    queues = {tuple(re.findall(r'(?:kind|queue)="([^"]+)"', line)) for line in lines}
    assert queues == {("workflow", "tests"), ("activity", "tests"), ("activity", "tests-sms")}
    assert [line.rpartition(" ")[2] for line in lines] == ["0", "0", "0"]


def test_temporals_own_numbers_stand_on_the_same_page(seen: Seen) -> None:
    assert seen.value("temporal_workflow_completed_total", workflow_type="CollectionWorkflow") == 1
    assert seen.value("temporal_workflow_task_execution_failed_total", workflow_type="Stumbling") == 1
    assert seen.value("temporal_activity_execution_failed_total", activity_type="stumble") == 1


def test_every_instrument_is_exported_under_its_name_and_with_its_labels_only(seen: Seen) -> None:
    for name, instrument in INSTRUMENTS.items():
        exported = instrument.exported_as(name)
        lines = [line for line in seen.exported.splitlines() if re.match(rf"{exported}(_bucket)?[{{ ]", line)]
        assert lines, f"{exported} is not exported"
        for line in lines:
            assert set(re.findall(r'[{,](\w+)="', line)) - {"le"} == set(instrument.labels), line


def test_every_instrument_stands_in_the_page_about_them_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "telemetry.md").read_text(encoding="utf-8")
    for name, each in INSTRUMENTS.items():
        labels = ", ".join(f"`{label}`" for label in each.labels)
        assert f"| `{each.exported_as(name)}` | {each.kind} | {labels} | {each.about} |" in page


def test_no_number_is_about_a_person_an_account_or_a_case(seen: Seen) -> None:
    for line in seen.exported.splitlines():
        assert not NAMES_ONE.search(line), line
        assert not [word for word in PERSONAL if word in line], line


def test_nobody_can_listen_where_somebody_does_and_that_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"numbers cannot be served at 127.0.0.1:{port}"):
            metrics.start(f"127.0.0.1:{port}")
    assert metrics.runtime() is None


def test_while_numbers_are_off_counting_is_nothing() -> None:
    assert not metrics.is_on()
    assert plugins() == []
    metrics.count(metrics.COST, 5, channel=Channel.SMS.value, currency="USD")
    metrics.put(metrics.PARKED, 5)
    assert NO_PRICES.micros == {}
