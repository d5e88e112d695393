"""The Metro 2 records in character form: header, base segment, K1 and trailer.

Lengths and positions follow the public description of moov-io/metro2 (docs/furnishing.md). A record descriptor is the
length of its record in four digits; ours are 426, or 460 for a base segment that a K1 follows.
"""

from domain.fixed_width import Field, Kind, Layout, table

LENGTH, K1_LENGTH = 426, 34
STATUS_CODES = tuple("DF DA 05 11 13 61 62 63 64 65 71 78 80 82 83 84 88 89 93 94 95 96 97".split())
PORTFOLIO_TYPES = tuple("CIMORL")
RATINGS = tuple("0123456GL")
HISTORY_CODES = frozenset("0123456BDEGHJKLZ")
COMPLIANCE_CODES = ("XA", "XB", "XC", "XD", "XE", "XF", "XG", "XH", "XJ", "XR")
ECOA_CODES = tuple("1235TWXZ")
NO_DATE = "00000000"


def _text(name: str, start: int, length: int, *, required: bool = False, choices: tuple[str, ...] = ()) -> Field:
    return Field(name=name, start=start, length=length, required=required, choices=choices)


def _number(name: str, start: int, length: int = 9, *, required: bool = False) -> Field:
    return Field(name=name, start=start, length=length, kind=Kind.NUMBER, required=required)


def _day(name: str, start: int, *, required: bool = False) -> Field:
    return Field(name=name, start=start, length=8, kind=Kind.US_DATE, required=required, none=NO_DATE)


def _filler(name: str, start: int, length: int) -> Field:
    return Field(name=name, start=start, length=length, kind=Kind.FILLER)


HEADER = table(
    "header",
    LENGTH,
    _number("record_descriptor", 1, 4, required=True),
    _text("record_identifier", 5, 6, required=True, choices=("HEADER",)),
    _text("cycle", 11, 2),
    _text("innovis_program", 13, 10),
    _text("equifax_program", 23, 10),
    _text("experian_program", 33, 5),
    _text("transunion_program", 38, 10),
    _day("activity_date", 48, required=True),
    _day("created", 56, required=True),
    _day("program_date", 64),
    _day("program_revision_date", 72),
    _text("reporter_name", 80, 40, required=True),
    _text("reporter_address", 120, 96, required=True),
    Field(name="reporter_phone", start=216, length=10, kind=Kind.NUMBER),
    _text("software_vendor", 226, 40),
    _text("software_version", 266, 5),
    _text("prbc_program", 271, 10),
)

BASE = table(
    "base segment",
    LENGTH,
    _number("record_descriptor", 1, 4, required=True),
    _number("processing_indicator", 5, 1),
    Field(name="time_stamp", start=6, length=14, kind=Kind.US_INSTANT, required=True, none="0" * 14),
    _number("correction_indicator", 20, 1),
    _text("identification_number", 21, 20, required=True),
    _text("cycle", 41, 2),
    _text("consumer_account_number", 43, 30, required=True),
    _text("portfolio_type", 73, 1, required=True, choices=PORTFOLIO_TYPES),
    _text("account_type", 74, 2, required=True),
    _day("date_opened", 76, required=True),
    _number("credit_limit", 84),
    _number("highest_credit", 93),
    _text("terms_duration", 102, 3, required=True),
    _text("terms_frequency", 105, 1, choices=tuple("DPWBEMLQTSY")),
    _number("scheduled_payment", 106),
    _number("actual_payment", 115),
    _text("account_status", 124, 2, required=True, choices=STATUS_CODES),
    _text("payment_rating", 126, 1, choices=RATINGS),
    _text("payment_history", 127, 24, required=True),
    _text("special_comment", 151, 2),
    _text("compliance_condition", 153, 2, choices=COMPLIANCE_CODES),
    _number("current_balance", 155),
    _number("amount_past_due", 164),
    _number("original_charge_off", 173),
    _day("date_of_account_information", 182, required=True),
    _day("date_of_first_delinquency", 190),
    _day("date_closed", 198),
    _day("date_of_last_payment", 206),
    _text("interest_type", 214, 1, choices=("F", "V")),
    _filler("reserved", 215, 17),
    _text("surname", 232, 25, required=True),
    _text("first_name", 257, 20, required=True),
    _text("middle_name", 277, 20),
    _text("generation_code", 297, 1, choices=tuple("JS23456789")),
    _number("social_security_number", 298, 9),
    _day("date_of_birth", 307),
    _number("telephone", 315, 10),
    _text("ecoa_code", 325, 1, required=True, choices=ECOA_CODES),
    _text("consumer_information", 326, 2),
    _text("country", 328, 2),
    _text("address_1", 330, 32, required=True),
    _text("address_2", 362, 32),
    _text("city", 394, 20, required=True),
    _text("state", 414, 2, required=True),
    _text("zip", 416, 9, required=True),
    _text("address_indicator", 425, 1, choices=tuple("CYNMSBUDP")),
    _text("residence_code", 426, 1, choices=("O", "R")),
)

K1 = table(
    "K1 segment",
    K1_LENGTH,
    _text("segment_identifier", 1, 2, required=True, choices=("K1",)),
    _text("original_creditor", 3, 30, required=True),
    _number("creditor_classification", 33, 2, required=True),
)

_COUNTED = tuple("DA 05 11 13 61 62 63 64 65 71 78 80 82 83 84 88 89 93 94 95 96 97".split())
"""Status codes in the order in which the trailer counts them, from position 66 on; DF stands apart."""
_AFTER = (
    "ecoa_z",
    "employment_segments",
    "k1_segments",
    "k2_segments",
    "k3_segments",
    "k4_segments",
    "l1_segments",
    "social_numbers",
    "social_numbers_base",
    "social_numbers_j1",
    "social_numbers_j2",
    "birth_dates",
    "birth_dates_base",
    "birth_dates_j1",
    "birth_dates_j2",
    "telephones",
)


def _trailer() -> Layout:
    fields = [
        _number("record_descriptor", 1, 4, required=True),
        _text("record_identifier", 5, 7, required=True, choices=("TRAILER",)),
        _number("base_records", 12),
        _filler("reserved", 21, 9),
        _number("status_DF", 30),
        _number("j1_segments", 39),
        _number("j2_segments", 48),
        _number("block_count", 57),
    ]
    for name in (*(f"status_{code}" for code in _COUNTED), *_AFTER):
        fields.append(_number(name, fields[-1].end + 1))
    return table("trailer", LENGTH, *fields)


TRAILER = _trailer()
