"""SMS parts are counted as networks count them (3GPP TS 23.038, TS 23.040)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.segments import Encoding, gsm_folded, is_gsm, segments, sms_size


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 151, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the euro's two units do not fit into the last place of the first part
        ("中" * 70, 1),
        ("中" * 71, 2),
        ("中" * 134, 2),
        ("中" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("中" * 66 + "😀" + "中" * 66, 3),
    ],
)
def test_parts_are_counted_as_the_network_does(text: str, parts: int) -> None:
    assert segments(text) == parts


def test_one_character_outside_the_alphabet_costs_the_whole_message() -> None:
    assert segments("a" * 150) == 1
    assert segments("a" * 149 + "中") == 3
    assert not is_gsm("a\u00a0b")


@given(text=st.text(max_size=400), more=st.text(max_size=50))
def test_a_longer_text_never_takes_fewer_parts(text: str, more: str) -> None:
    assert segments(text + more) >= segments(text)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("Pay 5.00", "GSM-7", 8, 1),
        ("Pay €5 [now]", "GSM-7", 15, 1),  # the euro and both brackets stand in the extension table
        ("付款", "UCS-2", 2, 1),
        ("Zoë", "UCS-2", 3, 1),
        ("😀", "UCS-2", 2, 1),
    ],
)
def test_the_size_names_the_alphabet_and_counts_extension_characters_twice(
    text: str, encoding: str, units: int, parts: int
) -> None:
    size = sms_size(text)
    assert (size.encoding, size.units, size.segments) == (Encoding(encoding), units, parts)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Zoë Çelik", "Zoe Çelik"),  # the alphabet has Ç and lacks ë
        ("Łukasz Đorđević", "Lukasz Dordevic"),
        ("it’s “fine” – really…", 'it\'s "fine" - really...'),
        ("é ü ß € [x]", "é ü ß € [x]"),
        ("₹1,280.50", "Rs 1,280.50"),
        ("王小明", "王小明"),
    ],
)
def test_folding_keeps_what_the_alphabet_has_and_makes_the_rest_plain(text: str, plain: str) -> None:
    assert gsm_folded(text) == plain


@given(text=st.text(max_size=200))
def test_folding_twice_is_folding_once_and_what_fits_is_left_alone(text: str) -> None:
    once = gsm_folded(text)
    assert gsm_folded(once) == once
    if is_gsm(text):
        assert once == text
