"""A forest plot: each challenger's difference with its interval around the line of no difference, as text or as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 41
"""Signs of a line of text; odd, so that zero has a place of its own."""
_ROW, _LEFT, _PLOT, _RIGHT = 34, 220, 420, 250
_TOP = 54


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One difference, in percent points."""

    name: str
    by: float
    low: float
    high: float
    says: str


def reach_of(rows: Sequence[Row]) -> float:
    """How far the scale goes to either side."""
    return max([1.0, *(abs(edge) for row in rows for edge in (row.low, row.high, row.by))])


def line_of(row: Row, reach: float) -> str:
    """The interval as signs: `--*--` beside the line of no difference."""

    def place(value: float) -> int:
        return min(WIDTH - 1, max(0, round((value + reach) / (2 * reach) * (WIDTH - 1))))

    signs = [" "] * WIDTH
    for index in range(place(row.low), place(row.high) + 1):
        signs[index] = "-"
    signs[place(0)] = "|"
    signs[place(row.by)] = "*"
    return "".join(signs).rstrip()


def scale_of(reach: float) -> str:
    """What stands under the lines."""
    low, high = f"{-reach:+.1f}", f"{reach:+.1f}"
    middle = (WIDTH - 1) // 2
    return f"{low:<{middle}}0{high:>{WIDTH - middle - 1}}"


def svg_of(title: str, rows: Sequence[Row]) -> str:
    """The same as a picture that needs nothing else; readable in a browser and in a document."""
    reach, height = reach_of(rows), _TOP + _ROW * len(rows) + 46
    width = _LEFT + _PLOT + _RIGHT

    def x(value: float) -> float:
        return round(_LEFT + (value + reach) / (2 * reach) * _PLOT, 1)

    zero, floor = x(0), _TOP + _ROW * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="14">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="16" y="28" font-size="16" font-weight="bold">{escape(title)}</text>',
        f'<line x1="{zero}" y1="{_TOP - 10}" x2="{zero}" y2="{floor}" stroke="#888" stroke-dasharray="4 3"/>',
    ]
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number + _ROW / 2 - 6
        parts += [
            f'<text x="16" y="{y + 5}">{escape(row.name)}</text>',
            f'<line x1="{x(row.low)}" y1="{y}" x2="{x(row.high)}" y2="{y}" stroke="#1f5fa8" stroke-width="2"/>',
            f'<circle cx="{x(row.by)}" cy="{y}" r="5" fill="#1f5fa8"/>',
            f'<text x="{_LEFT + _PLOT + 14}" y="{y + 5}">{escape(row.says)}</text>',
        ]
    for value in (-reach, 0.0, reach):
        parts.append(f'<text x="{x(value)}" y="{floor + 20}" text-anchor="middle">{_tick(value)}</text>')
    parts.append(
        f'<text x="{zero}" y="{floor + 38}" text-anchor="middle" fill="#555">percent points of people cured</text>'
    )
    return "\n".join([*parts, "</svg>", ""])


def _tick(value: float) -> str:
    return f"{value:+.1f}" if value else "0"
