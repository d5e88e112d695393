"""The design's budget (section 10), measured in one run: every row with its bound and how it was measured."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

from bench.cases import cost_of_escalated_case, run_bare, run_ours
from bench.core import CONTACTS, measure_core
from bench.enrolment import seconds_for_bare_starts, seconds_for_enrolment
from bench.ground import TOUCHES, Ground, ground
from bench.memory import measure_memory
from bench.table import Row

Pair = tuple[list[float], list[float]]
Say = Callable[[str], None]
STEPS = 6
"""How often `say` is told of the next thing that is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured."""

    cases: int = 100
    """Whole cases in flight per round."""
    rounds: int = 3
    """Of each pair; the median ratio counts."""
    starts: int = 500
    """Per round of enrolment."""
    open: int = 1_200
    """Cases for the worker's memory."""


async def measure_budget(effort: Effort, say: Say) -> list[Row]:
    """Every row of the table. Pairs run in turn, bare then ours, so that a slow minute hits both."""
    whole, starts = effort.cases * (effort.rounds + 1), effort.starts
    many = effort.open
    accounts = 2 * whole + many + starts + CONTACTS + 1
    async with ground(accounts, overdue_long_ago=whole) as prepared:
        say("what one case costs")
        cost = await cost_of_escalated_case(prepared, accounts - 1)
        say("the core")
        core = await measure_core(prepared, contacts_from=accounts - 1 - CONTACTS)
        say("whole cases")
        cases = await _whole_cases(prepared, effort, first=0, waiting=False)
        say("whole cases with their timers")
        timed = await _whole_cases(prepared, effort, first=whole, waiting=True)
        say("enrolment")
        enrolment = await _enrolment(prepared, effort)
        say("memory")
        memory = await measure_memory(prepared, few=many // 4, many=many, first=2 * whole + starts)
    per_touch = (cost.actions["timer"] + cost.actions["activity"]) / (TOUCHES + 2)
    return [
        _ratio_row("whole cases a CPU second, with timers, ours / bare", timed, effort.cases),
        _ratio_row("whole cases a second, without waiting, ours / bare", cases, effort.cases),
        _ratio_row("starts a second, enrolment / bare loop", enrolment, starts),
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


async def _whole_cases(prepared: Ground, effort: Effort, *, first: int, waiting: bool) -> Pair:
    """CPU seconds with timers, wall seconds without: what each of the two can be trusted for."""

    async def bare(turn: int) -> float:
        spent = await run_bare(prepared, effort.cases, f"{waiting}/{turn}", waiting=waiting)
        return spent.cpu_seconds if waiting else spent.seconds

    async def ours(turn: int) -> float:
        start = first + turn * effort.cases
        spent = await run_ours(prepared, range(start, start + effort.cases), waiting=waiting)
        return spent.cpu_seconds if waiting else spent.seconds

    return await _in_turn(effort.rounds, bare, ours)


async def _in_turn(
    rounds: int, bare: Callable[[int], Awaitable[float]], ours: Callable[[int], Awaitable[float]]
) -> Pair:
    """Round 0 warms both up and does not count."""
    bare_seconds, our_seconds = [], []
    for turn in range(rounds + 1):
        took_bare, took_ours = await bare(turn), await ours(turn)
        if turn:
            bare_seconds.append(took_bare)
            our_seconds.append(took_ours)
    return bare_seconds, our_seconds


async def _enrolment(prepared: Ground, effort: Effort) -> Pair:
    return await _in_turn(
        effort.rounds,
        lambda turn: seconds_for_bare_starts(prepared, effort.starts, turn),
        lambda turn: seconds_for_enrolment(prepared, effort.starts, turn),
    )


def _ratio_row(what: str, pair: Pair, count: int) -> Row:
    bare, ours = pair
    ratios = [b / o for b, o in zip(bare, ours, strict=True)]
    spread = f"{count} a round; {count / median(ours):.1f} against {count / median(bare):.1f} a second"
    return Row.at_least(what, round(median(ratios), 2), 0.9, f"{spread}; ratios {min(ratios):.2f}-{max(ratios):.2f}")


def _share(part_us: float, round_trip_us: float) -> float:
    return round(100 * part_us / round_trip_us, 3)


def _of_trip(part_us: float) -> str:
    return f"{part_us:.0f} µs, of a bare activity's round trip in the same run"
