"""Days as people name them, counted from the day of the reply in the account's calendar.

Where a name has two readings the later day counts, so that nobody is chased before the day he meant: `next friday` is
the one of the next calendar week, a week ends on Sunday. A day of which only a human could tell is not given at all.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain.replies.numbers import CHARACTERS, of_characters, of_words
from domain.replies.text import left_out, narrowed

FARTHEST = timedelta(days=300)
"""A date without a year that would be further off is rather one that has passed."""

_WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_MONTHS = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}
_HAN_WEEKDAYS = {sign: n for n, sign in enumerate("一二三四五六日")} | {"天": 6, "末": 6}
_A_WEEKDAY = r"(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?"
_A_MONTH = r"(?P<month>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_A_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_A_COUNT = r"(?P<count>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|couple of|a couple of)"
_SPANS = {"day": 1, "week": 7, "fortnight": 14}


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """What a text says of days."""

    said: tuple[date, ...]
    """Each day named, once, in the order of the text."""
    doubtful: bool
    """Something names a day and does not say which: `next month`, 3/4 of an unknown order."""
    rest: str
    """The text without what was read as a day."""


def find_days(text: str, today: date, *, day_first: bool | None) -> Days:
    """Every day that a plain text names; `day_first` says how 3/4 is read, None that nobody knows."""
    said: list[date] = []
    doubtful = False
    text = narrowed(text)
    text = left_out(text, (other.span() for other in _NOT_THEN.finditer(text)))
    for pattern, read in _READERS:
        seen: list[tuple[int, int]] = []
        for match in pattern.finditer(text):
            seen.append(match.span())
            day = read(match, today, day_first)
            if day is None:
                doubtful = True
            elif day not in said:
                said.append(day)
        text = left_out(text, seen)
    doubtful = doubtful or _VAGUE.search(text) is not None
    rest = left_out(text, (vague.span() for vague in _VAGUE.finditer(text)))
    return Days(said=tuple(said), doubtful=doubtful, rest=rest)


Reader = Callable[[re.Match[str], date, bool | None], date | None]


def _iso(match: re.Match[str], _today: date, _day_first: bool | None) -> date | None:
    return _valid(int(match["year"]), int(match["month"]), int(match["day"]))


def _slashed(match: re.Match[str], today: date, day_first: bool | None) -> date | None:
    first, second = int(match["first"]), int(match["second"])
    year = int(match["year"] or 0)
    year += 2000 if match["year"] and year < 100 else 0
    month_day = _on(first, second, year, today)
    day_month = _on(second, first, year, today)
    if day_first is None:
        options = {day for day in (month_day, day_month) if day}
        return options.pop() if len(options) == 1 else None
    return (day_month or month_day) if day_first else (month_day or day_month)


def _named_month(match: re.Match[str], today: date, _day_first: bool | None) -> date | None:
    return _on(_MONTHS[match["month"][:3]], int(match["day"]), int(match["year"] or 0), today)


def _han_date(match: re.Match[str], today: date, _day_first: bool | None) -> date | None:
    month, day = _figure(match["month"]), _figure(match["day"])
    return _on(month, day, int(match["year"] or 0), today) if month and day else None


def _day_of_month(match: re.Match[str], today: date, _day_first: bool | None) -> date | None:
    """The next such day; `下个月15号` is one month on."""
    day = _figure(match["day"])
    if not day:
        return None
    month = _months_on(today, 1) if match["next"] else today.replace(day=1)
    wanted = _valid(month.year, month.month, day)
    if wanted is None or wanted < today:
        month = _months_on(month, 1)
        wanted = _valid(month.year, month.month, day)
    return wanted


def _weekday(match: re.Match[str], today: date, _day_first: bool | None) -> date | None:
    wanted = _WEEKDAYS[match["weekday"][:3]]
    monday = today - timedelta(days=today.weekday())
    if match["next"] or match["after"]:
        return monday + timedelta(days=7 + wanted)
    return _coming(today, wanted)


def _han_weekday(match: re.Match[str], today: date, _day_first: bool | None) -> date | None:
    wanted = _HAN_WEEKDAYS[match["weekday"]]
    monday = today - timedelta(days=today.weekday())
    weeks = match["next"].count("下") if match["next"] else 0
    if weeks:
        return monday + timedelta(days=7 * weeks + wanted)
    return _coming(today, wanted)


def _after(match: re.Match[str], today: date, _day_first: bool | None) -> date | None:
    count = _counted(match["count"])
    if count is None:
        return None
    if match["span"].startswith("month"):
        return _months_on(today, count, same_day=True)
    return today + timedelta(days=count * _SPANS[match["span"].rstrip("s")])


def _han_after(match: re.Match[str], today: date, _day_first: bool | None) -> date | None:
    span = match["span"]
    if match["count"] == "半":
        return today + timedelta(days=15) if "月" in span else None
    count = _figure(match["count"])
    if count is None:
        return None
    if "月" in span:
        return _months_on(today, count, same_day=True)
    return today + timedelta(days=count * (1 if span in ("天", "日") else 7))


def _month_end(match: re.Match[str], today: date, _day_first: bool | None) -> date | None:
    first = _months_on(today, 1) if match["next"] else today.replace(day=1)
    return first.replace(day=monthrange(first.year, first.month)[1])


def _week_end(match: re.Match[str], today: date, _day_first: bool | None) -> date | None:
    return today + timedelta(days=6 - today.weekday() + (7 if match["next"] else 0))


def _in_days(days: int) -> Reader:
    return lambda _match, today, _day_first: today + timedelta(days=days)


def _readers() -> Iterator[tuple[re.Pattern[str], Reader]]:
    """In this order; what one has read, the next does not see."""
    table: tuple[tuple[str, Reader], ...] = (
        (r"(?<!\d)(?P<year>20\d\d)[-/.年](?P<month>[01]?\d)[-/.月](?P<day>[0-3]?\d)[日号]?(?!\d)", _iso),
        (r"(?<![\d/.-])(?P<first>[0-3]?\d)/(?P<second>[0-3]?\d)(?:/(?P<year>20\d\d|\d\d))?(?![\d/])", _slashed),
        (rf"\b{_A_MONTH}\s+(?:the\s+)?{_A_DAY}(?!\d|[.,]\d)(?:,?\s+(?P<year>20\d\d))?", _named_month),
        (rf"(?<![\d$¥€£]){_A_DAY}\s+(?:of\s+)?{_A_MONTH}(?:\s+(?P<year>20\d\d))?(?![a-z])", _named_month),
        (
            rf"(?:(?P<year>20\d\d)年)?(?P<month>1?\d|{CHARACTERS})月(?P<day>[0-3]?\d|{CHARACTERS})[日号]?",
            _han_date,
        ),
        (rf"(?P<next>下个?月)?(?<!\d)(?P<day>[0-3]?\d|{CHARACTERS})[号日](?!线)", _day_of_month),
        (
            r"(?:end\s+of|by\s+end\s+of)\s+(?P<next>next\s+)(?:the\s+)?month|(?P<_>下个?月(?:月)?[底末])",
            _next_month_end,
        ),
        (r"\b(?:end\s+of\s+(?:the|this)?\s*month|month[\s-]?end|eom)\b(?P<next>\b\B)?", _month_end),
        (r"(?:这个?月|本月)?月?[底末](?<=[月]底|月末)(?P<next>\b\B)?", _month_end),
        (r"(?P<next>\b\B)?\b(?:on\s+|by\s+)?(?:the\s+)?(?P<day>[0-3]?\d)(?:st|nd|rd|th)\b", _day_of_month),
        (r"(?P<next>\b\B)?\b(?:on|by)\s+the\s+(?P<day>[0-3]?\d)\b(?![.,]\d)", _day_of_month),
        (
            r"\b(?:end\s+of|by\s+the\s+end\s+of)\s+(?:the\s+|this\s+)?(?P<next>next\s+)?week\b|\b(?:the|this)\s+weekend\b",
            _week_end,
        ),
        (
            rf"\b(?P<next>next\s+(?:week\s+)?(?:on\s+)?)?(?:this\s+|coming\s+)?{_A_WEEKDAY}\b(?P<after>\s+(?:of\s+)?next\s+week)?",
            _weekday,
        ),
        (r"(?P<next>下{1,4})?(?:这|本)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末])", _han_weekday),
        (r"\bday\s+after\s+(?:tomorrow|tmrw|tmr)\b|大?(?<!大)后天", _in_days(2)),
        (r"大后天", _in_days(3)),
        (r"\b(?:tomorrow|tommorow|tomorow|tmrw|tmr|tmw|2morrow)\b|明[天儿日晚]", _in_days(1)),
        (r"\b(?:today|tonight|tonite|right away)\b|今[天儿日晚]", _in_days(0)),
        (
            rf"\b(?:in|within)\s+(?:the\s+next\s+)?{_A_COUNT}\s+(?:more\s+)?(?P<span>days?|weeks?|fortnights?|months?)\b",
            _after,
        ),
        (rf"\b{_A_COUNT}\s+(?P<span>days?|weeks?|fortnights?|months?)\s+(?:from\s+(?:now|today)|time|later)\b", _after),
        (
            rf"(?:过|再过|再等|等)?(?P<count>\d{{1,3}}|半|{CHARACTERS})个?(?P<span>天|日|周|星期|礼拜|月)(?:之?后|以?后|之?内|以内|过后)",
            _han_after,
        ),
    )
    for pattern, read in table:
        yield re.compile(pattern), read


def _next_month_end(_match: re.Match[str], today: date, _day_first: bool | None) -> date | None:
    first = _months_on(today, 1)
    return first.replace(day=monthrange(first.year, first.month)[1])


def _on(month: int, day: int, year: int, today: date) -> date | None:
    """That day of the year given, else the next time it comes; None when there is none or it is too far off."""
    if year:
        return _valid(year, month, day)
    this_year = _valid(today.year, month, day)
    if this_year is not None and this_year >= today:
        return this_year if this_year - today <= FARTHEST else None
    next_year = _valid(today.year + 1, month, day)
    return next_year if next_year is not None and next_year - today <= FARTHEST else None


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _coming(today: date, weekday: int) -> date:
    """The next such day; said on that very day it is the one a week on."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _months_on(today: date, months: int, *, same_day: bool = False) -> date:
    """The first, or the same day, of a month so many months later."""
    index = today.year * 12 + today.month - 1 + months
    year, month = divmod(index, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(today.day, last) if same_day else 1)


