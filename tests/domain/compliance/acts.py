"""Acts written as short as a test allows, in the words of the golden schema."""

import json
from typing import Any

from config.golden import read_case
from config.jurisdictions import load_profiles
from domain.compliance.facts import Act
from domain.compliance.gate import check
from domain.compliance.verdict import Effect, Verdict
from tests.domain.cases import CONFIG

PROFILES = load_profiles(CONFIG / "jurisdictions")
TZDATA = "2026f"
ZONES = {
    "US": "America/New_York",
    "CN": "Asia/Shanghai",
    "UK": "Europe/London",
    "EU": "Europe/Berlin",
    "IN": "Asia/Kolkata",
    "ID": "Asia/Jakarta",
    "SG": "Asia/Singapore",
}
NOONS = {
    "US": "2026-06-03T16:00:00Z",
    "CN": "2026-06-03T04:00:00Z",
    "UK": "2026-06-03T11:00:00Z",
    "EU": "2026-06-03T10:00:00Z",
    "IN": "2026-06-03T06:30:00Z",
    "ID": "2026-06-03T05:00:00Z",
    "SG": "2026-06-03T04:00:00Z",
}
"""A Wednesday at noon, local."""


def act(jurisdiction: str, **given: Any) -> Act:
    """A call to the consumer on a Wednesday at noon, but for what is given; `zones` are names."""
    base = jurisdiction.split("-", maxsplit=1)[0]
    zones = given.pop("zones", [ZONES[base]])
    line = {
        "id": "test",
        "kind": given.pop("kind", "contact"),
        "jurisdiction": jurisdiction,
        "given": {
            "role": "third_party" if base == "US" else "creditor",
            "zones": [each if isinstance(each, dict) else {"tz": each, "basis": "address"} for each in zones],
            "proposed_utc": given.pop("at", NOONS[base]),
            "channel": "call",
            "recipient": "consumer",
            "purpose": "collect",
            "debt_ids": ["D1"],
            **given,
        },
    }
    return read_case(json.dumps(line)).act


def past(
    utc: str, channel: str = "call", outcome: str = "no_answer", direction: str = "out", **more: Any
) -> dict[str, Any]:
    """One entry of a history, about D1 unless it says otherwise."""
    return {"utc": utc, "channel": channel, "dir": direction, "outcome": outcome, "debt_ids": ["D1"], **more}


def inbound(utc: str, text: str = "", channel: str = "sms") -> dict[str, Any]:
    """A message of the person's own."""
    return past(utc, channel, "received", "in", text=text)


def calls(
    *days: int, month: int = 6, outcome: str = "no_answer", channel: str = "call", hour: int = 15, **more: Any
) -> list[dict[str, Any]]:
    """A contact at that hour (UTC) of each of these days of 2026."""
    return [past(f"2026-{month:02}-{day:02}T{hour:02}:00:00Z", channel, outcome, **more) for day in days]


def ask(asked: Act, *, law_alone: bool = True) -> Verdict:
    """What the gate says, by the law alone unless the house's own rules are wanted."""
    return check(asked, PROFILES.get(asked.jurisdiction), tzdata=TZDATA, law_alone=law_alone)


def fired(verdict: Verdict) -> set[str]:
    """The rules that denied, deferred or warned."""
    return {each.rule for each in verdict.fired}


def denied(verdict: Verdict) -> list[str]:
    """The rules that denied."""
    return [each.rule for each in verdict.fired if each.effect is Effect.DENY]
