"""Cases worked by hand from the regulation rules, beside the public ones: both sides of every bound they name."""

from pathlib import Path

import pytest

from config.golden import GoldenCase, read_case
from console.compliance import differences
from tests.domain.compliance.acts import ask

FILE = Path(__file__).parent / "worked_others.jsonl"
CASES = [read_case(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def test_each_has_an_id_of_its_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES) > 500


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_worked_by_hand_comes_out_as_it_says(case: GoldenCase) -> None:
    assert case.expect is not None
    assert differences(case.expect, ask(case.act)) == []
    assert case.ignored == (), "every fact of a case is one that a rule may ask for"
