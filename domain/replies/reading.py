"""Reading one reply: which intents its words carry, how sure that is, and what it says of an amount and a day.

    own words -> words -> every rule -> amount and day -> what speaks against itself is doubtful

A rule is sure on its own; doubt comes from how it is said: as a question, with a perhaps, or beside something that
does not go with it. What protects the person is taken at its word even so. Rules are data; this file knows no phrase.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from domain.replies.amounts import Amounts, find_amounts
from domain.replies.choices import chosen_instalments
from domain.replies.dates import Days, find_days
from domain.replies.intent import AGREEMENTS, QUIET, AmountSaid, Found, Intent, Reading
from domain.replies.text import as_words, clauses_of, own_words, plain

DOUBT = 0.9
"""What a sign of doubt leaves of the confidence that is needed: one is enough to fall below it."""
NOT_ONE, NONE = 0.7, 0.6
"""What a promise without one amount and one day, or without either, has of the confidence that is needed."""
LONG_WORDS = 80
"""A text beyond that says more than rules can tell."""
FEW_WORDS = 6
SHORTER_THAN_OURS = 4
"""A text of so few words is no line of ours that was sent back, though it has our words: `TD退订`."""

_TAKEN_INSTEAD = frozenset({Intent.PLAN, Intent.PROMISE})
_AGAINST_AGREEMENTS = frozenset(
    {
        Intent.DISPUTE,
        Intent.HARDSHIP,
        Intent.VULNERABILITY,
        Intent.PAID,
        Intent.PLAN,
        Intent.WRONG_PERSON,
        Intent.DECEASED,
        Intent.BANKRUPTCY,
        Intent.BREATHING_SPACE,
        Intent.ATTORNEY,
        Intent.COMPLAINT,
        Intent.CEASE,
        Intent.STOP,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What means one intent."""

    intent: Intent
    name: str
    """As it stands in the file, for whoever asks why."""
    whole: frozenset[str] = frozenset()
    """The text says this and nothing else but courtesy, once or several times over."""
    short: frozenset[str] = frozenset()
    """One of these words in a text of a few words is enough: `wtf stop`."""
    by_clause: bool = False
    """One clause that says this is enough: `stop, I will pay on friday`."""
    phrases: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    """Taken out of the text before this rule looks at it."""
    confidence: float = 0.9
    certain_from: float = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRules:
    """All that is data."""

    rules: tuple[Rule, ...]
    courtesy: frozenset[str] = frozenset()
    ours: re.Pattern[str] | None = None
    """What our own messages say, such as how to opt out: never the person's words."""
    perhaps: re.Pattern[str] | None = None
    pays: re.Pattern[str] | None = None
    """Says that money will be paid."""
    not_promised: re.Pattern[str] | None = None
    """Beside it in one clause: it will not be, somebody else pays, something else is paid, or it is long past."""
    turns: re.Pattern[str] | None = None
    """Where a plain text takes a turn, as at a mark: `not today but on friday`."""
    beside: re.Pattern[str] | None = None
    """All that may stand beside amount and day in the clause of a promise; with another word a human reads."""
    takes_plan: re.Pattern[str] | None = None
    """Takes a plan by its number, and says nothing else."""
    asks: re.Pattern[str] | None = None
    """Makes a question without a mark."""
    certain_from: float = 0.7
    """The strictest of all languages: of what amounts and days say, and no phrase of one language alone."""
    simplified: Mapping[int, str] = field(default_factory=dict)
    version: str = ""
    """A hash of the files, kept beside every reading."""


