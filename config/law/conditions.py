"""Kinds of rules that need no more than facts."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool

from config.fields import Text, checked
from config.law.rule_file import RuleFile
from domain.compliance.conditions import Condition, Fact

Words = tuple[Text, ...]
Written = dict[Text, StrictBool | Text | Words]


def facts(written: Mapping[str, bool | str | tuple[str, ...]]) -> tuple[Fact, ...]:
    """The facts as the core knows them. Raises InvalidInput for one that nobody knows."""
    return tuple(Fact(path=path, wanted=wanted) for path, wanted in written.items())


def _known(written: Written) -> Written:
    checked(lambda: facts(written))
    return written


Facts = Annotated[Written, AfterValidator(_known)]
"""Names of facts and what they must be; see `domain.compliance.conditions.Fact`."""


class ConditionRule(RuleFile):
    """While these facts hold."""

    when: Facts = Field(default_factory=dict)
    when_any: Facts = Field(default_factory=dict)
    unless: Facts = Field(default_factory=dict)
    unless_consent: str = ""
    why: Text

    TERMS = Condition

    def terms(self) -> Condition:
        """The condition."""
        return Condition(
            when=facts(self.when),
            when_any=facts(self.when_any),
            unless=facts(self.unless),
            unless_consent=self.unless_consent,
            why=self.why,
        )


KINDS: dict[str, type[RuleFile]] = {"condition": ConditionRule}
