"""The shipped laws carry the numbers of their sources; a jurisdiction without a file has no profile."""

from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest

from config.jurisdictions import load_profiles, profile_for
from config.rules import load_rules
from config.settings import Settings
from domain.errors import ConfigurationError
from domain.vocabulary import Channel
from tests.config.conftest import CONFIG, SANDBOX_URLS, line_of

Change = Callable[[str, str, str], Path]


@pytest.mark.parametrize(
    ("code", "hours_rule", "start", "end", "opt_out_rule"),
    [
        ("US", "US-TIME-1", time(8), time(21), "US-OPTOUT-1"),
        ("CN", "CN-TIME-1", time(8), time(22), "CN-SMS-1"),
        ("UK", "UK-TIME-1", time(8), time(21), "UK-TIME-2"),
    ],
)
def test_the_shipped_profiles_are_the_law(
    code: str, hours_rule: str, start: time, end: time, opt_out_rule: str
) -> None:
    profile = load_profiles(CONFIG / "jurisdictions")[code]
    assert profile.hours.rule == hours_rule
    assert (profile.hours.window.start, profile.hours.window.end) == (start, end)
    assert profile.hours.window.days == (1, 2, 3, 4, 5, 6, 7)
    assert profile.opt_out_rule == opt_out_rule
    assert (profile.cap.rule, profile.cap.max_contacts, profile.cap.days) == ("HOUSE-CAP-1", 3, 7)
    assert {Channel.SMS, Channel.EMAIL} <= set(profile.cap.channels) <= set(profile.hours.channels)
    assert Channel.LETTER not in profile.hours.channels
    assert len(profile.version) == 12


@pytest.mark.parametrize("code", ["US-MA", "US-FL", "US-NYC", "US-CA", "us", "EU", ""])
def test_an_overlay_never_falls_back_to_its_base(code: str) -> None:
    assert profile_for(load_profiles(CONFIG / "jurisdictions"), code) is None


def test_an_overlay_applies_once_it_has_a_file(changed: Change) -> None:
    directory = changed("jurisdictions/us.yaml", "jurisdiction: US\n", "jurisdiction: US-MA\n")
    (directory / "us.yaml").rename(directory / "us-ma.yaml")
    profile = profile_for(load_profiles(directory), "US-MA")
    assert profile is not None
    assert profile.jurisdiction == "US-MA"


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
        ('end: "21:00"', 'end: "07:00"', "hours:", "hours: window 08:00:00-07:00:00 on days"),
        ('end: "21:00"', 'end: "21"', "  end:", 'hours.end: must be a time from "00:00" to "23:59"'),
        (
            'end: "21:00"',
            'end: "21:00"\n  days: [0]',
            "  days: [0]",
            "hours.days[0]: must be greater than or equal to 1",
        ),
        ("rule: US-TIME-1", "rule: evening", "rule: evening", "hours.rule: must match pattern"),
        ("  citation: 12 CFR 1006.6(b)", "  cite: 12 CFR 1006.6(b)", "hours:", "hours.citation: is missing"),
        ("max_contacts: 3", "max_contacts: 0", "max_contacts", "cap.max_contacts: must be greater than or equal to 1"),
        ("max_contacts: 3", "max_contacts: 3.5", "max_contacts", "cap.max_contacts: must be a valid integer"),
        ("[sms, email, push, voice]", "[sms, pigeon]", "pigeon", "hours.channels[1]: must be 'sms', 'email'"),
        ("cap:", "caps:", "# United", "cap: is missing"),
    ],
)
def test_a_malformed_profile_is_refused_with_file_line_key_and_reason(
    changed: Change, old: str, new: str, at: str, told: str
) -> None:
    directory = changed("jurisdictions/us.yaml", old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_profiles(directory)
    lines = str(caught.value).splitlines()
    expected = f"us.yaml:{line_of(at, directory / 'us.yaml')} {told}"
    assert any(line.startswith(expected) for line in lines), (expected, lines)


def test_rules_bring_strategies_and_laws_together(settings: Settings) -> None:
    rules = load_rules(settings)
    assert set(rules.strategies) == {"wallet-standard", "wallet-gentle"}
    assert set(rules.profiles) == {"US", "CN", "UK"}
    assert len(rules.template_names) == 10


def test_rules_tell_the_problems_of_both_directories(changed: Change, tmp_path: Path) -> None:
    directory = changed("strategies/wallet-gentle.yaml", "grace_days: 3", "grace_days: few")
    settings = Settings(**SANDBOX_URLS, strategies_dir=directory, jurisdictions_dir=tmp_path / "none")
    with pytest.raises(ConfigurationError) as caught:
        load_rules(settings)
    first, second = str(caught.value).splitlines()
    assert first.startswith("wallet-gentle.yaml:6 grace_days: ")
    assert "none: no *.yaml file here" in second
