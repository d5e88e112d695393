"""The letter before action and its withdrawal: `config/claim_letters/<locale>.yaml`, with the law's own disclosures.

They are not messages of the ladder: they announce what was approved, which no message may, and go by post alone.
"""

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from babel import Locale
from babel.dates import format_date
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from pydantic import Field

from config.amounts import written
from config.disclosures import load_duties, load_words
from config.documents import Document, read_document, read_model, refuse_all, rule_files
from config.fields import RuleModel, Text
from config.message_values import language, product_names
from config.speaking import Disclosing, Speaker
from domain.errors import ConfigurationError
from domain.itemisation import Itemisation
from domain.vocabulary import Channel

CLAIM_LETTERS_DIR = Path(__file__).parent / "claim_letters"
FALLBACK = "en"
ANY = "any"
NEXT_PAGE = "---"
"""A block of this line alone: what follows stands on a page of its own."""
IDENTITY = "identity"
"""Every letter says who writes, at its head and at its end."""
_PARTS = ("principal", "interest", "fees", "payments")

Blocks = Annotated[tuple[Text, ...], Field(min_length=1)]


class LetterWords(RuleModel):
    """The letter before action, block by block."""

    subject: Text
    opening: Blocks
    by_country: dict[str, Blocks]
    closing: Blocks
    reply_form: Blocks


class WithdrawalWords(RuleModel):
    """The letter that takes it back."""

    subject: Text
    paragraphs: Blocks


class ItemWords(RuleModel):
    """The lines of what a balance is made of; each has {amount}."""

    principal: Text
    interest: Text
    fees: Text
    payments: Text
    total: Text


