"""The files of phrases are checked at load, and files of labelled phrases are read line by line."""

from pathlib import Path

import pytest

from config.labelled_replies import read_labelled, scores
from config.replies import REPLIES_DIR, load_replies
from domain.errors import ConfigurationError, InvalidInput
from domain.replies.intent import Intent
from domain.replies.reading import read_reply
from tests.domain.replies.test_reading import WEDNESDAY


def file_of(tmp_path: Path, content: str) -> Path:
    (tmp_path / "xx.yaml").write_text(content, encoding="utf-8")
    return tmp_path


def test_every_intent_but_promise_and_plan_taken_has_phrases_in_english_and_in_chinese() -> None:
    named = {rule.name for rule in load_replies().rules}
    intents = set(Intent) - {Intent.PROMISE, Intent.ACCEPT_PLAN}
    assert named == {f"{language}.{intent.value}" for language in ("en", "zh") for intent in intents}


def test_a_changed_file_changes_the_version(tmp_path: Path) -> None:
    for name in ("en.yaml", "zh.yaml"):
        (tmp_path / name).write_text((REPLIES_DIR / name).read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert load_replies(tmp_path).version != load_replies().version


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            "certain_from_percent: 70\nrules: {stop: {phrases: [stop (now]}}",
            "xx.yaml:2 rules.stop.phrases[0]: phrase 'stop (now' cannot be read",
        ),
        ("certain_from_percent: 70\nrules: {halt: {whole: [halt]}}", "rules.halt"),
        ("certain_from_percent: 70\nrules: {stop: {whole: [halt], confidence_percent: 0}}", "confidence_percent"),
        ("certain_from_percent: 70\nrules: {}", "rules"),
        ("rules: {stop: {whole: [halt]}}", "certain_from_percent: is missing"),
        ("certain_from_percent: 49\nrules: {stop: {whole: [halt]}}", "certain_from_percent: must be"),
        ("certain_from_percent: 96\nrules: {stop: {whole: [halt]}}", "certain_from_percent: must be"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(tmp_path: Path, content: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_replies(file_of(tmp_path, content))
    assert problem in str(refused.value)


def test_a_phrase_without_a_label_is_shown_and_not_scored(tmp_path: Path) -> None:
    file = tmp_path / "phrases.tsv"
    file.write_text("stop\nhello there\ten\tunclear\n# a comment\nstop\ten\thelp\n", encoding="utf-8")
    phrases = read_labelled(file)
    assert [phrase.intents for phrase in phrases] == [None, frozenset(), frozenset({Intent.HELP})]
    read = [(phrase, phrase.read(load_replies(), WEDNESDAY)) for phrase in phrases]
    assert {score.intent: (score.wrong, score.missed) for score in scores(read)} == {
        Intent.STOP: (1, 0),
        Intent.HELP: (0, 1),
    }


def test_a_label_that_cannot_be_read_is_refused_by_its_line_and_without_the_phrase(tmp_path: Path) -> None:
    file = tmp_path / "phrases.tsv"
    file.write_text("stop\nprivate words\ten\tstopp\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_labelled(file)
    assert f"{file}:2" in str(refused.value)
    assert "private" not in str(refused.value)


def test_how_sure_a_rule_must_be_is_said_for_each_language_and_a_promise_obeys_the_strictest(tmp_path: Path) -> None:
    for name, percent in (("en.yaml", 70), ("zh.yaml", 95)):
        words = (REPLIES_DIR / name).read_text(encoding="utf-8")
        changed = words.replace("certain_from_percent: 70", f"certain_from_percent: {percent}")
        (tmp_path / name).write_text(changed, encoding="utf-8")
    rules = load_replies(tmp_path)

    def certain(text: str) -> tuple[Intent, ...]:
        return read_reply(text, rules, today=WEDNESDAY, currency="USD").certain

    assert certain("I lost my job") == (Intent.HARDSHIP,)
    assert certain("我失业了") == (), "ninety percent are not enough there"
    assert certain("退订") == (Intent.STOP,)
    assert certain("I'll pay $50 tomorrow") == ()
