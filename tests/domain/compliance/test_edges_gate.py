"""What the gate answers where a rule knows no later instant, and where it cannot ask the rules at all."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.compliance.facts import Act
from domain.compliance.gate import HORIZON, check
from domain.compliance.profile import Rule, Scope, Terms
from domain.compliance.verdict import Effect, Fired, Precedence
from tests.domain.compliance.acts import PROFILES, TZDATA, ZONES, act, ask, inbound

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
    assert fired.why.startswith(
        "the person's time zone is not known, and" if known else "no profile for jurisdiction 'US'"
    )


@pytest.mark.parametrize(
    ("given", "overridable"),
    [
        pytest.param({}, True, id="a presumption alone"),
        pytest.param(
            {"address": {"type": "landline_home"}, "flags": {"deceased": True, "home_inconvenient": True}},
            False,
            id="a law denies as well",
        ),
        pytest.param({"history": [inbound("2026-06-01T15:00:00Z", "Will it stop?")]}, True, id="a law only warns"),
        pytest.param({"at": "2026-06-03T03:00:00Z"}, False, id="a law defers as well"),
    ],
)
def test_a_presumption_is_overridden_only_where_no_law_stands_beside_it(
    given: dict[str, Any], overridable: bool
) -> None:
    verdict = ask(act("US", **({"channel": "sms", "flags": {"deceased": True}} | given)))
    assert verdict.decided_by == "US-DECEASED-1"
    assert verdict.override_allowed is overridable


def test_only_a_lint_gives_its_name_to_a_denial_or_a_warning() -> None:
    doubt = inbound("2026-06-01T15:00:00Z", "Will it stop?")
    verdict = ask(act("US", channel="sms", flags={"deceased": True}, history=[doubt]))
    assert {each.effect for each in verdict.fired} == {Effect.DENY, Effect.WARN}
    assert {(each.lint, each.rule != "") for each in verdict.fired} == {("", True)}


@pytest.mark.parametrize("code", sorted(ZONES))
def test_a_rule_about_texts_says_nothing_where_there_is_none(code: str) -> None:
    about_texts = [rule for rule in PROFILES[code].rules if rule.terms.needs_text]
    asked = act(code, kind="content", channel="sms")
    assert about_texts
    assert [rule.id for rule in about_texts if rule.terms.evaluate(rule, asked) is not None] == []


@dataclass(frozen=True, slots=True, kw_only=True)
class Later(Terms):
    """Is content so long after the act's own instant, and not before."""

    after: timedelta

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        until = act.at + self.after
        return None if at >= until else rule.defers("later", until)


@pytest.mark.parametrize(("more", "decision"), [(timedelta(0), "defer"), (timedelta(seconds=1), "deny")])
def test_an_act_is_put_off_to_the_last_instant_of_the_horizon_and_not_beyond(more: timedelta, decision: str) -> None:
    later = replace(US.rules[0], id="LATER-1", terms=Later(after=HORIZON + more))
    verdict = check(act("US"), replace(US, rules=(later,)), tzdata=TZDATA)
    assert verdict.decision == decision
    assert verdict.reason == ("" if decision == "defer" else "no_common_window")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckons(Terms):
    """Reckons its own id."""

    def computed(self, rule: Rule, act: Act) -> tuple[tuple[str, str], ...]:
        return (("of", rule.id),)


@pytest.mark.parametrize(("since", "told"), [(date(2026, 6, 3), {"of": "R-1"}), (date(2026, 6, 4), {})])
def test_only_a_rule_in_force_reckons_and_under_its_own_name(since: date, told: dict[str, str]) -> None:
    reckons = replace(US.rules[0], id="R-1", terms=Reckons(), scope=Scope(), effective_from=since, effective_to=None)
    assert dict(check(act("US"), replace(US, rules=(reckons,)), tzdata=TZDATA).computed) == told


def test_a_zone_without_legal_time_beside_one_that_has_it_keeps_its_own_clock() -> None:
    both = act("CN", channel="sms", zones=["Asia/Urumqi", "America/New_York"])
    assert ask(both).until == datetime(2026, 6, 3, 12, tzinfo=UTC)
