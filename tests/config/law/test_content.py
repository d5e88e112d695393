"""Rules about texts, amounts and clocks are read from a file, or refused with file, line, key and reason."""

from pathlib import Path

import pytest

from config.jurisdictions import load_profiles
from domain.compliance.content import ForbiddenText
from domain.compliance.profile import Profile
from domain.errors import ConfigurationError

HEAD = """\
jurisdiction: SG
rules:
  - id: SG-X-1
    class: hard
    citation: none
"""


def load(directory: Path, rule: str) -> Profile:
    """The profile of a file with this one rule."""
    (directory / "sg.yaml").write_text(HEAD + "".join(f"    {line}\n" for line in rule.splitlines()))
    return load_profiles(directory)["SG"]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("kind: forbidden_text\nlints: [LINT-EN-SEW]", r"sg\.yaml:7 rules\[0\]\.lints.*'LINT-EN-SEW' is not a lint"),
        ("kind: forbidden_text\nlints: []", r"sg\.yaml:7 rules\[0\]\.lints.*at least one"),
        ("kind: forbidden_text\nlints: every\nwhen: {time_bard: true}", r"no fact is called 'time_bard'"),
        ("kind: wording\nmust:\n  a thing: (", r"sg\.yaml:8 rules\[0\]\.must\.a thing: is not a regular expression"),
        ("kind: cost_cap\nmost: much", r"sg\.yaml:7 rules\[0\]\.most: must be a rate"),
        ("kind: cost_cap\nmost: 24", r"write 24 % as 0\.24"),
        ("kind: plan_length\nmost_months: 0", r"sg\.yaml:7 rules\[0\]\.most_months"),
        (
            "kind: validation_period\nholidays: {country: XX, first_year: 2026, last_year: 2027}",
            r"no holidays are known of XX",
        ),
        ("kind: legal_gate\nexpires_after_days: 30", r"rules\[0\]\.approvals: is missing"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_its_place(tmp_path: Path, rule: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        load(tmp_path, rule)


def test_every_lint_may_be_named_at_once_or_one_by_one(tmp_path: Path) -> None:
    (some,) = load(tmp_path, "kind: forbidden_text\nlints: [LINT-EN-SUE]").rules
    (every,) = load(tmp_path, "kind: forbidden_text\nlints: every").rules
    assert isinstance(some.terms, ForbiddenText)
    assert isinstance(every.terms, ForbiddenText)
    assert [lint.id for lint in some.terms.lints] == ["LINT-EN-SUE"]
    assert len(every.terms.lints) >= 26
