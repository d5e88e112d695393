"""Kinds of rules about a person's no; the words are normalised here, once."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator
from pydantic import Field as Key

from config.fields import RuleModel, Text
from config.law.rule_file import Media, RuleFile, RuleId, kinds
from domain.compliance.optout import OptOut, OptOutConfirmation
from domain.compliance.wishes import WishWords, words_of


def _joined(text: str) -> str:
    return "".join(words_of(text))


def _spaced(text: str) -> str:
    return " ".join(words_of(text))


Keyword = Annotated[Text, AfterValidator(_joined)]
Phrase = Annotated[Text, AfterValidator(_spaced)]


class WordsFile(RuleModel):
    """What means what."""

    keywords: frozenset[Keyword] = frozenset()
    courtesy: frozenset[Keyword] = frozenset()
    phrases: tuple[Phrase, ...] = ()
    media_phrases: dict[Text, tuple[Phrase, ...]] = Key(default_factory=dict)
    wrong_person: tuple[Phrase, ...] = ()
    resume: frozenset[Keyword] = frozenset()
    unclear: frozenset[Keyword] = frozenset()


class OptOutRule(RuleFile):
    """A person's no, in flags or in words."""

    words: WordsFile = WordsFile()
    reply_rule: RuleId | None = None
    required_media: Media = frozenset()
    reaches: Media = frozenset()
    reaches_from: date | None = None

    TERMS = OptOut

    def terms(self) -> OptOut:
        """The rule's terms."""
        return OptOut(
            words=WishWords(**{name: getattr(self.words, name) for name in WordsFile.model_fields}),
            reply_rule=self.reply_rule or "",
            required_media=self.required_media,
            reaches=self.reaches,
            reaches_from=self.reaches_from,
        )


KINDS: dict[str, type[RuleFile]] = {
    "opt_out": OptOutRule,
    **kinds({"opt_out_confirmation": OptOutConfirmation}),
}
