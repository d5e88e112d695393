"""Which of a person's messages close which medium, and which open it again, at the edges of each condition."""

from typing import Any

import pytest

from domain.compliance.facts import same_medium
from domain.compliance.vocabulary import Medium
from domain.compliance.wishes import Wish, WishWords, words_of
from tests.domain.compliance.acts import act, ask, inbound, past
from tests.domain.compliance.acts import denied as denied_by

FIRST, SECOND = "2026-06-01T15:00:00Z", "2026-06-02T15:00:00Z"
WRONG = {"text": "You have the wrong number", "number": "N1"}


def wrote(utc: str, text: str, channel: str = "sms", **more: Any) -> dict[str, Any]:
    return inbound(utc, text, channel) | more


def spoke(utc: str, text: str) -> dict[str, Any]:
    return past(utc, outcome="conversation", text=text)


@pytest.mark.parametrize(
    ("history", "given", "denied"),
    [
        pytest.param([wrote(FIRST, "STOP")], {}, True, id="a no"),
        pytest.param([past(FIRST, "sms", "sent", text="STOP")], {}, False, id="our own words are no wish of his"),
        pytest.param([wrote(FIRST, "STOP"), wrote(SECOND, "START")], {}, False, id="a yes after it"),
        pytest.param([wrote(FIRST, "START"), wrote(SECOND, "STOP")], {}, True, id="a yes before it"),
        pytest.param([wrote(FIRST, "STOP"), wrote(SECOND, "START", "email")], {}, True, id="a yes to another medium"),
        pytest.param([wrote(FIRST, "STOP", "email")], {}, False, id="a no to another medium"),
        pytest.param([wrote(FIRST, "STOP", number="N1")], {}, True, id="from a number, to one nobody noted"),
        pytest.param([wrote(FIRST, "STOP")], {"address": {"number": "N1"}}, True, id="to a number, from one not noted"),
        pytest.param(
            [wrote(FIRST, "STOP", number="N1")], {"address": {"number": "N1"}}, True, id="from the number itself"
        ),
        pytest.param(
            [wrote(FIRST, "STOP", number="N1")], {"address": {"number": "N2"}}, False, id="from another number"
        ),
        pytest.param([spoke(FIRST, "stop")], {"channel": "call"}, True, id="said aloud"),
        pytest.param([spoke(FIRST, "stop")], {"channel": "voicemail"}, True, id="said aloud, of any call"),
        pytest.param([spoke(FIRST, "stop")], {"channel": "sms"}, False, id="said aloud, of a text"),
        pytest.param([wrote(FIRST, "STOP")], {"channel": "call"}, False, id="written, of a call"),
    ],
)
def test_a_no_closes_the_medium_and_number_it_came_by(
    history: list[dict[str, Any]], given: dict[str, Any], denied: bool
) -> None:
    assert ("US-MEDIA-1" in denied_by(ask(act("US", **({"channel": "sms", "history": history} | given))))) is denied


@pytest.mark.parametrize(
    ("by", "channel", "number", "denied"),
    [
        ("sms", "sms", "N1", True),
        ("sms", "call", "N1", True),
        ("sms", "call", None, True),
        ("sms", "call", "N2", False),
        ("sms", "sms", "N2", False),
        ("sms", "email", "N1", False),
        ("sms", "email", None, False),
        ("email", "email", "N1", True),
        ("email", "sms", "N1", False),
        ("email", "sms", None, False),
        ("letter", "push", None, False),
    ],
)
def test_a_stranger_who_answers_closes_the_number_for_calls_and_texts_and_else_the_medium(
    by: str, channel: str, number: str | None, denied: bool
) -> None:
    asked = act("US", channel=channel, history=[wrote(FIRST, channel=by, **WRONG)], address={"number": number})
    assert ("US-MEDIA-1" in denied_by(ask(asked))) is denied


@pytest.mark.parametrize(
    ("history", "opted_out", "denied"),
    [
        pytest.param([wrote(FIRST, "STOP"), wrote(SECOND, "How much?")], [], False, id="asked after the no"),
        pytest.param([wrote(FIRST, "How much?"), wrote(SECOND, "STOP")], [], True, id="asked before it"),
        pytest.param([wrote(FIRST, "STOP"), wrote(FIRST, "How much?")], [], False, id="asked in the same second"),
        pytest.param(
            [
                wrote(FIRST, "STOP"),
                wrote("2026-06-02T15:00:00Z", "How much?"),
                wrote("2026-06-02T15:01:00Z", "And by when?"),
                past("2026-06-02T15:02:00Z", "sms", "sent", purpose="reply"),
            ],
            [],
            False,
            id="asked twice, answered once",
        ),
        pytest.param([wrote(FIRST, "How much?")], ["sms"], False, id="asked, the no is on record without a date"),
        pytest.param([], ["sms"], True, id="asked nothing, the no is on record"),
    ],
)
def test_a_question_after_a_no_earns_its_reply(
    history: list[dict[str, Any]], opted_out: list[str], denied: bool
) -> None:
    asked = act("US", channel="sms", purpose="reply", history=history, flags={"opted_out": opted_out})
    assert ("US-MEDIA-1" in denied_by(ask(asked))) is denied


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Medium.SMS, Medium.SMS, True),
        (Medium.CALL, Medium.AI_CALL, True),
        (Medium.CALL, Medium.SMS, False),
        (Medium.SMS, Medium.CALL, False),
        (Medium.SMS, Medium.EMAIL, False),
    ],
)
def test_a_reply_goes_by_the_same_medium_or_by_any_kind_of_call(one: Medium, other: Medium, same: bool) -> None:
    assert same_medium(one, other) is same


CHINESE = WishWords(phrases=("不要再发", "leave me alone"))


@pytest.mark.parametrize("text", ["不要再发", "请不要再发了", "请 不要 再发 了", "please LEAVE me alone"])
def test_a_phrase_is_found_inside_a_sentence_with_gaps_or_without(text: str) -> None:
    assert CHINESE.read(text) == (Wish.STOP, frozenset())


@pytest.mark.parametrize("text", ["再发", "leave me aloneness", "please leave my loan"])
def test_a_part_of_a_phrase_or_of_a_word_is_none(text: str) -> None:
    assert CHINESE.read(text) == (Wish.NOTHING, frozenset())


@pytest.mark.parametrize(
    ("text", "words"),
    [("s t o p calling", ["stop", "calling"]), ("I a m not he", ["iam", "not", "he"]), ("call a friend", None)],
)
def test_letters_that_stand_apart_are_one_word(text: str, words: list[str] | None) -> None:
    assert words_of(text) == (text.split() if words is None else words)


def test_a_reply_to_a_doubtful_message_after_a_no_is_allowed_and_a_human_reads_the_message() -> None:
    history = [wrote(FIRST, "STOP"), wrote(SECOND, "Will the interest stop now?")]
    verdict = ask(act("US", channel="sms", purpose="reply", history=history))
    assert (verdict.decision, verdict.warnings) == ("allow", ("HUMAN_REVIEW",))
