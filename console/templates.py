"""`templates`: every message as a person would get it, on one page; and every message looked over at once."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from config.message_values import MessageValues
from config.messages import CHANNELS, MessageRenderer
from config.proofs import PART, Broken, Finished, forbidden_words, missing_words, samples
from config.segments import sms_size
from config.settings import Settings
from config.strategies import load_strategies
from console.output import say, write_json
from console.session import console_settings
from domain.compliance.vocabulary import Role
from domain.errors import ConfigurationError, InvalidInput
from domain.money import Money
from domain.strategy import Strategy
from domain.touch_keys import AGREEMENT_TEMPLATES
from domain.vocabulary import Channel, Stage

PAGE = Path(__file__).parent / "preview"
ELSEWHERE = ""
_CURRENCIES = {"CN": "CNY", "UK": "GBP", "EU": "EUR", "IN": "INR"}
_PHONES = {"CN": "400-000-0000", "UK": "+44 20 7946 0100", "EU": "+49 30 23125 100", "IN": "1800 000 000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One message with sample data."""

    template: str
    channel: Channel
    locale: str
    jurisdiction: str
    """A code of the disclosures; empty for anywhere else."""
    role: Role
    message: Finished
    broken: tuple[Broken, ...]

    @property
    def where(self) -> str:
        """Which message it is, in one line."""
        said_in = self.jurisdiction or "elsewhere"
        return f"{self.locale}/{self.template}.{self.channel.value}.j2 ({said_in}, {self.role.value})"


def preview_templates(out: Path, *, as_json: bool) -> int:
    """Write the page, or every message as JSON. Raises ConfigurationError for templates that cannot be used."""
    settings = console_settings()
    strategies = load_strategies(settings.strategies_dir)
    renderer = _renderer(settings, strategies)
    previews = list(all_previews(renderer))
    if as_json:
        write_json([_as_json(each) for each in previews])
        return 0
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page(previews, renderer, strategies), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"--out {out} cannot be written: {error.strerror}") from None
    say(f"{len(previews):,} messages of {len(renderer.names)} templates are on one page: {out}")
    return 0


def check_templates(*, as_json: bool) -> int:
    """Look over every message for every jurisdiction and role; 1 when anything is to be corrected."""
    settings = console_settings()
    strategies = load_strategies(settings.strategies_dir)
    looked_at = 0
    problems: list[str] = []
    try:
        renderer = _renderer(settings, strategies)
    except ConfigurationError as error:
        problems += str(error).splitlines()
    else:
        for each in all_previews(renderer):
            looked_at += 1
            problems += [f"{each.where}: {broken.reason}" for broken in each.broken]
    if as_json:
        write_json({"messages": looked_at, "problems": problems})
    else:
        for problem in problems:
            say(problem)
        say(f"{looked_at:,} messages looked over, {len(problems)} problems")
    return 1 if problems else 0


def all_previews(renderer: MessageRenderer) -> Iterator[Preview]:
    """Every template on every channel, in every language, for every jurisdiction and role that is told apart."""
    places = (*renderer.duties.codes, ELSEWHERE)
    forbidden = lru_cache(maxsize=None)(lambda text: tuple(forbidden_words(text)))
    for locale, name, channel, where, role in product(renderer.locales, renderer.names, CHANNELS, places, Role):
        message = renderer.finished(name, channel, locale, sample(locale, where, role))
        broken = [each for text in message.whole.split("\n\n") for each in forbidden(text)]
        yield Preview(
            template=name,
            channel=channel,
            locale=locale,
            jurisdiction=where,
            role=role,
            message=message,
            broken=(*broken, *missing_words(message)),
        )