def read_reply(text: str, rules: ReplyRules, *, today: date, currency: str, day_first: bool | None = None) -> Reading:
    """What a reply says. `today` is the day in the account's calendar. Never raises, whatever the text."""
    flat = plain(own_words(text), rules.simplified)
    words = _without(as_words(flat), rules.ours)
    clauses = [_without(as_words(clause), rules.ours) for clause in clauses_of(flat)]
    if not words.strip(" ,.?"):  # who sends nothing but what we told him to send has said it himself
        words = as_words(flat) if len(as_words(flat).split()) <= SHORTER_THAN_OURS else ""
        clauses = [words]
    if not words.strip(" .?"):
        return Reading()
    found = {each.intent: each for each in _matches(words, clauses, rules)}
    days = find_days(flat, today, day_first=day_first)
    amounts = find_amounts(days.rest, currency)
    said = _Said(words=words, clauses=_own_clauses(flat, rules, today, currency), days=days, amounts=amounts)
    promise = _promise(said, found, rules)
    if promise is not None:
        found[Intent.PROMISE] = promise
    instalments = chosen_instalments(words, rules.takes_plan, rules.courtesy)
    if instalments is not None:
        found = _taking(found, rules)
    settled = _settled(words, found, rules)
    amount = _one(amounts) if Intent.PROMISE in settled or Intent.PAID in settled else None
    on = days.said[0] if len(days.said) == 1 and Intent.PROMISE in settled else None
    surest_first = tuple(sorted(settled.values(), key=lambda each: -each.confidence))
    return Reading(found=surest_first, amount=amount, on=on, instalments=instalments)


def _taking(found: Mapping[Intent, Found], rules: ReplyRules) -> dict[Intent, Found]:
    """Who takes a plan neither asks for one nor promises a sum."""
    taken = Found(
        intent=Intent.ACCEPT_PLAN, confidence=1.0, certain_from=rules.certain_from, why="a plan and its number"
    )
    return {intent: each for intent, each in found.items() if intent not in _TAKEN_INSTEAD} | {taken.intent: taken}


def _matches(words: str, clauses: list[str], rules: ReplyRules) -> list[Found]:
    """The surest match of each intent."""
    best: dict[Intent, Found] = {}
    for rule in rules.rules:
        sure = _sure(words, clauses, rule, rules.courtesy)
        known = best.get(rule.intent)
        if sure and (known is None or sure > known.confidence):
            best[rule.intent] = Found(
                intent=rule.intent, confidence=sure, certain_from=rule.certain_from, why=rule.name
            )
    return list(best.values())


def _sure(words: str, clauses: list[str], rule: Rule, courtesy: frozenset[str]) -> float:
    if _says_only(words, rule, courtesy):
        return 1.0
    if rule.by_clause and any(_says_only(clause, rule, courtesy) for clause in clauses):
        return rule.confidence
    return max(_sure_by_phrase(words, rule), _sure_by_few_words(words, rule))


def _says_only(words: str, rule: Rule, courtesy: frozenset[str]) -> bool:
    """`stop`, `Stop. STOP!`, `please stop`, `opt out`."""
    said = [word for word in words.split() if word not in (".", "?")] or words.split()
    alone = [word for word in said if word not in courtesy]
    if "".join(said) in rule.whole or "".join(alone) in rule.whole:
        return True
    return bool(alone) and all(word in rule.whole for word in alone)


def _sure_by_phrase(words: str, rule: Rule) -> float:
    if rule.phrases is None:
        return 0.0
    return rule.confidence if rule.phrases.search(_without(words, rule.unless)) else 0.0


def _sure_by_few_words(words: str, rule: Rule) -> float:
    few = rule.short and len(words.split()) <= FEW_WORDS
    return rule.confidence if few and not rule.short.isdisjoint(_without(words, rule.unless).split()) else 0.0


def _without(words: str, pattern: re.Pattern[str] | None) -> str:
    return pattern.sub(" , ".lstrip(), words) if pattern is not None else words


Clause = tuple[str, str]
"""The words between two marks or turns, and those of them that are neither amount nor day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a text says that could be a promise."""

    words: str
    clauses: tuple[Clause, ...]
    days: Days
    amounts: Amounts


def _own_clauses(flat: str, rules: ReplyRules, today: date, currency: str) -> tuple[Clause, ...]:
    """The parts of a text, each with what is left of it."""
    parts = [part for each in clauses_of(flat) for part in (rules.turns.split(each) if rules.turns else [each])]
    return tuple((as_words(part), as_words(_left_of(part, today, currency))) for part in parts)


