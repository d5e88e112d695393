"""What the table says of a bound is true of the figure as it was measured, not as it is shown."""

from io import StringIO

import pytest
from rich.console import Console

from bench.table import Row, budget_table


@pytest.mark.parametrize(
    ("measured", "shown", "holds"),
    [(0.8999, 0.899, False), (0.895, 0.895, False), (0.9, 0.9, True), (0.9129, 0.912, True)],
)
def test_a_figure_below_its_bound_is_not_rounded_up_to_it(measured: float, shown: float, holds: bool) -> None:
    row = Row.at_least("starts", measured, 0.9, "so")
    assert (row.value, row.holds) == (shown, holds)


def test_only_what_has_a_bound_is_said_to_hold() -> None:
    rows = [Row.told("told", 1, "", "-"), Row.at_least("held", 1, 0.9, "-"), Row.at_least("missed", 0.5, 0.9, "-")]
    console = Console(width=100, record=True, file=StringIO())
    console.print(budget_table(rows))
    told, held, missed = (line for line in console.export_text().splitlines() if line.startswith("│"))
    assert ("yes" in told, "NO" in told) == (False, False)
    assert "yes" in held
    assert "NO" in missed
