"""Books of accounts for tests: rows with one sound default each, written as CSV files."""

import csv
from pathlib import Path

from casedb.book_file import COLUMNS

SOUND = {
    "account_id": "A-1",
    "person_id": "P-1",
    "as_of": "2026-11-21",
    "creditor": "Lantern Wallet",
    "product": "pay_later",
    "full_name": "Denise Okafor",
    "locale": "en",
    "country": "US",
    "region": "GA",
    "time_zone": "America/New_York",
    "phone": "+14045550102",
    "email": "denise.okafor@example.com",
    "currency": "USD",
    "due_date": "2026-11-01",
    "principal": "100.00",
    "interest": "2.50",
    "fees": "5.00",
    "opted_out": "",
    "consent_sms": "",
    "consent_email": "",
    "consent_voice": "",
    "push_id": "",
    "whatsapp": "",
    "whatsapp_consent": "",
    "postal_address": "",
    "segment": "",
}


def row(**changed: str) -> dict[str, str]:
    """A row in which nothing is wrong, but for what is changed."""
    return SOUND | changed


def write_book(path: Path, *rows: dict[str, str]) -> Path:
    """A book with these rows."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
