"""What the fields of a base segment must be to each other, beyond what the table says of each alone."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from domain.fixed_width import FieldProblem, Value
from domain.furnishing.layouts import HISTORY_CODES
from domain.furnishing.status import HISTORY_LENGTH, NO_HISTORY, PAID, RATED
from domain.furnishing.tradeline import problem

Values = Mapping[str, Value]
_NUMBER = re.compile(r"[A-Za-z0-9]+", re.ASCII)
_NAME = re.compile(r"[A-Z]+(?:[ -][A-Z]+)*", re.ASCII)
_ZIP = re.compile(r"[0-9]{5}(?:[0-9]{4})?", re.ASCII)
_CODE = re.compile(r"[0-9A-Z]{2}", re.ASCII)
STATES = frozenset(
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
    "OR PA RI SC SD TN TX UT VT VA WA WV WI WY PR GU VI AS MP AA AE AP".split()
)
_DURATIONS = {"C": "LOC", "R": "REV", "O": "001"}
_DELETED = frozenset({"DA", "DF"})
_CHARGED_OFF = frozenset({"64", "97"})
_NEEDS_FIRST = frozenset("61 62 63 64 65 71 78 80 82 83 84 88 89 93 94 95 96 97".split())


def problems_of(values: Values, *, disputed: bool | None = None) -> list[FieldProblem]:
    """Everything that does not fit; `disputed` says whether a dispute is open, where that is known."""
    found = [each for check in _CHECKS for each in check(values)]
    if disputed and values.get("compliance_condition") != "XB":
        found.append(problem("compliance_condition", "must be XB: a dispute is open, and is told with the account"))
    return found


def _identity(values: Values) -> Iterator[FieldProblem]:
    number = _text(values, "consumer_account_number")
    if number and not _NUMBER.fullmatch(number):
        yield problem("consumer_account_number", "must be letters and digits")
    ours = _text(values, "identification_number")
    if ours and (len(ours) < 5 or not _NUMBER.fullmatch(ours) or set(ours) in ({"0"}, {"9"})):
        yield problem("identification_number", "must be five letters and digits or more, not all 0 or 9")
    if not values.get("social_security_number") and not values.get("date_of_birth"):
        yield problem("date_of_birth", "is missing, and no social security number stands for it")
    for name in ("surname", "first_name", "middle_name"):
        if (text := _text(values, name)) and not _NAME.fullmatch(text):
            yield problem(name, "must be capital letters with single blanks or hyphens between them")


def _address(values: Values) -> Iterator[FieldProblem]:
    if (state := _text(values, "state")) and state not in STATES:
        yield problem("state", "must be a state's two letters")
    if (code := _text(values, "zip")) and not _ZIP.fullmatch(code):
        yield problem("zip", "must be five or nine digits")
    for name in ("address_1", "address_2", "city"):
        if (text := _text(values, name)) and text != text.upper():
            yield problem(name, "must be in capital letters")


def _terms(values: Values) -> Iterator[FieldProblem]:
    portfolio, duration = _text(values, "portfolio_type"), _text(values, "terms_duration")
    wanted = _DURATIONS.get(portfolio)
    if wanted is not None and duration and duration != wanted:
        yield problem("terms_duration", f"must be {wanted} for portfolio type {portfolio}")
    if wanted is None and duration and not (duration.isdecimal() and len(duration) == 3):
        yield problem("terms_duration", "must be a number of three digits for this portfolio type")
    if portfolio in ("I", "M") and values.get("credit_limit"):
        yield problem("credit_limit", "must be zero for this portfolio type")
    if (code := _text(values, "account_type")) and not _CODE.fullmatch(code):
        yield problem("account_type", "must be a code of two signs")


def _status(values: Values) -> Iterator[FieldProblem]:
    status, rating = _text(values, "account_status"), _text(values, "payment_rating")
    if status in RATED and not rating:
        yield problem("payment_rating", f"is missing: status {status} needs it")
    if status and status not in RATED and rating:
        yield problem("payment_rating", f"must be blank for status {status}")
    if status in PAID and values.get("current_balance"):
        yield problem("current_balance", f"must be zero for status {status}")
    if status in PAID | {"11"} and values.get("amount_past_due"):
        yield problem("amount_past_due", f"must be zero for status {status}")
    if status in PAID and not values.get("date_closed"):
        yield problem("date_closed", f"is missing: status {status} needs it")
    if (status in _CHARGED_OFF) is not bool(values.get("original_charge_off")):
        says = "is missing" if status in _CHARGED_OFF else "must be zero"
        yield problem("original_charge_off", f"{says} for status {status}")


def _history(values: Values) -> Iterator[FieldProblem]:
    history = _text(values, "payment_history")
    if not history:
        return
    if len(history) != HISTORY_LENGTH or set(history) - HISTORY_CODES:
        yield problem("payment_history", f"must be {HISTORY_LENGTH} of {''.join(sorted(HISTORY_CODES))}")
    elif NO_HISTORY in history.rstrip(NO_HISTORY):
        yield problem("payment_history", "B may stand at the end only: D says that a month in between is missing")


def _delinquency(values: Values) -> Iterator[FieldProblem]:
    status, rating = _text(values, "account_status"), _text(values, "payment_rating")
    first = _day(values, "date_of_first_delinquency")
    needed = status in _NEEDS_FIRST or (status in ("05", "13") and rating not in ("", "0"))
    if needed and first is None:
        yield problem("date_of_first_delinquency", f"is missing: status {status} needs it")
    if not needed and first is not None and status not in _DELETED:
        yield problem("date_of_first_delinquency", f"must be zeros for status {status}")


def _dates(values: Values) -> Iterator[FieldProblem]:
    as_of, opened = _day(values, "date_of_account_information"), _day(values, "date_opened")
    for name in ("date_opened", "date_of_first_delinquency", "date_closed", "date_of_last_payment", "date_of_birth"):
        told = _day(values, name)
        if told is not None and as_of is not None and told > as_of:
            yield problem(name, "lies after the date of account information")
    first = _day(values, "date_of_first_delinquency")
    if first is not None and opened is not None and first < opened:
        yield problem("date_of_first_delinquency", "lies before the account was opened")


_CHECKS: tuple[Callable[[Values], Iterator[FieldProblem]], ...] = (
    _identity,
    _address,
    _terms,
    _status,
    _history,
    _delinquency,
    _dates,
)


def _text(values: Values, name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _day(values: Values, name: str) -> date | None:
    value = values.get(name)
    return value if isinstance(value, date) else None
