"""Files that do not prove themselves are refused whole; lines that are wrong go back one by one."""

import hashlib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.fixed_width import Field, Kind, Layout, read_record, table, write_record
from domain.placement.csv_file import read_csv, write_csv
from domain.placement.fixed_file import read_fixed, write_fixed
from domain.placement.layouts import LAYOUTS
from domain.placement.records import SUMMED, FileKind, Record, RecordKind
from domain.placement.sheets import SHEETS, ColumnKind
from tests.domain.placement.told import ENVELOPE, record

PAYMENTS = [record(RecordKind.PAYMENT, payment_identifier=f"NG-{number}", amount=number) for number in (100, 250, 7)]
FIXED = write_fixed(FileKind.PAYMENTS, PAYMENTS, ENVELOPE, "USD")
CSV = write_csv(RecordKind.PAYMENT, PAYMENTS, ENVELOPE)


def mended(data: bytes, **changed: str) -> bytes:
    """A CSV file after a change of its lines, with a hash that fits them again."""
    text = data.decode()
    for old, new in changed.items():
        text = text.replace(old.replace("_", "-"), new)
    *body, last = text.splitlines()
    vouched = "".join(f"{line}\n" for line in body) + last.rpartition(",")[0]
    return f"{vouched},{hashlib.sha256(vouched.encode()).hexdigest()}\n".encode()


def fixed_lines() -> list[str]:
    return FIXED.decode().splitlines()


def joined(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def test_a_fixed_file_with_a_line_too_few_names_both_counts() -> None:
    first, second, _, trailer = fixed_lines()
    with pytest.raises(InvalidInput, match=r"says 3 records and the file has 2: nothing of it was taken"):
        read_fixed(joined(first, second, trailer), "USD")


def test_a_fixed_file_whose_sum_is_wrong_names_both_sums() -> None:
    first, second, third, trailer = fixed_lines()
    wrong = trailer.replace("000000003.57", "000000003.58")
    with pytest.raises(InvalidInput, match=r"says 3\.58 USD and the records sum to 3\.57 USD"):
        read_fixed(joined(first, second, third, wrong), "USD")


@pytest.mark.parametrize("cut", [*range(0, len(FIXED), 97), len(FIXED) - 2])
def test_a_fixed_file_that_was_cut_off_is_refused_wherever_it_was_cut(cut: int) -> None:
    with pytest.raises(InvalidInput):
        read_fixed(FIXED[:cut], "USD")


@pytest.mark.parametrize("cut", [*range(0, len(CSV), 23), len(CSV) - 2])
def test_a_csv_file_that_was_cut_off_is_refused_wherever_it_was_cut(cut: int) -> None:
    with pytest.raises(InvalidInput):
        read_csv(CSV[:cut])


@pytest.mark.parametrize("at", range(0, len(CSV.rstrip()), 5))
def test_a_csv_file_in_which_any_byte_changed_is_refused(at: int) -> None:
    with pytest.raises(InvalidInput):
        read_csv(CSV[:at] + bytes([CSV[at] ^ 1]) + CSV[at + 1 :])


def test_a_hash_that_does_not_fit_is_named_beside_the_one_that_does() -> None:
    changed = CSV.replace(b"NG-100", b"NG-101")
    with pytest.raises(InvalidInput, match=r"says the hash [0-9a-f]{64} and what stands before it has [0-9a-f]{64}"):
        read_csv(changed)


@pytest.mark.parametrize(("data", "read"), [(FIXED, "fixed"), (CSV, "csv")])
def test_a_file_that_went_through_windows_is_the_same_file(data: bytes, read: str) -> None:
    through = data.replace(b"\n", b"\r\n")
    plain, windows = (
        (read_fixed(data, "USD"), read_fixed(through, "USD"))
        if read == "fixed"
        else (read_csv(data), read_csv(through))
    )
    assert windows == plain
    assert len(plain.lines) == 3


@pytest.mark.parametrize("data", [FIXED.decode().encode("utf-16"), b"\xff\xfe" + FIXED, "é".encode() + FIXED])
def test_a_fixed_file_in_another_encoding_is_refused_with_its_line(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"line 1 is not ascii text|begins with no record type"):
        read_fixed(data, "USD")


def test_a_csv_file_in_another_encoding_is_refused_with_its_line() -> None:
    with pytest.raises(InvalidInput, match="line 2 is not utf-8 text"):
        read_csv(CSV.replace(b"LW-0041", "Zoë".encode("latin-1"), 1))


def test_a_byte_order_mark_before_the_column_names_does_no_harm() -> None:
    body = b"\xef\xbb\xbf" + CSV
    with pytest.raises(InvalidInput, match="says the hash"):
        read_csv(body)
    # the hash is of the bytes as they stand: a sender who writes the mark hashes it as well
    assert len(read_csv(mended(body)).lines) == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((63, "XX "), "payment_type (positions 64-66): must be one of PA, PAR"),
        ((55, "20260230"), "payment_date (positions 56-63): is not a date of the calendar"),
        ((55, "00000000"), "payment_date (positions 56-63): is not a date of the calendar"),
        ((55, "19000101"), "payment_date (positions 56-63): is missing"),
        ((66, " " * 30), "payment_identifier (positions 67-96): is missing"),
        ((66, " NG"), "payment_identifier (positions 67-96): must begin at its first position"),
        ((4, "00000004X"), "file_number (positions 5-13): must be digits"),
        ((4, "000000000"), "file_number (positions 5-13): is missing"),
    ],
)
def test_a_bad_line_goes_back_with_field_and_positions_and_the_others_are_good(
    change: tuple[int, str], says: str
) -> None:
    at, text = change
    first, *others = fixed_lines()
    read = read_fixed(joined(first[:at] + text + first[at + len(text) :], *others), "USD")
    [bad] = read.bad
    assert says in bad.reason
    assert bad.number == 1
    assert [line.number for line in read.lines] == [2, 3]
    assert read.totals.sums == {"USD": 357}


