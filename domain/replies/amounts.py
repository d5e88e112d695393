"""Amounts as people name them: figures, words, characters, or a share of what is owed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from domain.money import MINOR_UNIT_DIGITS
from domain.replies.intent import AmountSaid
from domain.replies.numbers import CHARACTERS, FIGURES, WORDS, of_characters, of_figures, of_words
from domain.replies.text import left_out, narrowed

MOST_MAJOR = Decimal(10) ** 9
_MARKS = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN"}),
    "¥": frozenset({"CNY", "JPY"}),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "₹": frozenset({"INR"}),
    "us$": frozenset({"USD"}),
    "usd": frozenset({"USD"}),
    "rmb": frozenset({"CNY"}),
    "cny": frozenset({"CNY"}),
    "eur": frozenset({"EUR"}),
    "gbp": frozenset({"GBP"}),
    "inr": frozenset({"INR"}),
    "sgd": frozenset({"SGD"}),
    "idr": frozenset({"IDR"}),
    "rp": frozenset({"IDR"}),
    "rs": frozenset({"INR"}),
    "dollar": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD"}),
    "buck": frozenset({"USD", "CAD", "AUD", "NZD", "SGD"}),
    "euro": frozenset({"EUR"}),
    "pound": frozenset({"GBP"}),
    "quid": frozenset({"GBP"}),
    "rupee": frozenset({"INR"}),
    "rupiah": frozenset({"IDR"}),
    "yuan": frozenset({"CNY"}),
    "人民币": frozenset({"CNY"}),
    "元": frozenset({"CNY", "HKD", "TWD", "SGD"}),
    "块": frozenset({"CNY", "HKD", "TWD", "SGD"}),
    "圆": frozenset({"CNY"}),
    "美元": frozenset({"USD"}),
    "美金": frozenset({"USD"}),
    "刀": frozenset({"USD", "CAD", "AUD"}),
}
_BEFORE = r"(?P<before>us\$|[$¥€£₹]|(?:usd|rmb|cny|eur|gbp|inr|sgd|idr|rp|rs)\b\.?|人民币)?\s*"
_AFTER = (
    r"(?:\s*(?P<after>[$€£]|(?:usd|rmb|cny|eur|gbp|inr|sgd|idr|euro|pound|dollar|buck|rupee|yuan)s?\b|quid\b|rupiah\b"
    r"|美元|美金|人民币|元|块|圆|刀)(?:钱|整)?)?"
)
_ALL = re.compile(
    r"\b(?:in\s+full|(?:the\s+)?(?:full|whole|entire|total)(?:\s+(?:amount|balance|thing|bill|debt|sum))?|all\s+of\s+it"
    r"|it\s+all|pay\s+(?:it\s+)?(?:all|off)|everything|pay\s+it\s+off|clear\s+(?:it|the\s+balance))\b"
    r"|全部|全款|全额|一次性(?:还清|结清|还|付)|(?<!已)(?<!已经)(?:还清|结清|付清|清账)|所有(?:的)?(?:钱|欠款)?"
)
_HALF = re.compile(r"\bhalf\b|一半|50\s?%|半数")
_FIGURE = re.compile(
    rf"{_BEFORE}(?<![a-z0-9.,])(?P<figure>{FIGURES})(?![\d.]*\d)\s?(?P<times>k\b|grand\b|hundred\b|thousand\b|百|千|万)?(?P<more>\d(?!\d))?{_AFTER}"
)
_IN_WORDS = re.compile(rf"\b(?P<words>{WORDS})\b{_AFTER}")
_IN_CHARACTERS = re.compile(rf"(?P<characters>{CHARACTERS}){_AFTER}")
_TIMES = {"k": 1000, "grand": 1000, "hundred": 100, "thousand": 1000, "百": 100, "千": 1000, "万": 10000}
_NO_AMOUNT = re.compile(
    r"\b\d{4,}-\d+|\+?\d{9,}|\d+\s?%|\d+\s*(?:times?|x|calls?|days?|weeks?|months?|years?|次|天|个月|年|岁|条|期|遍|点|个)|\b\d+(?:am|pm)\b|\b\d+:\d+\b|#\s?\d+"
)
LEAST_BARE = 5
"""A smaller bare number is rather a count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What a text says of amounts."""

    said: tuple[AmountSaid, ...]
    """Each amount named, once."""
    doubtful: bool
    """In another currency than the account's, or finer than it goes."""
    rest: str = ""
    """The text without what was read as an amount."""


def find_amounts(text: str, currency: str) -> Amounts:
    """Every amount that a plain text names, its days taken out before."""
    text = narrowed(text)
    text = left_out(text, (other.span() for other in _NO_AMOUNT.finditer(text)))
    said: list[AmountSaid] = []
    doubtful = False
    for pattern, read in _READERS:
        seen: list[tuple[int, int]] = []
        for match in pattern.finditer(text):
            value, marked = read(match)
            if value is None:
                continue
            amount = value if isinstance(value, AmountSaid) else _in_minor(value, currency)
            known = not marked or currency in _MARKS[marked]
            if amount is None or not known:
                doubtful = True
            elif amount not in said:
                said.append(amount)
            seen.append(match.span())
        text = left_out(text, seen)
    return Amounts(said=tuple(said), doubtful=doubtful, rest=text)


Read = tuple[AmountSaid | Decimal | None, str]
"""The value, and the mark of the currency it bears."""


def _readers() -> Iterator[tuple[re.Pattern[str], Callable[[re.Match[str]], Read]]]:
    yield _HALF, lambda _: (AmountSaid(percent=50), "")
    yield _FIGURE, _figure
    yield _IN_WORDS, lambda match: _marked_or_big(match, of_words(match["words"]))
    yield _IN_CHARACTERS, lambda match: _marked_or_big(match, of_characters(match["characters"]))
    yield _ALL, lambda _: (AmountSaid(percent=100), "")


def _figure(match: re.Match[str]) -> Read:
    value = of_figures(match["figure"])
    times = _TIMES.get((match["times"] or "").strip(), 1)
    if match["more"] and times > 1:
        value, times = value * times + int(match["more"]) * times // 10, 1
    elif match["more"]:
        return None, ""
    return _marked_or_big(match, value * times)


def _marked_or_big(match: re.Match[str], value: Decimal | None) -> Read:
    before = match.groupdict().get("before") or ""
    mark = (before or match["after"] or "").strip().rstrip(".")
    mark = mark if mark in _MARKS else mark.removesuffix("s")
    if value is None or value <= 0 or value > MOST_MAJOR or (not mark and value < LEAST_BARE):
        return None, ""
    return value, mark


def _in_minor(value: Decimal, currency: str) -> AmountSaid | None:
    minor = value.scaleb(MINOR_UNIT_DIGITS[currency])
    return AmountSaid(minor=int(minor)) if minor == minor.to_integral_value() else None


_READERS = tuple(_readers())
