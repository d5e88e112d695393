"""What a message may not say and must say; the patterns and the rules they stand for are in `lints.yaml`."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from config.documents import read_document, read_model
from config.fields import RuleModel, Text

LINTS_FILE = Path(__file__).parent / "lints.yaml"

_FLAGS = re.IGNORECASE | re.UNICODE


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a text may not say, or does not say and must."""

    rule: str
    reason: str
    line: int
    """From 1; 1 as well for what is missing."""
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """A rule with everything that breaks it."""

    rule: str
    reason: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lints:
    """All rules, compiled."""

    forbidden: tuple[Lint, ...]
    required: dict[tuple[str, str], tuple[Lint, ...]]
    """By locale and channel."""


def _readable(pattern: str) -> str:
    try:
        re.compile(pattern, _FLAGS)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_readable)]


class LintFile(RuleModel):
    """One forbidden thing as it stands in the file."""

    reason: Text
    patterns: Annotated[tuple[Pattern, ...], Field(min_length=1)]


class LintsFile(RuleModel):
    """The whole file."""

    forbidden: dict[str, LintFile]
    required: dict[str, dict[str, dict[str, Pattern]]]


@lru_cache(maxsize=8)
def load_lints(path: Path = LINTS_FILE) -> Lints:
    """The compiled rules of a file. Raises ConfigurationError with file, line, key and reason."""
    file = read_model(read_document(path), LintsFile)
    return Lints(
        forbidden=tuple(
            Lint(rule=rule, reason=lint.reason, pattern=re.compile("|".join(lint.patterns), _FLAGS))
            for rule, lint in file.forbidden.items()
        ),
        required={
            (locale, channel): tuple(_required(rule, pattern) for rule, pattern in rules.items())
            for locale, channels in file.required.items()
            for channel, rules in channels.items()
        },
    )


def lint(text: str) -> list[Finding]:
    """Every forbidden thing in the text, in the order of the rules; empty when the text may be sent."""
    return [
        Finding(
            rule=rule.rule,
            reason=rule.reason,
            line=text.count("\n", 0, match.start()) + 1,
            excerpt=match.group().strip(),
        )
        for rule in load_lints().forbidden
        for match in rule.pattern.finditer(text)
    ]


def missing(text: str, *, locale: str, channel: str) -> list[Finding]:
    """Every rule of that locale and channel whose words the text lacks."""
    rules = load_lints().required.get((locale, channel), ())
    return [Finding(rule=rule.rule, reason=rule.reason, line=1) for rule in rules if not rule.pattern.search(text)]


def _required(rule: str, pattern: str) -> Lint:
    return Lint(rule=rule, reason=f"must contain {pattern}", pattern=re.compile(pattern, _FLAGS))