def _left_of(part: str, today: date, currency: str) -> str:
    return find_amounts(find_days(part, today, day_first=None).rest, currency).rest


def _promise(said: _Said, found: Mapping[Intent, Found], rules: ReplyRules) -> Found | None:
    """A promise names one amount and one day, and says that it will be paid, or says nothing else."""
    words, days, amounts = said.words, said.days, said.amounts
    pays = rules.pays is not None and rules.pays.search(words) is not None
    terse = bool(days.said) and bool(amounts.said) and not found and len(words.split()) <= FEW_WORDS
    if not (pays or terse):
        return None
    if found and not (days.said or days.doubtful) and (Intent.PAID in found or not amounts.said):
        return None
    needed = rules.certain_from
    if not (days.said or days.doubtful or amounts.said):
        confidence, why = needed * NONE, "no amount and no day"
    elif len(days.said) != 1 or days.doubtful:
        confidence, why = needed * NOT_ONE, "not one day"
    elif len(amounts.said) != 1 or amounts.doubtful:
        confidence, why = needed * NOT_ONE, "not one amount"
    elif not _is_meant(said.clauses, rules, pays=pays):
        confidence, why = needed * NOT_ONE, "it may be denied, or said of somebody or something else"
    else:
        confidence, why = 0.9 if pays else 0.8, "an amount and a day"
    return Found(intent=Intent.PROMISE, confidence=round(confidence, 2), certain_from=needed, why=why)


def _is_meant(clauses: tuple[Clause, ...], rules: ReplyRules, *, pays: bool) -> bool:
    """Whether a clause says that money will be paid and nothing else; of a terse text, whether each is only that."""
    if not pays:
        return all(_says_no_more(clause, rules) for clause in clauses)
    saying = [each for each in clauses if rules.pays is not None and rules.pays.search(each[0])]
    return any(_says_no_more(clause, rules) for clause in saying)


def _says_no_more(clause: Clause, rules: ReplyRules) -> bool:
    words, left = clause
    if rules.not_promised is not None and rules.not_promised.search(words):
        return False
    unknown = rules.beside.sub("", left) if rules.beside is not None else left
    return all(word in rules.courtesy or word in (".", "?") for word in unknown.split())


def _settled(words: str, found: Mapping[Intent, Found], rules: ReplyRules) -> dict[Intent, Found]:
    """With doubt where words speak against themselves; quiet intents only where nothing else was found."""
    settled = dict(found)
    if Intent.AUTOMATIC in settled:
        return {Intent.AUTOMATIC: settled[Intent.AUTOMATIC]}
    if Intent.CEASE in settled:
        settled.pop(Intent.STOP, None)
    if settled.keys() - QUIET:
        settled.pop(Intent.ACK, None)
    if settled.keys() - {Intent.HELP}:
        settled.pop(Intent.HELP, None)
    _doubt_agreements(words, settled, rules)
    if len(words.split()) > LONG_WORDS and not settled.keys() - {Intent.ACK, Intent.HELP}:
        return {}
    return settled


def _doubt_agreements(words: str, settled: dict[Intent, Found], rules: ReplyRules) -> None:
    asked = "?" in words.split() or (rules.asks is not None and rules.asks.search(words) is not None)
    unsure = rules.perhaps is not None and rules.perhaps.search(words) is not None
    for intent in (Intent.PROMISE, Intent.PAID, Intent.START, Intent.ACCEPT_PLAN):
        each = settled.get(intent)
        if each is None:
            continue
        against = intent in AGREEMENTS and bool(_AGAINST_AGREEMENTS & settled.keys())
        if asked or unsure or against:
            why = "asked" if asked else "perhaps" if unsure else "beside what does not go with it"
            settled[intent] = replace(
                each, confidence=round(min(each.confidence, each.certain_from * DOUBT), 2), why=why
            )


def _one(amounts: Amounts) -> AmountSaid | None:
    return amounts.said[0] if len(amounts.said) == 1 and not amounts.doubtful else None
