"""A Temporal history as lines that a person reads: what was waited for, done, told and decided.

Bookkeeping of the server (workflow tasks) is left out; an activity is told once, where it ended. Payloads are read
with the client's converter, so an encrypted history reads the same.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter

_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that the history tells."""

    event_id: int
    at: datetime
    what: str
    outcome: str


async def tell(events: Iterable[HistoryEvent], converter: DataConverter) -> list[Line]:
    """The story of these events, oldest first; what is still under way stands at its end."""
    story = _Story(converter=converter)
    for event in events:
        await story.add(event)
    return [*story.lines, *story.pending()]


def brief(value: Any) -> str:
    """A decoded payload in one short line: a fact's kind, a step, or the plain value."""
    if isinstance(value, list | tuple):
        return _cut(", ".join(brief(each) for each in value))
    if not isinstance(value, dict):
        return "" if value is None else _cut(str(value))
    for told in (_request, _outcome, _step, _fact, _ending):
        if (words := told(value)) is not None:
            return _cut(words)
    return _cut(", ".join(f"{name} {brief(each)}" for name, each in value.items() if each not in (None, "", [], {})))


def _request(value: dict[str, Any]) -> str | None:
    """What a workflow was started with; what it carries along from an earlier run is that run's story."""
    if not {"account_id", "strategy", "clock"} <= value.keys():
        return None
    campaign = f", campaign {value['campaign_id']}" if value.get("campaign_id") else ""
    return f"collect {value['account_id']} by {value['strategy']}{campaign}, {value['clock']} clock"


def _outcome(value: dict[str, Any]) -> str | None:
    """What an activity answers: a fact and the next step."""
    if "next" in value:
        fact = brief(value.get("event")) or "nothing was done"
        return f"{fact}; {brief(value['next'])}"
    if "step" in value and "why" in value:
        return brief(value["step"]) or str(value["why"])
    return None


def _step(value: dict[str, Any]) -> str | None:
    action = value.get("action")
    if not isinstance(action, dict):
        return None
    name = action.get("touch_key") or action.get("kind", "")
    return f"next {name} at {_minute(value.get('at'))}: {value.get('why', '')}"


def _fact(value: dict[str, Any]) -> str | None:
    if "kind" not in value or "event_id" not in value:
        return None
    words = [
        f"{name} {_minute(each) if name in _INSTANTS else each}"
        for name, each in value.items()
        if name not in {"kind", "event_id", "at", "terms"} and each not in (None, "", [], {})
    ]
    return " ".join([str(value["kind"]), *(["(" + ", ".join(words) + ")"] if words else [])])


def _ending(value: dict[str, Any]) -> str | None:
    return f"{value['close_reason'] or 'no case'}: {value.get('why', '')}" if "close_reason" in value else None


_INSTANTS = {"until", "expires_at", "starts_at", "ends_at"}


def _minute(instant: object) -> str:
    return str(instant)[:16].replace("T", " ")


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


@dataclass(slots=True)
class _Story:
    """Lines so far, and what later events refer back to by the number of an earlier one."""

    converter: DataConverter
    lines: list[Line] = field(default_factory=list)
    waiting: dict[int, Line] = field(default_factory=dict)

    async def add(self, event: HistoryEvent) -> None:
        teller = _TELLERS.get(event.event_type)
        if teller is not None:
            await teller(self, event, getattr(event, str(event.WhichOneof("attributes"))))
        elif event.event_type not in _BOOKKEEPING:
            name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower().replace("_", " ")
            self.say(event, name)

    def pending(self) -> list[Line]:
        return [line for line in self.waiting.values() if not line.what.startswith("timer")]

    def say(self, event: HistoryEvent, what: str, outcome: str = "") -> None:
        self.lines.append(Line(event_id=event.event_id, at=_at(event), what=what, outcome=outcome))

    async def words(self, payloads: Sequence[Payload]) -> str:
        return brief(await self.converter.decode(payloads)) if payloads else ""

    async def summary(self, event: HistoryEvent) -> str:
        told = event.user_metadata.summary
        return await self.words([told]) if told.data else ""

    async def named(self, event: HistoryEvent, name: str) -> str:
        summary = await self.summary(event)
        return f"{name} ({summary})" if summary and summary != name else name


def _at(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)


async def _started(story: _Story, event: HistoryEvent, told: Any) -> None:
    arguments = await story.words(told.input.payloads)
    before = told.continued_execution_run_id
    story.say(event, "workflow started", f"goes on from run {before}" if before else arguments)


async def _timer_started(story: _Story, event: HistoryEvent, told: Any) -> None:
    what = await story.named(event, "timer")
    ends = _at(event) + told.start_to_fire_timeout.ToTimedelta()
    story.waiting[event.event_id] = Line(event_id=event.event_id, at=_at(event), what=what, outcome="")
    story.say(event, what, f"set for {ends:%Y-%m-%d %H:%M}")


