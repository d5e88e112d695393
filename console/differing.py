"""Where today's code first differs from a history, in words.

The replayer tells it in the terms of its state machines, sometimes with the event and sometimes without; here it
becomes a sentence about the event and the command.
"""

import re
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

from config.payloads import DATA_CONVERTER

NONDETERMINISM = "TMPRL1100"
"""Temporal's name of the rule: the commands of the code are not those of the history."""
_LONGEST = 300
_MESSAGE = re.compile(r'message: "((?:[^"\\]|\\.)*)"')
_OTHER_TYPE = re.compile(
    r"Activity type of (?:scheduled event|recorded marker) '(?P<had>[^']*)' does not match activity type of "
    r"(?P<local>local )?activity command '(?P<wants>[^']*)'"
)
_OTHER_COMMAND = re.compile(
    r"(?P<machine>[A-Za-z ]+?) ?[mM]achine (?:does not|cannot) handle (?:this event: )?HistoryEvent\(id: (?P<id>\d+)"
)
_NO_COMMAND = re.compile(r"No command scheduled for event HistoryEvent\(id: (?P<id>\d+)")
_MARKER = re.compile(r"Non-deprecated patch marker encountered for change (?P<patch>.+?), but there is no")
_NOT_ASKED = re.compile(r"Missing associated machine for LocalActivity\((?P<seq>\d+)\)")
_UNKNOWN_TYPE = re.compile(r"Workflow class (?P<name>\S+) is not registered")
_Told = tuple[HistoryEvent | None, str] | None
_COMMANDS = {
    "Timer": "a timer",
    "Activity": "an activity",
    "Local activity": "a local activity",
    "UpsertWorkflowSearchAttributes": "search attributes",
    "ModifyWorkflowProperties": "a memo",
    "Change": "a patch marker",
    "Update": "the answer to an update",
    "Complete workflow": "the end of the workflow",
    "Fail workflow": "the failure of the workflow",
    "Cancel workflow": "the cancellation of the workflow",
    "Continue as new workflow": "a new run (continue as new)",
    "Child workflow": "a child workflow",
    "Signal external WF": "a signal to another workflow",
    "Cancel external WF": "the cancellation of another workflow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first place where the code leaves the history."""

    rule: str | None
    """TMPRL1100, or None where the code does not even get to a command."""
    event_id: int | None
    says: str


async def difference_of(
    replayer: Replayer, history: WorkflowHistory, failure: Exception, converter: DataConverter = DATA_CONVERTER
) -> Difference:
    """The failure of a replay in words."""
    message = _message(str(failure))
    rule = NONDETERMINISM if NONDETERMINISM in message else None
    told = await _of_a_command(replayer, history, message, converter) or await _of_a_marker(history, message, converter)
    return _difference(rule, *(told or (None, _of_the_code(message, rule))))


async def _of_a_command(replayer: Replayer, history: WorkflowHistory, message: str, converter: DataConverter) -> _Told:
    if other := _OTHER_TYPE.search(message):
        sort = "local activity" if other["local"] else "activity"
        event = await _first_named(replayer, history, other["had"])
        found = await _named(event, converter) if event is not None else f"{sort} {other['had']}"
        return event, f"the history has {found}, today's code wants {sort} {other['wants']}"
    if other := _OTHER_COMMAND.search(message):
        event = _numbered(history, int(other["id"]))
        wants = _COMMANDS.get(other["machine"].strip(), other["machine"].strip().lower())
        return event, f"the history has {await _named(event, converter)}, today's code wants {wants}"
    if other := _NO_COMMAND.search(message):
        event = _numbered(history, int(other["id"]))
        return event, f"the history has {await _named(event, converter)}, today's code wants nothing there"
    return None


async def _of_a_marker(history: WorkflowHistory, message: str, converter: DataConverter) -> _Told:
    if other := _NOT_ASKED.search(message):
        event = await _first_marker(history, "data", "seq", int(other["seq"]))
        found = await _named(event, converter) if event is not None else "a local activity"
        return event, f"the history has {found}, for which today's code has not asked by then"
    if other := _MARKER.search(message):
        event = await _first_marker(history, "patch-data", "id", other["patch"])
        return event, f"the history has the patch {other['patch']}, of which today's code says nothing"
    return None


def _of_the_code(message: str, rule: str | None) -> str:
    if other := _UNKNOWN_TYPE.search(message):
        return f"workflow type {other['name']} is no longer in the code"
    return f"today's code fails: {message}" if rule is None else message.removeprefix(f"[{NONDETERMINISM}] ")


def _difference(rule: str | None, event: HistoryEvent | None, says: str) -> Difference:
    event_id = event.event_id if event is not None else None
    place = f"at event {event_id} " if event_id is not None else ""
    return Difference(rule=rule, event_id=event_id, says=_cut(place + says))


def _message(text: str) -> str:
    """The sentence itself, and the innermost cause where there is one, out of a dump of the failure."""
    found = [each.replace('\\"', '"').replace("\\n", " ") for each in _MESSAGE.findall(text)]
    if not found:
        return text.splitlines()[0] if text else "the replay failed without a word"
    return found[0] if found[-1] == found[0] else f"{found[0]}: {found[-1]}"


def _numbered(history: WorkflowHistory, event_id: int) -> HistoryEvent:
    return next(event for event in history.events if event.event_id == event_id)


async def _first_named(replayer: Replayer, history: WorkflowHistory, activity_type: str) -> HistoryEvent | None:
    """The event that the failure is about when it names the activity only.

    A beginning of a history either replays or does not, and once it does not no longer one does: the first task whose
    commands differ is found by halving.
    """
    ends = [number for number, event in enumerate(history.events) if _is_task(event)]
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        beginning = WorkflowHistory(history.workflow_id, history.events[: ends[middle] + 1])
        result = await replayer.replay_workflow(beginning, raise_on_replay_failure=False)
        low, high = (middle + 1, high) if result.replay_failure is None else (low, middle)
    since = ends[low - 1] if low else 0
    for event in history.events[since:]:
        if await _activity_of(event) == activity_type:
            return event
    return None


async def _first_marker(history: WorkflowHistory, detail: str, key: str, value: object) -> HistoryEvent | None:
    """The first marker whose detail says that; Temporal's core writes them, and never encrypts them."""
    for event in history.events:
        details = event.marker_recorded_event_attributes.details
        if detail in details:
            (told,) = await DATA_CONVERTER.decode(details[detail].payloads[:1])
            if isinstance(told, dict) and told.get(key) == value:
                return event
    return None


def _is_task(event: HistoryEvent) -> bool:
    return event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED


async def _activity_of(event: HistoryEvent) -> str | None:
    """The activity's type, when the event is the beginning of one or the trace of a local one."""
    if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        return event.activity_task_scheduled_event_attributes.activity_type.name
    details = event.marker_recorded_event_attributes.details
    if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED and "data" in details:
        (data,) = await DATA_CONVERTER.decode(details["data"].payloads[:1])
        return str(data["activity_type"]) if isinstance(data, dict) and "activity_type" in data else None
    return None


async def _named(event: HistoryEvent, converter: DataConverter) -> str:
    """The event as a person calls it, with its summary: `activity contact (reminder/reminder-2)`."""
    activity = await _activity_of(event)
    if activity is not None:
        local = event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED
        name = f"{'local ' if local else ''}activity {activity}"
    elif event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
        name = "a timer"
    else:
        name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower().replace("_", " ")
    summary = event.user_metadata.summary
    told = (await converter.decode([summary]))[0] if summary.data else ""
    return f"{name} ({told})" if told else name


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
