"""Rules about what a text says: forbidden words, words and disclosures it must have, a voicemail that says nothing.

A rule here has nothing to say about an act without a text. Disclosures are declared by who wrote the text; words are
searched in every reading of it.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import ClassVar

from domain.calendar import local_date
from domain.compliance.conditions import Fact
from domain.compliance.facts import Act, Content
from domain.compliance.lints import Lint, LintHit, Severity, hits
from domain.compliance.profile import Answer, Rule, Terms
from domain.compliance.verdict import Fired
from domain.compliance.vocabulary import CONVERSATION, VOICE, Medium, Recipient

HUMAN_REVIEW = "HUMAN_REVIEW"
"""The warning that a human should read the text before it goes."""

_SPOKEN = VOICE | {Medium.VOICEMAIL, Medium.VISIT}
_MARK = re.compile(r"\[[^\]]*\]")
_DISCLOSED_IN = re.compile(r"\[(?P<language>\w+)-only disclosure\]", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_PHONE = re.compile(r"\d(?:[\s().-]*\d){6,}")
_NAME = r"(?:[A-Z]\.|[A-Z][\w&'’-]*)(?: (?:[A-Z]\.|[A-Z&][\w&'’-]*))*"
_SALUTATION = re.compile(rf"^(?:[Hh]i|[Hh]ello|[Dd]ear|[Gg]ood (?:morning|afternoon|evening)),? {_NAME}")
_NAMED = re.compile(
    r"\b(?:[Tt]his is|[Nn]ame is|[Nn]ame's|I am|I'm|[Cc]ontact|[Cc]all|[Rr]each|[Aa]sk for|[Ff]rom|[Ww]ith|[Aa]t|"
    rf"[Ff]or|of|or|and) (?:the )?(?P<name>{_NAME})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenText(Terms):
    """Words that deny; a lint of severity `warn` only asks for a human, unless the rule narrows itself to a case.

    With `when`, `unless` or `in_validation_period` the rule is about that case alone, and there every hit denies,
    whatever the lint's own severity and whatever would lift it.
    """

    needs_text: ClassVar[bool] = True

    lints: tuple[Lint, ...]
    when: tuple[Fact, ...] = ()
    unless: tuple[Fact, ...] = ()
    in_validation_period: bool = False

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny or warn for each lint that hits."""
        if act.content is None or not self._concerns(act):
            return None
        content = act.content
        found = hits(content.readings or (content.text,), self.lints, lang=content.lang)
        return tuple(fired for hit in found if (fired := self._answer(rule, act, hit)) is not None)

    def _concerns(self, act: Act) -> bool:
        if self.in_validation_period and not in_validation_period(act):
            return False
        if any(fact.holds(act.flags) for fact in self.unless):
            return False
        return all(fact.holds(act.flags) for fact in self.when)

    def _answer(self, rule: Rule, act: Act, hit: LintHit) -> Fired | None:
        lint = hit.lint
        if self.when or self.unless or self.in_validation_period:
            return rule.denies(lint.reason, lint=lint.id)
        if lint.severity is Severity.WARN:
            return rule.warns(lint.reason, lint=lint.id, code=HUMAN_REVIEW)
        lifted = bool(lint.allow_if_flag) and getattr(act.flags, lint.allow_if_flag) is True
        if lifted and act.flags.time_barred is not True:
            return None
        return rule.denies(lint.reason, lint=lint.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosures(Terms):
    """What a text must declare that it says; the id of the rule declares all of it.

    What is printed on an envelope alone is no text.
    """

    needs_text: ClassVar[bool] = True

    must: tuple[str, ...]
    or_said: Mapping[str, Mapping[str, re.Pattern[str]]] = field(default_factory=dict)
    """By language of the text and by disclosure, the words that make it without a declaration."""
    only_first_in_writing: bool = False
    """Only where what was said before was said aloud: the first written message repeats it. (12 CFR 1006.18(e)(1).)"""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a text that lacks one."""
        if act.content is None or not _body(act.content):
            return None
        if self.only_first_in_writing and not _first_in_writing(act):
            return None
        if rule.id in act.content.disclosures:
            return None
        said = self.or_said.get(_language(act.content), {})
        lacking = [
            each
            for each in self.must
            if each not in act.content.disclosures and not (each in said and _found(said[each], act.content))
        ]
        return rule.denies(f"the text does not declare {', '.join(lacking)}") if lacking else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureLanguage(Terms):
    """Disclosures stand in the language of the text; a mark `[English-only disclosure]` says where they do not."""

    needs_text: ClassVar[bool] = True

    languages: Mapping[str, str]
    """By the word in the mark, the code of the language."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a text whose disclosures are in another language than its body."""
        mark = _DISCLOSED_IN.search(act.content.text) if act.content else None
        if act.content is None or mark is None:
            return None
        if self.languages.get(mark.group("language").lower()) == _language(act.content):
            return None
        return rule.denies("the disclosures are in another language than the text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording(Terms):
    """Words that a text of some sort must have or must not have, by what they are for."""

    needs_text: ClassVar[bool] = True

    only_if: re.Pattern[str] | None = None
    """Which texts the rule is about; None: every text."""
    must: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    must_not: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    or_declared: tuple[str, ...] = ()
    """A disclosure that stands for the words of `must`."""
    only_warns: bool = False

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny, or warn, for each fault."""
        content = act.content
        if content is None or (self.only_if is not None and not _found(self.only_if, content)):
            return None
        faults = [f"the text {what}" for what, pattern in self.must_not.items() if _found(pattern, content)]
        if content.disclosures.isdisjoint(self.or_declared):
            faults += [f"the text lacks {what}" for what, pattern in self.must.items() if not _found(pattern, content)]
        if not faults:
            return None
        why = "; ".join(faults)
        return rule.warns(why) if self.only_warns else rule.denies(why)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedContent(Terms):
    """A voicemail that is no communication: business, person, number, a request to reply, and nothing else.

    (12 CFR 1006.2(j).) Every word must be a name, a number or one of `words`; a name that `reveals` the trade is none.
    """

    words: AbstractSet[str]
    """In lower case: salutation, request, dates and times, and what holds them together."""
    reveals: re.Pattern[str]
    request: re.Pattern[str]

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a message that says more, or less, or is left for somebody else."""
        if act.recipient is not Recipient.CONSUMER:
            return rule.denies("a limited-content message is only for the consumer's own number")
        if act.content is None:
            return None
        faults = [*self._missing(act.content.text), *self._too_much(act.content)]
        return rule.denies("; ".join(faults)) if faults else None

    def _missing(self, text: str) -> list[str]:
        names = {match.group("name") for match in _NAMED.finditer(text) if not self._known(match.group("name"))}
        wanted = {
            "the name of a person or of the business": len(names) >= 2,
            "a telephone number": _PHONE.search(text),
            "a request to reply": self.request.search(text),
        }
        return [f"the message lacks {what}" for what, there in wanted.items() if not there]

    def _too_much(self, content: Content) -> list[str]:
        if _found(self.reveals, content):
            return ["the message reveals what the business does or what it is about"]
        rest = _NAMED.sub(" ", _SALUTATION.sub("", content.text))
        if self._known(rest):
            return []
        return ["the message says more than a limited-content message may"]

    def _known(self, text: str) -> bool:
        return all(word.lower() in self.words for word in _WORD.findall(text))


def in_validation_period(act: Act) -> bool:
    """Whether the validation period still runs, by a flag or by its last day on any local date."""
    if act.flags.in_validation_period is not None:
        return act.flags.in_validation_period
    end = act.flags.validation_end
    return end is not None and any(local_date(act.at, name) <= end for name in act.zone_names)


def _language(content: Content) -> str:
    return content.lang.split("-")[0].lower()


def _body(content: Content) -> str:
    return _MARK.sub("", content.text).strip()


def _found(pattern: re.Pattern[str], content: Content) -> bool:
    return any(pattern.search(reading) for reading in (content.readings or (content.text,)))


def _first_in_writing(act: Act) -> bool:
    """Whether this is the first written message after a conversation."""
    if act.channel in _SPOKEN:
        return False
    ours = [past for past in act.history if not past.inbound and past.recipient is act.recipient]
    spoke = any(past.outcome == CONVERSATION for past in act.history)
    return spoke and not any(past.channel not in _SPOKEN for past in ours)