def sample(locale: str, jurisdiction: str, role: Role) -> MessageValues:
    """An invented person who owes a sum of the jurisdiction's currency, with its items and an offer."""
    values = samples(locale)[-1]
    currency = _CURRENCIES.get(jurisdiction, "USD")
    assert values.items is not None
    assert values.instalments is not None
    assert values.agreement is not None

    def here(money: Money) -> Money:
        return Money(money.amount_minor, currency)

    items = values.items
    return replace(
        values,
        amount=here(values.amount),
        items=replace(
            items,
            principal=here(items.principal),
            interest=here(items.interest),
            fees=here(items.fees),
            payments=here(items.payments),
        ),
        instalments=replace(values.instalments, each=here(values.instalments.each)),
        agreement=replace(values.agreement, amount=here(values.agreement.amount)),
        jurisdiction=jurisdiction,
        role=role,
        sender="" if role is Role.CREDITOR else values.sender,
        help_phone=_PHONES.get(jurisdiction, "+1 202-555-0100"),
    )


def page(previews: list[Preview], renderer: MessageRenderer, strategies: dict[str, Strategy]) -> str:
    """One HTML page that needs nothing else: the messages as data, and a script that shows those asked for."""
    cards: dict[str, int] = {}
    lines: dict[tuple[str, str], int] = {}
    shown = {}
    for each in previews:
        card = json.dumps(_card(each, lines), ensure_ascii=False)
        key = (each.locale, each.channel.value, each.template, each.jurisdiction, each.role.value)
        shown["|".join(key)] = cards.setdefault(card, len(cards))
    data = {
        "locales": renderer.locales,
        "channels": [channel.value for channel in CHANNELS],
        "jurisdictions": [*renderer.duties.codes, ELSEWHERE],
        "roles": [role.value for role in Role],
        "stages": _stages(renderer.names, strategies),
        "cards": [json.loads(card) for card in cards],
        "lines": list(lines),
        "shown": shown,
    }
    environment = Environment(loader=FileSystemLoader(PAGE), undefined=StrictUndefined, autoescape=True)
    script = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return environment.get_template("page.html.j2").render(
        data=script, messages=len(previews), broken=sum(1 for each in previews if each.broken)
    )


def _card(each: Preview, lines: dict[tuple[str, str], int]) -> dict[str, Any]:
    """What the page shows of one message; its disclosures by their number among `lines`, which grows."""
    size = sms_size(each.message.body) if each.channel is Channel.SMS else None
    return {
        "subject": each.message.subject,
        "parts": each.message.body.split(PART) if each.channel is Channel.VOICE else [each.message.body],
        "owed": [lines.setdefault(line, len(lines)) for line in each.message.owed],
        "size": [size.encoding.value, size.units, size.segments] if size else None,
        "broken": [broken.reason for broken in each.broken],
    }


def _stages(names: tuple[str, ...], strategies: dict[str, Strategy]) -> list[dict[str, Any]]:
    """The templates by the stage that sends them, with the first day past due on which one does."""
    days: dict[tuple[Stage, str], int] = {}
    for strategy in strategies.values():
        for plan in strategy.stages:
            for touch in plan.touches:
                key = (plan.stage, touch.template)
                days[key] = min(touch.offset_days, days.get(key, touch.offset_days))
    by_stage = [
        {
            "stage": stage.value,
            "templates": [{"name": name, "day": days[stage, name]} for name in names if (stage, name) in days],
        }
        for stage in Stage
        if stage is not Stage.CLOSED
    ]
    agreed = [{"name": name, "day": 0} for name in names if name in AGREEMENT_TEMPLATES]
    return [*by_stage, {"stage": "agreements", "templates": agreed}]


def _as_json(each: Preview) -> dict[str, Any]:
    return {
        "template": each.template,
        "channel": each.channel.value,
        "locale": each.locale,
        "jurisdiction": each.jurisdiction,
        "role": each.role.value,
        "subject": each.message.subject,
        "body": each.message.body,
        "disclosures": [rule for rule, _ in each.message.owed],
        "sms": sms_size(each.message.body) if each.channel is Channel.SMS else None,
        "problems": [broken.reason for broken in each.broken],
    }


def _renderer(settings: Settings, strategies: dict[str, Strategy]) -> MessageRenderer:
    return MessageRenderer(settings.templates_dir, {name for each in strategies.values() for name in each.templates})
