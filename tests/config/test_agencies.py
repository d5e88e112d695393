"""The files of agencies and of furnishing: what we ship is sound, and what is wrong is named by line and key."""

from pathlib import Path

import pytest

from config.agencies import AGENCIES_FILE, agency_of, load_agencies
from config.furnishing import FURNISHING_FILE, load_furnishing
from domain.errors import ConfigurationError, NotKnown
from domain.placement.agency import FileForm, Remits


def changed(tmp_path: Path, source: Path, old: str, new: str) -> Path:
    """Our file with one change."""
    text = source.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / source.name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_agencies_that_we_ship_are_read_with_their_terms() -> None:
    agencies = load_agencies()
    northgate = agency_of(agencies, "northgate")
    assert (northgate.form, northgate.remits, northgate.objection_days) == (FileForm.FIXED, Remits.NET, 15)
    assert (northgate.basis_points("pay_later", 0), northgate.basis_points("other", 200)) == (1_800, 2_500)
    with pytest.raises(NotKnown, match="agency x is not known: the file of agencies has harbour, northgate"):
        agency_of(agencies, "x")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("basis_points: 1500", "basis_points: 10001", "agencies.northgate.commission[0].basis_points: must be"),
        ("format: fixed", "format: excel", "agencies.northgate.format: must be"),
        ("currencies: [USD]", "currencies: [USD, EUR]", "fixed-width files are in one currency"),
        ("from_days: 0, basis_points: 1500", "from_days: 5, basis_points: 1500", "for any product from day 0"),
        ("    remits: net\n", "", "agencies.northgate.remits: is missing"),
        ("northgate:", "North Gate:", "agencies.North Gate: "),
    ],
)
def test_a_mistake_in_the_file_of_agencies_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_agencies(changed(tmp_path, AGENCIES_FILE, old, new))
    assert says in str(refused.value)
    assert "agencies.yaml:" in str(refused.value)


def test_the_rules_of_furnishing_that_we_ship_are_read() -> None:
    rules = load_furnishing()
    assert (rules.notice_template, rules.notice_days) == ("furnishing_notice_1", 30)
    assert {"US", "US-CA"} <= rules.jurisdictions
    assert "UK" not in rules.jurisdictions
    assert rules.products["pay_later"].portfolio_type == "C"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("days: 30", "days: 13", "notice.days: must be greater than or equal to 14"),
        ("LANTERN01", "L-1", "furnisher.identification_number: must match"),
        ("portfolio_type: C", "portfolio_type: Q", "products.pay_later.portfolio_type: must be"),
        ("creditor_classification: 12", "creditor_classification: 99", "creditor_classification: must be"),
    ],
)
def test_a_mistake_in_the_rules_of_furnishing_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_furnishing(changed(tmp_path, FURNISHING_FILE, old, new))
    assert says in str(refused.value)
