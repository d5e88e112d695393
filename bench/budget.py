"""The design's budget (section 10), measured in one run: every row with its bound and how it was measured."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median

from temporalio.client import WorkflowHandle

from bench.bare import BareWorkflow
from bench.cases import (
    bare_worker,
    cost_of_escalated_case,
    must_be_paid,
    our_worker,
    run_bare,
    run_ours,
    start_bare,
    start_case,
)
from bench.core import CONTACTS, measure_core
from bench.enrolment import Enrolling, begin_campaign, seconds_for_bare_starts
from bench.ground import TOUCHES, Ground, account_id, ground
from bench.memory import measure_memory
from bench.steady import IN_FLIGHT, MEASURED_SECONDS, cases_a_second
from bench.table import Row
from workflows.collection import CollectionWorkflow
from workflows.messages import CollectionResult

Say = Callable[[str], None]
MOST_A_ROUND = 500
"""More cases than one round of the closed loop can end."""
STEPS = 6
"""How often `say` is told of the next thing that is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured."""

    cases: int = 60
    """Whole cases per round, every step due at once."""
    rounds: int = 3
    """A measure of how often the sides take turns, each row in its own multiple; the median of the ratios counts."""
    starts: int = 250
    """Per round of enrolment, of which there are many: what the server does by the way falls on either side."""
    open: int = 1_200
    """Cases for the worker's memory."""


