"""What a message must show: a template before it is used, with samples; every finished message before it is sent."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from config.lints import Finding, lint, missing
from config.message_values import AgreementWords, InstalmentOffer, MessageValues, context, language, spoken
from config.segments import gsm_folded, segments
from domain.compliance.vocabulary import Role
from domain.itemisation import Itemisation
from domain.money import Money
from domain.vocabulary import Channel

MOST_SEGMENTS = 4
_REACH = 40
"""Characters; no forbidden phrase is longer, but for the text in it."""
PART = "\n---\n"
"""Stands between what a voice says to anyone and what it says to the person who confirmed who he is."""

WITH_SUBJECT = frozenset({Channel.EMAIL, Channel.PUSH, Channel.LETTER})
_WRITTEN = ("name", "sender", "creditor", "product", "amount", "due_on", "pay_url", "help_phone", "reference")
_TOLD: dict[Channel, tuple[str, ...]] = {
    Channel.SMS: _WRITTEN,
    Channel.SOCIAL_PRIVATE: _WRITTEN,
    Channel.EMAIL: (*_WRITTEN, "help_email"),
    Channel.LETTER: (*_WRITTEN, "help_email", "written_on"),
    Channel.VOICE: ("name", "sender", "creditor", "product", "amount", "due_on", "help_phone", "reference"),
    Channel.PUSH: ("sender", "reference"),
}
_PRIVATE = ("product", "amount", "due_on")
"""What nobody but the person may learn: not on a lock screen, not from a voice that has not asked who is there."""
_SHOUTING = (
    ("two exclamation marks", re.compile("[!！]\\s*[!！]")),
    ("a sentence in capitals", re.compile(r"\b[A-Z]{2,}(?:[ ,]+[A-Z]{2,}){2,}\b")),
    ("an emoji", re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A message with its values in it, and what it owes."""

    locale: str
    """The language of its template."""
    channel: Channel
    subject: str
    body: str
    owed: tuple[tuple[str, str], ...]
    """Rule and line of each disclosure."""

    @property
    def whole(self) -> str:
        """Everything that the person reads."""
        return f"{self.subject}\n{self.body}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule that a message breaks; the reason quotes nothing but samples."""

    rule: str
    reason: str


def broken_rules(message: Finished) -> Iterator[Broken]:
    """Every rule that a finished message breaks."""
    yield from forbidden_words(message.whole)
    yield from missing_words(message)


def forbidden_words(text: str) -> Iterator[Broken]:
    """What a text may not say, by the lints."""
    for finding in lint(text):
        yield Broken(rule=finding.rule, reason=_told(finding))


def missing_words(message: Finished) -> Iterator[Broken]:
    """What a message has to say and does not: an opt-out, a disclosure; and whether it is too long for its channel."""
    for finding in missing(message.body, locale=message.locale, channel=message.channel.value):
        yield Broken(rule=finding.rule, reason=_told(finding))
    for rule, line in message.owed:
        if line not in message.body and gsm_folded(line) not in message.body:
            yield Broken(rule=rule, reason=f"{rule}: the disclosure {line!r} is missing")
    if message.channel is Channel.SMS and (parts := segments(message.body)) > MOST_SEGMENTS:
        yield Broken(rule="HOUSE-SMS-1", reason=f"takes {parts} SMS parts; {MOST_SEGMENTS} at most")


def around_the_person(message: Finished, values: MessageValues) -> str:
    """The places where a text of the person stands, with the words beside it: all that differs from one to the next.

    Amounts, dates and codes differ too, and spell nothing.
    """
    whole = message.whole
    texts = (" ".join(text.split()) for text in (values.name, *values.address))
    spans = sorted(span for text in texts if text for span in _spans(whole, text))
    places: list[str] = []
    told = 0
    for start, end in spans:
        if end > told:
            places.append(whole[max(start, told) : end])
            told = end
    return "\n".join(places)


def _spans(whole: str, text: str) -> Iterator[tuple[int, int]]:
    """Each occurrence of a text with the words that a forbidden phrase could reach; no word is cut."""
    for match in re.finditer(re.escape(text), whole):
        left = max(0, match.start() - _REACH)
        right = min(len(whole), match.end() + _REACH)
        blank_before = whole.find(" ", left, match.start())
        blank_after = whole.rfind(" ", match.end(), right)
        start = blank_before if left and blank_before >= 0 else left
        end = blank_after if right < len(whole) and blank_after >= 0 else right
        yield start, end


