"""Which of the plans on offer a person takes: `PLAN 3`, `分3期`. The phrases are data; the number is read here."""

import re

from domain.replies.numbers import of_characters, of_words

MOST_INSTALMENTS = 99
_FIGURES = re.compile(r"\d+")


def chosen_instalments(words: str, phrases: re.Pattern[str] | None, courtesy: frozenset[str]) -> int | None:
    """How many instalments these words take, when they say that and nothing else; None for any other text."""
    if phrases is None:
        return None
    said = [word for word in words.split() if word not in (".", "?") and word not in courtesy]
    match = phrases.fullmatch(f" {' '.join(said)} ", 1)
    if match is None:
        return None
    named = [each for word in match.group().split() if (each := _number(word)) is not None]
    return named[0] if len(named) == 1 and 2 <= named[0] <= MOST_INSTALMENTS else None


def _number(word: str) -> int | None:
    figures = _FIGURES.findall(word)
    if figures:
        return int(figures[0][:4]) if len(figures) == 1 else 0
    value = of_characters(word) if "\u3400" <= word[0] <= "\u9fff" else of_words(word)
    return int(value) if value is not None else None
