"""The log: one object or one line for each record, with the ids of what is worked on and nothing about a person."""

import json
import logging
import threading
from collections.abc import Iterator
from contextvars import copy_context

import pytest
from temporalio.exceptions import ApplicationError

from domain.errors import InvalidInput
from telemetry import logs
from telemetry.correlation import about, current, ids_of_request
from tests.domain.cases import OPENED_AT, a_case, step_of
from workflows.messages import OpenRequest, StepRequest

log = logging.getLogger("tests.telemetry")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def written(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    (line,) = capsys.readouterr().err.splitlines()
    return dict(json.loads(line))


def test_a_line_for_a_machine_is_one_object_with_the_ids_of_what_is_worked_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("json")
    with about(event_id="pay-1"), about(case_id="LW-1-1", account_id=None):
        log.warning("%d facts wait", 3)
    told = written(capsys)
    assert told.pop("at")
    assert told == {
        "level": "warning",
        "logger": "tests.telemetry",
        "message": "3 facts wait",
        "case_id": "LW-1-1",
        "event_id": "pay-1",
    }
    assert current() == {}, "what is done is over"


def test_a_line_for_a_person_has_the_ids_at_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text")
    with about(case_id="LW-1-1", touch_key="reminder/reminder-1"):
        log.info("sent")
    assert capsys.readouterr().err.endswith(
        "INFO tests.telemetry sent [case_id=LW-1-1 touch_key=reminder/reminder-1]\n"
    )


def test_asked_again_the_last_word_counts_and_nothing_is_written_twice(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text")
    logs.configure("json", level=logging.WARNING)
    log.info("too small")
    log.error("once")
    assert written(capsys)["message"] == "once"


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_what_one_could_write_to_or_call_is_masked(
    log_format: logs.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format)
    log.warning("no answer for %s, %s or %s", "+12125550123", "+1 212-555-0123", "'Ada.I@mail.example.com'")
    told = capsys.readouterr().err
    assert told.count(logs.MASK) == 3
    assert "555" not in told
    assert "mail.example" not in told


def test_our_own_ids_instants_and_addresses_of_machines_are_not_masked() -> None:
    sentence = "LW-0001-1 reminder/reminder-2 at 2026-11-21T09:00:00+00:00 via 127.0.0.1:7233 by US@68bbcf8697ae"
    assert logs.masked(sentence) == sentence


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_of_an_exception_that_is_not_ours_only_kind_and_place_are_told(
    log_format: logs.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format)
    name = "Ada Invented"
    try:
        {}[name]
    except KeyError:
        log.exception("it failed")
    told = capsys.readouterr().err
    assert "Ada" not in told
    assert "KeyError" in told
    assert "test_logs.py" in told


@pytest.mark.parametrize("error", [InvalidInput("event_id is missing"), ApplicationError("event_id is missing")])
def test_our_own_sentences_and_temporals_are_told_as_they_name_ids_only(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("json")
    log.error("it failed", exc_info=error)
    kind = type(error).__name__
    assert written(capsys)["error"] == {"kind": f"{kind}: event_id is missing", "where": []}


def test_temporals_own_loggers_name_the_workflow(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    log.warning("slow", extra={"temporal_activity": {"workflow_id": "collection/LW-1", "attempt": 2}})
    assert written(capsys)["workflow_id"] == "collection/LW-1"


def test_the_ids_follow_the_work_into_a_thread() -> None:
    seen: list[str] = []
    with about(case_id="LW-1-1"):
        context = copy_context()
        thread = threading.Thread(target=context.run, args=(lambda: seen.append(current()["case_id"]),))
        thread.start()
        thread.join()
    assert seen == ["LW-1-1"]


def test_only_known_ids_may_stand_in_a_log() -> None:
    with pytest.raises(ValueError, match="full_name: not an id"), about(full_name="Ada Invented"):
        pass


def test_the_ids_of_an_activity_are_read_from_what_it_is_asked() -> None:
    assert ids_of_request(OpenRequest(account_id="LW-1", strategy="wallet-standard")) == {"account_id": "LW-1"}
    case = a_case()
    step = step_of(case, OPENED_AT)
    assert ids_of_request(StepRequest(case=case, step=step)) == {
        "case_id": case.case_id,
        "account_id": case.account_id,
        "touch_key": "reminder/reminder-1",
    }
    assert ids_of_request("november") == {}
