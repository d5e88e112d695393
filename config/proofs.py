"""What a template must show before it is used: rendered with samples, it breaks no rule and lacks nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from config.lints import Finding, lint, missing
from config.message_values import InstalmentOffer, MessageValues, context, language
from config.segments import segments
from domain.money import Money
from domain.vocabulary import Channel

MOST_SEGMENTS = 4

_TOLD_ALWAYS = ("creditor", "amount", "due_on", "pay_url", "help_phone", "reference")


def samples(locale: str) -> tuple[MessageValues, ...]:
    """Values as they occur, of that language: with and without an offer, and a long one."""
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
    )
    offer = InstalmentOffer(count=6, each=Money(21342, currency))
    return plain, replace(plain, instalments=offer), replace(plain, amount=Money(1280, "EUR"), days_past_due=400)


def source_problems(path: Path) -> Iterator[str]:
    """What the words of a template's file may not say, each with its line."""
    where = f"{path.parent.name}/{path.name}"
    for finding in lint(path.read_text(encoding="utf-8")):
        yield f"{where}:{finding.line} {_told(finding)}"


def rendered_problems(locale: str, channel: Channel, said: Callable[[MessageValues], tuple[str, str]]) -> Iterator[str]:
    """What the message says or lacks once the samples stand in it; each problem once."""
    problems: dict[str, None] = {}
    for values in samples(locale):
        subject, body = said(values)
        for problem in _problems(locale, channel, subject, body, values):
            problems[problem] = None
    yield from problems


def _problems(locale: str, channel: Channel, subject: str, body: str, values: MessageValues) -> Iterator[str]:
    for finding in (*lint(f"{subject}\n{body}"), *missing(body, locale=locale, channel=channel.value)):
        yield _told(finding)
    told = context(values, language(locale, (locale,), locale)[1])
    for name in _TOLD_ALWAYS:
        if str(told[name]) not in body:
            yield f"does not say {name}"
    if f"Ref: {values.reference}" not in body:
        yield "has no line `Ref: {{ reference }}`, by which a message is checked and found"
    if channel is Channel.EMAIL and not subject:
        yield "does not begin with a line `Subject: ...`"
    if channel is Channel.SMS and segments(body) > MOST_SEGMENTS:
        yield f"takes {segments(body)} SMS parts; {MOST_SEGMENTS} at most"


def _told(finding: Finding) -> str:
    return f"{finding.rule}: {finding.reason}" + (f" ({finding.excerpt!r})" if finding.excerpt else "")
