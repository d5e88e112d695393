"""One invented record of every kind, as both formats carry it."""

from datetime import date
from typing import Any

from domain.placement.agency import Agency, FileForm, Rate, Remits
from domain.placement.files import Envelope
from domain.placement.records import Record, RecordKind

ENVELOPE = Envelope(agency="northgate", agency_name="Northgate Recoveries", created=date(2026, 11, 21))
NORTHGATE = Agency(
    agency_id="northgate",
    name="Northgate Recoveries",
    form=FileForm.FIXED,
    currencies=("USD",),
    rates=(Rate(basis_points=1500), Rate(basis_points=2500, from_days=180), Rate(basis_points=1200, product="card")),
    remits=Remits.NET,
    objection_days=15,
    extension_days=30,
    objections_most=1,
    drop_folder="northgate",
)
HEAD: dict[str, Any] = {"file_number": 41, "account": "LW-0041", "currency": "USD"}
DISPUTE: dict[str, Any] = {
    "file_number": 41,
    "account": "LW-0041",
    "currency": "USD",
    "id": 7,
    "type_code": "NOTMINE",
    "type": "not my purchase",
    "date_received": date(2026, 11, 3),
    "details": "hold place:LW-0041:dispute",
    "category": "amount",
    "date_closed": None,
    "justified": None,
    "outcome": None,
}
DEBTOR: dict[str, Any] = {
    "placement_id": "LW-0041/41",
    "creditor": "Lantern Wallet",
    "original_creditor": "Lantern Wallet",
    "total": 13_550,
    "opened": date(2025, 2, 1),
    "itemization_type": "last_payment",
    "itemized_interest": 250,
    "itemized_fees": 500,
    "itemized_payments": 0,
    "itemized_credits": 0,
    "charge_off_date": None,
    "name": "Denise Okafor",
    "address_1": "12 Sample Street",
    "address_2": "Atlanta GA 30303",
    "phone": "+14045550102",
    "phone_consent": "given",
    "email": "denise.okafor@example.com",
    "email_consent": "unknown",
    "language": "en",
    "time_zone": "America/New_York",
    "dispute": "yes",
    "commission_rate": 1500,
}

RECORDS: dict[RecordKind, dict[str, Any]] = {
    RecordKind.ACCOUNT: HEAD
    | {
        "principal": 12_800,
        "interest": 250,
        "fees": 500,
        "last_charge": date(2026, 8, 1),
        "last_paid": date(2026, 8, 15),
        "itemization_date": date(2026, 8, 15),
        "dofd": date(2026, 9, 30),
        "recall_date": None,
    }
    | DEBTOR,
    RecordKind.DISPUTE: DISPUTE,
    RecordKind.COMPLAINT: HEAD
    | {
        "id": 9,
        "category": "service",
        "date_received": date(2026, 11, 5),
        "date_closed": date(2026, 11, 12),
        "conclusion": "an apology was made",
    },
    RecordKind.EXTRA: HEAD | {"title": "LANGUAGE", "data": "en"},
    RecordKind.DIRECT_PAYMENT: HEAD
    | {
        "amount": 2_500,
        "payment_date": date(2026, 11, 18),
        "batch_type": "PC",
        "payment_identifier": "pay-77",
    },
    RecordKind.PENDING_RECALL: HEAD | {"recall_reason": "CLI", "objection_date": None},
    RecordKind.FINAL_RECALL: HEAD | {"recall_reason": "PIF", "objection_date": date(2026, 11, 19)},
    RecordKind.OBJECTION: HEAD | {"objection_reason_code": "PPA", "objection_date": date(2026, 11, 20)},
    RecordKind.ADDRESS: HEAD
    | {
        "new_street1": "7 Model Road",
        "new_street2": None,
        "new_city": "Decatur",
        "new_state": "GA",
        "new_zipcode": "30030",
        "date_updated": date(2026, 11, 20),
    },
    RecordKind.DECEASED: HEAD | {"source_code": "FAM", "date_of_death": date(2026, 10, 2)},
    RecordKind.PAYMENT: HEAD
    | {
        "amount": 4_099,
        "payment_date": date(2026, 11, 19),
        "payment_type": "PA",
        "payment_identifier": "NG-1001",
    },
    RecordKind.CLOSED: HEAD | {"close_code": "BKP", "close_date": date(2026, 11, 20)},
    RecordKind.DISPUTED: DISPUTE,
    RecordKind.REMITTANCE: HEAD
    | {
        "payment_identifier": "NG-1001",
        "payment_type": "PA",
        "gross": 4_099,
        "commission": 615,
        "remitted": 3_484,
    },
}


def record(kind: RecordKind, **changed: Any) -> Record:
    """The record of that kind, with some values changed."""
    return Record(kind, RECORDS[kind] | changed)