class ClaimLettersFile(RuleModel):
    """The whole file of one language."""

    letter: LetterWords
    withdrawal: WithdrawalWords
    items: ItemWords
    signature: Blocks
    enclosures: dict[str, Blocks]
    """By country: what whoever posts the letter puts beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimValues:
    """What both letters say."""

    name: str
    address: tuple[str, ...]
    speaker: Speaker
    sender_address: tuple[str, ...]
    product: str
    account_id: str
    reference: str
    written_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandValues:
    """What the letter before action says besides."""

    items: Itemisation
    due_on: date
    reply_days: int
    reply_by: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLetter:
    """A letter as the page takes it: sender's block, recipient's block, date, text."""

    locale: str
    subject: str
    body: str
    declared: frozenset[str]
    """What it says for the law: identity, and each disclosure by the rule that asks for it."""
    enclosures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Language:
    words: ClaimLettersFile
    disclosing: Disclosing
    products: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ClaimLetters:
    """Writes both letters in every language."""

    by_locale: Mapping[str, _Language]

    def demand(self, locale: str, values: ClaimValues, told: DemandValues, countries: Sequence[str]) -> WrittenLetter:
        """The letter before action, with the words of the first of these countries that has its own."""
        ours, numbers, words = self._language(locale)
        letter, items = words.words.letter, told.items
        country = next((code for code in countries if code in letter.by_country), ANY)
        lines = [(getattr(words.words.items, part), getattr(items, part)) for part in _PARTS]
        lines.append((words.words.items.total, items.total))
        places = _places(values, words, numbers) | {
            "amount": written(items.total, numbers),
            "items": "\n".join(text.format(amount=written(amount, numbers)) for text, amount in lines),
            "due_on": _day(told.due_on, numbers),
            "reply_days": str(told.reply_days),
            "reply_by": _day(told.reply_by, numbers),
        }
        blocks = (*letter.opening, *letter.by_country[country], *letter.closing)
        body = self._body(values, words, places, blocks)
        form = "\n\n".join(block.format_map(places) for block in letter.reply_form)
        enclosures = next((words.words.enclosures[code] for code in countries if code in words.words.enclosures), ())
        subject = letter.subject.format_map(places)
        return WrittenLetter(
            locale=ours,
            subject=subject,
            body=f"{body}\n\n{NEXT_PAGE}\n\n{form}",
            declared=_declared(values, words),
            enclosures=enclosures,
        )

    def withdrawal(self, locale: str, values: ClaimValues, *, letter_on: date, letter_reference: str) -> WrittenLetter:
        """The letter that takes it back."""
        ours, numbers, words = self._language(locale)
        places = _places(values, words, numbers)
        places |= {"letter_on": _day(letter_on, numbers), "letter_reference": letter_reference}
        body = self._body(values, words, places, words.words.withdrawal.paragraphs)
        subject = words.words.withdrawal.subject.format_map(places)
        return WrittenLetter(locale=ours, subject=subject, body=body, declared=_declared(values, words))

    def _language(self, locale: str) -> tuple[str, Locale, _Language]:
        ours, numbers = language(locale, tuple(self.by_locale), FALLBACK)
        return ours, numbers, self.by_locale[ours]

    def _body(self, values: ClaimValues, words: _Language, places: Mapping[str, str], blocks: Sequence[str]) -> str:
        disclosed = words.disclosing.said(Channel.LETTER, values.speaker).places
        lawful = [line for name in ("complaint", "closing") for line in _lines(disclosed[name])]
        sender = (places["sender"], *_one_liners(values.sender_address))
        recipient = (places["name"], *_one_liners(values.address))
        told = [block.format_map(places) for block in blocks]
        signed = [block.format_map(places) for block in words.words.signature]
        head = ("\n".join(sender), "\n".join(recipient), places["written_on"])
        return "\n\n".join((*head, *told, *(["\n".join(lawful)] if lawful else []), *signed))


@lru_cache(maxsize=4)
def load_claim_letters(templates_dir: Path, directory: Path = CLAIM_LETTERS_DIR) -> ClaimLetters:
    """Read every language beside its templates. Raises ConfigurationError that lists every problem of every file."""
    duties = load_duties(templates_dir)
    by_locale: dict[str, _Language] = {}
    problems: list[str] = []
    for path in rule_files(directory):
        try:
            document = read_document(path)
            words = read_model(document, ClaimLettersFile)
            environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
            said = Disclosing(duties, load_words(templates_dir / path.stem), path.stem, environment)
        except ConfigurationError as error:
            problems += str(error).splitlines()
            continue
        problems += [*_problems(document, words), *said.problems()]
        by_locale[path.stem] = _Language(words, said, product_names(templates_dir / path.stem))
    if FALLBACK not in by_locale and not problems:
        problems.append(f"{directory}: has no {FALLBACK}.yaml, the language of last resort")
    refuse_all(problems)
    return ClaimLetters(by_locale)


_SHARED = {"name", "sender", "creditor", "product", "account_id", "reference", "written_on"} | {
    "pay_url",
    "help_phone",
    "help_email",
}
_DEMAND = _SHARED | {"amount", "items", "due_on", "reply_days", "reply_by"}
_WITHDRAWAL = _SHARED | {"letter_on", "letter_reference"}


def _problems(document: Document, words: ClaimLettersFile) -> Iterator[str]:
    """Places that no letter fills, and countries without words."""
    letter, withdrawal = words.letter, words.withdrawal
    if ANY not in letter.by_country:
        yield document.problem(("letter", "by_country"), f"must have {ANY}, for countries without words of their own")
    by_country = [text for told in letter.by_country.values() for text in told]
    texts = (letter.subject, *letter.opening, *by_country, *letter.closing, *letter.reply_form)
    yield from _unknown(document, "letter", texts, _DEMAND)
    yield from _unknown(document, "withdrawal", (withdrawal.subject, *withdrawal.paragraphs), _WITHDRAWAL)
    yield from _unknown(document, "signature", words.signature, _SHARED)
    yield from _unknown(document, "items", words.items.model_dump().values(), {"amount"})


def _unknown(document: Document, key: str, texts: Iterable[str], known: set[str]) -> Iterator[str]:
    for text in texts:
        named = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        yield from (document.problem((key,), f"{{{name}}} is not a value of it") for name in sorted(named - known))


def _places(values: ClaimValues, words: _Language, numbers: Locale) -> dict[str, str]:
    speaker = values.speaker
    told = {
        "name": values.name,
        "sender": speaker.sender,
        "creditor": speaker.creditor,
        "product": words.products.get(values.product, values.product.replace("_", " ")),
        "account_id": values.account_id,
        "reference": values.reference,
        "pay_url": speaker.pay_url,
        "help_phone": speaker.help_phone,
        "help_email": speaker.help_email,
    }
    return {name: " ".join(text.split()) for name, text in told.items()} | {
        "written_on": _day(values.written_on, numbers)
    }


def _declared(values: ClaimValues, words: _Language) -> frozenset[str]:
    return frozenset({IDENTITY, *(rule for rule, _ in words.disclosing.said(Channel.LETTER, values.speaker).owed)})


def _one_liners(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for each in lines if (line := " ".join(each.split())))


def _lines(told: object) -> list[str]:
    return [str(line) for line in told] if isinstance(told, list) else []


def _day(on: date, numbers: Locale) -> str:
    return " ".join(format_date(on, "long", locale=numbers).split())
