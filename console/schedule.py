"""`schedule`: the sweep by itself, over and over, as a Schedule of Temporal."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionResult,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowExecutionStatus,
)
from temporalio.service import RPCError, RPCStatusCode

from casedb.invariants import EveryOpenCaseIsWaitedFor
from console.output import pairs, plain, say, screen, table, wall_time, write_json
from console.session import answered, console_settings, temporal
from domain.calendar import zone
from domain.errors import InvalidInput, NotKnown
from workflows import priorities
from workflows.sweep import DelinquencySweepWorkflow
from workflows.sweep_messages import Checked, SweepRequest, SweepResult

T = TypeVar("T")

ABOUT = "the schedule of the sweep"
CATCH_UP = timedelta(hours=1)
"""A run that was due while the server was away is made up within this time: one sweep finds what several missed."""
SHOWN = 5
CASES = "open cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When the sweep runs: every so many minutes, or by a cron line in a zone."""

    every_minutes: int | None
    cron: str | None
    zone: str

    def spec(self) -> ScheduleSpec:
        """As Temporal says it. Raises InvalidInput for both or neither, and for a zone that is none."""
        zone(self.zone)
        if (self.every_minutes is None) == (self.cron is None):
            raise InvalidInput("schedule create needs exactly one of --every and --cron")
        if self.cron is not None:
            return ScheduleSpec(cron_expressions=[self.cron], time_zone_name=self.zone)
        return ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(minutes=self.every_minutes or 0))])

    @property
    def words(self) -> str:
        """When, for a person."""
        return f"cron {self.cron} in {self.zone}" if self.cron else f"every {self.every_minutes} minutes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One sweep that the schedule started."""

    workflow_id: str
    due_at: datetime
    started_at: datetime
    status: str
    result: SweepResult | None


def create_schedule(times: Times, request: SweepRequest, *, as_json: bool) -> int:
    """Create it, or bring the one that is there to these times; twice is once."""
    settings = console_settings()
    schedule_id = schedule_id_of(settings.task_queue)
    wanted = _schedule(settings.task_queue, times, replace(request, times=times.words))

    async def create(client: Client) -> str:
        try:
            await client.create_schedule(schedule_id, wanted)
        except ScheduleAlreadyRunningError:
            return await _update(client, schedule_id, wanted)
        return "created"

    done = _run(create)
    if as_json:
        write_json({"schedule_id": schedule_id, "times": times.words, "done": done})
    else:
        say(f"schedule {schedule_id} {done}: {times.words}")
        say("see its runs: python starter.py schedule show")
    return 0


def change_schedule(verb: str, note: str, *, as_json: bool) -> int:
    """Pause, resume, trigger or delete it; pausing what is paused changes nothing."""
    schedule_id = schedule_id_of(console_settings().task_queue)

    async def change(client: Client) -> str:
        handle = client.get_schedule_handle(schedule_id)
        if verb == "pause":
            await handle.pause(note=note or "paused by hand")
            return "paused: no sweep starts until it is resumed"
        if verb == "resume":
            await handle.unpause(note=note or "resumed by hand")
            return "resumed"
        if verb == "trigger":
            await handle.describe()
            await handle.trigger(overlap=ScheduleOverlapPolicy.SKIP)
            return "triggered: one sweep runs now, unless one runs already"
        await handle.delete()
        return "deleted"

    done = _run(change)
    if as_json:
        write_json({"schedule_id": schedule_id, "done": done})
    else:
        say(f"schedule {schedule_id} {done}")
    return 0


def show_schedule(*, as_json: bool) -> int:
    """When it runs, whether it is paused, its last runs with what each did, and the next ones."""
    schedule_id = schedule_id_of(console_settings().task_queue)

    async def read(client: Client) -> tuple[ScheduleDescription, SweepRequest, list[Run]]:
        described = await client.get_schedule_handle(schedule_id).describe()
        recent = described.info.recent_actions[-SHOWN:]
        runs = [await _run_of(client, action) for action in reversed(recent)]
        return described, await _request_of(client, described.schedule), runs

    described, request, runs = _run(read)
    state, coming = described.schedule.state, described.info.next_action_times[:SHOWN]
    if as_json:
        told = {"schedule_id": schedule_id, "times": request.times, "paused": state.paused, "note": state.note or ""}
        write_json(told | {"next": coming, "runs": plain(runs), "watch": _watch_as_json(runs)})
        return 0
    screen().print(
        pairs(
            f"Schedule {schedule_id}",
            [
                ("state", "paused" if state.paused else "active"),
                ("times", request.times),
                ("note", state.note or ""),
                ("next (UTC)", ", ".join(map(wall_time, coming)) if not state.paused else "none while it is paused"),
                ("skipped", f"{described.info.num_actions_skipped_overlap:,} runs, as one was still running"),
            ],
        )
    )
    say("")
    columns = ("run (UTC)", "status", "accounts", "started", "restored", "orphans", "problems", "watch")
    screen().print(table("Last runs", columns, map(_row, runs), right=columns[2:-1]))
    if (latest := _latest(runs)) is not None:
        _show_watch(latest)
    return 0


def schedule_id_of(task_queue: str) -> str:
    """The one schedule that a deployment has."""
    return f"sweep-{task_queue}"


