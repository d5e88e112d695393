"""The little language in which phrases are written, so that people who do not program can read and extend them.

    stop texting me          these words, one after the other, anywhere
    stop (texting|calling)   one of several
    (please|) stop           or nothing
    pay ... friday           up to five words between, within a sentence
    harass*                  any ending
    paid %                   any number

Chinese needs no blanks: every character is a word.
"""

import re
from collections.abc import Iterator

from domain.errors import InvalidInput

MOST_BETWEEN = 5
_HAN = r"\u3400-\u9fff"
_PARTS = re.compile(rf"\((?P<group>[^()]*)\)|(?P<gap>\.\.\.)|(?P<han>[{_HAN}])|(?P<word>[^\s()|{_HAN}]+)")
_WORD = re.compile(rf"[{_HAN}]|[^\s{_HAN}]+")


def compiled(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    """One pattern for all of them over the words of `text.as_words`; None for none. Raises InvalidInput."""
    return re.compile("|".join(f"(?:(?<= ){_pattern(each)})" for each in phrases)) if phrases else None


def _pattern(phrase: str) -> str:
    if not phrase.strip() or _PARTS.sub("", phrase).strip():
        raise InvalidInput(f"phrase {phrase!r} cannot be read: words, (one|other), ..., * and % are known")
    return "".join(_parts(phrase))


def _parts(phrase: str) -> Iterator[str]:
    for part in _PARTS.finditer(phrase.casefold().replace("'", "")):
        if part["gap"]:
            yield rf"(?:(?![.?] )\S+ ){{0,{MOST_BETWEEN}}}"
        elif part["group"] is not None:
            options = [option.strip() for option in part["group"].split("|")]
            worded = "|".join("".join(map(_word, _WORD.findall(option))) for option in options if option)
            yield f"(?:{worded})?" if "" in options else f"(?:{worded})"
        else:
            yield _word(part["han"] or part["word"])


def _word(word: str) -> str:
    if word == "%":
        return r"\d\S* "
    return re.escape(word).replace(r"\*", r"\S*") + " "