async def _timer_ended(story: _Story, event: HistoryEvent, told: Any) -> None:
    begun = story.waiting.pop(told.started_event_id, None)
    fired = event.event_type == EventType.EVENT_TYPE_TIMER_FIRED
    story.say(event, begun.what if begun else "timer", "fired" if fired else "no longer waited for")


async def _activity_scheduled(story: _Story, event: HistoryEvent, told: Any) -> None:
    what = await story.named(event, told.activity_type.name)
    story.waiting[event.event_id] = Line(event_id=event.event_id, at=_at(event), what=what, outcome="under way")


async def _activity_started(story: _Story, event: HistoryEvent, told: Any) -> None:
    """The server writes this down when the attempt that counts is over; earlier ones leave only their number."""
    begun = story.waiting.get(told.scheduled_event_id)
    if begun is not None and told.attempt > 1:
        last = f" after {await _innermost(story, told.last_failure)}" if told.HasField("last_failure") else ""
        story.waiting[begun.event_id] = replace(begun, what=f"{begun.what}, attempt {told.attempt}{last}")


async def _activity_ended(story: _Story, event: HistoryEvent, told: Any) -> None:
    begun = story.waiting.pop(told.scheduled_event_id, None)
    if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
        outcome = await story.words(told.result.payloads)
    elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
        outcome = "cancelled"
    else:
        outcome = f"failed: {await _innermost(story, told.failure)}"
    story.say(event, begun.what if begun else "activity", outcome)


async def _marker(story: _Story, event: HistoryEvent, told: Any) -> None:
    """A local activity leaves a marker with what it was and what it answered; others are versions of the code."""
    name = told.marker_name
    if "data" in told.details:
        (data,) = await story.converter.decode(told.details["data"].payloads[:1])
        name = data.get("activity_type", name) if isinstance(data, dict) else name
    result = told.details["result"].payloads if "result" in told.details else []
    outcome = (
        f"failed: {await _innermost(story, told.failure)}" if told.HasField("failure") else await story.words(result)
    )
    story.say(event, await story.named(event, str(name)), outcome)


async def _signal(story: _Story, event: HistoryEvent, told: Any) -> None:
    story.say(event, f"signal {told.signal_name}", await story.words(told.input.payloads))


async def _update_accepted(story: _Story, event: HistoryEvent, told: Any) -> None:
    asked = told.accepted_request.input
    line = Line(event_id=event.event_id, at=_at(event), what=f"update {asked.name}", outcome="")
    story.waiting[event.event_id] = line
    story.say(event, line.what, f"let in: {await story.words(asked.args.payloads)}")


async def _update_completed(story: _Story, event: HistoryEvent, told: Any) -> None:
    begun = story.waiting.pop(told.accepted_event_id, None)
    refused = told.outcome.HasField("failure")
    words = (
        await _innermost(story, told.outcome.failure) if refused else await story.words(told.outcome.success.payloads)
    )
    story.say(event, begun.what if begun else "update", f"refused: {words}" if refused else f"answered: {words}")


async def _upserted(story: _Story, event: HistoryEvent, told: Any) -> None:
    fields = told.search_attributes.indexed_fields
    named = [f"{name} {payload.data.decode()}" for name, payload in sorted(fields.items())]
    story.say(event, "search attributes", ", ".join(named).replace('"', ""))


async def _ended(story: _Story, event: HistoryEvent, told: Any) -> None:
    name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_WORKFLOW_EXECUTION_").lower().replace("_", " ")
    if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
        outcome = await story.words(told.result.payloads)
    elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
        outcome = f"in run {told.new_execution_run_id}"
    elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
        outcome = await _innermost(story, told.failure)
    else:
        outcome = getattr(told, "reason", "")
    story.say(event, f"workflow {name}", outcome)


async def _task_failed(story: _Story, event: HistoryEvent, told: Any) -> None:
    story.say(event, "workflow task failed", await _innermost(story, told.failure))


async def _innermost(story: _Story, failure: Any) -> str:
    while failure.HasField("cause"):
        failure = failure.cause
    if failure.HasField("encoded_attributes"):
        (told,) = await story.converter.decode([failure.encoded_attributes])
        return _cut(str(told.get("message", "")))
    return _cut(failure.message)


_Teller = Callable[[_Story, HistoryEvent, Any], Awaitable[None]]
_TELLERS: dict[int, _Teller] = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: _started,
    EventType.EVENT_TYPE_TIMER_STARTED: _timer_started,
    EventType.EVENT_TYPE_TIMER_FIRED: _timer_ended,
    EventType.EVENT_TYPE_TIMER_CANCELED: _timer_ended,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: _activity_scheduled,
    EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED: _activity_started,
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED: _activity_ended,
    EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED: _activity_ended,
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT: _activity_ended,
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED: _activity_ended,
    EventType.EVENT_TYPE_MARKER_RECORDED: _marker,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: _signal,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: _update_accepted,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED: _update_completed,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: _upserted,
    EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED: _task_failed,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: _ended,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: _ended,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: _ended,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: _ended,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: _ended,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: _ended,
}
_BOOKKEEPING = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
}