async def measure_budget(effort: Effort, say: Say) -> list[Row]:
    """Every row of the table. Sides run in turn, and each begins as often: a slow minute hits them all."""
    starts, many = effort.starts, effort.open
    whole = _whole(effort)
    steady = MOST_A_ROUND * _rounds_of_sides(effort)
    enrolled_first, open_first = whole + steady, whole + steady + starts * (_short_rounds(effort) + 1)
    accounts = open_first + many + CONTACTS + 1
    async with ground(accounts, overdue_long_ago=whole) as prepared:
        say("what one case costs")
        cost = await cost_of_escalated_case(prepared, accounts - 1)
        say("the core")
        core = await measure_core(prepared, contacts_from=accounts - 1 - CONTACTS)
        say("whole cases, every step due at once")
        bare_at_once, ours_at_once = await _cases_at_once(prepared, effort)
        say("whole cases with their timers")
        bare, spared, ours = await _steady_cases(prepared, effort, range(whole, enrolled_first))
        say("enrolment")
        starts_bare, starts_alike, enrolled = await _enrolment(prepared, effort, enrolled_first)
        say("memory")
        memory = await measure_memory(prepared, few=many // 4, many=many, first=open_first)
    loop = f"{IN_FLIGHT} in flight, {len(ours)} rounds of {MEASURED_SECONDS:.0f} s"
    of_starts = f"{starts} a round, {len(enrolled)} rounds"
    per_touch = (cost.actions["timer"] + cost.actions["activity"]) / (TOUCHES + 2)
    return [
        _bounded("whole cases a second, ours / bare", ours, bare, f"{loop}; a bare worker as the SDK comes"),
        _compared("the same, the bare worker with our runner and client", ours, spared, loop),
        _bounded(
            "whole cases, every step due at once, ours / bare",
            ours_at_once,
            bare_at_once,
            f"{effort.cases} a round, {len(ours_at_once)} rounds; a bare worker as the SDK comes",
        ),
        _bounded("starts a second, enrolment / bare loop", enrolled, starts_bare, of_starts),
        _compared("the same, the loop with a case's attributes and priority", enrolled, starts_alike, of_starts),
        Row.at_most("billable actions of an escalated case", cost.total_actions, 30, "", str(dict(cost.actions))),
        Row.at_most("billable actions per touch", round(per_touch, 2), 2, "", "timers and activities, ten touches"),
        Row.at_most("history events of that case", cost.events, 149, "", "time-skipping test server"),
        Row.at_most("history bytes of that case", cost.bytes, 60_000, "", "before encryption"),
        Row.at_most("gate verdict", _share(core.gate_us, core.round_trip_us), 1, "%", _of_trip(core.gate_us)),
        Row.told("gate verdicts a second", round(1e6 / core.gate_us), "", "one thread; US, two zones, two touches"),
        Row.told(
            "contact, its own work",
            round(core.contact_us / core.round_trip_us, 2),
            "×",
            f"{core.contact_us:.0f} µs with its database, of a bare activity's round trip in the same run",
        ),
        Row.at_most("next_step", _share(core.next_step_us, core.round_trip_us), 1, "%", _of_trip(core.next_step_us)),
        Row.at_most("apply", _share(core.apply_us, core.round_trip_us), 1, "%", _of_trip(core.apply_us)),
        Row.at_most(
            f"worker memory, {memory.many} / {memory.few} open cases",
            round(memory.many_mb / memory.few_mb, 2),
            1.15,
            "",
            f"{memory.few_mb:.0f} MB, then {memory.many_mb:.0f} MB; 100 workflows cached",
        ),
    ]


async def _cases_at_once(prepared: Ground, effort: Effort) -> list[list[float]]:
    """Cases a second, bare and ours, every step due at once."""
    numbers, names = iter(range(0, _whole(effort), effort.cases)), count()

    async def bare() -> float:
        return effort.cases / await run_bare(prepared, effort.cases, f"at-once/{next(names)}")

    async def ours() -> float:
        first = next(numbers)
        return effort.cases / await run_ours(prepared, range(first, first + effort.cases))

    await bare(), await ours()  # warms up and does not count
    return await _rotated([bare, ours], _rounds_at_once(effort))


async def _steady_cases(
    prepared: Ground, effort: Effort, numbers: range
) -> tuple[list[float], list[float], list[float]]:
    """Cases a second in the closed loop: a bare worker as the SDK comes, one with our runner and client, and ours."""
    unused, names = iter(numbers), count()

    def start_next() -> Awaitable[WorkflowHandle[BareWorkflow, str]]:
        return start_bare(prepared, f"steady/{next(names)}")

    def start_ours() -> Awaitable[WorkflowHandle[CollectionWorkflow, CollectionResult]]:
        return start_case(prepared, next(unused))

    sides: list[Callable[[], Awaitable[float]]] = [
        lambda: cases_a_second(bare_worker(prepared), start_next),
        lambda: cases_a_second(bare_worker(prepared, as_ours=True), start_next),
        lambda: cases_a_second(our_worker(prepared), start_ours, must_be_paid),
    ]
    bare, spared, ours = await _rotated(sides, _rounds_of_sides(effort))
    return bare, spared, ours


def _rounds_of_sides(effort: Effort) -> int:
    return 2 * effort.rounds + 1


def _rounds_at_once(effort: Effort) -> int:
    return 4 * effort.rounds + 1


def _whole(effort: Effort) -> int:
    """Accounts of the rounds at once, with the one that warms up."""
    return effort.cases * (_rounds_at_once(effort) + 1)


def _short_rounds(effort: Effort) -> int:
    return 10 * effort.rounds + 1


async def _enrolment(prepared: Ground, effort: Effort, unstarted: int) -> tuple[list[float], list[float], list[float]]:
    """Starts a second: a bare loop, the same with the search attributes and priority of a case, and enrolment.

    Each begins as often as the others. Enrolment takes accounts from the number `unstarted` on.
    """
    begin_campaign(prepared, "bench-enrolment")
    enrolling = Enrolling(ground=prepared, campaign_id="bench-enrolment", last=account_id(unstarted - 1))
    starts, names = effort.starts, count()
    sides: list[Callable[[], Awaitable[float]]] = [
        lambda: seconds_for_bare_starts(prepared, starts, next(names), alike=False),
        lambda: seconds_for_bare_starts(prepared, starts, next(names), alike=True),
        lambda: enrolling.seconds(starts),
    ]
    for side in sides:  # warms up and does not count
        await side()
    bare, alike, ours = await _rotated(sides, _short_rounds(effort))
    return [starts / s for s in bare], [starts / s for s in alike], [starts / s for s in ours]


async def _rotated(sides: Sequence[Callable[[], Awaitable[float]]], rounds: int) -> list[list[float]]:
    """What each side gives, round by round; each begins as often as the others.

    In a long run the server is quicker in some minutes than in others.
    """
    found: list[list[float]] = [[] for _ in sides]
    for turn in range(rounds):
        for side in range(len(sides)):
            which = (turn + side) % len(sides)
            found[which].append(await sides[which]())
    return found


def _bounded(what: str, ours: list[float], bare: list[float], how: str) -> Row:
    ratio, told = _ratio(ours, bare, how)
    return Row.at_least(what, ratio, 0.9, told)


def _compared(what: str, ours: list[float], bare: list[float], how: str) -> Row:
    ratio, told = _ratio(ours, bare, how)
    return Row.told(what, round(ratio, 3), "", told)


def _ratio(ours: list[float], bare: list[float], how: str) -> tuple[float, str]:
    """The median of the rounds' ratios, and in words what it came of."""
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    rates = f"{median(ours):.1f} against {median(bare):.1f} a second"
    return median(ratios), f"{how}; {rates}; ratios {min(ratios):.2f}-{max(ratios):.2f}"


def _share(part_us: float, round_trip_us: float) -> float:
    return round(100 * part_us / round_trip_us, 3)


def _of_trip(part_us: float) -> str:
    return f"{part_us:.0f} µs, of a bare activity's round trip in the same run"
