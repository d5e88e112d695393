"""Sheets take whatever people write, and are the same bytes each time."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st
from reportlab.platypus import Flowable

from documents import sheets
from documents.lettering import CHINESE, LATIN, runs
from sandbox.pdf_text import read_texts


def drawn(story: list[Flowable]) -> bytes:
    return sheets.set_sheets(story, name="Test", locale="en", foot=lambda page, pages: f"{page} of {pages}")


def lines(content: bytes) -> list[str]:
    return [placed.text for placed in read_texts(content)]


@settings(deadline=None, max_examples=60)
@given(told=st.text(max_size=200))
@example(told="<b>&amp; </para> <font name='x'> &#0; ]]>")
@example(told="\x1b[31m\x00\r\n\t\u2028 🙂 שלום \ud83d")
@example(told="王" * 3_000)
@example(told="a" * 3_000)
def test_no_text_of_a_person_can_break_a_sheet_or_be_a_tag(told: str) -> None:
    content = drawn([sheets.pairs([("Who", told[:200])]), sheets.words(told)])
    assert content.startswith(b"%PDF")
    assert content.rstrip().endswith(b"%%EOF")


def test_tags_of_a_person_are_printed_as_letters() -> None:
    assert "<b>& 5 < 6</b>" in lines(drawn([sheets.words("<b>& 5 < 6</b>")]))


def test_a_message_of_many_sheets_goes_on_and_every_foot_knows_how_many_there_are() -> None:
    told = "\n".join(f"line {number}" for number in range(300))
    found = lines(drawn([sheets.pairs([("When", "now")]), sheets.words(told)]))
    assert re.findall(r"line \d+", " ".join(found)) == told.splitlines()
    feet = [line for line in found if " of " in line]
    assert feet == [f"{page} of {len(feet)}" for page in range(1, len(feet) + 1)]
    assert len(feet) > 4


def test_the_head_of_a_table_stands_on_every_sheet_and_headings_in_the_contents() -> None:
    def story() -> list[Flowable]:
        rows = ([f"row {number}"] for number in range(200))
        return [sheets.contents(), *sheets.heading("Many rows"), sheets.table([("Head", 1)], rows)]

    content = drawn(story())
    told = " ".join(lines(content))
    assert told.count("Head") == len(re.findall(r"\d of \d", told)) > 3
    assert told.count("Many rows") == 2
    assert told.count("row ") == 200
    assert content == drawn(story())


def test_each_letter_is_set_in_a_font_that_has_it() -> None:
    assert list(runs("Dear 王小明, 5 €", LATIN)) == [("Dear ", LATIN), ("王小明", CHINESE), (", 5 €", LATIN)]


def test_chinese_letters_are_embedded_so_that_they_are_drawn_where_no_chinese_font_is() -> None:
    content = drawn([sheets.words("王小明，您好")])
    assert "王小明，您好" in lines(content)
    fonts = re.findall(rb"/BaseFont /(\S+)", content)
    outside = {font for font in fonts if not font.startswith(b"Helvetica")}
    assert [font.partition(b"+")[2] for font in outside] == [b"WenQuanYiMicroHei-0"]
    assert content.count(b"/FontFile2 ") == len(outside)
    assert b"/FontFile2 " not in drawn([sheets.words("Dear Ada")])
