"""Kinds of rules about what a text says; lints are named in the law and compiled here, once."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, StrictBool
from pydantic import Field as Key

from config.fields import Text
from config.law.conditions import Words
from config.law.rule_file import RuleFile, kinds
from config.lints import load_lints
from domain.compliance.conditions import Fact
from domain.compliance.content import DisclosureLanguage, Disclosures, ForbiddenText, LimitedContent, Wording


def _pattern(value: object) -> re.Pattern[str]:
    if not isinstance(value, str):
        raise ValueError("must be a regular expression")  # noqa: TRY004  # pydantic places ValueErrors
    try:
        return re.compile(value, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None


def _known(ids: tuple[str, ...]) -> tuple[str, ...]:
    load_lints().named(ids)
    return ids


LintIds = Annotated[tuple[Text, ...], Key(min_length=1), AfterValidator(_known)]
Pattern = Annotated[re.Pattern[str], BeforeValidator(_pattern)]
Wanted = Mapping[Text, StrictBool | Text | Words]


class ForbiddenTextRule(RuleFile):
    """Lints by id, or every one, and the case in which each of them denies."""

    lints: LintIds | Literal["every"]
    when: Wanted = Key(default_factory=dict)
    unless: Wanted = Key(default_factory=dict)
    in_validation_period: StrictBool = False

    TERMS = ForbiddenText

    def terms(self) -> ForbiddenText:
        """The rule's terms. Raises InvalidInput for a fact that nobody knows."""
        known = load_lints()
        return ForbiddenText(
            lints=known.screened if self.lints == "every" else known.named(self.lints),
            when=tuple(Fact(path=path, wanted=wanted) for path, wanted in self.when.items()),
            unless=tuple(Fact(path=path, wanted=wanted) for path, wanted in self.unless.items()),
            in_validation_period=self.in_validation_period,
        )


class DisclosuresRule(RuleFile):
    """Disclosures by name, and by language the words that make one."""

    must: Annotated[tuple[Text, ...], Key(min_length=1)]
    or_said: dict[Text, dict[Text, Pattern]] = Key(default_factory=dict)
    only_first_in_writing: StrictBool = False

    TERMS = Disclosures


class WordingRule(RuleFile):
    """Patterns (Python re, case ignored) by what they are for."""

    only_if: Pattern | None = None
    must: dict[Text, Pattern] = Key(default_factory=dict)
    must_not: dict[Text, Pattern] = Key(default_factory=dict)
    or_declared: tuple[Text, ...] = ()
    only_warns: StrictBool = False

    TERMS = Wording


class LimitedContentRule(RuleFile):
    """Words separated by spaces, and patterns."""

    words: Text
    reveals: Pattern
    request: Pattern

    TERMS = LimitedContent

    def terms(self) -> LimitedContent:
        """The rule's terms."""
        return LimitedContent(words=frozenset(self.words.split()), reveals=self.reveals, request=self.request)


KINDS: dict[str, type[RuleFile]] = {
    "forbidden_text": ForbiddenTextRule,
    "wording": WordingRule,
    "limited_content": LimitedContentRule,
    "disclosures": DisclosuresRule,
    **kinds({"disclosure_language": DisclosureLanguage}),
}
