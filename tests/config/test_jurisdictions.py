"""The shipped laws carry the numbers of their sources; a jurisdiction without a file has no profile."""

from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest

from config.jurisdictions import load_profiles, profile_for
from config.rules import load_rules
from config.settings import Settings
from domain.compliance.frequency import ContactCap
from domain.compliance.timing import ClosedDays, Hours
from domain.compliance.vocabulary import ELECTRONIC, Medium
from domain.errors import ConfigurationError
from tests.config.conftest import CONFIG, SANDBOX_URLS, line_of

Change = Callable[[str, str, str], Path]


CODES = {"US", "US-MA", "US-FL", "US-NYC", "US-CA", "CN", "UK", "EU", "IN", "ID", "SG"}
HOUSE_CAP = ContactCap(most=3, days=7, counted=frozenset({Medium.SMS, Medium.EMAIL, Medium.PUSH}))
MEMBERS = set("AT BE BG CY CZ DK EE FI HR HU IE LT LU LV MT NL PT RO SE SI SK".split())
"""Member states that the Union's file serves."""


@pytest.mark.parametrize(
    ("code", "rule", "start", "end", "days"),
    [
        ("US", "US-TIME-1", time(8), time(21), 7),
        ("US-MA", "US-TIME-1", time(8), time(21), 7),
        ("US-FL", "US-FL-TIME-1", time(8), time(21), 7),
        ("CN", "CN-TIME-1", time(8), time(22), 7),
        ("UK", "UK-TIME-1", time(8), time(21), 7),
        ("EU", "EU-TIME-1", time(8), time(20), 6),
        ("IN", "IN-TIME-1", time(8), time(19), 7),
        ("ID", "ID-TIME-1", time(8), time(20), 7),
        ("SG", "SG-TIME-1", time(8), time(20), 7),
    ],
)
def test_the_shipped_hours_are_the_law_s(code: str, rule: str, start: time, end: time, days: int) -> None:
    profile = load_profiles(CONFIG / "jurisdictions")[code]
    hours = next(each.terms for each in profile.rules if each.id == rule)
    assert isinstance(hours, Hours)
    assert (hours.window.start, hours.window.end, len(hours.window.days)) == (start, end, days)
    assert len(profile.version) == 12
    assert profile.zones


def test_every_profile_has_the_house_cap_once_and_every_rule_a_citation() -> None:
    profiles = load_profiles(CONFIG / "jurisdictions")
    assert {code for code, profile in profiles.items() if code not in MEMBERS} == CODES
    for profile in profiles.values():
        caps = [rule for rule in profile.rules if rule.id == "HOUSE-CAP-1"]
        assert [cap.terms for cap in caps] == [HOUSE_CAP]
        assert all(rule.house for rule in profile.rules if rule.id.startswith("HOUSE-"))
        assert all(rule.citation for rule in profile.rules)


@pytest.mark.parametrize("code", ["US-TX", "us", "FR", ""])
def test_a_jurisdiction_without_a_file_never_falls_back_to_another(code: str) -> None:
    assert profile_for(load_profiles(CONFIG / "jurisdictions"), code) is None


def test_an_overlay_adds_to_its_parent_and_replaces_what_it_names() -> None:
    profiles = load_profiles(CONFIG / "jurisdictions")
    base, overlay = profiles["US"], profiles["US-MA"]
    assert overlay.lineage == ("US",)
    assert overlay.version != base.version
    replaced = {"US-TIME-1", "US-TIME-3"}
    assert [rule for rule in base.rules if rule.id not in replaced] == [
        rule for rule in overlay.rules if rule in base.rules
    ]
    assert {rule.id for rule in overlay.rules} - {rule.id for rule in base.rules} == {"US-MA-FREQ-1"}
    hours = [rule for rule in overlay.rules if rule.id == "US-TIME-1"]
    assert [rule.scope.roles for rule in hours] == [frozenset()], "it binds a creditor too"


def test_an_overlay_changes_its_version_with_its_parent(changed: Change) -> None:
    directory = changed("jurisdictions/us.yaml", "most: 7", "most: 6")
    (directory / "us-ma.yaml").write_bytes((CONFIG / "jurisdictions" / "us-ma.yaml").read_bytes())
    shipped = load_profiles(CONFIG / "jurisdictions")["US-MA"]
    assert load_profiles(directory)["US-MA"].version != shipped.version


def test_holidays_are_computed_when_the_profile_is_loaded() -> None:
    profile = load_profiles(CONFIG / "jurisdictions")["ID"]
    closed = next(rule.terms for rule in profile.rules if rule.id == "ID-TIME-2")
    assert isinstance(closed, ClosedDays)
    assert {date(2026, 8, 17), date(2026, 1, 1), date(2030, 12, 25)} <= closed.dates
    assert date(2026, 6, 3) not in closed.dates


def test_a_family_of_media_may_be_named(changed: Change) -> None:
    directory = changed("jurisdictions/us.yaml", "channels: [social_public]", "channels: [electronic, postcard]")
    rule = next(each for each in load_profiles(directory)["US"].rules if each.id == "US-SOCIAL-1")
    assert rule.scope.channels == ELECTRONIC | {Medium.POSTCARD}


