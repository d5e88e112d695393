"""`python -m bench`: measure the design's budget in one run and print it as a table; exit 1 if it does not hold."""

import argparse
import asyncio
import json
import sys

from rich.console import Console
from rich.progress import Progress

from bench.budget import STEPS, Effort, measure_budget
from bench.table import Row, budget_table


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures throughput, enrolment, actions, history and memory against the budget, in one run.",
        epilog="example: python -m bench --cases 60 --rounds 3 --json",
    )
    parser.add_argument("--cases", type=int, default=60, help="whole cases a round, every step due at once (60)")
    parser.add_argument("--rounds", type=int, default=3, help="a measure of the rounds of every comparison (3)")
    parser.add_argument("--starts", type=int, default=250, help="starts per round of enrolment (250)")
    parser.add_argument("--open", type=int, default=1200, help="open cases for the worker's memory (1200)")
    parser.add_argument("--facts", action="store_true", help="only facts under load: payments posted to the web door")
    parser.add_argument("--seconds", type=int, default=20, help="of --facts, for each kind of database (20)")
    parser.add_argument("--users", type=int, default=8, help="of --facts, who post side by side (8)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    return parser.parse_args(arguments)


async def _budget(options: argparse.Namespace, progress: Progress) -> list[Row]:
    task = progress.add_task("bench", total=STEPS)
    effort = Effort(cases=options.cases, rounds=options.rounds, starts=options.starts, open=options.open)
    return await measure_budget(effort, lambda told: progress.update(task, description=told, advance=1))


async def _facts(options: argparse.Namespace) -> list[Row]:
    """Imported here: Locust and PostgreSQL are no part of the other measurements."""
    from bench.facts import measure_facts  # noqa: PLC0415 - see above

    return await measure_facts(options.cases, options.seconds, options.users)


def main(arguments: list[str]) -> int:
    """Print the table; 1 when a row is over its budget."""
    options = parse(arguments)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        rows = asyncio.run(_facts(options) if options.facts else _budget(options, progress))
    if options.json:
        print(json.dumps([row.as_dict() for row in rows], indent=2))
    else:
        Console(width=120).print(budget_table(rows))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
