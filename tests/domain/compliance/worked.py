"""Acts written as the golden cases are, put to the gate under the shipped laws."""

import json
from typing import Any

from config.golden import read_case
from config.jurisdictions import load_profiles
from domain.compliance.facts import Act
from domain.compliance.gate import check
from domain.compliance.verdict import Effect, Verdict
from tests.domain.cases import CONFIG

PROFILES = load_profiles(CONFIG / "jurisdictions")
ZONES = {
    "US": "America/New_York",
    "US-CA": "America/Los_Angeles",
    "CN": "Asia/Shanghai",
    "UK": "Europe/London",
    "EU": "Europe/Berlin",
    "IN": "Asia/Kolkata",
    "ID": "Asia/Jakarta",
    "SG": "Asia/Singapore",
}
NOON = {"US": "16:00", "US-CA": "19:00", "CN": "04:00", "UK": "11:00", "EU": "10:00", "IN": "06:30", "ID": "05:00"}
ALL = ("identity", "from_debt_collector", "attempting_to_collect", "info_used", "optout")


def act(jurisdiction: str, *, kind: str = "content", on: str = "2026-06-04", **given: Any) -> Act:
    """An act around noon local time of a Thursday, to the consumer, with every disclosure; `given` says the rest."""
    said = {"text": given.pop("text"), "disclosures": given.pop("disclosures", ALL)} if "text" in given else None
    if said and "lang" in given:
        said["lang"] = given.pop("lang")
    facts = {
        "role": "third_party",
        "zones": [{"tz": ZONES[jurisdiction], "basis": "address"}],
        "proposed_utc": f"{on}T{NOON.get(jurisdiction, '04:00')}:00Z",
        "channel": "sms",
        "debt_ids": ["D1"],
        "content": said,
    }
    line = {"id": "X", "kind": kind, "jurisdiction": jurisdiction, "given": facts | given}
    return read_case(json.dumps(line)).act


def ask(jurisdiction: str, **given: Any) -> Verdict:
    """The verdict by the law alone."""
    asked = act(jurisdiction, **given)
    return check(asked, PROFILES[jurisdiction], tzdata="2026f", law_alone=True)


def barring(verdict: Verdict) -> set[str]:
    """The rules that denied or deferred."""
    return {each.rule for each in verdict.fired if each.effect is not Effect.WARN}