def _schedule(task_queue: str, times: Times, request: SweepRequest) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            DelinquencySweepWorkflow.run,
            request,
            id=schedule_id_of(task_queue),
            task_queue=task_queue,
            priority=priorities.SWEEPS,
        ),
        spec=times.spec(),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP, pause_on_failure=False),
    )


async def _update(client: Client, schedule_id: str, wanted: Schedule) -> str:
    """What was changed, in words. Whether it is paused, and why, stays as it is."""
    handle = client.get_schedule_handle(schedule_id)
    known = (await handle.describe()).schedule
    if await _request_of(client, known) == await _request_of(client, wanted) and known.policy == wanted.policy:
        return "is there already, nothing changed"

    def changed(_: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(replace(wanted, state=known.state))

    await handle.update(changed)
    return "is there already, and was changed to this"


async def _request_of(client: Client, schedule: Schedule) -> Any:
    """The sweep's request, which says the times as well: the server rewrites a cron line beyond recognition."""
    assert isinstance(schedule.action, ScheduleActionStartWorkflow)
    [request] = schedule.action.args
    if isinstance(request, Payload):
        [request] = await client.data_converter.decode([request], [SweepRequest])
    return request


async def _run_of(client: Client, action: ScheduleActionResult) -> Run:
    assert isinstance(action.action, ScheduleActionExecutionStartWorkflow)
    workflow_id = action.action.workflow_id
    handle = client.get_workflow_handle_for(
        DelinquencySweepWorkflow.run, workflow_id, first_execution_run_id=action.action.first_execution_run_id
    )
    status, result = "forgotten", None
    try:
        described = await client.get_workflow_handle(workflow_id).describe()
        status = described.status.name.lower() if described.status else "unknown"
        if described.status is WorkflowExecutionStatus.COMPLETED:
            result = await handle.result()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    return Run(
        workflow_id=workflow_id, due_at=action.scheduled_at, started_at=action.started_at, status=status, result=result
    )


def _row(run: Run) -> tuple[str, ...]:
    if run.result is None:
        return wall_time(run.started_at), run.status, "", "", "", "", "", ""
    tally, orphans = run.result.tally, len(run.result.orphans_ended) + len(run.result.orphans_left)
    counts = (tally.accounts, tally.started, tally.restored, orphans, tally.problems)
    return wall_time(run.started_at), run.status, *(f"{count:,}" for count in counts), watched(run.result)


def watched(result: SweepResult) -> str:
    """What the watch found, in a few words."""
    checked = result.checked
    if checked is None:
        return "not asked"
    counts = (
        (sum(places for _, places in _broken(checked)), "broken"),
        (checked.stuck, "stuck"),
        (len(checked.problems), "not asked"),
    )
    return ", ".join(f"{count:,} {word}" for count, word in counts if count) or "all is well"


def _latest(runs: Sequence[Run]) -> Run | None:
    """The last run with a result; the runs are the newest first."""
    return next((run for run in runs if run.result is not None), None)


def _show_watch(run: Run) -> None:
    """What the watch of that run found, and where to go on from there; nothing when all is well."""
    assert run.result is not None
    checked = run.result.checked
    if checked is None:
        told = next((each.reason for each in run.result.tally.named_problems if each.about == "invariants"), "")
        say(f"\nthe watch was not asked by the last run{f': {told}' if told else ''}")
        return
    rows = [
        *(
            (name, f"broken in {places:,} places" if places > 1 else "broken in 1 place")
            for name, places in _broken(checked)
        ),
        *(((CASES, f"{checked.stuck:,} stuck, in that nothing moves them"),) if checked.stuck else ()),
        *((each.about, f"could not be asked: {each.reason}") for each in checked.problems),
    ]
    if not rows:
        return
    rows.append(("tasks", f"{checked.raised:,} new, {checked.freed:,} ended as their cases move again"))
    say("")
    screen().print(pairs(f"What the watch of {wall_time(run.started_at)} found", rows))
    if _broken(checked):
        say("see them: python starter.py task list --kind invariant_broken")
    if checked.stuck:
        say("see them: python starter.py task list --kind stuck_case")


def _broken(checked: Checked) -> list[tuple[str, int]]:
    """The invariant with the most places first; cases that nobody waits for count among those that do not move."""
    found = [(name, places) for name, places in checked.broken.items() if name != EveryOpenCaseIsWaitedFor.name]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def _watch_as_json(runs: Sequence[Run]) -> dict[str, Any] | None:
    """Of the last run with a result; `found` is null when it could not ask. Null without such a run."""
    latest = _latest(runs)
    if latest is None or latest.result is None:
        return None
    return {"run_at": plain(latest.started_at), "found": plain(latest.result.checked)}


def _run(call: Callable[[Client], Awaitable[T]]) -> T:
    """Ask Temporal. Raises NotKnown without a schedule, ConfigurationError when no server answers."""

    async def ask() -> T:
        client = await temporal(console_settings())
        return await answered(call(client), ABOUT)

    try:
        return asyncio.run(ask())
    except NotKnown:
        raise NotKnown("no sweep is scheduled: python starter.py schedule create --every 60") from None
