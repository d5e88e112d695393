"""What a message may not say and must say; the patterns and their reasons are in `lints.yaml`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.documents import read_document, read_model
from config.fields import RuleModel, Text
from config.readings import readings
from domain.compliance.flags import Flags
from domain.compliance.lints import Lint, LintHit, Severity, hits

LINTS_FILE = Path(__file__).parent / "lints.yaml"

_FLAGS = re.IGNORECASE | re.UNICODE
_ESCAPED = re.compile(r"\\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a text may not say, or does not say and must."""

    rule: str
    reason: str
    line: int
    """From 1; 1 as well for what is missing."""
    excerpt: str = ""
    lint: str = ""
    """Of a forbidden thing: the lint that found it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredWords:
    """Words that a message of one locale and channel must have, under the rule that asks for them."""

    rule: str
    reason: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lints:
    """Everything in the file, compiled."""

    screened: tuple[Lint, ...]
    """What the gate searches."""
    house: tuple[Lint, ...]
    """The same lints, and besides what our own messages avoid."""
    reported_as: dict[str, str]
    """By lint: the rule under which `lint` reports it."""
    required: dict[tuple[str, str], tuple[RequiredWords, ...]]
    """By locale and channel."""

    def named(self, ids: Sequence[str]) -> tuple[Lint, ...]:
        """The screened lints of these ids. Raises ValueError for an id that is not in the file."""
        by_id = {each.id: each for each in self.screened}
        for unknown in (each for each in ids if each not in by_id):
            raise ValueError(f"{unknown!r} is not a lint of {LINTS_FILE.name}")
        return tuple(by_id[each] for each in ids)


def _readable(pattern: str) -> str:
    try:
        re.compile(pattern, _FLAGS)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return pattern


def _searchable(pattern: str) -> str:
    _readable(_spaced(pattern))
    _in_lower_case(_ESCAPED.sub("", pattern))
    return pattern


def _in_lower_case(text: str) -> str:
    if text != text.lower():
        raise ValueError("must be in lower case, as the readings of a text are")
    return text


def _flag(name: str) -> str:
    if name not in {each.name for each in fields(Flags)}:
        raise ValueError("must be a fact of domain/compliance/flags.py")
    return name


Pattern = Annotated[str, AfterValidator(_readable)]
Stem = Annotated[str, Field(min_length=1, pattern=r"^\S+$"), AfterValidator(_in_lower_case)]
"""Without a space: where a line breaks inside a phrase, its words still stand."""
LowerPattern = Annotated[str, AfterValidator(_searchable)]


class LintFile(RuleModel):
    """One forbidden thing as it stands in the file."""

    lang: Literal["en", "zh"]
    severity: Severity
    rule: Text
    reason: Text
    source: Text
    allow_if_flag: Annotated[str, AfterValidator(_flag)] = ""
    stems: Annotated[tuple[Stem, ...], Field(min_length=1)]
    patterns: Annotated[tuple[LowerPattern, ...], Field(min_length=1)]
    house: tuple[LowerPattern, ...] = ()

    def lint(self, lint_id: str) -> Lint:
        """The compiled lint, with the patterns of the gate."""
        return Lint(
            id=lint_id,
            lang=self.lang,
            severity=self.severity,
            reason=self.reason,
            source=self.source,
            pattern=_joined(self.patterns),
            stems=self.stems,
            allow_if_flag=self.allow_if_flag,
        )

    def house_lint(self, lint_id: str) -> Lint:
        """The compiled lint, with the patterns of the house as well."""
        return replace(self.lint(lint_id), pattern=_joined((*self.patterns, *self.house)))


class LintsFile(RuleModel):
    """The whole file."""

    lints: Annotated[dict[str, LintFile], Field(min_length=1)]
    required: dict[str, dict[str, dict[str, Pattern]]]


@lru_cache(maxsize=8)
def load_lints(path: Path = LINTS_FILE) -> Lints:
    """The compiled rules of a file. Raises ConfigurationError with file, line, key and reason."""
    file = read_model(read_document(path), LintsFile)
    return Lints(
        screened=tuple(each.lint(lint_id) for lint_id, each in file.lints.items()),
        house=tuple(each.house_lint(lint_id) for lint_id, each in file.lints.items()),
        reported_as={lint_id: each.rule for lint_id, each in file.lints.items()},
        required={
            (locale, channel): tuple(_required(rule, pattern) for rule, pattern in rules.items())
            for locale, channels in file.required.items()
            for channel, rules in channels.items()
        },
    )


def lint(text: str) -> list[Finding]:
    """Every forbidden thing in any reading of the text, in any language; empty when the text may be sent.

    Stricter than the gate: it also finds what our own messages avoid. One finding a lint, at its first place.
    """
    lints = load_lints()
    return [_finding(hit, lints.reported_as[hit.lint.id]) for hit in hits(readings(text), lints.house)]


def missing(text: str, *, locale: str, channel: str) -> list[Finding]:
    """Every rule of that locale and channel whose words the text lacks."""
    rules = load_lints().required.get((locale, channel), ())
    return [Finding(rule=rule.rule, reason=rule.reason, line=1) for rule in rules if not rule.pattern.search(text)]


def _finding(hit: LintHit, rule: str) -> Finding:
    return Finding(rule=rule, reason=hit.lint.reason, line=hit.line, excerpt=hit.words, lint=hit.lint.id)


def _joined(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_spaced, patterns)))


def _spaced(pattern: str) -> str:
    """A space stands for any white space, so that a line may break inside a phrase."""
    return pattern.replace(" ?", r"\s*").replace(" ", r"\s+")


def _required(rule: str, pattern: str) -> RequiredWords:
    return RequiredWords(rule=rule, reason=f"must contain {pattern}", pattern=re.compile(pattern, _FLAGS))
