"""SMS parts are counted as networks count them (3GPP TS 23.038, TS 23.040)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.segments import is_gsm, segments


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
