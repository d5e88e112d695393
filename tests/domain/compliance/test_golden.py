"""The worked cases of the regulation rules come out as they say."""

from pathlib import Path

import pytest

from config.golden import BadLine, GoldenCase, read_cases
from console.compliance import differences
from tests.domain.compliance.acts import ask

FILE = Path(__file__).parent / "golden_public.jsonl"


def _cases() -> list[GoldenCase]:
    with FILE.open(encoding="utf-8") as lines:
        read = list(read_cases(lines))
    assert not [each for each in read if isinstance(each, BadLine)]
    return [each for each in read if isinstance(each, GoldenCase)]


CASES = _cases()


def test_all_of_them_are_here() -> None:
    assert len({case.id for case in CASES}) == 208


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_worked_case_comes_out_as_it_says(case: GoldenCase) -> None:
    assert case.expect is not None
    assert differences(case.expect, ask(case.act)) == []
    assert case.ignored == (), "every fact of a case is one that a rule may ask for"
