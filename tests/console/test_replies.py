"""`replies`: what the rules make of a file of phrases, and one reply as a person of ours reads it."""

import json
from pathlib import Path

from casedb.engine import open_engine, writing
from casedb.replies import IncomingReply, take_reply
from config.replies import load_replies
from domain.vocabulary import Channel
from tests.casedb.people import NOW, add_account, add_person
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


def test_a_reply_is_shown_by_its_task_in_the_persons_own_words(run: Run, sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    with writing(engine) as connection:
        add_person(connection, "P-1", phone="+12125550142")
        add_account(connection, "A-1", "P-1", balance_minor=50_000)
    incoming = IncomingReply(
        reply_id="twilio:reply:SM1",
        source="twilio",
        channel=Channel.SMS,
        address="+12125550142",
        at=NOW,
        text="maybe $20 tomorrow",
    )
    take_reply(engine, incoming, load_replies(), received_at=NOW)
    engine.dispose()
    listed = json.loads(run("task", "list", "--json").out)
    number = str(listed["tasks"][0]["task_id"])
    shown = run("replies", "show", number)
    assert (shown.code, "maybe $20 tomorrow" in shown.out, "unsure of" in shown.out) == (0, True, True)
    told = json.loads(run("replies", "show", "twilio:reply:SM1", "--json").out)
    assert (told["account_id"], told["intents"], told["doubtful"]) == ("A-1", [], ["promise"])


def test_a_reply_that_nobody_knows_is_told_in_a_sentence(run: Run) -> None:
    refused = run("replies", "show", "twilio:reply:SM9")
    assert refused.code == 2
    assert "SM9 is not known" in refused.err
