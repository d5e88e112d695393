"""The file of roles means what it says, and a wrong one is refused at the place of its mistake."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.roles import load_roles
from domain.authority import ReliefKind, StaffRole
from domain.errors import ConfigurationError
from tests.config.conftest import line_of

Change = Callable[[str, str, str], Path]
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_the_demos_people_fill_every_role_that_an_approval_asks_for() -> None:
    who = load_roles()
    held = [who.roles_of(person, NOW) for person in who.people]
    assert frozenset().union(*held) == frozenset(StaffRole)
    assert who.roles_of("counsel-2", datetime(2026, 12, 24, tzinfo=UTC)) == {StaffRole.LEGAL_COUNSEL}


def test_limits_are_exact_in_minor_units() -> None:
    who = load_roles()
    limit = who.limits[StaffRole.TEAM_LEAD][ReliefKind.SETTLEMENT]
    assert (limit.percent, limit.amounts_minor["USD"], limit.amounts_minor["IDR"]) == (20, 30000, 200000000)


@pytest.mark.parametrize(
    ("old", "new", "at", "told"),
    [
        ("[team_lead]", "[leader]", "lead-1:", "people.lead-1[0]: must be 'agent'"),
        ("[team_lead]", "[team_lead, team_lead]", "lead-1:", "people.lead-1: names a role twice"),
        ("lead-1:", "Lead One:", "Lead One:", "people.Lead One: must match"),
        ("to: counsel-2", "to: nobody", "to: nobody", "delegations[0]: a delegation names nobody"),
        ("role: legal_counsel", "role: compliance", "from: counsel-1", "delegations[0]: counsel-1 cannot delegate"),
        ('"2027-01-05T00:00:00Z"', '"2026-12-05T00:00:00Z"', "from: counsel-1", "delegations[0]: the delegation from"),
        ('"2027-01-05T00:00:00Z"', '"2027-01-05T00:00:00"', "from: counsel-1", "delegations[0].ends: must"),
        ("percent: 20", "percent: 101", "percent: 101", "limits.team_lead.settlement.percent: must be less"),
        ("USD: 300,", "USD: 300.005,", "USD: 300.005", "limits.team_lead.settlement.most.USD: amount"),
        ("USD: 300,", "XQX: 300,", "XQX: 300", "limits.team_lead.settlement.most.XQX: XQX is not an ISO 4217"),
        ("USD: 300,", "USD: -1,", "USD: -1", "limits.team_lead.settlement.most.USD: must be 0 or more"),
    ],
)
def test_a_mistake_is_told_with_its_line(changed: Change, old: str, new: str, at: str, told: str) -> None:
    file = changed("roles.yaml", old, new) / "roles.yaml"
    with pytest.raises(ConfigurationError) as refused:
        load_roles(file)
    assert str(refused.value).startswith(f"roles.yaml:{line_of(at, file)} {told}")


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml"):
        load_roles(tmp_path / "nowhere.yaml")
