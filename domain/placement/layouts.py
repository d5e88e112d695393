"""The fixed-width tables, as the public layout of Genesys Latitude's agency interface has them.

Positions are those of its help pages (docs/placement.md names each). Where no page of a record is public (ADEC, ACLS)
the table follows the one of AOBJ. Where the layout knows `other3` to `other9`, `other3` is ours for fees.
"""

from domain.fixed_width import NO_DATE, Field, Kind, Layout, table
from domain.placement.records import OUTBOUND, RECORDS_OF, SUMMED, FileKind, RecordKind

PLACEMENT_LENGTH, RECALL_LENGTH, ADDRESS_LENGTH = 3000, 102, 628
CREDITORS_TRAILER, AGENCYS_TRAILER = "CTRL", "ATRL"
PAYMENT_TYPES = ("PA", "PAR")
"""A payment that the agency took, and its reversal."""
DIRECT_TYPES = ("PC", "PCR", "DA", "DAR")
"""Taken by the creditor, given back; taken off by a credit or waiver, added by interest or a fee."""
CLOSE_CODES = ("BKP", "DEC", "PIF", "DIS", "UNC", "RCL")
"""Bankrupt, deceased, paid in full, disputed, uncollectible, recalled."""


def _kind(kind: RecordKind) -> Field:
    return Field(name="record_type", start=1, length=4, required=True, choices=(kind.value,))


def _number(name: str, start: int, *, required: bool = False) -> Field:
    return Field(name=name, start=start, length=9, kind=Kind.NUMBER, required=required)


def _text(name: str, start: int, length: int, *, required: bool = False, choices: tuple[str, ...] = ()) -> Field:
    return Field(name=name, start=start, length=length, required=required, choices=choices)


def _money(name: str, start: int) -> Field:
    return Field(name=name, start=start, length=12, kind=Kind.MONEY)


def _day(name: str, start: int, *, required: bool = False, none: str | None = None) -> Field:
    return Field(name=name, start=start, length=8, kind=Kind.DATE, required=required, none=none)


def _head(kind: RecordKind) -> tuple[Field, ...]:
    """Of most records: type, number, account."""
    return _kind(kind), _number("file_number", 5, required=True), _text("account", 14, 30, required=True)


_OTHERS = tuple(_money(f"other{number}", 80 + 12 * (number - 4)) for number in range(4, 10))

ACCOUNT = table(
    "CACT",
    PLACEMENT_LENGTH,
    *_head(RecordKind.ACCOUNT),
    _money("principal", 44),
    _money("interest", 56),
    _money("fees", 68),
    *_OTHERS,
    _day("last_charge", 152),
    _day("last_paid", 160),
    _day("itemization_date", 168),
    _day("dofd", 176),
    _day("recall_date", 184),
)
DISPUTE_FIELDS: tuple[Field, ...] = (
    _number("file_number", 5, required=True),
    _number("debtor_number", 14),
    _number("id", 23, required=True),
    _text("type_code", 32, 10),
    _text("type", 42, 50),
    _day("date_received", 92, required=True),
    _text("referred_by_code", 100, 10),
    _text("referred_by", 110, 50),
    _text("details", 160, 500),
    _text("category_code", 660, 10),
    _text("category", 670, 50),
    _text("against_code", 720, 10),
    _text("against", 730, 50),
    _day("date_closed", 780),
    _day("recourse_date", 788),
    _text("justified", 796, 10),
    _text("outcome", 806, 10),
)
# The public page gives ADIS as the type of the creditor's dispute as well; CDIS is its name there and in the file.
DISPUTE = table("CDIS", PLACEMENT_LENGTH, _kind(RecordKind.DISPUTE), *DISPUTE_FIELDS)
DISPUTED = table("ADIS", PLACEMENT_LENGTH, _kind(RecordKind.DISPUTED), *DISPUTE_FIELDS)
COMPLAINT = table(
    "CCPT",
    PLACEMENT_LENGTH,
    _kind(RecordKind.COMPLAINT),
    _number("file_number", 5, required=True),
    _number("debtor_number", 14),
    _number("id", 23, required=True),
    _text("against_code", 32, 10),
    _text("against", 42, 50),
    _text("against_entity", 92, 255),
    _text("category", 347, 20),
    _money("compensation", 367),
    _text("conclusion", 379, 500),
    _day("date_closed", 879),
    Field(name="reserved", start=887, length=108, kind=Kind.FILLER),
    _day("date_received", 995, required=True),
)
EXTRA = table(
    "CMIS",
    PLACEMENT_LENGTH,
    *_head(RecordKind.EXTRA),
    _text("title", 44, 30, required=True),
    _text("data", 74, 100),
)
DIRECT_PAYMENT = table(
    "CPAY",
    222,
    *_head(RecordKind.DIRECT_PAYMENT),
    _money("amount", 44),
    _money("interest", 56),
    _money("other3", 68),
    *(_money(f"other{number}", 80 + 12 * (number - 4)) for number in range(4, 10)),
    _day("payment_date", 152, required=True),
    _text("batch_type", 160, 3, required=True, choices=DIRECT_TYPES),
    _text("payment_identifier", 163, 30, required=True),
    _text("comment", 193, 30),
)


