"""What is read in which text: the first written one, the language of the text, the line of a hit."""

from dataclasses import replace
from typing import Any

import pytest

from domain.compliance.content import ForbiddenText
from domain.compliance.facts import Content
from domain.compliance.lints import hits
from domain.compliance.verdict import Fired
from tests.domain.compliance.acts import PROFILES
from tests.domain.compliance.acts import past as entry
from tests.domain.compliance.test_lints import QISU, SUE
from tests.domain.compliance.worked import act, ask, barring

TALK = entry("2026-06-01T15:00:00Z", outcome="conversation")
LATER = ["from_debt_collector", "identity", "optout"]


def written(utc: str = "2026-06-02T15:00:00Z", *, direction: str = "out", **more: Any) -> dict[str, Any]:
    return entry(utc, "sms", "sent" if direction == "out" else "received", direction, **more)


@pytest.mark.parametrize(
    ("history", "first"),
    [
        pytest.param([TALK], True, id="nothing written so far"),
        pytest.param([TALK, written()], False, id="written once"),
        pytest.param([TALK, written(direction="in")], True, id="only the person wrote"),
        pytest.param([TALK, written(recipient="spouse")], True, id="written to somebody else"),
        pytest.param([TALK, written(), written(direction="in")], False, id="written, and the person answered"),
        pytest.param([TALK, entry("2026-06-02T15:00:00Z", "voicemail", "voicemail_left")], True, id="spoken again"),
        pytest.param([written("2026-05-30T15:00:00Z")], False, id="nothing said so far"),
    ],
)
def test_the_first_written_message_after_a_conversation_repeats_what_was_said(
    history: list[dict[str, Any]], first: bool
) -> None:
    verdict = ask("US", text="Please reply.", disclosures=LATER, purpose="reply", history=history)
    assert ("US-DISC-1" in barring(verdict)) is first


@pytest.mark.parametrize(
    ("lang", "denied"), [("en", False), ("en-US", False), ("EN-gb", False), ("es", True), ("es-MX", True)]
)
def test_disclosures_stand_in_the_language_of_the_text_wherever_it_is_spoken(lang: str, denied: bool) -> None:
    verdict = ask("US", text="Please reply. [English-only disclosure]", lang=lang)
    assert ("US-DISC-3" in barring(verdict)) is denied


def test_a_text_that_nobody_made_readings_of_is_read_as_it_stands() -> None:
    asked = act("US", channel="sms", recipient="third_party", purpose="location", text="x")
    rule = next(
        each for each in PROFILES["US"].rules if type(each.terms).__name__ == "Wording" and each.id == "US-3P-2"
    )
    told = replace(asked, content=Content(text="this is about a debt of his"))
    answer = rule.terms.evaluate(rule, told)
    assert isinstance(answer, Fired)
    assert "the text mentions a debt" in answer.why


def test_words_of_another_language_are_not_searched_for() -> None:
    rule = next(each for each in PROFILES["US"].rules if isinstance(each.terms, ForbiddenText))
    terms = ForbiddenText(lints=(SUE, replace(QISU, pattern=SUE.pattern, stems=SUE.stems)))
    asked = replace(act("US", text="x"), content=Content(text="we sue", lang="zh-CN"))
    assert [each.lint for each in terms.evaluate(rule, asked) or ()] == ["QISU"]  # type: ignore[union-attr]  # lints, not rules
    assert [hit.lint.id for hit in hits(("we sue",), terms.lints, lang="zh-CN")] == ["QISU"]
    assert [hit.lint.id for hit in hits(("we sue",), terms.lints)] == ["SUE", "QISU"]


@pytest.mark.parametrize(
    ("reading", "line"), [("sue", 1), ("\nsue", 2), ("we\n\nsue\nyou\n", 3), ("sue\nand sue", 1), ("we\nsue", 2)]
)
def test_a_hit_tells_the_line_of_its_first_place(reading: str, line: int) -> None:
    assert [hit.line for hit in hits((reading,), (SUE,))] == [line]
