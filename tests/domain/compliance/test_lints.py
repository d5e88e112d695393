"""A lint is searched in every reading, once, in the languages that are asked for."""

import re

from domain.compliance.lints import Lint, Severity, hits, of_language


def lint(lint_id: str, lang: str, word: str) -> Lint:
    return Lint(
        id=lint_id,
        lang=lang,
        severity=Severity.BLOCK,
        reason="r",
        source="s",
        pattern=re.compile(rf"\b{word}\b"),
        stems=(word[:3],),
    )


SUE, QISU = lint("SUE", "en", "sue"), lint("QISU", "zh", "起诉")


def test_a_hit_tells_its_words_and_its_line_and_each_lint_hits_once() -> None:
    for readings in (("Hello\nWe SUE and sue",), ("Hello\nWe SUE", "hello\nwe sue", "hello we sue")):
        found = hits(readings, (SUE,))
        assert [(hit.lint.id, hit.words, hit.line) for hit in found] == [("SUE", "sue", 2)]


def test_a_later_reading_is_searched_where_the_first_says_nothing() -> None:
    assert [hit.lint.id for hit in hits(("S.u.e", "s.u.e", "sue"), (SUE,))] == ["SUE"]
    assert hits(("issue", "s u e"), (SUE,)) == ()


def test_only_lints_of_the_language_are_searched_and_all_where_none_is_named_or_has_any() -> None:
    assert of_language((SUE, QISU), "zh-CN") == (QISU,)
    assert of_language((SUE, QISU), "EN") == (SUE,)
    assert of_language((SUE, QISU), None) == (SUE, QISU)
    assert of_language((SUE, QISU), "") == (SUE, QISU)
    assert of_language((SUE, QISU), "es") == (SUE, QISU)


def test_a_text_without_a_stem_is_not_searched() -> None:
    assert SUE.find("we shall see") is None
    assert SUE.find("suede") is None
    assert SUE.find("to sue") is not None