def _recall(kind: RecordKind) -> Layout:
    return table(
        kind.value,
        RECALL_LENGTH,
        *_head(kind),
        _text("recall_reason", 44, 3, required=True),
        _day("objection_date", 47, none=NO_DATE),
    )


def _coded(kind: RecordKind, code: str, day: str, choices: tuple[str, ...] = (), *, required: bool = True) -> Layout:
    """A number, an account, a code and a day, as in AOBJ."""
    return table(
        kind.value,
        RECALL_LENGTH,
        *_head(kind),
        _text(code, 44, 3, required=required, choices=choices),
        _day(day, 47, required=True),
    )


PAYMENT = table(
    "APAY",
    234,
    *_head(RecordKind.PAYMENT),
    _money("amount", 44),
    _day("payment_date", 56, required=True),
    _text("payment_type", 64, 3, required=True, choices=PAYMENT_TYPES),
    _text("payment_identifier", 67, 30, required=True),
    _text("comment", 97, 30),
    *(_money(f"bucket{number}", 127 + 12 * (number - 1)) for number in range(1, 10)),
)
ADDRESS = table(
    "AUAD",
    ADDRESS_LENGTH,
    _kind(RecordKind.ADDRESS),
    _number("debtor_number", 5),
    _number("file_number", 14, required=True),
    _text("new_street1", 23, 128, required=True),
    _text("new_street2", 151, 128),
    _text("new_city", 279, 30, required=True),
    _text("new_state", 309, 3),
    _text("new_zipcode", 312, 10),
    _text("old_street1", 322, 128),
    _text("old_street2", 450, 128),
    _text("old_city", 578, 30),
    _text("old_state", 608, 3),
    _text("old_zipcode", 611, 10),
    _day("date_updated", 621, required=True),
)

LAYOUTS: dict[RecordKind, Layout] = {
    RecordKind.ACCOUNT: ACCOUNT,
    RecordKind.DISPUTE: DISPUTE,
    RecordKind.COMPLAINT: COMPLAINT,
    RecordKind.EXTRA: EXTRA,
    RecordKind.DIRECT_PAYMENT: DIRECT_PAYMENT,
    RecordKind.PENDING_RECALL: _recall(RecordKind.PENDING_RECALL),
    RecordKind.FINAL_RECALL: _recall(RecordKind.FINAL_RECALL),
    RecordKind.OBJECTION: _coded(RecordKind.OBJECTION, "objection_reason_code", "objection_date"),
    RecordKind.ADDRESS: ADDRESS,
    RecordKind.DECEASED: _coded(RecordKind.DECEASED, "source_code", "date_of_death", required=False),
    RecordKind.PAYMENT: PAYMENT,
    RecordKind.CLOSED: _coded(RecordKind.CLOSED, "close_code", "close_date", CLOSE_CODES),
    RecordKind.DISPUTED: DISPUTED,
}
"""Every record of the fixed-width files; remittance is CSV alone."""


def _trailer(code: str, length: int, *, total: bool) -> Layout:
    head = (
        Field(name="record_type", start=1, length=4, required=True, choices=(code,)),
        _text("agency", 5, 30, required=True),
        _text("agency_name", 35, 50),
        Field(name="records", start=85, length=10, kind=Kind.NUMBER),
    )
    if not total:
        return table(code, length, *head, _day("created", 95, required=True))
    return table(code, length, *head, _money("total", 95), _day("created", 107, required=True))


def trailer_of(kind: FileKind) -> Layout:
    """The last record of a file: with a sum where its records carry money."""
    records = RECORDS_OF[kind]
    code = CREDITORS_TRAILER if kind in OUTBOUND else AGENCYS_TRAILER
    return _trailer(code, LAYOUTS[records[0]].length, total=any(record in SUMMED for record in records))