def samples(locale: str) -> tuple[MessageValues, ...]:
    """Values as they occur, of that language: plain, with an offer, long overdue, and with items for a collector."""
    chinese = locale.startswith("zh")
    currency = "CNY" if chinese else "USD"
    plain = MessageValues(
        name="王小明" if chinese else "Maria Garcia",
        creditor="示例钱包" if chinese else "Example Wallet",
        product="钱包余额" if chinese else "wallet balance",
        amount=Money(128050, currency),
        due_on=date(2026, 9, 30),
        days_past_due=31,
        reference="ABCD-2345",
        pay_url="https://pay.wallet.example",
        help_phone="400-000-0000" if chinese else "+1 202-555-0100",
        help_email="help@wallet.example",
        jurisdiction="CN" if chinese else "US",
        written_on=date(2026, 10, 31),
        sender_address=("示例路1号", "上海 200000") if chinese else ("1 Example Street", "Springfield, IL 62701"),
        address=("样本街8号301室", "杭州 310000") if chinese else ("8 Sample Avenue, Apt 3", "Newark, NJ 07102"),
    )
    offer = InstalmentOffer(count=6, each=Money(21342, currency))
    items = Itemisation(
        principal=Money(130000, currency),
        interest=Money(6050, currency),
        fees=Money(2000, currency),
        payments=Money(10000, currency),
    )
    plan, settlement, deferral, waiver = _agreements(currency)
    plain = replace(plain, agreement=plan)
    long_overdue = replace(
        plain,
        amount=Money(1280, "EUR"),
        days_past_due=400,
        collector="A-17",
        jurisdiction="DE",
        agreement=deferral,
    )
    agency = "示例服务公司" if chinese else "Example Services"
    collected = replace(
        plain, instalments=offer, items=items, role=Role.THIRD_PARTY, sender=agency, agreement=settlement
    )
    return plain, replace(plain, instalments=offer, agreement=waiver), long_overdue, collected


def _agreements(currency: str) -> tuple[AgreementWords, ...]:
    """One of each that a message tells of."""
    part, day = Money(64025, currency), date(2026, 11, 30)
    plan = AgreementWords(
        kind="plan",
        amount=part,
        due_on=day,
        payments=((day, part), (date(2026, 12, 30), part)),
        interest=Money(1050, currency),
    )
    return (
        plan,
        AgreementWords(kind="settlement", amount=part, due_on=day),
        AgreementWords(kind="deferral", amount=part, due_on=day),
        AgreementWords(kind="fee_waiver", amount=part),
    )


def source_problems(path: Path) -> Iterator[str]:
    """What the words of a template's file may not say, each with its line."""
    where = f"{path.parent.name}/{path.name}"
    text = path.read_text(encoding="utf-8")
    for finding in lint(text):
        yield f"{where}:{finding.line} {_told(finding)}"
    for number, line in enumerate(text.splitlines(), start=1):
        for what, pattern in _SHOUTING:
            if pattern.search(line):
                yield f"{where}:{number} HOUSE-TONE-1: {what}; say it calmly"


def rendered_problems(
    said: Callable[[MessageValues], Finished], told: Iterable[MessageValues], screened: set[str]
) -> Iterator[str]:
    """What the message says or lacks once the values stand in it; each problem once.

    A paragraph that is among `screened` has been searched for forbidden words already; new ones are added.
    """
    problems: dict[str, None] = {}
    for values in told:
        message = said(values)
        paragraphs = {each for each in message.whole.split("\n\n") if each not in screened}
        screened |= paragraphs
        broken = [*forbidden_words("\n\n".join(sorted(paragraphs))), *missing_words(message)]
        problems |= dict.fromkeys(each.reason for each in broken)
        problems |= dict.fromkeys(_lacks(message, values))
    yield from problems


def _lacks(message: Finished, values: MessageValues) -> Iterator[str]:
    told = context(values, language(message.locale, (message.locale,), message.locale)[1])
    whole = message.whole
    if message.channel is Channel.VOICE:
        told |= {"help_phone": spoken(values.help_phone), "reference": spoken(values.reference)}
    for name in _TOLD[message.channel]:
        if str(told[name]) not in whole:
            yield f"does not say {name}"
    if message.channel is not Channel.VOICE and f"Ref: {values.reference}" not in message.body:
        yield "has no line `Ref: {{ reference }}`, by which a message is checked and found"
    if message.channel in WITH_SUBJECT and not message.subject:
        yield "does not begin with a line `Subject: ...`"
    if message.channel is Channel.LETTER and not _is_addressed(message.body, told):
        yield "does not begin with the sender's block and the person's, an empty line after each"
    yield from _reveals(message, told)


def _is_addressed(body: str, told: dict[str, Any]) -> bool:
    """Whether the blocks of an envelope's window come first: whoever prints the letter takes them from there."""
    blocks = [block.splitlines() for block in body.split("\n\n")[:2]]
    return blocks == [[told["sender"], *told["sender_address"]], [told["name"], *told["address"]]]


def _reveals(message: Finished, told: dict[str, Any]) -> Iterator[str]:
    """What a stranger would see or hear."""
    seen = message.body
    if message.channel is Channel.PUSH:
        seen = message.whole
    elif message.channel is Channel.VOICE:
        seen, _, statement = message.body.partition(PART)
        if not statement or PART in statement:
            yield "is not a greeting and a statement with one line `---` between them"
    else:
        return
    for name in _PRIVATE:
        if str(told[name]) in seen:
            yield f"says {name} where a stranger may see or hear it"


def _told(finding: Finding) -> str:
    return f"{finding.rule}: {finding.reason}" + (f" ({finding.excerpt!r})" if finding.excerpt else "")
