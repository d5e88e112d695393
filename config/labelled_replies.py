"""Phrases with what they mean, one to a line: the tests' own, and any file that ops bring to see what the rules say.

    text <tab> locale <tab> intents <tab> amount <tab> day

Only the text is needed. Intents are parted by commas; `unclear` is none, and `?` stands before one that a human must
read. The amount is in minor units or percent of what is owed. `\\n` in a text is a line break, `#` begins a comment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from domain.errors import InvalidInput
from domain.replies.intent import AmountSaid, Intent, Reading
from domain.replies.place import writes_day_first
from domain.replies.reading import ReplyRules, read_reply

UNCLEAR = "unclear"
_CURRENCIES = {"zh": "CNY", "en-GB": "GBP"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One phrase; without a label, intents are None."""

    line: int
    text: str
    locale: str = ""
    intents: frozenset[Intent] | None = None
    doubtful: frozenset[Intent] = frozenset()
    amount: AmountSaid | None = None
    on: date | None = None

    @property
    def currency(self) -> str:
        """Of an account of somebody who writes so."""
        return _CURRENCIES.get(self.locale) or _CURRENCIES.get(self.locale.partition("-")[0], "USD")

    def read(self, rules: ReplyRules, today: date) -> Reading:
        """What the rules say of it."""
        day_first = writes_day_first(self.locale, "" if "-" in self.locale else "US")
        return read_reply(self.text, rules, today=today, currency=self.currency, day_first=day_first)

    def agrees(self, reading: Reading) -> bool:
        """Whether it was read as it is labelled, to the amount and the day."""
        if self.intents != frozenset(reading.certain) or self.doubtful - set(reading.doubtful):
            return False
        return Intent.PROMISE not in self.intents or (reading.amount, reading.on) == (self.amount, self.on)


@dataclass(slots=True)
class Score:
    """How often one intent was found, missed, or seen where it was not."""

    intent: Intent
    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision_percent(self) -> int:
        """Of those that were found, how many are."""
        return round(100 * self.right / max(1, self.right + self.wrong))

    @property
    def recall_percent(self) -> int:
        """Of those that are, how many were found."""
        return round(100 * self.right / max(1, self.right + self.missed))


def read_labelled(path: Path) -> list[Labelled]:
    """Every phrase of a file. Raises InvalidInput that names file and line, never the phrase."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"{path}: cannot be read as UTF-8 text: name a file with one phrase to a line") from None
    return [_labelled(path, number, line) for number, line in enumerate(lines, start=1) if not line.startswith("#")]


def scores(read: Iterable[tuple[Labelled, Reading]]) -> list[Score]:
    """One score for each intent that is labelled or found, over the phrases that have a label."""
    found: dict[Intent, Score] = {}
    for phrase, reading in read:
        if phrase.intents is None:
            continue
        certain = frozenset(reading.certain)
        for intent in certain | phrase.intents:
            score = found.setdefault(intent, Score(intent))
            if intent in certain and intent in phrase.intents:
                score.right += 1
            elif intent in certain:
                score.wrong += 1
            else:
                score.missed += 1
    return [found[intent] for intent in Intent if intent in found]


def _labelled(path: Path, number: int, line: str) -> Labelled:
    text, locale, label, amount, on = (*line.split("\t"), "", "", "", "")[:5]
    text = text.replace("\\n", "\n")
    try:
        return Labelled(
            line=number,
            text=text,
            locale=locale,
            intents=frozenset(_intents(label, doubtful=False)) if label else None,
            doubtful=frozenset(_intents(label, doubtful=True)),
            amount=_amount(amount),
            on=date.fromisoformat(on) if on else None,
        )
    except ValueError:
        raise InvalidInput(
            f"{path}:{number}: intents, amount or day cannot be read: see `replies check --help`"
        ) from None


def _intents(label: str, *, doubtful: bool) -> Iterator[Intent]:
    for name in label.split(","):
        if name and name != UNCLEAR and name.startswith("?") is doubtful:
            yield Intent(name.removeprefix("?"))


def _amount(text: str) -> AmountSaid | None:
    if not text:
        return None
    return AmountSaid(percent=int(text[:-1])) if text.endswith("%") else AmountSaid(minor=int(text))
