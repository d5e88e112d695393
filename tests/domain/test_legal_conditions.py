"""Each condition of going to law speaks for itself, whatever else would hold the case."""

from datetime import timedelta

from domain.escalation import LegalFacts
from domain.holds import HoldState
from domain.legal_conditions import conditions, unmet
from domain.situation import Situation
from tests.domain.cases import GENTLE, OPENED_AT, a_case, facts_of

NOW = OPENED_AT + timedelta(days=200)


def asked(*holds: HoldState) -> str:
    """What is not met of the holds, in words."""
    case = a_case(holds=holds)
    moment = Situation(case=case, facts=facts_of(case), strategy=GENTLE, now=NOW)
    found = conditions(moment, LegalFacts(roles=("legal_counsel",)))
    return unmet(tuple(each for each in found if each.name == "holds"))


def test_a_hold_in_force_is_named_as_unmet() -> None:
    assert asked(HoldState(hold_id="h-1", owner="care", starts_at=OPENED_AT)).startswith("holds: held for ")
    assert "h-1" in asked(HoldState(hold_id="h-1", owner="care", starts_at=OPENED_AT))


def test_a_hold_that_is_over_or_has_not_begun_stands_in_no_way() -> None:
    over = HoldState(hold_id="h-1", owner="care", starts_at=OPENED_AT, ends_at=NOW - timedelta(days=1))
    later = HoldState(hold_id="h-2", owner="care", starts_at=NOW + timedelta(days=1))
    assert asked(over, later) == ""
