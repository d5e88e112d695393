"""`replay` on files: what goes on, what would break and where, and what is no history."""

import base64
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from console.replay_sources import falls
from tests.console.conftest import Run

HISTORIES = Path(__file__).parents[1] / "workflows" / "histories"
Events = list[dict[str, Any]]


def events_of(name: str) -> Events:
    """The events of a committed history."""
    events: Events = json.loads((HISTORIES / f"{name}.json").read_text())["events"]
    return events


def first(events: Events, kind: str) -> dict[str, Any]:
    """The first event of that kind."""
    return next(event for event in events if event["eventType"] == f"EVENT_TYPE_{kind}")


def another_activity(events: Events) -> None:
    """The fourth touch was made by an activity of another name."""
    touches = [event for event in events if event["eventType"] == "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"]
    touches[3]["activityTaskScheduledEventAttributes"]["activityType"]["name"] = "speak"


def another_local_activity(events: Events) -> None:
    """The local activity before the approval had another name."""
    marker = [event for event in events if event["eventType"] == "EVENT_TYPE_MARKER_RECORDED"][1]
    data = marker["markerRecordedEventAttributes"]["details"]["data"]["payloads"][0]
    told = json.loads(base64.b64decode(data["data"])) | {"activity_type": "ask"}
    data["data"] = base64.b64encode(json.dumps(told).encode()).decode()


def an_unknown_local_activity(events: Events) -> None:
    """The first local activity was one that today's code never comes to."""
    marker = first(events, "MARKER_RECORDED")
    data = marker["markerRecordedEventAttributes"]["details"]["data"]["payloads"][0]
    told = json.loads(base64.b64decode(data["data"])) | {"seq": 99}
    data["data"] = base64.b64encode(json.dumps(told).encode()).decode()


def an_activity_instead_of_a_timer(events: Events) -> None:
    """Where the code waits the history acted."""
    event = first(events, "TIMER_STARTED")
    event["eventType"] = "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"
    del event["timerStartedEventAttributes"]
    event["activityTaskScheduledEventAttributes"] = {
        "activityId": "1",
        "activityType": {"name": "pause"},
        "workflowTaskCompletedEventId": event["eventId"],
    }


def a_timer_instead_of_search_attributes(events: Events) -> None:
    """An upsert that today's code makes was a timer."""
    event = first(events, "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES")
    event["eventType"] = "EVENT_TYPE_TIMER_STARTED"
    del event["upsertWorkflowSearchAttributesEventAttributes"]
    event["timerStartedEventAttributes"] = {
        "timerId": "99",
        "startToFireTimeout": "3s",
        "workflowTaskCompletedEventId": event["eventId"],
    }


def a_workflow_of_the_past(events: Events) -> None:
    """A type that no code is left of."""
    events[0]["workflowExecutionStartedEventAttributes"]["workflowType"]["name"] = "OldWorkflow"


