"""A fact is named by a path among the flags, and a name that no flag has is refused when the law is loaded."""

import pytest

from domain.compliance.conditions import Fact
from domain.compliance.flags import Bankruptcy, Flags, PaymentPlan
from domain.errors import InvalidInput


@pytest.mark.parametrize(
    "path", ["deceased", "opted_out", "plan", "plan.performing", "breathing_space.treatment_ended"]
)
def test_a_flag_and_a_part_of_one_are_facts(path: str) -> None:
    assert Fact(path=path, wanted=True).path == path


@pytest.mark.parametrize(
    "path", ["", "dead", "plan.overdue", "deceased.since", "plan.performing.since", "performing", "plan performing"]
)
def test_a_fact_that_no_flag_is_called_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match=r"no fact is called .*: see domain/compliance/flags\.py"):
        Fact(path=path, wanted=True)


@pytest.mark.parametrize(
    ("path", "wanted", "flags", "holds"),
    [
        ("deceased", True, Flags(deceased=True), True),
        ("deceased", True, Flags(deceased=False), False),
        ("deceased", False, Flags(deceased=False), True),
        ("deceased", False, Flags(), False),
        ("bankrupt", "present", Flags(bankrupt=Bankruptcy()), True),
        ("bankrupt", "present", Flags(), False),
        ("bankrupt.stage", "stay", Flags(bankrupt=Bankruptcy(stage="stay")), True),
        ("bankrupt.stage", ("dismissed", "stay"), Flags(bankrupt=Bankruptcy(stage="stay")), True),
        ("bankrupt.stage", ("dismissed", "stays"), Flags(bankrupt=Bankruptcy(stage="stay")), False),
        ("plan.performing", True, Flags(plan=PaymentPlan()), False),
        ("plan.performing", True, Flags(), False),
    ],
)
def test_an_absent_fact_equals_nothing(
    path: str, wanted: bool | str | tuple[str, ...], flags: Flags, holds: bool
) -> None:
    assert Fact(path=path, wanted=wanted).holds(flags) is holds
