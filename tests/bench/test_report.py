"""The page about performance says what was measured: its tables and its plot are those of the kept results."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.large import parse
from bench.plot import growth_plot
from bench.prices import actions_usd, bill_for_a_million
from bench.report import TABLES, filled

DOCS = Path(__file__).parent.parent.parent / "docs"
POINT = {
    "cases": 1000,
    "enrolment_alone_a_second": 80.0,
    "bare_starts_a_second": 100.0,
    "worker_mb": 250.0,
    "temporal_bytes_a_case": 22_000,
    "casedb_bytes_a_case": 560,
    "payment_median_s": 0.5,
}


def test_the_tables_and_the_plot_on_the_page_are_those_of_the_results() -> None:
    results = json.loads((DOCS / "performance.json").read_text())
    page = (DOCS / "performance.md").read_text(encoding="utf-8")
    assert set(results) == set(TABLES)
    assert filled(page, results) == page
    assert growth_plot(results["growth"]["found"]) == (DOCS / "performance.svg").read_text(encoding="utf-8")


def test_a_place_whose_part_was_not_measured_stays_as_it_is() -> None:
    page = "<!-- paths: x -->\nas it was\n<!-- end -->\n"
    assert filled(page, {}) == page


def test_the_plot_has_every_point_of_every_line_inside_of_its_chart() -> None:
    points = [POINT, POINT | {"cases": 10_000, "worker_mb": 480.0, "payment_median_s": 0.0}]
    drawn = ElementTree.fromstring(growth_plot(points))
    circles = list(drawn.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == 2 * 6
    assert all(0 <= float(each.attrib["cx"]) <= 250 and 0 <= float(each.attrib["cy"]) <= 150 for each in circles)


@pytest.mark.parametrize(("millions", "usd"), [(1, 50), (5, 250), (7, 340), (30, 1225), (200, 5925), (201, 5950)])
def test_a_month_of_actions_costs_what_the_tiers_say(millions: int, usd: float) -> None:
    assert actions_usd(millions) == usd


def test_a_bill_counts_half_of_a_history_while_it_grows_and_all_of_it_afterwards() -> None:
    bill = bill_for_a_million(30, 30_000, 80)
    assert bill.actions_usd == 1225
    assert bill.active_usd == pytest.approx(15 * 80 * 24 * 0.042)
    assert bill.retained_usd == pytest.approx(30 * 30 * 24 * 0.00105)


@pytest.mark.parametrize("sizes", ["", "abc", "10,5", "0,10"])
def test_sizes_that_do_not_grow_are_refused(sizes: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["--sizes", sizes])
    assert ended.value.code == 2
    assert "such as 1000,10000" in capsys.readouterr().err