@pytest.mark.parametrize(
    ("at", "text"), [(43, "00000000X.00"), (43, "0000001.0000"), (43, "            "), (0, "AOBJ"), (0, "XXXX")]
)
def test_an_amount_that_cannot_be_read_refuses_the_whole_file(at: int, text: str) -> None:
    first, second, *others = fixed_lines()
    with pytest.raises(InvalidInput, match=r"proves nothing|records sum to"):
        read_fixed(joined(first, second[:at] + text + second[at + len(text) :], *others), "USD")


def test_a_record_of_another_length_goes_back_where_no_money_is_at_stake() -> None:
    data = write_fixed(FileKind.OBJECTIONS, [record(RecordKind.OBJECTION)] * 2, ENVELOPE, "USD").decode()
    first, second, trailer = data.splitlines()
    read = read_fixed(joined(first.rstrip(), second, trailer), "USD")
    assert read.bad[0].reason == "AOBJ (positions 1-102): the record has 54 positions, not 102"
    assert len(read.lines) == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"2026_11_19": "2026-13-01"}, "payment_date: must be a date such as 2026-11-21"),
        ({",PA,": ",PX,"}, "payment_type: must be one of PA, PAR"),
        ({"APAY,": "AOBJ,"}, "record_type: must be APAY, as the column names say"),
        ({"APAY,41": "APAY,"}, "file_number: is missing"),
        ({"APAY,41": "APAY,4 1"}, "file_number: must be a whole number"),
    ],
)
def test_a_bad_line_of_a_csv_goes_back_with_its_column(changed: dict[str, str], says: str) -> None:
    read = read_csv(mended(CSV, **changed))
    assert [line.reason for line in read.bad] == [says] * 3
    assert read.lines == ()


def test_a_line_with_a_cell_too_many_goes_back() -> None:
    read = read_csv(mended(CSV, NG_7="NG-7,more"))
    assert [line.reason for line in read.bad] == ["the line has 9 cells, not 8"]


@pytest.mark.parametrize("changed", [{"USD": "XXX"}, {"USD": "usd"}, {"1.00,USD": "one,USD"}])
def test_a_csv_amount_that_cannot_be_read_refuses_the_whole_file(changed: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        read_csv(mended(CSV, **changed))


def test_a_value_that_fits_no_field_is_refused_and_not_repeated() -> None:
    name = "Quite Too Long A Title For Any Such Record"
    with pytest.raises(InvalidInput) as refused:
        write_fixed(FileKind.PLACEMENT, [record(RecordKind.EXTRA, title=name)], ENVELOPE, "USD")
    assert "file number 41: CMIS title (positions 44-73): is longer than 30" in str(refused.value)
    assert name not in str(refused.value)
    with pytest.raises(InvalidInput, match="must be plain ASCII"):
        write_fixed(FileKind.PLACEMENT, [record(RecordKind.EXTRA, data="陈伟")], ENVELOPE, "USD")
    with pytest.raises(InvalidInput, match="in EUR, and the agency's files are in USD"):
        write_fixed(FileKind.PAYMENTS, [record(RecordKind.PAYMENT, currency="EUR")], ENVELOPE, "USD")
    with pytest.raises(InvalidInput, match="needs files in CSV"):
        write_fixed(FileKind.PAYMENTS, [], ENVELOPE, "JPY")


def test_a_name_that_a_spreadsheet_would_run_comes_back_as_it_was() -> None:
    written = write_csv(RecordKind.ACCOUNT, [record(RecordKind.ACCOUNT, name="=1+1", address_1="陈街 1 号")], ENVELOPE)
    assert b",'=1+1," in written
    [line] = read_csv(written).lines
    assert (line.record.text("name"), line.record.text("address_1")) == ("=1+1", "陈街 1 号")
    assert line.record.text("phone") == "+14045550102"


TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=10)
DAYS = st.dates(date(1900, 1, 2), date(9999, 12, 31))


