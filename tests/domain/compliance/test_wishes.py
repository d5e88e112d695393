"""A person's own words: what is a no, to which medium, and what a human must read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.compliance.optout import OptOut
from domain.compliance.wishes import Wish, WishWords, words_of
from tests.domain.compliance.acts import PROFILES


def _words(rule: str, of: str = "US") -> WishWords:
    terms = next(each.terms for each in PROFILES[of].rules if each.id == rule and isinstance(each.terms, OptOut))
    assert isinstance(terms, OptOut)
    return terms.words


US, CN = _words("US-MEDIA-1"), _words("CN-OPT-1", "CN")


NOES = (
    *("STOP", "  Stop. please ", "s.t.o.p", "S T O P", "stop!!!", "STOP STOP", "Opt-Out", "opt out, thank you"),
    *("UNSUBSCRIBE", "quit", "End", "revoke", "Cancel please", "STOP ALL", "ＳＴＯＰ", "Alto", "退订"),
    *("leave me alone", "Don't contact me again", "no más mensajes", "I revoke my consent to these texts"),
)


@pytest.mark.parametrize("text", NOES)
def test_a_no_is_a_no_however_it_is_written(text: str) -> None:
    assert US.read(text) == (Wish.STOP, frozenset())


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("stop calling me", {"voice"}),
        ("DO NOT CALL", {"voice"}),
        ("please don’t text me at work", {"sms"}),
        ("stop emailing me", {"email"}),
        ("stop calling and texting me", {"voice", "sms"}),
        ("No me llame más", {"voice"}),
    ],
)
def test_a_no_to_a_medium_that_it_names_is_one_to_that_medium_only(text: str, media: set[str]) -> None:
    assert US.read(text) == (Wish.STOP_MEDIUM, frozenset(media))


@pytest.mark.parametrize(
    "text",
    ["I will stop by tomorrow", "When does the interest stop?", "can I cancel the plan", "do not stop it"],
)
def test_a_sentence_that_only_has_the_word_is_for_a_human(text: str) -> None:
    assert US.read(text) == (Wish.UNCLEAR, frozenset())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "thanks",
        "I'll pay at the end of the week",
        "unstoppable",
        "How much do I owe?",
        "I am not able to pay",
    ],
)
def test_other_words_are_no_wish(text: str) -> None:
    assert US.read(text) == (Wish.NOTHING, frozenset())


@pytest.mark.parametrize("text", ["wrong number", "You have the WRONG PERSON, stop"])
def test_a_wrong_person_is_one_even_if_he_says_stop(text: str) -> None:
    assert US.read(text)[0] is Wish.WRONG_PERSON


@pytest.mark.parametrize("text", ["START", "unstop please"])
def test_a_no_may_be_taken_back(text: str) -> None:
    assert US.read(text)[0] is Wish.RESUME


@pytest.mark.parametrize("text", ["TD", "t", "R", "退订，谢谢"])
def test_the_answers_that_a_chinese_text_offers_are_a_no(text: str) -> None:
    assert CN.read(text)[0] is Wish.STOP


@given(st.text(max_size=60))
def test_no_text_is_too_odd_to_read(text: str) -> None:
    wish, media = US.read(text)
    assert bool(media) == (wish is Wish.STOP_MEDIUM)
    assert words_of(" ".join(words_of(text))) == words_of(" ".join(words_of(" ".join(words_of(text)))))


@given(st.sampled_from(["stop", "unsubscribe", "opt out"]), st.sampled_from(["!", ".", "-", "  ", "…", ""]))
def test_marks_and_case_do_not_defeat_a_keyword(keyword: str, mark: str) -> None:
    for text in (f"{mark}{keyword}{mark}", keyword.upper() + mark, f"please {keyword}{mark}"):
        assert US.read(text)[0] is Wish.STOP
