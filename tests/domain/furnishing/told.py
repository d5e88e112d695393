"""Invented accounts as the bureaus would read them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from domain.furnishing.file import Furnisher
from domain.furnishing.status import Codes
from domain.furnishing.tradeline import Amounts, Consumer, Terms, Tradeline

FURNISHER = Furnisher(
    identification_number="LANTERN01",
    reporter_name="Lantern Wallet",
    reporter_address="1 Example Plaza Springfield IL 62701",
    reporter_phone=2025550100,
    equifax_program="EFX0000001",
)
MONTH = date(2026, 11, 1)
AS_OF = date(2026, 11, 30)
DENISE = Consumer(
    surname="Okafor",
    first_name="Denise",
    middle_name="",
    born_on=date(1990, 4, 12),
    address_1="12 Sample Street",
    address_2="Apt 4",
    city="Atlanta",
    state="GA",
    zip="30303",
)
TERMS = Terms(
    opened_on=date(2025, 2, 1),
    portfolio_type="C",
    account_type="15",
    duration="LOC",
    frequency="M",
    highest_credit_minor=50_099,
    credit_limit_minor=60_000,
)
OWED = Amounts(balance_minor=13_550, past_due_minor=12_899, paid_in_month_minor=0, last_paid_on=date(2026, 8, 15))
LATE = Codes(status="78", rating="", history="1" + "B" * 23, compliance="", first_delinquent_on=date(2026, 10, 1))


def tradeline(**changed: Any) -> Tradeline:
    """An account sixty days past due, with some things changed."""
    line = Tradeline(
        account_id="LW-0041",
        as_of=AS_OF,
        stamped_at=datetime(2026, 11, 30, 12, 0, 1, tzinfo=UTC),
        consumer=DENISE,
        terms=TERMS,
        amounts=OWED,
        codes=LATE,
    )
    return replace(line, **changed)


def codes(status: str, **changed: Any) -> Codes:
    """The codes of a status, with all that it needs."""
    needs_rating = status in ("13", "65")
    first = None if status in ("11", "DA") else LATE.first_delinquent_on
    made = Codes(
        status=status,
        rating="2" if needs_rating else "",
        history=LATE.history,
        compliance="",
        first_delinquent_on=first,
    )
    return replace(made, **changed)
