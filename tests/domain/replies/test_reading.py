"""What people write is read as it is meant, and what only a human can tell is left to a human."""

import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.labelled_replies import read_labelled, scores
from config.replies import load_replies
from domain.replies.intent import AGREEMENTS, AmountSaid, Intent, Reading
from domain.replies.reading import read_reply
from domain.replies.text import LONGEST_READ

WEDNESDAY = date(2026, 11, 18)
PHRASES = read_labelled(Path(__file__).parent / "phrases.tsv")
PROTECTING = frozenset(
    {Intent.STOP, Intent.CEASE, Intent.WRONG_PERSON, Intent.DISPUTE, Intent.HARDSHIP, Intent.COMPLAINT}
)


def read(text: str, *, today: date = WEDNESDAY, currency: str = "USD", day_first: bool | None = False) -> Reading:
    return read_reply(text, load_replies(), today=today, currency=currency, day_first=day_first)


def certain(text: str) -> set[Intent]:
    return set(read(text).certain)


def test_there_are_three_hundred_phrases_in_both_languages() -> None:
    assert len(PHRASES) >= 300
    assert {phrase.locale for phrase in PHRASES} >= {"en", "zh"}
    assert sum(phrase.locale == "zh" for phrase in PHRASES) >= len(PHRASES) // 3


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: f"line {phrase.line}")
def test_a_phrase_is_read_as_it_is_labelled(phrase) -> None:
    reading = phrase.read(load_replies(), WEDNESDAY)
    assert phrase.agrees(reading), reading


def test_no_intent_is_seen_where_it_is_not() -> None:
    read_all = [(phrase, phrase.read(load_replies(), WEDNESDAY)) for phrase in PHRASES]
    assert {score.intent: score.wrong for score in scores(read_all) if score.wrong} == {}


@pytest.mark.parametrize(
    "word",
    "stop stopall unsubscribe cancel end quit revoke opt-out optout arret r td t 退订 取消 停止 不要再发".split(),
)
@pytest.mark.parametrize(
    "dress", ["{}", " {}. ", "{}!!!", "请{}", "please {}", "{} thank you", "“{}”", "{}\n\n> Reply STOP"]
)
def test_a_statutory_word_ends_messages_however_it_is_dressed(word: str, dress: str) -> None:
    for written in (word, word.upper(), word.title(), word.upper().translate({n: n + 0xFEE0 for n in range(65, 91)})):
        assert certain(dress.format(written)) == {Intent.STOP}


@given(st.text(max_size=400))
@settings(deadline=None)
def test_any_text_at_all_is_read_without_an_error(text: str) -> None:
    reading = read(text)
    assert all(0 < each.confidence <= 1 for each in reading.found)


PIECES = (
    *("1", "1 ", "1,111", "12/", "1-", "1x", "5%", "1.1", "#1", "+1", "$", "am ", "at 1:1"),
    *("一", "一万", "两", "下", "不", "还", "不要 ", "于2024", "月", "号", "大", "，", "。"),
    *("@", "a@", "a@b.", "http:", "www.", "a.b", "a-", "a ", "x", "_", ">", "\n", "> \n", " ", "\t", "?", ".", "…"),
    *("fri ", "next ", "on the ", "in a ", "two hundred and ", "a ", "pay ", "stop ", "i will ", "not ", "wrote: "),
)
"""What people, machines and whoever means harm might write over and over."""


