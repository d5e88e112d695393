"""A text that hides its words is read as what it says, and ordinary text stays what it is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, pinyin

from config.documents import read_document, read_model
from config.readings import READINGS_FILE, ReadingsFile, folded, readings
from domain.errors import ConfigurationError


@pytest.mark.parametrize(
    ("hidden", "read_as"),
    [
        ("ａｒｒｅｓｔ", "arrest"),
        ("ar\u200brest", "arrest"),
        ("ar\u00adrest", "arrest"),
        ("\u202eаrrеst", "arrest"),
        ("àrrést", "arrest"),
        ("ar\x07rest", "arrest"),
        ("a.r.r.e.s.t", "arrest"),
        ("a r r e s t", "arrest"),
        ("a--r--r--e--s--t", "arrest"),
        ("a.r-r.e s.t", "arrest"),
        ("arr*est", "arrest"),
        ("4rr3st", "arrest"),
        ("@rre$t", "arrest"),
        ("ja1l", "jail"),
        ("jai1", "jail"),
        ("jaiI", "jail"),
        ("4 r r 3 s t", "arrest"),
        ("w e  w i l l  s u e", "we  will  sue"),
        ("起 诉", "起诉"),
        ("起*诉", "起诉"),
        ("将，起，诉", "将起诉"),
        ("起☆诉", "起诉"),
        ("we wi🙂ll s🙂ue🙂 you", "we will sue you"),
        ("w*e will* s*ue* you", "we will sue you"),
        ("t h i s  i s  t h e  c o u r t", "this  is  the  court"),
        ("i a.m a.n a.t.t.o.r.n.e.y", "i am an attorney"),
        ("dεadbεaᴛ", "deadbeat"),
        ("坐♥_牢", "坐牢"),
        ("B. I am an att0rney", "i am an attorney"),
        ("我們將起訴", "我们将起诉"),
        ("qisu", "起诉"),
        ("qǐsù", "起诉"),
        ("qi-su", "起诉"),
        ("我们将qi su你", "我们将起诉你"),
        ("我们将起su你", "我们将起诉你"),
        ("我们将qi诉你", "我们将起诉你"),
        ("laolai", "老赖"),
        ("zuolao", "坐牢"),
    ],
)
def test_a_hidden_word_is_read(hidden: str, read_as: str) -> None:
    assert any(read_as in reading for reading in readings(f"x {hidden} y"))


@pytest.mark.parametrize(
    "text",
    [
        "Your balance of $4,500.00 is due on 3 June 2026; the office is open 24h a day.",
        "Call 1-800-555-1212 or write to help@wallet.example, see https://pay.wallet.example/a/b",
        "An arresting view, a jailer's tale and a well-known co-worker.",
        "Ms. Qi Su, your reference is ABCD-2345.",
        "【某钱包】尊敬的用户，您尾号1234的借款已逾期3天，应还1200.50元。可在App内还款，拒收请回复R",
    ],
)
def test_ordinary_text_yields_no_forbidden_word(text: str) -> None:
    for reading in readings(text):
        words = reading.replace(",", " ").replace(".", " ").split()
        assert not {"arrest", "jail", "sue", "scum"} & set(words)
        assert "起诉" not in reading


def test_the_sounds_in_the_file_are_those_of_pypinyin() -> None:
    file = read_model(read_document(READINGS_FILE), ReadingsFile)
    for word, sounds in file.spelled.items():
        heard = pinyin(word, style=Style.NORMAL, heteronym=True)
        typed = [sorted({form for each in one for form in (each, each.replace("v", "u"))}) for one in heard]
        assert sounds == " ".join("/".join(forms) for forms in typed)


def test_a_word_with_a_sound_too_few_is_refused_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "readings.yaml"
    file.write_text(READINGS_FILE.read_text().replace("起诉: qi su", "起诉: qi"))
    with pytest.raises(ConfigurationError, match=r"readings\.yaml:\d+ spelled: 起诉 has 2 characters and 1 sounds"):
        read_model(read_document(file), ReadingsFile)


def test_amounts_are_never_letters() -> None:
    for reading in readings("Pay $4,500.00 or 1,280.50 by 10:30; 5 + 3 = 8, 100%"):
        assert "4,500.00" in reading
        assert "1,280.50" in reading


def test_a_name_in_latin_letters_is_no_chinese_word_unless_it_is_written_in_one() -> None:
    assert not any("起诉" in reading for reading in readings("Dear Qi Su"))


def test_the_text_comes_first_and_line_breaks_stay() -> None:
    read = readings("One\nTwo A.R.R.E.S.T\nThree")
    assert read[0] == "One\nTwo A.R.R.E.S.T\nThree"
    assert all(reading.count("\n") == 2 for reading in read)


def test_an_address_is_left_alone() -> None:
    assert all(
        "https://pay.wallet.example/a-b" in reading for reading in readings("see https://pay.wallet.example/a-b")
    )


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    read = readings(text)
    assert read[0] == text
    lowered = [each.lower() for each in read]
    assert folded(text) in lowered
    assert len(set(lowered)) == len(lowered)


@given(st.text(max_size=200))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(st.characters(codec="ascii"), max_size=200))
def test_what_stands_in_plain_letters_is_still_there(text: str) -> None:
    assert any("sue you" in reading for reading in readings(f"{text}\nsue you\n{text}"))
