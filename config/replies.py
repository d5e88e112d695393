"""The phrases by which replies are read: every file of `config/replies`, checked at load and joined by intent."""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from config.documents import read_document, read_model, refuse_all, rule_files
from config.fields import Percent, RuleModel, Text, checked
from config.readings import READINGS_FILE, ReadingsFile
from domain.errors import ConfigurationError
from domain.replies.intent import Intent
from domain.replies.phrases import compiled
from domain.replies.reading import ReplyRules, Rule
from domain.replies.text import as_words, plain

REPLIES_DIR = Path(__file__).parent / "replies"
_MORE_SIMPLIFIED = (
    "還还 訂订 週周 塊块 萬万 兩两 說说 別别 嗎吗 沒没 誤误 額额 並并 見见 過过 幾几 禮礼 該该 夠够 煩烦 擾扰 歸归 "
    "結结 齊齐 勵励 謝谢 識识 認认 議议 盜盗 協协 復复 啟启 餘余 詢询 補补"
)
"""Beside the forbidden words of `readings.yaml`: characters of what people answer, traditional before simplified."""


def _readable(phrase: str) -> str:
    checked(lambda: compiled((phrase,)))
    return phrase


Phrase = Annotated[Text, AfterValidator(_readable)]


class RuleEntry(RuleModel):
    """One intent in one language."""

    whole: tuple[Text, ...] = ()
    short: tuple[Text, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    unless: tuple[Phrase, ...] = ()
    by_clause: bool = False
    confidence_percent: Percent = 90


class RepliesFile(RuleModel):
    """The whole file."""

    certain_from_percent: Annotated[int, Field(strict=True, ge=50, le=95)]
    """Below it a human reads. Above the highest nothing would be certain, below the lowest a guess."""
    courtesy: tuple[Text, ...] = ()
    perhaps: tuple[Phrase, ...] = ()
    asks: tuple[Phrase, ...] = ()
    pays: tuple[Phrase, ...] = ()
    not_promised: tuple[Phrase, ...] = ()
    turns: tuple[Text, ...] = ()
    beside: tuple[Phrase, ...] = ()
    takes_plan: tuple[Phrase, ...] = ()
    ours: tuple[Phrase, ...] = ()
    rules: Annotated[dict[Intent, RuleEntry], Field(min_length=1)]


@lru_cache(maxsize=4)
def load_replies(directory: Path = REPLIES_DIR) -> ReplyRules:
    """Read every file of a directory. Raises ConfigurationError that lists every problem of every file."""
    files: dict[str, RepliesFile] = {}
    versions: list[str] = []
    problems: list[str] = []
    for path in rule_files(directory):
        try:
            document = read_document(path)
            files[path.stem] = read_model(document, RepliesFile)
            versions.append(document.version)
        except ConfigurationError as error:
            problems += str(error).splitlines()
    refuse_all(problems)
    simplified = _simplified()
    return ReplyRules(
        rules=tuple(
            _rule(f"{language}.{intent.value}", intent, entry, simplified, file.certain_from_percent)
            for language, file in files.items()
            for intent, entry in file.rules.items()
        ),
        courtesy=frozenset(word.casefold() for file in files.values() for word in file.courtesy),
        ours=compiled(_all(file.ours for file in files.values())),
        perhaps=compiled(_all(file.perhaps for file in files.values())),
        pays=compiled(_all(file.pays for file in files.values())),
        not_promised=compiled(_all(file.not_promised for file in files.values())),
        turns=_turns(_all(file.turns for file in files.values())),
        beside=compiled(_all(file.beside for file in files.values())),
        takes_plan=compiled(_all(file.takes_plan for file in files.values())),
        asks=compiled(_all(file.asks for file in files.values())),
        certain_from=max(file.certain_from_percent for file in files.values()) / 100,
        simplified=simplified,
        version=hashlib.sha256("".join(versions).encode()).hexdigest()[:12],
    )


def _rule(name: str, intent: Intent, entry: RuleEntry, simplified: dict[int, str], certain_from_percent: int) -> Rule:
    return Rule(
        intent=intent,
        name=name,
        whole=frozenset("".join(as_words(plain(each, simplified)).split()) for each in entry.whole),
        short=frozenset(word.casefold() for word in entry.short),
        phrases=compiled(entry.phrases),
        unless=compiled(entry.unless),
        by_clause=entry.by_clause,
        confidence=entry.confidence_percent / 100,
        certain_from=certain_from_percent / 100,
    )


def _turns(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """In a plain text, where Chinese words have no blanks around them."""
    options = (rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word) for word in words)
    return re.compile("|".join(options)) if words else None


def _all(phrases: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(phrase for each in phrases for phrase in each)


def _simplified() -> dict[int, str]:
    pairs = read_model(read_document(READINGS_FILE), ReadingsFile).simplified.split() + _MORE_SIMPLIFIED.split()
    return {ord(pair[0]): pair[1] for pair in pairs}
