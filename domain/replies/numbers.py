"""Numbers as people write them in a hurry: figures, English words, Chinese characters. Exact, never a float."""

import re
from decimal import Decimal

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = {word: value for value, word in enumerate(_ONES)} | {word: 20 + 10 * n for n, word in enumerate(_TENS)}
_BIG = {"hundred": 100, "thousand": 1000, "grand": 1000, "k": 1000}
_A_WORD = "|".join(sorted((*_SMALL, *_BIG), key=len, reverse=True))
WORDS = rf"(?:a|an|{_A_WORD})(?:(?:\s+and)?[\s-]+(?:{_A_WORD}))*"
"""A number in English words; `a` alone is none, which `of_words` tells."""

_FIGURES = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
CHARACTERS = "[零〇一二两俩三四五六七八九十百千万]{1,16}"
"""A number in Chinese characters; fifteen say every one there is."""
FIGURES = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,3})?|[0-9]{1,9}(?:\.[0-9]{1,3})?"
"""A number in figures, also with a comma between thousands."""


def of_figures(text: str) -> Decimal:
    """The value of what `FIGURES` matched."""
    return Decimal(text.replace(",", ""))


def of_words(text: str) -> Decimal | None:
    """The value of English words such as `two hundred and fifty`; None when they are no number."""
    total, part, said = 0, 0, False
    if text.strip() == "k":
        return None  # alone it is a short ok
    for word in re.split(r"[\s-]+", text.strip()):
        if word == "and":
            continue
        if word in ("a", "an"):
            part = 1
        elif word in _SMALL:
            part, said = part + _SMALL[word], True
        elif word == "hundred":
            part, said = max(part, 1) * 100, True
        elif word in _BIG:
            total, part, said = total + max(part, 1) * _BIG[word], 0, True
        else:
            return None
    return Decimal(total + part) if said else None


def of_characters(text: str) -> Decimal | None:
    """The value of Chinese characters; `一千二` is 1200, as people say it. None when they are no number."""
    total, part, figure, unit = 0, 0, None, 1
    for sign in text:
        if sign in _FIGURES:
            if figure is not None and unit == 1 and not part and not total:
                return None  # figures one after another are a telephone number or a year
            figure = _FIGURES[sign]
            if not figure:
                unit = 1
        elif sign == "万":
            total, part, figure, unit = (total + part + (figure or 0) or 1) * 10000, 0, None, 10000
        elif sign in _UNITS:
            unit = _UNITS[sign]
            part, figure = part + (1 if figure is None else figure) * unit, None
        else:
            return None
    return Decimal(total + part + (figure or 0) * (unit // 10 if unit > 10 else 1)) if text else None
