"""Cases of the United States worked by hand from the regulation rules: both sides of every bound they name."""

from pathlib import Path

import pytest

from config.golden import GoldenCase, read_case
from console.compliance import differences
from domain.compliance.optout import OptOut
from tests.domain.compliance.acts import PROFILES, act, ask, calls, denied, fired, inbound, past

FILE = Path(__file__).parent / "worked_us.jsonl"
CASES = [read_case(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
RANKED = [case for case in CASES if case.id.startswith(("US-X-PREC", "US-X-DEAD"))]


def test_each_has_an_id_of_its_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES) > 400


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_worked_by_hand_comes_out_as_it_says(case: GoldenCase) -> None:
    assert case.expect is not None
    assert differences(case.expect, ask(case.act)) == []
    assert case.ignored == (), "every fact of a case is one that a rule may ask for"


@pytest.mark.parametrize("case", RANKED, ids=lambda case: case.id)
def test_of_several_rules_the_first_in_order_is_the_one_reported(case: GoldenCase) -> None:
    assert case.expect is not None
    assert case.expect.decision == "allow" or ask(case.act).decided_by == case.expect.rule


def test_a_rule_that_the_quiet_hours_put_the_act_past_is_named_but_does_not_decide() -> None:
    verdict = ask(act("US", at="2026-04-08T03:59:00Z", history=calls(*range(1, 8), month=4)))
    assert fired(verdict) == {"US-TIME-1", "US-FREQ-1"}
    assert (verdict.decided_by, f"{verdict.until:%d %H:%M}") == ("US-TIME-1", "08 12:00")


def test_a_conversation_with_whom_the_number_belonged_to_neither_blocks_nor_uses_up_a_consent() -> None:
    asked_for = [{"type": "call_back", "utc": "2026-06-01T16:05:00Z", "debt_ids": ["D1"]}]
    talk, stranger = (
        past("2026-06-01T16:00:00Z", outcome="conversation"),
        {"outcome": "conversation", "misdirected": True},
    )
    history = [talk, past("2026-06-02T15:00:00Z", **stranger)]
    assert ask(act("US", history=history[1:])).decision == "allow"
    assert ask(act("US", history=history, consents=asked_for)).decision == "allow"


def test_a_reply_too_many_is_reported_under_the_rule_of_replies_as_well() -> None:
    wishes = [{"tz": "America/New_York", "days": [3], "from": "00:00", "to": "24:00"}]
    answered = [inbound("2026-06-03T15:00:00Z", "hello"), past("2026-06-03T15:05:00Z", "sms", "sent", purpose="reply")]
    verdict = ask(act("US", channel="sms", purpose="reply", inconvenient=wishes, history=answered))
    assert (verdict.decided_by, fired(verdict)) == ("US-TIME-3", {"US-TIME-3", "US-TIME-4", "US-TIME-1"})


def test_what_follows_a_question_asked_after_a_no_is_reported_under_the_rule_of_replies_as_well() -> None:
    history = [inbound("2026-06-01T15:00:00Z", "STOP"), inbound("2026-06-03T15:00:00Z", "How much do I owe?")]
    assert denied(ask(act("US", channel="sms", history=history[:1]))) == ["US-MEDIA-1", "US-TCPA-2"]
    assert denied(ask(act("US", channel="sms", history=history))) == ["US-MEDIA-1", "US-MEDIA-3", "US-TCPA-2"]


def test_both_rules_about_a_persons_no_know_the_same_words() -> None:
    one, other = [rule.terms.words for rule in PROFILES["US"].rules if isinstance(rule.terms, OptOut)]
    assert one == other


@pytest.mark.parametrize(
    "text",
    [
        "Will I get any more texts about this?",
        "Can I cancel the late fee?",
        "There were no calls last week",
        "Stop by my office tomorrow",
        "Do not send me to court, I will pay",
    ],
)
def test_a_sentence_that_only_sounds_like_a_no_is_none(text: str) -> None:
    verdict = ask(act("US", channel="sms", history=[inbound("2026-06-02T15:00:00Z", text)]))
    assert verdict.decision == "allow"
