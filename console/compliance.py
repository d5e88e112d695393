"""`compliance check`: worked cases of the golden schema run through the gate, and compared with what they expect."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tzdata

from config.golden import BadLine, Expected, GoldenCase, read_cases
from config.jurisdictions import load_profiles
from console.output import plain
from console.session import console_settings
from domain.compliance.gate import check
from domain.compliance.profile import Profile
from domain.compliance.verdict import Effect, Verdict
from domain.errors import InvalidInput

MISMATCHED, BAD = 1, 2
"""Exit codes: a verdict is not what a case expects; a line is no case."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """How many cases came out as expected, and how many lines were no case."""

    matched: int = 0
    mismatched: int = 0
    bad: int = 0

    @property
    def exit_code(self) -> int:
        """A mismatch outranks a bad line."""
        if self.mismatched:
            return MISMATCHED
        return BAD if self.bad else 0


def check_cases(file: Path, *, expect: bool, as_json: bool) -> int:
    """Run every case of a file through the gate, by the law alone; with `expect`, compare.

    One JSON object a line; with `expect` and without `as_json` the differences for a person. Raises InvalidInput for
    a file that cannot be read.
    """
    profiles = load_profiles(console_settings().jurisdictions_dir)
    tally = Tally()
    try:
        # Bytes that are no UTF-8 spoil their line, not the file; the mark that some editors put first is passed over.
        with file.open(encoding="utf-8-sig", errors="surrogateescape") as lines:
            for case in read_cases(lines):
                _take(case, profiles, tally, expect=expect, in_lines=as_json or not expect)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None
    if expect:
        summary = f"{tally.matched} matched, {tally.mismatched} mismatched"
        print(summary, file=sys.stderr if as_json else sys.stdout)
    return tally.exit_code


def _take(
    case: GoldenCase | BadLine, profiles: Mapping[str, Profile], tally: Tally, *, expect: bool, in_lines: bool
) -> None:
    if isinstance(case, BadLine):
        tally.bad += 1
        print(f"line {case.number}: {case.reason}", file=sys.stderr)
        return
    verdict = check(case.act, profiles.get(case.act.jurisdiction), tzdata=tzdata.IANA_VERSION, law_alone=True)
    differs = differences(case.expect, verdict) if expect and case.expect else []
    if expect and case.expect:
        tally.matched += not differs
        tally.mismatched += bool(differs)
    if in_lines:
        print(json.dumps(_line(case, verdict, differs), ensure_ascii=False))
    elif differs:
        print(f"{case.id}: {'; '.join(differs)} [{verdict.why}]")


def _line(case: GoldenCase, verdict: Verdict, differs: list[str]) -> dict[str, Any]:
    line: dict[str, Any] = {
        "id": case.id,
        "decision": verdict.decision,
        "until": _utc(verdict.until) if verdict.until else None,
        "rule": verdict.decided_by,
        "fired": fired_rules(verdict),
        "why": verdict.why,
    }
    more: dict[str, Any] = {
        "warn": warned_of(verdict),
        "lint": [each.lint for each in verdict.fired if each.lint],
        "computed": plain(dict(verdict.computed)),
        "reason": verdict.reason,
        "ignored": list(case.ignored),
        "mismatch": differs,
    }
    if verdict.decision != "allow":
        line["override_allowed"] = verdict.override_allowed
    return line | {name: value for name, value in more.items() if value}


def fired_rules(verdict: Verdict) -> list[str]:
    """The rules that denied or deferred, each once; warnings stand apart."""
    return list(dict.fromkeys(each.rule for each in verdict.fired if each.effect is not Effect.WARN))


def warned_of(verdict: Verdict) -> list[str]:
    """What the warnings may be called by: their codes, then the rules and the lints behind them, each once."""
    warnings = [each for each in verdict.fired if each.effect is Effect.WARN]
    names = [*verdict.warnings, *(each.rule for each in warnings), *(each.lint for each in warnings if each.lint)]
    return list(dict.fromkeys(names))


def differences(expected: Expected, verdict: Verdict) -> list[str]:
    """How the verdict is not what the case says (regulation rules, section 2); empty when it is."""
    found: list[str] = []
    if verdict.decision != expected.decision:
        found.append(f"decision is {verdict.decision}, not {expected.decision}")
    if expected.until is not None and verdict.until != expected.until:
        found.append(f"until is {_utc(verdict.until)}, not {_utc(expected.until)}")
    if expected.rule and expected.decision != "allow" and expected.rule not in fired_rules(verdict):
        found.append(f"{expected.rule} did not fire, but {', '.join(fired_rules(verdict)) or 'none'}")
    warned = warned_of(verdict)
    found += [f"no warning {each}" for each in expected.warn if each not in warned]
    if expected.lint and expected.lint not in {each.lint for each in verdict.fired}:
        found.append(f"{expected.lint} did not hit")
    return found + _stated_differences(expected, verdict)


def _stated_differences(expected: Expected, verdict: Verdict) -> list[str]:
    found: list[str] = []
    computed = plain(dict(verdict.computed))
    for name, value in (expected.computed or {}).items():
        if computed.get(name) != value:
            found.append(f"computed {name} is {computed.get(name)}, not {value}")
    if expected.override_allowed is not None and verdict.override_allowed is not expected.override_allowed:
        found.append(f"override_allowed is {verdict.override_allowed}")
    if expected.reason is not None and verdict.reason != expected.reason:
        found.append(f"reason is {verdict.reason or 'none'}, not {expected.reason}")
    return found


def _utc(instant: Any) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}" if instant else "none"
