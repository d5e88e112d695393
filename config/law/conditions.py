"""Kinds of rules that need no more than facts."""

from collections.abc import Mapping

from pydantic import Field, StrictBool

from config.fields import Text
from config.law.rule_file import RuleFile
from domain.compliance.conditions import Condition, Fact

Words = tuple[Text, ...]


class ConditionRule(RuleFile):
    """While these facts hold."""

    when: dict[Text, StrictBool | Text | Words] = Field(default_factory=dict)
    unless: dict[Text, StrictBool | Text | Words] = Field(default_factory=dict)
    why: Text

    TERMS = Condition

    def terms(self) -> Condition:
        """The condition. Raises InvalidInput for a fact that nobody knows."""
        return Condition(when=_facts(self.when), unless=_facts(self.unless), why=self.why)


def _facts(written: Mapping[str, bool | str | tuple[str, ...]]) -> tuple[Fact, ...]:
    return tuple(Fact(path=path, wanted=wanted) for path, wanted in written.items())


KINDS: dict[str, type[RuleFile]] = {"condition": ConditionRule}
