"""The Metro 2 file byte by byte, and every field that is wrong named with its positions and its account.

Write the golden file anew: AMICABLE_WRITE_GOLDEN=1 pytest tests/domain/furnishing/test_file.py
"""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.fixed_width import read_record
from domain.furnishing.file import check_file, line_of, write_file
from domain.furnishing.layouts import BASE, K1, LENGTH, TRAILER
from domain.furnishing.tradeline import Tradeline, account_number, whole_dollars
from tests.domain.furnishing.told import AS_OF, DENISE, FURNISHER, LATE, MONTH, OWED, TERMS, codes, tradeline

GOLDEN = Path(__file__).parent / "golden" / "metro2.txt"
STATUSES = ("11", "13", "61", "62", "63", "64", "65", "71", "78", "80", "82", "83", "84", "93", "97", "DA")
CHARGED_OFF = replace(OWED, charged_off_minor=13_550)


def every_status() -> list[Tradeline]:
    """An account of each status, one in dispute, one of a debt buyer."""
    lines = [
        tradeline(
            account_id=f"LW-{number:04}",
            codes=codes(status),
            amounts=CHARGED_OFF if status in ("64", "97") else OWED,
        )
        for number, status in enumerate(STATUSES, start=1)
    ]
    disputed = tradeline(account_id="LW-0900", codes=codes("80", compliance="XB"))
    bought = tradeline(account_id="LW-0901", original_creditor="Lantern Wallet", creditor_classification=12)
    died = tradeline(account_id="LW-0902", consumer=replace(DENISE, deceased=True))
    return [*lines, disputed, bought, died]


def made() -> bytes:
    lines = [line_of(each, FURNISHER, disputed=each.codes.compliance == "XB") for each in every_status()]
    return write_file(lines, FURNISHER, AS_OF, AS_OF)


