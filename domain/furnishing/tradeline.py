"""One account for one month as the bureaus read it: from our words and minor units to the fields of a base segment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from domain.errors import InvalidInput
from domain.fixed_width import FieldProblem, Value
from domain.furnishing.layouts import BASE, K1_LENGTH, LENGTH
from domain.furnishing.status import PAID, Codes

_NOT_OF_A_NUMBER = re.compile(r"[^A-Za-z0-9]")
CENTS = 100
INDIVIDUAL, DECEASED = "1", "X"
"""Relationship to the account: the person alone, or the person who died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Who owes, as the bureaus match people. A social security number is never held here."""

    surname: str
    first_name: str
    middle_name: str
    born_on: date | None
    address_1: str
    address_2: str
    city: str
    state: str
    zip: str
    deceased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed."""

    opened_on: date
    portfolio_type: str
    account_type: str
    duration: str
    frequency: str
    highest_credit_minor: int
    credit_limit_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What is owed and was paid, in cents; whole dollars go out and the cents are cut off."""

    balance_minor: int
    past_due_minor: int
    """What is thirty days or more past due."""
    paid_in_month_minor: int = 0
    charged_off_minor: int = 0
    last_paid_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tradeline:
    """All of it."""

    account_id: str
    as_of: date
    """The date of account information: for a paid account the day it was paid."""
    stamped_at: datetime
    consumer: Consumer
    terms: Terms
    amounts: Amounts
    codes: Codes
    correction: bool = False
    """It replaces what was furnished for this month before."""
    original_creditor: str = ""
    """Of whoever collects for another or bought the claim; a creditor of its own names none."""
    creditor_classification: int = 0


def account_number(account_id: str) -> str:
    """The account's id without the signs that a number may not have."""
    return _NOT_OF_A_NUMBER.sub("", account_id)


def whole_dollars(amount_minor: int) -> int:
    """Cents are cut off, and what is overpaid is nothing."""
    return max(0, amount_minor) // CENTS


def base_values(line: Tradeline, identification_number: str, cycle: str = "") -> dict[str, Value]:
    """The fields of the base segment."""
    consumer, terms, amounts, codes = line.consumer, line.terms, line.amounts, line.codes
    paid = codes.status in PAID
    return {
        "record_descriptor": LENGTH + (K1_LENGTH if line.original_creditor else 0),
        "processing_indicator": 1,
        "time_stamp": line.stamped_at.replace(tzinfo=None, microsecond=0),
        "correction_indicator": int(line.correction),
        "identification_number": identification_number,
        "cycle": cycle,
        "consumer_account_number": account_number(line.account_id),
        "portfolio_type": terms.portfolio_type,
        "account_type": terms.account_type,
        "date_opened": terms.opened_on,
        "credit_limit": whole_dollars(terms.credit_limit_minor),
        "highest_credit": whole_dollars(terms.highest_credit_minor),
        "terms_duration": terms.duration,
        "terms_frequency": terms.frequency,
        "actual_payment": whole_dollars(amounts.paid_in_month_minor),
        "account_status": codes.status,
        "payment_rating": codes.rating,
        "payment_history": codes.history,
        "compliance_condition": codes.compliance,
        "current_balance": 0 if paid else whole_dollars(amounts.balance_minor),
        "amount_past_due": 0 if paid or codes.status == "11" else whole_dollars(amounts.past_due_minor),
        "original_charge_off": whole_dollars(amounts.charged_off_minor) if codes.status in ("64", "97") else 0,
        "date_of_account_information": line.as_of,
        "date_of_first_delinquency": codes.first_delinquent_on,
        "date_closed": line.as_of if paid else None,
        "date_of_last_payment": amounts.last_paid_on,
        "surname": consumer.surname.upper(),
        "first_name": consumer.first_name.upper(),
        "middle_name": consumer.middle_name.upper(),
        "date_of_birth": consumer.born_on,
        "ecoa_code": DECEASED if consumer.deceased else INDIVIDUAL,
        "country": "US",
        "address_1": consumer.address_1.upper(),
        "address_2": consumer.address_2.upper(),
        "city": consumer.city.upper(),
        "state": consumer.state.upper(),
        "zip": consumer.zip,
    }


def k1_values(line: Tradeline) -> Mapping[str, Value]:
    """The fields of the K1 segment, of a line that names an original creditor."""
    return {
        "segment_identifier": "K1",
        "original_creditor": line.original_creditor.upper(),
        "creditor_classification": line.creditor_classification,
    }


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong with one account's line; never with the value."""

    account: str
    problem: FieldProblem
    line: int = 0
    """Of the file; 0 before there is one."""

    def __str__(self) -> str:
        """Where, whose, which field, and why."""
        where = f"line {self.line}, " if self.line else ""
        return f"{where}account {self.account}, {self.problem}"


def require_sound(account_id: str, problems: list[FieldProblem]) -> None:
    """Raise InvalidInput with every problem of the account."""
    if problems:
        told = "; ".join(map(str, problems))
        raise InvalidInput(f"account {account_id} is not furnished: {told}", field=problems[0].field)


def problem(name: str, reason: str) -> FieldProblem:
    """A problem of a field of the base segment."""
    return BASE.problem(name, reason)