def an_unreadable_start(events: Events) -> None:
    """A request that lacks what today's code asks for."""
    events[0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"][0]["data"] = "e30="


@pytest.mark.parametrize(
    ("change", "event_id", "rule", "says"),
    [
        (
            another_activity,
            39,
            "TMPRL1100",
            "at event 39 the history has activity speak (follow_up/follow-up-1), today's code wants activity contact",
        ),
        (
            another_local_activity,
            119,
            "TMPRL1100",
            "at event 119 the history has local activity ask (request_approval), today's code wants local activity "
            "request_approval",
        ),
        (
            an_unknown_local_activity,
            5,
            "TMPRL1100",
            "at event 5 the history has local activity open_case (acc-1), for which today's code has not asked by then",
        ),
        (
            an_activity_instead_of_a_timer,
            12,
            "TMPRL1100",
            "at event 12 the history has activity pause (reminder/reminder-2), today's code wants a timer",
        ),
        (
            a_timer_instead_of_search_attributes,
            45,
            "TMPRL1100",
            "at event 45 the history has a timer, today's code wants search attributes",
        ),
        (a_workflow_of_the_past, None, None, "workflow type OldWorkflow is no longer in the code"),
        (an_unreadable_start, None, None, "today's code fails: Failed decoding arguments"),
    ],
)
def test_what_would_break_is_told_in_words(
    run: Run, tmp_path: Path, change: Callable[[Events], None], event_id: int | None, rule: str | None, says: str
) -> None:
    events = events_of("ignored-then-granted")
    change(events)
    (tmp_path / "changed.json").write_text(json.dumps({"events": events}))
    ran = run("replay", "changed.json", "--json")
    assert ran.code == 1
    told = json.loads(ran.out)
    assert (told["replayed"], told["would_break"]) == (1, 1)
    (history,) = told["histories"]
    assert (history["difference"]["event_id"], history["difference"]["rule"]) == (event_id, rule)
    assert history["difference"]["says"].startswith(says)


def test_a_directory_is_replayed_whole_and_one_that_would_break_ends_it_with_1(run: Run, tmp_path: Path) -> None:
    ran = run("replay", str(HISTORIES))
    count = len(list(HISTORIES.glob("*.json")))
    assert (ran.code, ran.err) == (0, "")
    assert f"all {count} go on under today's code" in ran.out
    events = events_of("paid-after-two-touches")
    another = first(events, "ACTIVITY_TASK_SCHEDULED")["activityTaskScheduledEventAttributes"]
    another["activityType"]["name"] = "speak"
    (tmp_path / "changed.json").write_text(json.dumps({"events": events}))
    both = run("replay", str(HISTORIES), "changed.json")
    assert both.code == 1
    assert f"1 of {count + 1} would stand still after a deployment" in both.out
    first_row = both.out.splitlines()[2]
    assert first_row.startswith("changed "), "what would break stands first"
    assert "WOULD BREAK (TMPRL1100)" in first_row


def test_of_many_that_would_break_in_one_way_a_few_are_shown_and_the_others_counted(run: Run, tmp_path: Path) -> None:
    for number in range(5):
        events = events_of("ignored-then-granted")
        another_activity(events)
        (tmp_path / f"alike-{number}.json").write_text(json.dumps({"events": events}))
    events = events_of("ignored-then-granted")
    a_workflow_of_the_past(events)
    (tmp_path / "a-lonely-one.json").write_text(json.dumps({"events": events}))
    ran = run("replay", *(f"alike-{number}.json" for number in range(5)), "a-lonely-one.json")
    assert ran.code == 1
    assert "6 of 6 would stand still after a deployment: keep the old commands behind workflow.patched" in ran.out
    first_words = [line.partition("  ")[0] for line in ran.out.splitlines()[2:] if line[0] != " "]
    assert first_words[:5] == ["alike-0", "alike-1", "alike-2", "and 2 more", "a-lonely-one"]


def test_code_that_fails_is_to_be_mended_rather_than_patched(run: Run, tmp_path: Path) -> None:
    events = events_of("ignored-then-granted")
    an_unreadable_start(events)
    (tmp_path / "changed.json").write_text(json.dumps({"events": events}))
    assert "1 of 1 would stand still after a deployment: mend the code" in run("replay", "changed.json").out


@pytest.mark.parametrize(("of", "wanted"), [(200, 150), (200, 7), (7, 7), (7, 500), (1, 1), (1000, 1), (3, 2)])
def test_a_sample_is_as_many_as_were_asked_for_and_spread_over_the_whole_list(of: int, wanted: int) -> None:
    places = [place for place in range(1, of + 1) if falls(place, of, wanted)]
    assert len(places) == min(of, wanted)
    assert places[-1] == of, "the oldest is among them"
    gaps = [later - earlier for earlier, later in pairwise(places)]
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_what_is_no_history_is_refused_in_one_line_and_not_fed_to_the_replayer(run: Run, tmp_path: Path) -> None:
    events = events_of("paid-after-two-touches")
    (tmp_path / "empty.json").write_text('{"events": []}')
    (tmp_path / "headless.json").write_text(json.dumps({"events": events[5:]}))
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "words.txt").write_text("not JSON")
    (tmp_path / "nothing").mkdir()
    for name, words in (
        ("empty.json", "empty is no whole history"),
        ("headless.json", "headless is no whole history"),
        ("list.json", "file list.json is no history as JSON"),
        ("words.txt", "file words.txt is no history as JSON"),
        ("absent.json", "there is no file absent.json"),
        ("nothing", "directory nothing holds no history"),
    ):
        ran = run("replay", name)
        assert (ran.code, ran.out) == (2, ""), name
        assert ran.err.startswith(words), ran.err
        assert ran.err.count("\n") == 1, ran.err


def test_replay_asks_for_something_to_replay(run: Run) -> None:
    assert run("replay").err == "replay needs a file, a directory, an account, or --all-running N\n"
    named = run("replay", str(HISTORIES), "--run", "abc")
    assert (named.code, named.err.startswith("--run names a run of one account")) == (2, True)
    assert "no Temporal server at 127.0.0.1:1" in run("replay", "LW-0001").err
