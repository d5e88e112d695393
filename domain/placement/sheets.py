"""Our own CSV: one kind of record to a file, under a line of column names that tells which."""

from dataclasses import dataclass
from enum import StrEnum

from domain.placement.layouts import CLOSE_CODES, DIRECT_TYPES, PAYMENT_TYPES
from domain.placement.records import RecordKind


class ColumnKind(StrEnum):
    """How a cell is written."""

    TEXT = "text"
    NUMBER = "number"
    AMOUNT = "amount"
    """In major units of the row's currency, such as 128.50."""
    DAY = "day"
    """As 2026-11-21."""
    FLAG = "flag"
    """yes, or empty."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()


def _texts(names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names.split())


def _days(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, ColumnKind.DAY) for name in names.split())


def _amounts(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, ColumnKind.AMOUNT) for name in names.split())


def _flags(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, ColumnKind.FLAG) for name in names.split())


FILE_NUMBER = Column("file_number", ColumnKind.NUMBER, required=True)
ACCOUNT = Column("account", required=True)
CURRENCY = Column("currency", required=True)
_HEAD = (Column("record_type", required=True), FILE_NUMBER, ACCOUNT)

PLACEMENT = (
    Column("placement_id", required=True),
    FILE_NUMBER,
    ACCOUNT,
    *_texts("creditor original_creditor"),
    *_amounts("principal interest fees total"),
    CURRENCY,
    *_days("opened charge_off_date last_charge last_paid dofd itemization_date"),
    *_texts("itemization_type"),
    *_amounts("itemized_interest itemized_fees itemized_payments itemized_credits"),
    *_texts("name address_1 address_2 address_3 address_4 address_5"),
    *_texts("phone phone_consent email email_consent language time_zone"),
    *_flags("dispute deceased bankruptcy attorney cease scra"),
    Column("commission_rate", ColumnKind.NUMBER),
    *_days("recall_date"),
)
"""Commission in basis points. Flags say what stands at the instant of the export."""


def _coded(code: str, day: str, choices: tuple[str, ...] = (), *, required: bool = True) -> tuple[Column, ...]:
    return (*_HEAD, Column(code, required=required, choices=choices), Column(day, ColumnKind.DAY, required=True))


_DISPUTE = (
    *_HEAD,
    Column("id", ColumnKind.NUMBER, required=True),
    *_texts("type_code type"),
    Column("date_received", ColumnKind.DAY, required=True),
    *_texts("details category"),
    *_days("date_closed"),
    *_texts("justified outcome"),
)
_RECALL = (*_HEAD, Column("recall_reason", required=True), *_days("objection_date"))

SHEETS: dict[RecordKind, tuple[Column, ...]] = {
    RecordKind.ACCOUNT: PLACEMENT,
    RecordKind.DISPUTE: _DISPUTE,
    RecordKind.COMPLAINT: (
        *_HEAD,
        Column("id", ColumnKind.NUMBER, required=True),
        *_texts("category"),
        Column("date_received", ColumnKind.DAY, required=True),
        *_days("date_closed"),
        *_texts("conclusion"),
    ),
    RecordKind.EXTRA: (*_HEAD, Column("title", required=True), Column("data")),
    RecordKind.DIRECT_PAYMENT: (
        *_HEAD,
        Column("amount", ColumnKind.AMOUNT, required=True),
        CURRENCY,
        Column("payment_date", ColumnKind.DAY, required=True),
        Column("batch_type", required=True, choices=DIRECT_TYPES),
        Column("payment_identifier", required=True),
    ),
    RecordKind.PENDING_RECALL: _RECALL,
    RecordKind.FINAL_RECALL: _RECALL,
    RecordKind.OBJECTION: _coded("objection_reason_code", "objection_date"),
    RecordKind.ADDRESS: (
        *_HEAD,
        Column("new_street1", required=True),
        *_texts("new_street2"),
        Column("new_city", required=True),
        *_texts("new_state new_zipcode"),
        Column("date_updated", ColumnKind.DAY, required=True),
    ),
    RecordKind.DECEASED: _coded("source_code", "date_of_death", required=False),
    RecordKind.PAYMENT: (
        *_HEAD,
        Column("amount", ColumnKind.AMOUNT, required=True),
        CURRENCY,
        Column("payment_date", ColumnKind.DAY, required=True),
        Column("payment_type", required=True, choices=PAYMENT_TYPES),
        Column("payment_identifier", required=True),
    ),
    RecordKind.CLOSED: _coded("close_code", "close_date", CLOSE_CODES),
    RecordKind.DISPUTED: _DISPUTE,
    RecordKind.REMITTANCE: (
        *_HEAD,
        Column("payment_identifier", required=True),
        Column("payment_type", required=True, choices=PAYMENT_TYPES),
        CURRENCY,
        Column("gross", ColumnKind.AMOUNT, required=True),
        Column("commission", ColumnKind.AMOUNT, required=True),
        Column("remitted", ColumnKind.AMOUNT, required=True),
    ),
}