def test_the_file_is_the_committed_one_and_sound() -> None:
    written = made()
    if os.environ.get("AMICABLE_WRITE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_bytes(written)
    assert GOLDEN.read_bytes() == written
    assert check_file(written) == []
    assert check_file(written.replace(b"\n", b"\r\n")) == []


def test_positions_are_those_of_the_public_layout() -> None:
    """Counted by hand in the public tables, and not by ours."""
    lines = GOLDEN.read_text(encoding="ascii").splitlines()
    assert [len(line) for line in lines] == [426] * 18 + [460] + [426, 426]
    assert (lines[0][:10], lines[0][47:63]) == ("0426HEADER", "1130202611302026")
    late = lines[STATUSES.index("78") + 1]
    assert late[:5] == "04261"
    assert late[5:19] == "11302026120001"
    assert late[20:40].rstrip() == "LANTERN01"
    assert late[42:72].rstrip() == "LW0009"
    assert late[72:83] == "C1502012025"
    assert late[83:101] == "000000600000000500"
    assert late[101:105] == "LOCM"
    assert (late[123:125], late[125], late[126:150]) == ("78", " ", "1" + "B" * 23)
    assert late[154:172] == "000000135000000128"
    assert late[181:197] == "1130202610012026"
    assert late[231:256].rstrip() == "OKAFOR"
    assert late[306:314] == "04121990"
    assert late[413:424] == "GA30303    "
    assert lines[-1][:20] == "0426TRAILER000000019"
    assert lines[-1][146:155] == "000000001", "one account is 30 to 59 days past due"
    bought = lines[18]
    assert bought[426:] == "K1" + "LANTERN WALLET".ljust(30) + "12"
    assert bought[:4] == "0460"


BAD: list[tuple[dict[str, Any], str]] = [
    ({"consumer": replace(DENISE, surname="")}, "surname (positions 232-256): is missing"),
    ({"consumer": replace(DENISE, surname="O'Kafor")}, "surname (positions 232-256): must be capital letters"),
    ({"consumer": replace(DENISE, surname="陈")}, "surname (positions 232-256): must be plain ASCII"),
    ({"consumer": replace(DENISE, surname="A" * 26)}, "surname (positions 232-256): is longer than 25"),
    ({"consumer": replace(DENISE, born_on=None)}, "date_of_birth (positions 307-314): is missing"),
    ({"consumer": replace(DENISE, born_on=date(2027, 1, 1))}, "date_of_birth (positions 307-314): lies after"),
    ({"consumer": replace(DENISE, state="XX")}, "state (positions 414-415): must be a state's two letters"),
    ({"consumer": replace(DENISE, zip="3030")}, "zip (positions 416-424): must be five or nine digits"),
    ({"consumer": replace(DENISE, city="")}, "city (positions 394-413): is missing"),
    ({"terms": replace(TERMS, portfolio_type="Q")}, "portfolio_type (positions 73-73): must be one of C, I, M"),
    ({"terms": replace(TERMS, duration="012")}, "terms_duration (positions 102-104): must be LOC"),
    (
        {"terms": replace(TERMS, portfolio_type="I", duration="LOC", credit_limit_minor=0)},
        "terms_duration (positions 102-104): must be a number of three digits",
    ),
    (
        {"terms": replace(TERMS, portfolio_type="I", duration="012")},
        "credit_limit (positions 84-92): must be zero",
    ),
    ({"terms": replace(TERMS, opened_on=date(2026, 12, 1))}, "date_opened (positions 76-83): lies after"),
    ({"terms": replace(TERMS, account_type="1")}, "account_type (positions 74-75): must be a code of two signs"),
    ({"terms": replace(TERMS, highest_credit_minor=10**12)}, "highest_credit (positions 93-101): does not fit"),
    ({"codes": codes("13", rating="")}, "payment_rating (positions 126-126): is missing: status 13 needs it"),
    ({"codes": codes("78", rating="2")}, "payment_rating (positions 126-126): must be blank for status 78"),
    ({"codes": codes("99")}, "account_status (positions 124-125): must be one of DF, DA"),
    ({"codes": codes("97")}, "original_charge_off (positions 173-181): is missing for status 97"),
    ({"codes": replace(LATE, first_delinquent_on=None)}, "date_of_first_delinquency (positions 190-197): is missing"),
    (
        {"codes": codes("11", first_delinquent_on=AS_OF)},
        "date_of_first_delinquency (positions 190-197): must be zeros for status 11",
    ),
    (
        {"codes": replace(LATE, first_delinquent_on=date(2024, 1, 1))},
        "date_of_first_delinquency (positions 190-197): lies before the account was opened",
    ),
    ({"codes": replace(LATE, history="1")}, "payment_history (positions 127-150): must be 24 of"),
    ({"codes": replace(LATE, history="1B1" + "B" * 21)}, "payment_history (positions 127-150): B may stand at the end"),
    ({"codes": replace(LATE, compliance="XZ")}, "compliance_condition (positions 153-154): must be one of XA"),
    ({"account_id": "L" * 31}, "consumer_account_number (positions 43-72): is longer than 30"),
    ({"account_id": "--"}, "consumer_account_number (positions 43-72): is missing"),
    ({"original_creditor": "L" * 31, "creditor_classification": 12}, "original_creditor (positions 3-32): is longer"),
    ({"original_creditor": "Lantern"}, "creditor_classification (positions 33-34): is missing"),
]


@pytest.mark.parametrize(("changed", "says"), BAD, ids=[says.partition(" ")[0] for _, says in BAD])
def test_what_is_wrong_is_named_by_account_field_and_positions(changed: dict[str, Any], says: str) -> None:
    line = tradeline(**changed)
    with pytest.raises(InvalidInput) as refused:
        line_of(line, FURNISHER, disputed=False)
    assert str(refused.value).startswith(f"account {line.account_id} is not furnished: ")
    assert says in str(refused.value)
    assert "Kafor" not in str(refused.value)


@pytest.mark.parametrize("number", ["LW", "00000", "99999", "LANTERN 1", "LANTERN-1"])
def test_a_number_of_the_furnisher_that_is_none_is_refused(number: str) -> None:
    with pytest.raises(InvalidInput, match="identification_number"):
        line_of(tradeline(), replace(FURNISHER, identification_number=number), disputed=False)


@pytest.mark.parametrize("code", ["", "XC", "XH", "XR"])
def test_an_account_in_dispute_never_goes_without_its_code(code: str) -> None:
    with pytest.raises(InvalidInput, match=r"compliance_condition \(positions 153-154\): must be XB"):
        line_of(tradeline(codes=replace(LATE, compliance=code)), FURNISHER, disputed=True)


def test_the_check_of_a_file_names_line_account_field_and_positions() -> None:
    lines = made().decode().splitlines()
    lines[9] = lines[9][:125] + "2" + lines[9][126:]
    lines[3] = lines[3][:181] + "12312026" + lines[3][189:]
    lines[18] = lines[18][:-1]
    lines[-1] = lines[-1][:11] + "000000018" + lines[-1][20:]
    found = [str(each) for each in check_file("\n".join(lines).encode())]
    assert found == [
        "line 4, account LW0003, date_of_account_information (positions 182-189): lies after the day the file was made",
        "line 10, account LW0009, payment_rating (positions 126-126): must be blank for status 78",
        "line 19, account LW0901, record_descriptor (positions 1-4): must be the length of the line, 426 or 460",
        "line 21, account (trailer), base_records (positions 12-20): says 18 and the file has 19",
    ]


@pytest.mark.parametrize("data", [b"", b"HEADER", made()[:-427], made()[427:], "0426HEADÉR".encode()])
def test_what_is_no_metro_2_file_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="Metro 2 file"):
        check_file(data)


@given(at=st.integers(0, 426 * 3 + 2), byte=st.sampled_from(b"Zz9 \x7f"))
def test_no_changed_byte_makes_the_check_fall_over(at: int, byte: int) -> None:
    data = bytearray(made())
    data[at] = byte
    try:
        found = check_file(bytes(data))
    except InvalidInput:
        return
    assert all("positions" in str(each) for each in found)


@given(amount=st.integers(-(10**10), 10**11 - 1))
def test_cents_are_cut_off_and_never_rounded_up(amount: int) -> None:
    dollars = whole_dollars(amount)
    assert dollars == max(0, amount) // 100
    line = line_of(tradeline(amounts=replace(OWED, balance_minor=amount)), FURNISHER, disputed=False)
    assert read_record(BASE, line)[0]["current_balance"] == dollars


def test_every_position_of_each_record_is_described_once() -> None:
    assert (BASE.length, K1.length, TRAILER.length, LENGTH) == (426, 34, 426, 426)
    assert account_number("LW-00_41") == "LW0041"
    assert MONTH.day == 1
