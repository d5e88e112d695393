"""The plot of growing numbers of open cases: four small charts with one axis of cases, as plain SVG.

Made by a template: a plotting library would weigh more than everything else that a test run installs.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, StrictUndefined

WIDTH, HEIGHT, LEFT, TOP, GAP = 250, 150, 48, 74, 70
INK = {"ours": "#0b6e4f", "bare": "#9a9a9a"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One quantity against the number of open cases."""

    title: str
    unit: str
    lines: tuple[tuple[str, str, str], ...]
    """What each line is called, the field of a point that it draws, and its colour."""
    digits: int = 0


CHARTS = (
    Chart(
        title="Starts a second",
        unit="enrolment and a bare loop, alone",
        lines=(("ours", "enrolment_alone_a_second", "ours"), ("bare", "bare_starts_a_second", "bare")),
    ),
    Chart(title="Memory of the worker", unit="MB", lines=(("", "worker_mb", "ours"),)),
    Chart(
        title="Bytes a case",
        unit="in Temporal's database and in ours",
        lines=(("Temporal", "temporal_bytes_a_case", "bare"), ("ours", "casedb_bytes_a_case", "ours")),
    ),
    Chart(
        title="Payment to silence",
        unit="s, median, while enrolment runs",
        lines=(("", "payment_median_s", "ours"),),
        digits=2,
    ),
)

_TEMPLATE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{ width }} {{ height }}" role="img" aria-label="{{ label }}"
     font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#222">
<rect width="100%" height="100%" fill="#fff"/>
<text x="{{ left }}" y="24" font-size="15" font-weight="bold">Growing from {{ first }} to {{ last }} open cases</text>
{% for chart in charts %}
<g transform="translate({{ chart.x }},{{ top }})">
<text y="-26" font-size="12" font-weight="bold">{{ chart.title }}</text>
<text y="-13" fill="#666">{{ chart.unit }}</text>
{% for y, told in chart.ticks %}
<line x1="0" x2="{{ chart_width }}" y1="{{ y }}" y2="{{ y }}" stroke="#e4e4e4"/>
<text x="-5" y="{{ y + 4 }}" text-anchor="end" fill="#666">{{ told }}</text>
{% endfor %}
{% for x, told in chart.cases %}
<text x="{{ x }}" y="{{ chart_height + 16 }}" text-anchor="middle" fill="#666">{{ told }}</text>
{% endfor %}
{% for line in chart.lines %}
<polyline points="{% for dot in line.dots %}{{ dot.x }},{{ dot.y }} {% endfor %}" fill="none"
 stroke="{{ line.ink }}" stroke-width="2"/>
{% for dot in line.dots %}
<circle cx="{{ dot.x }}" cy="{{ dot.y }}" r="3.5" fill="{{ line.ink }}"/>
<text x="{{ dot.x }}" y="{{ dot.y + dot.label }}" text-anchor="middle" fill="{{ line.ink }}">{{ dot.told }}</text>
{% endfor %}
<text x="{{ line.dots[-1].x + 24 }}" y="{{ line.dots[-1].y + line.aside }}" fill="{{ line.ink }}"
 font-weight="bold">{{ line.name }}</text>
{% endfor %}
</g>
{% endfor %}
</svg>
"""


def growth_plot(points: Sequence[Mapping[str, Any]]) -> str:
    """The SVG; points are those of `bench.growth`, at least one."""
    charts = [_drawn(chart, points, index) for index, chart in enumerate(CHARTS)]
    environment = Environment(undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    return environment.from_string(_TEMPLATE).render(
        width=LEFT + len(CHARTS) * (WIDTH + GAP),
        height=TOP + HEIGHT + 36,
        left=LEFT,
        top=TOP,
        chart_width=WIDTH,
        chart_height=HEIGHT,
        charts=charts,
        first=f"{points[0]['cases']:,}",
        last=f"{points[-1]['cases']:,}",
        label="; ".join(f"{chart.title}: {chart.unit}" for chart in CHARTS),
    )


def _drawn(chart: Chart, points: Sequence[Mapping[str, Any]], index: int) -> dict[str, Any]:
    top = _round_up(max(float(point[field]) for point in points for _, field, _ in chart.lines))
    heights = [[_down(float(point[field]), top) for point in points] for _, field, _ in chart.lines]
    lines = []
    for own, (name, field, ink) in zip(heights, chart.lines, strict=True):
        others = [each for each in heights if each is not own]
        dots = [
            {
                "x": _across(number, len(points)),
                "y": y,
                "told": f"{float(points[number][field]):,.{chart.digits}f}",
                "label": 15 if y < HEIGHT - 24 and any(each[number] < y for each in others) else -7,
            }
            for number, y in enumerate(own)
        ]
        crowded = [own[-1] - each[-1] for each in others if abs(each[-1] - own[-1]) < 14]
        aside = 4 + (7 if crowded[0] > 0 else -7) if crowded else 4
        lines.append({"name": name, "ink": INK[ink], "dots": dots, "aside": aside})
    return {
        "x": LEFT + index * (WIDTH + GAP),
        "title": chart.title,
        "unit": chart.unit,
        "lines": lines,
        "ticks": [(_down(top * part, top), f"{top * part:,g}") for part in (0.0, 0.5, 1.0)],
        "cases": [(_across(number, len(points)), f"{point['cases']:,}") for number, point in enumerate(points)],
    }


def _across(number: int, count: int) -> float:
    """Sizes grow tenfold, so equal steps are a logarithmic axis."""
    return round(24 + number * (WIDTH - 90) / max(1, count - 1), 1)


def _down(value: float, top: float) -> float:
    return round(HEIGHT - HEIGHT * value / top, 1)


def _round_up(value: float) -> float:
    """The next round number, so that the axis ends above every point."""
    if value <= 0:
        return 1.0
    step = 10.0 ** math.floor(math.log10(value))
    return next(step * each for each in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15) if step * each >= value * 1.08)
