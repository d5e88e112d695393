"""`replies check`: what the rules make of a file of phrases, as a table and as a test."""

import json
from pathlib import Path

from tests.console.conftest import Run

PHRASES = Path(__file__).parents[1] / "domain" / "replies" / "phrases.tsv"


def test_our_own_phrases_are_read_as_they_are_labelled(run: Run) -> None:
    done = run("replies", "check", str(PHRASES), "--today", "2026-11-18", "--json")
    told = json.loads(done.out)
    assert (done.code, told["as_labelled"]) == (0, told["labelled"])
    assert {each["intent"] for each in told["intents"]} >= {"stop", "promise", "dispute"}


def test_a_phrase_that_is_read_otherwise_ends_with_one_and_is_shown(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.tsv"
    file.write_text("please stop\ten\thelp\nI'll pay $50 tomorrow\n", encoding="utf-8")
    done = run("replies", "check", str(file), "--today", "2026-11-18")
    assert done.code == 1
    assert "0 of 1 labelled phrases" in done.out
    assert "2026-11-19" in done.out
