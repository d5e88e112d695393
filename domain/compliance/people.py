"""Rules about who may be spoken to, and what a person who does not owe the debt may be asked."""

from dataclasses import dataclass
from typing import ClassVar

from domain.compliance.conditions import Fact
from domain.compliance.facts import Act, PastContact
from domain.compliance.profile import Answer, Rule, Terms
from domain.compliance.verdict import Precedence
from domain.compliance.vocabulary import CONVERSATION, Medium, Purpose, Recipient
from domain.compliance.wishes import words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PermittedRecipients(Terms):
    """Only these people are spoken to; others only for a purpose of theirs, and only if the facts allow it."""

    precedence: ClassVar[Precedence] = Precedence.THIRD_PARTY

    permitted: frozenset[Recipient]
    others: frozenset[Recipient] = frozenset()
    """Who else may be spoken to for `other_purposes`; empty: anybody."""
    other_purposes: frozenset[Purpose] = frozenset()
    other_if_any: tuple[Fact, ...] = ()
    """Facts of which one must hold for that; empty: none is needed."""
    other_if_all: tuple[Fact, ...] = ()
    disclosure_rule: str = ""
    """Under which id another purpose is reported: it would disclose the debt."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny anybody else."""
        if act.recipient in self.permitted:
            return None
        answers = []
        if not self._may_be_asked(act):
            answers.append(rule.denies(f"{act.recipient.value} is nobody to speak to about this debt"))
        elif act.purpose not in self.other_purposes and not self.disclosure_rule:
            answers.append(rule.denies(f"{act.recipient.value} may not hear of the debt"))
        if self.disclosure_rule and act.purpose not in self.other_purposes:
            answers.append(rule.denies(f"{act.recipient.value} may not hear of the debt", rule=self.disclosure_rule))
        return tuple(answers) or None

    def _may_be_asked(self, act: Act) -> bool:
        return (
            bool(self.other_purposes)
            and (not self.others or act.recipient in self.others)
            and (not self.other_if_any or any(fact.holds(act.flags) for fact in self.other_if_any))
            and all(fact.holds(act.flags) for fact in self.other_if_all)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationInformation(Terms):
    """A third party is asked where the person is, by name, and nothing else; once, and not past an attorney."""

    precedence: ClassVar[Precedence] = Precedence.THIRD_PARTY

    forbidden_words: frozenset[str] = frozenset()
    """Words that tell of the debt."""
    required_words: frozenset[str] = frozenset()
    """Words of which one says that location is confirmed or corrected; empty: none is asked for."""
    forbidden_media: frozenset[Medium] = frozenset()

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a postcard, a second talk, a way around an attorney, and words about the debt."""
        why = self._why_not(act)
        return rule.denies(why) if why else None

    def _why_not(self, act: Act) -> str:
        attorney = act.flags.attorney
        if act.channel in self.forbidden_media:
            return f"not by {act.channel.value}"
        if attorney is not None and attorney.known and not attorney.unresponsive:
            return "an attorney is known: ask the attorney"
        if any(_was_answered(act, past) for past in act.history):
            return "this person was asked already and answered"
        return self._why_not_said(act)

    def _why_not_said(self, act: Act) -> str:
        if act.content is None:
            return ""
        for reading in (act.content.text, *act.content.readings):
            if told := self.forbidden_words.intersection(words_of(reading)):
                return f"tells of the debt: {', '.join(sorted(told))}"
        if self.required_words and self.required_words.isdisjoint(words_of(act.content.text)):
            return "does not say that location is confirmed or corrected"
        return ""


def _was_answered(act: Act, past: PastContact) -> bool:
    same_person = past.recipient is act.recipient and (past.number is None or act.address.number in (None, past.number))
    return past.outcome == CONVERSATION and same_person and past.at <= act.at
