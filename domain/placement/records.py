"""What a lender and an agency tell each other, in the words of either file format."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.fixed_width import Value


class RecordKind(StrEnum):
    """A record by the four letters that it begins with; C comes from the creditor, A from the agency."""

    ACCOUNT = "CACT"
    DISPUTE = "CDIS"
    COMPLAINT = "CCPT"
    EXTRA = "CMIS"
    """What the account record has no column for: a title and a value."""
    PENDING_RECALL = "CPEN"
    FINAL_RECALL = "CFIN"
    DIRECT_PAYMENT = "CPAY"
    """Money that the creditor took, or gave back, while the account was placed."""
    OBJECTION = "AOBJ"
    ADDRESS = "AUAD"
    DECEASED = "ADEC"
    PAYMENT = "APAY"
    CLOSED = "ACLS"
    DISPUTED = "ADIS"
    REMITTANCE = "AREM"
    """Ours, in CSV alone: what of a payment the agency hands over and what it keeps."""


class FileKind(StrEnum):
    """Which records travel together in one file."""

    PLACEMENT = "placement"
    DIRECT_PAYMENTS = "direct_payments"
    RECALLS = "recalls"
    PAYMENTS = "payments"
    OBJECTIONS = "objections"
    ADDRESSES = "addresses"
    DECEASED = "deceased"
    CLOSED = "closed"
    DISPUTES = "disputes"
    REMITTANCE = "remittance"


RECORDS_OF: dict[FileKind, tuple[RecordKind, ...]] = {
    FileKind.PLACEMENT: (RecordKind.ACCOUNT, RecordKind.DISPUTE, RecordKind.COMPLAINT, RecordKind.EXTRA),
    FileKind.DIRECT_PAYMENTS: (RecordKind.DIRECT_PAYMENT,),
    FileKind.RECALLS: (RecordKind.PENDING_RECALL, RecordKind.FINAL_RECALL),
    FileKind.PAYMENTS: (RecordKind.PAYMENT,),
    FileKind.OBJECTIONS: (RecordKind.OBJECTION,),
    FileKind.ADDRESSES: (RecordKind.ADDRESS,),
    FileKind.DECEASED: (RecordKind.DECEASED,),
    FileKind.CLOSED: (RecordKind.CLOSED,),
    FileKind.DISPUTES: (RecordKind.DISPUTED,),
    FileKind.REMITTANCE: (RecordKind.REMITTANCE,),
}
OUTBOUND = (FileKind.PLACEMENT, FileKind.DIRECT_PAYMENTS, FileKind.RECALLS)
INBOUND = tuple(kind for kind in FileKind if kind not in OUTBOUND)

SUMMED: dict[RecordKind, tuple[str, ...]] = {
    RecordKind.ACCOUNT: ("principal", "interest", "fees"),
    RecordKind.DIRECT_PAYMENT: ("amount",),
    RecordKind.PAYMENT: ("amount",),
    RecordKind.REMITTANCE: ("gross",),
}
"""The amounts of a record that the trailer sums; the others carry no money."""


def kind_of_file(record: RecordKind) -> FileKind:
    """The file in which a record travels."""
    return next(kind for kind, records in RECORDS_OF.items() if record in records)


@dataclass(frozen=True, slots=True)
class Record:
    """One record: amounts in minor units, dates civil, nothing that the tables do not name."""

    kind: RecordKind
    values: Mapping[str, Value]

    def text(self, name: str) -> str:
        """A text; empty when it is absent."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def amount(self, name: str) -> int:
        """An amount or a number; 0 when it is absent."""
        value = self.values.get(name)
        return value if isinstance(value, int) else 0

    def day(self, name: str) -> date | None:
        """A date, if there is one."""
        value = self.values.get(name)
        return value if isinstance(value, date) else None

    @property
    def file_number(self) -> int:
        """The number by which both sides know the placement."""
        return self.amount("file_number")

    @property
    def currency(self) -> str:
        """The currency of its amounts."""
        return self.text("currency")

    @property
    def summed_minor(self) -> int:
        """What it adds to the trailer's sum."""
        return sum(self.amount(name) for name in SUMMED.get(self.kind, ()))