def seconds_for(text: str) -> float:
    """Of this processor alone, so that others do not count; the best of several, for the same reason."""

    def once() -> float:
        began = time.process_time()
        read(text)
        return time.process_time() - began

    return min(once() for _ in range(3))


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join))
@example("@")
@example("1")
@example("1x")
@example("fri ")
@example("下")
@settings(deadline=None, max_examples=12)
def test_eight_times_the_text_takes_hardly_more_than_eight_times_as_long(piece: str) -> None:
    short = (piece * LONGEST_READ)[: LONGEST_READ // 8]
    whole = (piece * LONGEST_READ)[:LONGEST_READ]
    assert seconds_for(whole) < 8 * 2.5 * max(seconds_for(short), 0.001), "of a square it would be 64"


@given(
    st.sampled_from([p for p in PHRASES if p.intents and p.intents & PROTECTING]),
    st.sampled_from(["?", " maybe", " 吗"]),
)
@settings(deadline=None)
def test_a_word_that_protects_counts_also_in_a_question(phrase, doubt: str) -> None:
    before = phrase.read(load_replies(), WEDNESDAY).certain
    after = read_reply(phrase.text + doubt, load_replies(), today=WEDNESDAY, currency=phrase.currency)
    assert set(before) & {Intent.DISPUTE, Intent.HARDSHIP, Intent.COMPLAINT} <= set(after.certain)


@pytest.mark.parametrize(
    "phrase", [p for p in PHRASES if p.intents == {Intent.PROMISE}], ids=lambda p: f"line {p.line}"
)
def test_a_promise_that_is_asked_or_perhaps_is_for_a_human(phrase) -> None:
    for doubt in ("?", " maybe", " if i can"):
        reading = read_reply(phrase.text + doubt, load_replies(), today=WEDNESDAY, currency=phrase.currency)
        assert Intent.PROMISE not in reading.certain


def test_nobody_is_bound_by_a_word_beside_one_that_protects() -> None:
    for text in (
        "I dispute this but I'll pay $50 friday",
        "lost my job, I'll pay $50 friday",
        "stop, I'll pay $50 friday",
    ):
        assert not AGREEMENTS & certain(text)


def test_what_we_wrote_ourselves_is_not_what_the_person_said() -> None:
    ours = "Example Wallet: $120 is overdue. Reply STOP to opt out, HELP for help."
    assert certain(f"ok\n\n> {ours}") == {Intent.ACK}
    assert certain(f"ok\nOn Mon, Nov 16, 2026, Example Wallet wrote:\n{ours}") == {Intent.ACK}
    assert Intent.STOP not in certain(ours)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I'll pay 50 this friday", date(2026, 11, 20)),
        ("I'll pay 50 next friday", date(2026, 11, 27)),
        ("I'll pay 50 friday next week", date(2026, 11, 27)),
        ("I'll pay 50 on wednesday", date(2026, 11, 25)),
        ("I'll pay 50 on the 3rd", date(2026, 12, 3)),
        ("I'll pay 50 on 18th", date(2026, 11, 18)),
        ("I'll pay 50 in a month", date(2026, 12, 18)),
        ("I'll pay 50 by the end of the week", date(2026, 11, 22)),
        ("I'll pay 50 on jan 5", date(2027, 1, 5)),
        ("周天还50", date(2026, 11, 22)),
        ("下下周一还50", date(2026, 11, 30)),
        ("大后天还50", date(2026, 11, 21)),
        ("半个月后还50", date(2026, 12, 3)),
        ("下个月底还50", date(2026, 12, 31)),
    ],
)
def test_a_day_is_counted_from_the_day_of_the_reply_the_later_reading_first(text: str, day: date) -> None:
    assert read(text, currency="CNY" if "还" in text else "USD").on == day


def test_a_day_and_month_whose_order_nobody_knows_is_for_a_human() -> None:
    assert read("I'll pay 50 on 3/4", day_first=True, today=date(2026, 3, 1)).on == date(2026, 4, 3)
    assert read("I'll pay 50 on 3/4", day_first=False, today=date(2026, 3, 1)).on == date(2026, 3, 4)
    assert Intent.PROMISE not in read("I'll pay 50 on 3/4", day_first=None).certain
    assert read("I'll pay 50 on 25/12", day_first=None).on == date(2026, 12, 25)


@given(
    st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    st.sampled_from(["friday", "the 31st", "end of month", "in two weeks", "tomorrow"]),
)
@settings(deadline=None)
def test_a_promised_day_is_never_in_the_past_and_never_far(today: date, when: str) -> None:
    on = read(f"I'll pay $50 {when}", today=today).on
    assert on is None or today <= on <= today + timedelta(days=62)


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("$1,200.50", AmountSaid(minor=120050)),
        ("1.5k", AmountSaid(minor=150000)),
        ("two hundred and fifty", AmountSaid(minor=25000)),
        ("half", AmountSaid(percent=50)),
        ("everything", AmountSaid(percent=100)),
    ],
)
def test_an_amount_is_read_to_the_minor_unit(said: str, amount: AmountSaid) -> None:
    assert read(f"I will pay {said} on friday").amount == amount


@pytest.mark.parametrize(
    ("said", "minor"),
    [("一千二", 120000), ("两千零五十", 205000), ("2千5", 250000), ("1万2", 1200000), ("三万", 3000000)],
)
def test_chinese_numbers_are_read_as_people_say_them(said: str, minor: int) -> None:
    assert read(f"周五还{said}", currency="CNY").amount == AmountSaid(minor=minor)


def test_an_amount_in_another_currency_is_for_a_human() -> None:
    assert Intent.PROMISE not in read("I'll pay 500 euros on friday").certain


def test_two_halves_are_the_whole() -> None:
    assert AmountSaid(percent=50).of(12345) * 2 >= 12345
    assert AmountSaid(percent=100).of(12345) == 12345
