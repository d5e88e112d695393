"""Files of duties: what is wrong in one is told with file, line, key and reason, before anything starts."""

import shutil
from pathlib import Path

import pytest

from config.holds import HOLDS_DIR, load_hold_rules
from domain.errors import ConfigurationError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of ours."""
    return Path(shutil.copytree(HOLDS_DIR, tmp_path / "holds"))


def change(directory: Path, name: str, old: str, new: str) -> None:
    path = directory / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("us.yaml", "days: 30, evidence", "evidence", r"us.yaml:\d+ holds.dispute.duties\[1\]: needs exactly one of"),
        ("us.yaml", "rejected: {", "refused: {", r"us.yaml:\d+ holds.dispute.ways_out.refused: must be"),
        ("us.yaml", "requires: [verify]", "requires: [prove]", r"us.yaml:\d+ holds.dispute: .* requires prove"),
        ("us.yaml", "duty: verify", "duty: decide", r"us.yaml:\d+ holds.dispute: "),
        ("uk.yaml", "jurisdiction: UK", "jurisdiction: FR", r"uk.yaml:\d+ jurisdiction: FR belongs in a file named fr"),
        ("uk.yaml", "duty: answer", "duty: reply", r"uk.yaml:\d+ holds.complaint: "),
        ("cn.yaml", ", within_business_days: 10", "", r"cn.yaml:\d+ holds.dispute: upheld needs within_business_days"),
        ("default.yaml", "owner: care\n    ends", "ends", r"default.yaml:\d+ holds.breathing_space.owner: is missing"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_file_line_key_and_reason(
    directory: Path, name: str, old: str, new: str, says: str
) -> None:
    change(directory, name, old, new)
    with pytest.raises(ConfigurationError, match=says):
        load_hold_rules(directory)


def test_every_problem_of_every_file_is_told_at_once(directory: Path) -> None:
    change(directory, "us.yaml", "jurisdiction: US", "jurisdiction: us")
    change(directory, "cn.yaml", "owner: disputes", "owner: 3")
    with pytest.raises(ConfigurationError) as refused:
        load_hold_rules(directory)
    assert {line.split(":")[0] for line in str(refused.value).splitlines()} == {"us.yaml", "cn.yaml"}


def test_without_a_default_no_place_without_a_file_would_have_duties(directory: Path) -> None:
    (directory / "default.yaml").unlink()
    with pytest.raises(ConfigurationError, match="no file has jurisdiction DEFAULT"):
        load_hold_rules(directory)
