"""The bench's table: what was measured, how, and whether the budget holds."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured figure against its bound."""

    what: str
    value: float
    bound: float
    unit: str
    how: str
    holds: bool
    wanted: str

    @classmethod
    def at_least(cls, what: str, value: float, bound: float, how: str) -> "Row":
        """A figure that must not be lower; it is shown in full thousandths, so never as better than it is."""
        shown = math.floor(value * 1000) / 1000
        return cls(what=what, value=shown, bound=bound, unit="", how=how, holds=value >= bound, wanted=f"≥ {bound}")

    @classmethod
    def at_most(cls, what: str, value: float, bound: float, unit: str, how: str) -> "Row":
        """A figure that must not be higher."""
        holds = value <= bound
        return cls(what=what, value=value, bound=bound, unit=unit, how=how, holds=holds, wanted=f"≤ {bound}{unit}")

    @classmethod
    def told(cls, what: str, value: float, unit: str, how: str) -> "Row":
        """A figure without a bound."""
        return cls(what=what, value=value, bound=value, unit=unit, how=how, holds=True, wanted="")

    def as_dict(self) -> dict[str, Any]:
        """The row for JSON."""
        return asdict(self)


def budget_table(rows: Iterable[Row]) -> Table:
    """All rows, a mark on those that do not hold."""
    table = Table(title="Amicable: what it costs, measured in one run")
    table.add_column("what", no_wrap=True)
    table.add_column("measured", justify="right")
    table.add_column("budget", justify="right")
    table.add_column("holds")
    table.add_column("how")
    for row in rows:
        holds = "" if not row.wanted else "yes" if row.holds else "[red]NO"
        table.add_row(row.what, f"{row.value:g}{row.unit}", row.wanted, holds, row.how)
    return table
