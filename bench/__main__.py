"""`python -m bench`: measure the design's budget in one run and print it as a table; exit 1 if it does not hold."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from statistics import median

from rich.console import Console
from rich.progress import Progress

from bench.cases import cost_of_escalated_case, run_bare, run_ours
from bench.core import CONTACTS, measure_core
from bench.enrolment import seconds_for_bare_starts, seconds_for_enrolment
from bench.ground import TOUCHES, Ground, ground
from bench.memory import measure_memory
from bench.table import Row, budget_table

Pair = tuple[list[float], list[float]]


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures throughput, enrolment, actions, history and memory against the budget, in one run.",
        epilog="example: python -m bench --cases 100 --rounds 3 --json",
    )
    parser.add_argument("--cases", type=int, default=100, help="whole cases in flight per round (100)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each pair; the median ratio counts (3)")
    parser.add_argument("--starts", type=int, default=500, help="starts per round of enrolment (500)")
    parser.add_argument("--open", type=int, default=1200, help="open cases for the worker's memory (1200)")
    parser.add_argument("--facts", action="store_true", help="only facts under load: payments posted to the web door")
    parser.add_argument("--seconds", type=int, default=20, help="of --facts, for each kind of database (20)")
    parser.add_argument("--users", type=int, default=8, help="of --facts, who post side by side (8)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    return parser.parse_args(arguments)


async def measure(options: argparse.Namespace, progress: Progress) -> list[Row]:
    """Every row of the table. Pairs run in turn, bare then ours, so that a slow minute hits both."""
    whole, starts = options.cases * (options.rounds + 1), options.starts
    many = options.open
    accounts = 2 * whole + many + starts + CONTACTS + 1
    task = progress.add_task("bench", total=6)
    async with ground(accounts, overdue_long_ago=whole) as prepared:
        progress.update(task, description="what one case costs")
        cost = await cost_of_escalated_case(prepared, accounts - 1)
        progress.update(task, description="the core", advance=1)
        core = await measure_core(prepared, contacts_from=accounts - 1 - CONTACTS)
        progress.update(task, description="whole cases", advance=1)
        cases = await _whole_cases(prepared, options, first=0, waiting=False)
        progress.update(task, description="whole cases with their timers", advance=1)
        timed = await _whole_cases(prepared, options, first=whole, waiting=True)
        progress.update(task, description="enrolment", advance=1)
        enrolment = await _enrolment(prepared, options)
        progress.update(task, description="memory", advance=1)
        memory = await measure_memory(prepared, few=many // 4, many=many, first=2 * whole + starts)
        progress.update(task, advance=1)
    per_touch = (cost.actions["timer"] + cost.actions["activity"]) / (TOUCHES + 2)
    return [
        _ratio_row("whole cases a CPU second, with timers, ours / bare", timed, options.cases),
        _ratio_row("whole cases a second, without waiting, ours / bare", cases, options.cases),
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


async def _whole_cases(prepared: Ground, options: argparse.Namespace, *, first: int, waiting: bool) -> Pair:
    """CPU seconds with timers, wall seconds without: what each of the two can be trusted for."""

    async def bare(turn: int) -> float:
        spent = await run_bare(prepared, options.cases, f"{waiting}/{turn}", waiting=waiting)
        return spent.cpu_seconds if waiting else spent.seconds

    async def ours(turn: int) -> float:
        start = first + turn * options.cases
        spent = await run_ours(prepared, range(start, start + options.cases), waiting=waiting)
        return spent.cpu_seconds if waiting else spent.seconds

    return await _in_turn(options.rounds, bare, ours)


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


async def _enrolment(prepared: Ground, options: argparse.Namespace) -> Pair:
    return await _in_turn(
        options.rounds,
        lambda turn: seconds_for_bare_starts(prepared, options.starts, turn),
        lambda turn: seconds_for_enrolment(prepared, options.starts, turn),
    )


def _ratio_row(what: str, pair: Pair, count: int) -> Row:
    bare, ours = pair
    ratios = [b / o for b, o in zip(bare, ours, strict=True)]
    spread = f"{count} a round; {count / median(ours):.1f} against {count / median(bare):.1f} a second"
    return Row.at_least(what, round(median(ratios), 2), 0.9, f"{spread}; ratios {min(ratios):.2f}-{max(ratios):.2f}")


async def _facts(options: argparse.Namespace) -> list[Row]:
    """Imported here: Locust and PostgreSQL are no part of the other measurements."""
    from bench.facts import measure_facts  # noqa: PLC0415 - see above

    return await measure_facts(options.cases, options.seconds, options.users)


def _share(part_us: float, round_trip_us: float) -> float:
    return round(100 * part_us / round_trip_us, 3)


def _of_trip(part_us: float) -> str:
    return f"{part_us:.0f} µs, of a bare activity's round trip in the same run"


def main(arguments: list[str]) -> int:
    """Print the table; 1 when a row is over its budget."""
    options = parse(arguments)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        rows = asyncio.run(_facts(options) if options.facts else measure(options, progress))
    if options.json:
        print(json.dumps([row.as_dict() for row in rows], indent=2))
    else:
        Console(width=120).print(budget_table(rows))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
