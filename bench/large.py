"""`python -m bench.large`: very many open cases, more than one worker process, and what a million cases cost.

Each part's results go into one JSON file as soon as they are there; a part that has them is not measured again. The
tables and the plot of docs/performance.md are made from that file.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench.budget import Effort, measure_budget
from bench.fleet import measure_fleet
from bench.growth import machine, measure_growth
from bench.parts import measure_parts
from bench.paths import measure_paths
from bench.report import write_report

RESULTS = Path("docs/performance.json")
PARTS = ("budget", "paths", "fleet", "parts", "growth")
Say = Callable[[str], None]


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.large",
        description="Measures growing numbers of open cases, worker processes, and what a case costs by its path.",
        epilog="example: python -m bench.large --sizes 1000,10000 --minutes 20 --part growth --again",
    )
    parser.add_argument("--sizes", type=_sizes, default=[1_000, 10_000, 100_000], help="open cases (1000,10000,100000)")
    parser.add_argument("--minutes", type=float, default=60, help="of starting cases, at most; then it ends there (60)")
    parser.add_argument("--starts", type=int, default=200, help="starts of each side per turn of the ratio (200)")
    parser.add_argument("--cases", type=int, default=60, help="whole cases per round of worker processes (60)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each pair; the median counts (3)")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be given again")
    parser.add_argument("--again", action="store_true", help="measure parts anew that have results")
    parser.add_argument("--report", action="store_true", help="measure nothing; write the tables and the plot anew")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON file (docs/performance.json)")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    return parser.parse_args(arguments)


def _sizes(text: str) -> list[int]:
    try:
        sizes = [int(each) for each in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError("must be numbers with commas, such as 1000,10000") from None
    if not sizes or sizes != sorted(set(sizes)) or sizes[0] < 1:
        raise argparse.ArgumentTypeError("must grow, such as 1000,10000")
    return sizes


async def measure(options: argparse.Namespace, results: dict[str, Any], keep: Callable[[], None], say: Say) -> None:
    """Fill in the parts that were asked for; `keep` is called after each."""

    def store(part: str, found: Any, **how: Any) -> None:
        loaded = f"load {os.getloadavg()[0]:.1f} from everything on it" if hasattr(os, "getloadavg") else ""
        at = f"{datetime.now(UTC):%Y-%m-%d}"
        results[part] = {"machine": machine(), "load": loaded, "on": at, **how, "found": found}
        keep()

    wanted = [part for part in options.part or PARTS if options.again or part not in results]
    if "budget" in wanted:
        rows = await measure_budget(Effort(cases=options.cases, rounds=options.rounds), say)
        store("budget", [row.as_dict() for row in rows], cases=options.cases, rounds=options.rounds)
    if "paths" in wanted:
        store("paths", [asdict(each) for each in await measure_paths(say)])
    if "fleet" in wanted:
        fleet = await measure_fleet(options.cases, options.rounds, say)
        store("fleet", [asdict(each) for each in fleet], cases=options.cases, rounds=options.rounds)
    if "parts" in wanted:
        store("parts", await measure_parts(options.cases, say), cases=options.cases)
    if "growth" in wanted:
        how = {"wanted": options.sizes, "starts": options.starts}
        await measure_growth(
            options.sizes,
            options.minutes,
            options.starts,
            say,
            lambda points: store("growth", [asdict(each) for each in points], **how),
        )


def main(arguments: list[str]) -> int:
    """Measure, keep, and write the report; 2 with one line when the results cannot be read."""
    options = parse(arguments)
    try:
        results = json.loads(options.results.read_text()) if options.results.exists() else {}
    except (OSError, ValueError) as error:
        print(f"{options.results} cannot be read as JSON: {error}; name another file with --results", file=sys.stderr)
        return 2
    if not options.report:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("bench", total=None)

            def keep() -> None:
                options.results.write_text(json.dumps(results, indent=1) + "\n")

            asyncio.run(measure(options, results, keep, lambda told: progress.update(task, description=told)))
    if options.results.resolve() == RESULTS.resolve():
        write_report(results)
    if options.json:
        print(json.dumps(results, indent=1))
    else:
        print(f"results are in {options.results}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