@pytest.mark.parametrize(
    ("old", "new", "at", "told"),
    [
        ("jurisdiction: US\n", "jurisdiction: USA\n", "jurisdiction: U", "jurisdiction: must match pattern"),
        (
            "jurisdiction: US\n",
            "jurisdiction: UK\n",
            "jurisdiction: U",
            "jurisdiction: UK belongs in a file named uk.yaml",
        ),
        ("rules:", "laws:", "# United", "rules: is missing"),
        ("kind: hours", "kind: hour", "kind: hour", "rules[1].kind: must be a kind of rule: "),
        ('end: "21:00"', 'end: "07:00"', "kind: hours", "rules[1]: window 08:00:00-07:00:00 on days"),
        ('end: "21:00"', 'end: "21"', 'end: "21"', 'rules[1].end: must be a time from "00:00" to "23:59"'),
        (
            'end: "21:00"',
            'end: "21:00"\n    days: [0]',
            "days: [0]",
            "rules[1].days[0]: must be greater than or equal to 1",
        ),
        ("id: US-TIME-1", "id: evening", "id: evening", "rules[1].id: must match pattern"),
        ("citation: 12 CFR 1006.6(b)(1)(i); 15", "cite: 15", "kind: hours", "rules[1].citation: is missing"),
        ("most: 3", "most: 0", "most: 0", "must be greater than or equal to 1"),
        ("most: 3", "most: 3.5", "most: 3.5", "must be a valid integer"),
        ("channels: [sms, email, push]", "channels: [sms, pigeon]", "[sms, pigeon]", "must be 'call', "),
        ("class: hard", "class: soft", "class: soft", "rules[0].class: must be 'hard', 'default' or 'policy'"),
        ("precedence: stay", "precedence: first", "precedence: first", "precedence: must be one of stay, deceased, "),
        ("when: {deceased: true}", "when: {dead: true}", "when: {dead", "rules[5].when: no fact is called 'dead'"),
        ("  - America/Adak", "  - America/Nowhere", "America/Nowhere", "zones[6]: time zone 'America/Nowhere' is not"),
        ("minutes: 5", "minutes: 5\n    hours: 5", "    hours: 5", "hours: is not a key that belongs here"),
    ],
)
def test_a_malformed_profile_is_refused_with_file_line_key_and_reason(
    changed: Change, old: str, new: str, at: str, told: str
) -> None:
    directory = changed("jurisdictions/us.yaml", old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_profiles(directory)
    lines = str(caught.value).splitlines()
    number = line_of(at, directory / "us.yaml")
    assert any(_line_number(line) == number and told in line for line in lines), (number, told, lines)


def _line_number(problem: str) -> int:
    assert problem.startswith("us.yaml:")
    return int(problem.removeprefix("us.yaml:").split()[0])


def test_an_overlay_of_nothing_or_without_what_is_not_there_is_refused(tmp_path: Path) -> None:
    shipped = (CONFIG / "jurisdictions" / "us-ca.yaml").read_text(encoding="utf-8")
    (tmp_path / "us-ca.yaml").write_text(shipped, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"us-ca.yaml:4 parent: US must be a file of this directory"):
        load_profiles(tmp_path)
    (tmp_path / "us.yaml").write_bytes((CONFIG / "jurisdictions" / "us.yaml").read_bytes())
    (tmp_path / "us-ca.yaml").write_text(shipped.replace("[US-TIME-1,", "[US-TIME-9,"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"us-ca.yaml:8 without\[0\]: US has no rule US-TIME-9"):
        load_profiles(tmp_path)


def test_rules_bring_strategies_and_laws_together(settings: Settings) -> None:
    rules = load_rules(settings)
    assert set(rules.strategies) == {"wallet-standard", "wallet-gentle"}
    assert set(rules.profiles) == CODES | MEMBERS
    assert len(rules.template_names) == 14


def test_rules_tell_the_problems_of_both_directories(changed: Change, tmp_path: Path) -> None:
    directory = changed("strategies/wallet-gentle.yaml", "grace_days: 3", "grace_days: few")
    settings = Settings(**SANDBOX_URLS, strategies_dir=directory, jurisdictions_dir=tmp_path / "none")
    with pytest.raises(ConfigurationError) as caught:
        load_rules(settings)
    first, second = str(caught.value).splitlines()
    assert first.startswith("wallet-gentle.yaml:6 grace_days: ")
    assert "none: no *.yaml file here" in second


def test_a_member_state_without_a_file_is_served_by_the_unions() -> None:
    shipped = load_profiles(CONFIG / "jurisdictions")
    austria, union = shipped["AT"], shipped["EU"]
    assert (austria.jurisdiction, austria.lineage, austria.version) == ("AT", ("EU",), union.version)
    assert austria.rules == union.rules


def test_a_member_state_whose_own_law_is_stricter_stays_closed_until_it_has_a_file() -> None:
    shipped = load_profiles(CONFIG / "jurisdictions")
    assert shipped.keys().isdisjoint({"DE", "FR", "IT", "ES", "PL", "GR"})
