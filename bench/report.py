"""The tables and the plot of docs/performance.md, from the results that `python -m bench.large` keeps."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.plot import growth_plot

DOCUMENT = Path("docs/performance.md")
PLOT = Path("docs/performance.svg")
Results = Mapping[str, Any]


def write_report(results: Results, document: Path = DOCUMENT, plot: Path = PLOT) -> None:
    """Put every table of the results where the document has its place, and draw the plot beside it."""
    document.write_text(filled(document.read_text(encoding="utf-8"), results), encoding="utf-8")
    if "growth" in results:
        plot.write_text(growth_plot(results["growth"]["found"]), encoding="utf-8")


def filled(text: str, results: Results) -> str:
    """The document with its tables made anew; a place whose part has no results stays as it is."""
    for part, table in TABLES.items():
        if part in results:
            places = re.compile(rf"(<!-- {part}: [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
            made = "\n".join(table(results[part]))
            text = places.sub(lambda place, made=made: f"{place[1]}\n{made}\n\n{place[2]}", text)  # type: ignore[misc]
    return text


def _budget(part: Results) -> Iterable[str]:
    yield _measured(part, f"{part['cases']} whole cases a round, {part['rounds']} rounds")
    yield from _table(
        ["what", "measured", "budget", "holds", "how"],
        [
            [each["what"], f"{each['value']:g}{each['unit']}", each["wanted"], _holds(each), each["how"]]
            for each in part["found"]
        ],
    )


def _holds(row: Results) -> str:
    if not row["wanted"]:
        return ""
    return "yes" if row["holds"] else "**no**"


def _growth(part: Results) -> Iterable[str]:
    yield _measured(part, f"cases wanted: {', '.join(f'{each:,}' for each in part['wanted'])}")
    points = part["found"]
    yield from _table(
        ["", *(f"{point['cases']:,} open" for point in points)],
        [
            _line("cases started a second, while they open", points, lambda p: f"{p['starts_a_second']:g}"),
            _line("cases opened a second", points, lambda p: f"{p['opened_a_second']:g}"),
            _line("enrolment alone, starts a second", points, lambda p: f"{p['enrolment_alone_a_second']:g}"),
            _line("bare start loop, starts a second", points, lambda p: f"{p['bare_starts_a_second']:g}"),
            _line("ratio of these two (budget 0.9)", points, lambda p: f"{p['ratio']:.2f}"),
            _line("memory of the worker, MB", points, lambda p: f"{p['worker_mb']:.0f}"),
            _line("memory of the server, MB", points, lambda p: f"{p['server_mb']:.0f}"),
            _line("Temporal's database, bytes a case", points, lambda p: f"{p['temporal_bytes_a_case']:,}"),
            _line("our database, bytes a case", points, lambda p: f"{p['casedb_bytes_a_case']:,}"),
            _line("payment to the end of its case, median s", points, lambda p: _seconds(p, "payment_median_s")),
            _line("the longest of them, s", points, lambda p: _seconds(p, "payment_max_s")),
            _line("payments measured", points, lambda p: f"{p['payments']}"),
            _line("CPU of a start, ms: server", points, lambda p: _cpu_of_start(p, "server")),
            _line("CPU of a start, ms: worker", points, lambda p: _cpu_of_start(p, "worker")),
            _line("CPU of a start, ms: enrolment", points, lambda p: _cpu_of_start(p, "enrolment")),
        ],
    )


def _fleet(part: Results) -> Iterable[str]:
    yield _measured(part, f"{part['cases']} whole cases a round, {part['rounds']} rounds")
    yield from _table(
        [
            "worker processes",
            "ours, cases/s",
            "bare, cases/s",
            "ratio by wall",
            "ratio by CPU",
            "ours, CPU ms",
            "bare, CPU ms",
        ],
        [
            [
                str(each["processes"]),
                f"{each['ours_a_second']:g}",
                f"{each['bare_a_second']:g}",
                f"{each['wall_ratio']:.2f}",
                f"{each['cpu_ratio']:.2f}",
                _by_side(each["ours_cpu_ms"]),
                _by_side(each["bare_cpu_ms"]),
            ]
            for each in part["found"]
        ],
    )


def _by_side(spent: Mapping[str, float]) -> str:
    return ", ".join(f"{side} {ms:g}" for side, ms in spent.items())


def _parts(part: Results) -> Iterable[str]:
    yield _measured(part, f"{part['cases']} whole cases")
    total = sum(part["found"].values())
    rows = [[name, f"{ms:.1f}", f"{100 * ms / total:.0f} %"] for name, ms in part["found"].items()]
    yield from _table(["part", "CPU ms of a whole case", "share"], rows)


def _paths(part: Results) -> Iterable[str]:
    yield _measured(part, "exact: read from histories")
    yield from _table(
        [
            "path",
            "billable actions",
            "of which",
            "events",
            "bytes",
            "days open",
            "a million cases: actions",
            "storage",
            "together",
        ],
        [
            [
                each["path"],
                str(each["actions"]),
                ", ".join(f"{count} {kind}" for kind, count in each["by_kind"].items()),
                str(each["events"]),
                f"{each['bytes']:,}",
                str(each["days_open"]),
                *(f"${each['million_usd'][what]:,}" for what in ("actions", "storage", "total")),
            ]
            for each in part["found"]
        ],
    )


TABLES: Mapping[str, Callable[[Results], Iterable[str]]] = {
    "budget": _budget,
    "growth": _growth,
    "fleet": _fleet,
    "parts": _parts,
    "paths": _paths,
}


def _measured(part: Results, how: str) -> str:
    return f"Measured on {part['on']}: {part['machine']}; {part['load']}; {how}.\n"


def _line(name: str, points: Sequence[Results], told: Callable[[Results], str]) -> list[str]:
    return [name, *(told(point) for point in points)]


def _seconds(point: Results, name: str) -> str:
    return f"{point[name]:.2f}" if point["payments"] else "none"


def _cpu_of_start(point: Results, side: str) -> str:
    return f"{1000 * point['cpu'][side] / max(1, point['started']):.1f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
