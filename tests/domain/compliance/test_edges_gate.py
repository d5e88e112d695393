"""What the gate answers where a rule knows no later instant, and where it cannot ask the rules at all."""

from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from domain.compliance.facts import Act
from domain.compliance.gate import check
from domain.compliance.profile import Rule, Terms
from domain.compliance.verdict import Fired, Precedence
from tests.domain.compliance.acts import PROFILES, TZDATA, act

US = PROFILES["US"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Never(Terms):
    """Knows no instant, and may say by a code of its own why."""

    code: str

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        return rule.denies("never", code=self.code)


@pytest.mark.parametrize(
    ("code", "reason", "why"),
    [("licence_lost", "licence_lost", "never"), ("", "no_common_window", "no common window: never")],
)
def test_a_rule_without_a_later_instant_denies_by_its_own_code_where_it_has_one(
    code: str, reason: str, why: str
) -> None:
    never = replace(US.rules[0], id="NEVER-1", terms=Never(code=code))
    verdict = check(act("US"), replace(US, rules=(never,)), tzdata=TZDATA)
    assert (verdict.decision, verdict.decided_by, verdict.reason) == ("deny", "NEVER-1", reason)
    assert [each.why for each in verdict.fired] == [why]


@pytest.mark.parametrize(
    ("known", "rule", "reason"),
    [(False, "UNKNOWN-JURISDICTION", ""), (True, "NO-LOCATION", "location_unknown")],
    ids=["no profile", "no zone"],
)
def test_a_refusal_to_ask_the_rules_is_told_in_full(known: bool, rule: str, reason: str) -> None:
    profile = replace(US, zones=()) if known else None
    verdict = check(act("US", zones=[]), profile, tzdata=TZDATA)
    assert (verdict.decision, verdict.until, verdict.decided_by, verdict.reason) == ("deny", None, rule, reason)
    assert (verdict.tzdata, verdict.profile) == (TZDATA, f"US@{US.version}" if known else "")
    assert not verdict.override_allowed
    (fired,) = verdict.fired
    assert (fired.rule, fired.citation, fired.code, fired.precedence) == (rule, "", reason, Precedence.STAY)
    assert fired.why