def _figure(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    value = of_characters(text)
    return int(value) if value is not None else None


def _counted(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    if text in ("a", "an"):
        return 1
    if "couple" in text:
        return 2
    value = of_words(text)
    return int(value) if value is not None else None


_READERS = tuple(_readers())
_NOT_THEN = re.compile(
    r"\b(?:cant|cannot|can not|wont|unable to|not able to|couldnt|not)\s+(?:\w+\s+){0,3}?"
    r"(?:today|tonight|now|tomorrow|this\s+(?:week|month)|yet)\b|\byesterday\b|\blast\s+\w+"
    r"|(?:今[天晚日]|明[天晚]|现在|这周|本周|这个?月|暂时)(?:我|真的|实在|还|是)*(?:还|付|拿|转)?(?:不[了上起出行]|没钱|没办法|没法)"
    r"|昨[天晚日]|前天|上个?(?:周|星期|礼拜|月)[一二三四五六日天末]?"
)
"""Days on which nothing is paid, or which have passed."""
_VAGUE = re.compile(
    r"\bnext\s+(?:week|month|pay\s?(?:day|check|cheque))\b|\b(?:later|soon|pay\s?day|some\s?day|asap|shortly)\b"
    r"|\bwhen\s+i\s+(?:get|am|m)\s+paid\b|\b(?:get|getting)\s+paid\b|\bin\s+a\s+(?:bit|while|few\s+\w+)\b"
    r"|\b(?:few|several|some)\s+(?:more\s+)?(?:days|weeks|months)\b"
    r"|下个?月(?![底末\d])|下个?(?:周|星期|礼拜)(?![一二三四五六日天末])|发(?:了)?(?:工资|薪)|工资(?:到|下来|发)|过[几两]天|改天|回头"
    r"|过段时间|月初|年底|几[天周]|尽快"
)