@st.composite
def fixed_values(draw: st.DrawFn, layout: Layout) -> dict[str, Any]:
    """Anything that the table allows."""
    values: dict[str, Any] = {}
    for field in layout.fields:
        if field.kind is Kind.FILLER or (not field.required and draw(st.booleans())):
            continue
        values[field.name] = draw(_value(field))
    return values


def _value(field: Field) -> st.SearchStrategy[Any]:
    if field.choices:
        return st.sampled_from(field.choices)
    most = 10 ** min(field.length, 17) - 1
    if field.kind is Kind.NUMBER:
        return st.integers(1, most)
    if field.kind is Kind.MONEY:
        return st.integers(-(10 ** (field.length - 2)) + 1, 10 ** (field.length - 1) - 1)
    if field.kind is Kind.DATE:
        return DAYS
    return TEXTS.map(lambda text: text[: field.length])


@pytest.mark.parametrize("kind", LAYOUTS)
@given(data=st.data())
def test_whatever_a_table_allows_comes_back_from_its_line(kind: RecordKind, data: st.DataObject) -> None:
    layout = LAYOUTS[kind]
    values = data.draw(fixed_values(layout))
    line = write_record(layout, values)
    read, problems = read_record(layout, line)
    assert (len(line), problems) == (layout.length, [])
    assert {name: value for name, value in read.items() if value} == {n: v for n, v in values.items() if v}


CELLS = {
    ColumnKind.TEXT: st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20),
    ColumnKind.NUMBER: st.integers(1, 10**9),
    ColumnKind.AMOUNT: st.integers(-(10**12), 10**12),
    ColumnKind.DAY: st.dates(),
    ColumnKind.FLAG: st.just("yes"),
}


@pytest.mark.parametrize("kind", SHEETS)
@given(data=st.data())
def test_whatever_a_sheet_allows_comes_back_from_its_file(kind: RecordKind, data: st.DataObject) -> None:
    rows = []
    for _ in range(data.draw(st.integers(0, 3))):
        values: dict[str, Any] = {
            column.name: data.draw(st.sampled_from(column.choices) if column.choices else CELLS[column.kind])
            for column in SHEETS[kind]
            if column.name != "record_type" and (column.required or data.draw(st.booleans()))
        }
        if any(column.kind is ColumnKind.AMOUNT for column in SHEETS[kind]):
            values["currency"] = data.draw(st.sampled_from(["USD", "JPY", "KWD"]))
        rows.append(Record(kind, values))
    read = read_csv(write_csv(kind, rows, ENVELOPE))
    assert read.bad == ()
    assert [{n: v for n, v in line.record.values.items() if v is not None} for line in read.lines] == [
        dict(row.values) for row in rows
    ]
    if kind in SUMMED:
        assert sum(read.totals.sums.values()) == sum(row.summed_minor for row in rows)


@given(amount=st.integers(-(10**12), 10**13))
def test_an_amount_at_the_edge_of_its_field_comes_back_or_is_refused(amount: int) -> None:
    layout = table("T", 12, Field(name="amount", start=1, length=12, kind=Kind.MONEY))
    if not -(10**10) < amount < 10**11:
        with pytest.raises(InvalidInput, match="does not fit"):
            write_record(layout, {"amount": amount})
        return
    assert read_record(layout, write_record(layout, {"amount": amount})) == ({"amount": amount}, [])


def test_a_table_with_a_gap_is_a_mistake_of_ours_and_found_at_once() -> None:
    with pytest.raises(ValueError, match="must start at 5"):
        table("T", 10, Field(name="a", start=1, length=4), Field(name="b", start=6, length=2))
