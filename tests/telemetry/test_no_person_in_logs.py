"""Across a whole run, from the door to the provider and back, no line of the log knows anything about the person."""

import json

import pytest

from tests.support.contacts import PERSONAL
from tests.telemetry.conftest import Seen

pytestmark = pytest.mark.xdist_group("seen")

THE_WORLDS = ("sandbox", "httpx", "httpcore")
"""What the pretended world outside logs in the same process, and what it posts with."""


def test_no_line_names_the_person_even_at_the_lowest_level(seen: Seen) -> None:
    ours = [line for line in seen.lines if not line["logger"].startswith(THE_WORLDS)]
    assert len(ours) > 20
    for line in ours:
        told = json.dumps(line, ensure_ascii=False)
        assert not [word for word in PERSONAL if word in told], told


def test_what_is_logged_is_tied_to_its_case_touch_fact_and_trace(seen: Seen) -> None:
    by_text, by_mail = [line for line in seen.lines if line["logger"] == "activities.observing"]
    assert by_text["message"] == "sms handed to twilio: accepted"
    wanted = {"case_id": "acc-1-1", "touch_key": "reminder/reminder-1", "workflow_id": "collection/acc-1"}
    assert wanted.items() <= by_mail.items()
    assert by_mail["trace_id"] == seen.trace_id_of("send email")
    (untold,) = [line for line in seen.lines if line["logger"] == "activities.telling"]
    assert untold["event_id"] == "ledger:pay-1"
    assert untold["trace_id"] == seen.trace_id_of("POST /v1/ledger-events")


def test_what_temporals_core_says_stands_in_our_log_as_every_other_line(seen: Seen) -> None:
    said = [line["message"] for line in seen.lines if line["logger"] == "temporalio.core"]
    assert [each for each in said if "Failing workflow task" in each]
