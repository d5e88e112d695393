"""What a template may say, and how amounts and dates are written in a person's language."""

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
    instalments: InstalmentOffer | None = None


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
    """The values as a template sees them: texts of one line, amounts and dates as the locale writes them."""
    values_by_name = ((name, getattr(values, name)) for name in _FIELDS)
    return {name: _WRITERS[type(value)](value, locale) for name, value in values_by_name}


def _line(text: str, _: Locale) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=4096)
def _date(on: date, locale: Locale) -> str:
    return _line(format_date(on, "long", locale=locale), locale)


def _offer(offer: InstalmentOffer, locale: Locale) -> dict[str, Any]:
    return {"count": offer.count, "each": written(offer.each, locale)}


_FIELDS = tuple(field.name for field in fields(MessageValues))
_WRITERS: dict[type, Callable[[Any, Locale], Any]] = {
    str: _line,
    int: lambda number, _: number,
    date: _date,
    Money: written,
    InstalmentOffer: _offer,
    type(None): lambda nothing, _: nothing,
}
