"""What a template may say, and how amounts and dates are written in a person's language."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from pydantic import RootModel

from config.amounts import written
from config.documents import read_document, read_model
from domain.compliance.vocabulary import Role
from domain.errors import InvalidInput
from domain.itemisation import Itemisation
from domain.money import Money


class ProductNames(RootModel[dict[str, str]]):
    """Product codes and their names in one language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentOffer:
    """Smaller payments that the borrower may choose."""

    count: int
    each: Money
    """The largest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementWords:
    """What was agreed or granted, as a message tells it."""

    kind: str
    """`promise`, `plan`, or the word of a relief."""
    amount: Money
    """What is paid next, or was waived; of a deferral what is deferred."""
    due_on: date | None = None
    """By when, or until when."""
    payments: tuple[tuple[date, Money], ...] = ()
    """Of a plan: every payment with its day."""
    interest: Money | None = None
    """Inside the payments of a plan; None when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageValues:
    """Everything a template may say; texts are brought to one line when they are rendered."""

    name: str
    creditor: str
    product: str
    amount: Money
    """What is owed now."""
    due_on: date
    days_past_due: int
    reference: str
    """The code alone, such as ABCD-2345; the template writes `Ref: ` before it."""
    pay_url: str
    help_phone: str
    help_email: str
    jurisdiction: str = ""
    """Whose disclosures the message makes, such as US or US-MA."""
    role: Role = Role.CREDITOR
    """What the sender is to the claim."""
    sender: str = ""
    """Who writes; the creditor when it is empty."""
    collector: str = ""
    """Staff number or name of the person responsible; empty when the message is automatic."""
    items: Itemisation | None = None
    """None when they are not known; then only the total is said."""
    instalments: InstalmentOffer | None = None
    agreement: AgreementWords | None = None
    written_on: date | None = None
    """The date of a letter."""
    sender_address: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    """The lines of the person's postal address, without the name."""

    def __post_init__(self) -> None:
        """Refuse items that do not add up to the amount: a demand must not contradict itself."""
        if self.items is not None and self.items.total != self.amount:
            raise InvalidInput(f"message {self.reference}: its items do not add up to the amount; check the ledger")


@lru_cache(maxsize=256)
def language(tag: str, known: tuple[str, ...], fallback: str) -> tuple[str, Locale]:
    """The directory of templates for a person's locale, and the locale in which numbers and dates are written.

    The very tag, else another region of its language, else the fallback: a person who asked for `en-GB` reads the
    English templates with British dates; one whose language we do not have reads the fallback, all of it.
    """
    try:
        wanted = Locale.parse(tag.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        return fallback, Locale.parse(fallback, sep="-")
    for ours in sorted(known, key=lambda name: name != tag):
        if Locale.parse(ours, sep="-").language == wanted.language:
            return ours, wanted
    return fallback, Locale.parse(fallback, sep="-")


def product_names(directory: Path) -> dict[str, str]:
    """What a borrower of that language calls each product, by its code. Raises ConfigurationError for a bad file."""
    path = directory / "products.yaml"
    if not path.is_file():
        return {}
    return read_model(read_document(path), ProductNames).root


def context(values: MessageValues, locale: Locale) -> dict[str, Any]:
    """The values as a template sees them: texts of one line, amounts and dates as the locale writes them.

    `sender` is never empty.
    """
    values_by_name = ((name, getattr(values, name)) for name in _FIELDS)
    told = {name: _WRITERS[type(value)](value, locale) for name, value in values_by_name}
    told["sender"] = told["sender"] or told["creditor"]
    return told


def spoken(code: str) -> str:
    """A code or a number as a voice reads it: every character alone, with a pause between groups."""
    return ", ".join(" ".join(group) for group in re.findall(r"[^\W_]+", code))


def _line(text: str, _: Locale) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=4096)
def date_in_words(on: date, locale: Locale) -> str:
    """A day as the locale writes it in full, in one line."""
    return _line(format_date(on, "long", locale=locale), locale)


def _offer(offer: InstalmentOffer, locale: Locale) -> dict[str, Any]:
    return {"count": offer.count, "each": written(offer.each, locale)}


def _agreement(agreed: AgreementWords, locale: Locale) -> dict[str, Any]:
    return {
        "kind": agreed.kind,
        "amount": written(agreed.amount, locale),
        "due_on": date_in_words(agreed.due_on, locale) if agreed.due_on else "",
        "payments": [
            {"due_on": date_in_words(on, locale), "amount": written(each, locale)} for on, each in agreed.payments
        ],
        "interest": written(agreed.interest, locale) if agreed.interest else "",
    }


def _items(items: Itemisation, locale: Locale) -> dict[str, str]:
    return {name: written(getattr(items, name), locale) for name in ("principal", "interest", "fees", "payments")}


def _lines(lines: tuple[str, ...], locale: Locale) -> list[str]:
    return [line for each in lines if (line := _line(each, locale))]


_FIELDS = tuple(field.name for field in fields(MessageValues))
_WRITERS: dict[type, Callable[[Any, Locale], Any]] = {
    str: _line,
    int: lambda number, _: number,
    tuple: _lines,
    Role: lambda role, _: role.value,
    date: date_in_words,
    Money: written,
    InstalmentOffer: _offer,
    AgreementWords: _agreement,
    Itemisation: _items,
    type(None): lambda nothing, _: nothing,
}
