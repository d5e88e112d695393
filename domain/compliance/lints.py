"""What a text may not say: compiled patterns with their reasons, searched in every reading of the text.

A lint screens; it is no quotation of law. Which rule a hit is reported under depends on the jurisdiction and stands
with the law (config/jurisdictions); what the words are stands in config/lints.yaml.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a hit means when nothing else is known."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """One forbidden thing."""

    id: str
    lang: str
    severity: Severity
    reason: str
    source: str
    pattern: re.Pattern[str]
    """Written in lower case: readings come in lower case."""
    stems: tuple[str, ...]
    """Every match contains one of them; a text with none of them is not searched."""
    allow_if_flag: str = ""
    """The fact that makes the words true and therefore lawful."""

    def find(self, reading: str) -> re.Match[str] | None:
        """The first place where a reading in lower case says it."""
        for stem in self.stems:
            if stem in reading:
                return self.pattern.search(reading)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LintHit:
    """A lint and the words that it found."""

    lint: Lint
    words: str
    line: int
    """From 1."""


def hits(readings: Sequence[str], lints: Sequence[Lint], *, lang: str | None = None) -> tuple[LintHit, ...]:
    """The first place of each lint in any reading, in the order of the lints.

    `lang` keeps to the lints of that language; none, and a language that has no lints, search all.
    """
    searched = tuple(reading.lower() for reading in readings)
    found = []
    for lint in of_language(lints, lang):
        for reading in searched:
            match = lint.find(reading)
            if match:
                line = reading.count("\n", 0, match.start()) + 1
                found.append(LintHit(lint=lint, words=match.group().strip(), line=line))
                break
    return tuple(found)


def of_language(lints: Sequence[Lint], lang: str | None) -> Sequence[Lint]:
    """The lints that apply to a text in that language (`zh-CN` counts as `zh`)."""
    if not lang:
        return lints
    spoken = lang.split("-")[0].lower()
    return tuple(lint for lint in lints if lint.lang == spoken) or lints
