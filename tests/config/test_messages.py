"""Every message says who, what, how to pay, whom to ask and how to stop it; none may start that does not."""

import csv
import re
import shutil
import timeit
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lints import lint
from config.messages import CHANNELS, InstalmentOffer, MessageRenderer, MessageValues
from config.proofs import forbidden_words, missing_words, samples
from config.segments import is_gsm, segments
from config.strategies import load_strategies
from domain.compliance.vocabulary import Role
from domain.errors import ConfigurationError, InvalidInput, MessageRefused, NotKnown
from domain.money import Money, parse_money
from domain.vocabulary import Channel
from tests.config.conftest import CONFIG

TEMPLATES = CONFIG / "templates"
ROOT = CONFIG.parent
NAMES = (
    "courtesy_1",
    *(f"reminder_{number}" for number in (1, 2, 3)),
    *(f"follow_up_{number}" for number in (1, 2, 3)),
    *(f"{stage}_{number}" for stage in ("installment_offer", "legal_notice") for number in (1, 2)),
)
VALUES = samples("en")[1]


@pytest.fixture(scope="module")
def renderer() -> MessageRenderer:
    return MessageRenderer(TEMPLATES, NAMES)


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))


def problems_of(templates: Path, *names: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        MessageRenderer(templates, names)
    return str(caught.value).splitlines()


def test_the_shipped_strategies_ask_for_exactly_the_shipped_templates(renderer: MessageRenderer) -> None:
    strategies = load_strategies(CONFIG / "strategies").values()
    asked = {touch.template for strategy in strategies for plan in strategy.stages for touch in plan.touches}
    assert asked == set(NAMES)
    assert renderer.locales == ("en", "zh-CN")


TOLD = {
    Channel.SMS: ("name", "creditor", "product", "pay_url", "help_phone"),
    Channel.EMAIL: ("name", "creditor", "product", "pay_url", "help_phone", "help_email"),
    Channel.LETTER: ("name", "creditor", "product", "pay_url", "help_phone", "help_email"),
    Channel.SOCIAL_PRIVATE: ("name", "creditor", "product", "pay_url", "help_phone"),
    Channel.VOICE: ("name", "creditor", "product"),
    Channel.PUSH: (),
}
OPT_OUT = {
    Channel.SMS: ("Reply STOP", "回复TD退订"),
    Channel.EMAIL: ("reply with STOP", "回复“退订”"),
    Channel.PUSH: ("opt out", "退订"),
    Channel.VOICE: ("press 9", "请按9"),
    Channel.LETTER: ("no more letters", "不想再收到信件"),
    Channel.SOCIAL_PRIVATE: ("Reply STOP", "回复TD退订"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_a_message_says_everything_it_must(renderer: MessageRenderer, name: str, channel: Channel, locale: str) -> None:
    for values in samples(locale):
        message = renderer.screened(name, channel, locale, values)
        whole = f"{message.subject}\n{message.body}"
        assert all(getattr(values, told) in whole for told in TOLD[channel])
        assert (values.sender or values.creditor) in whole
        assert any(words in message.body for words in OPT_OUT[channel])
        assert bool(message.subject) == (channel in {Channel.EMAIL, Channel.PUSH, Channel.LETTER})
        assert lint(whole) == []
        assert not any(wrong in whole for wrong in ("  ", "{", "None", "!", "！", "\n\n\n"))
        if channel is not Channel.VOICE:
            assert f"Ref: {values.reference}" in message.body


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_an_sms_is_one_line_of_at_most_four_parts_and_a_creditors_of_three(
    renderer: MessageRenderer, name: str, locale: str
) -> None:
    for values in samples(locale):
        body = renderer.render(name, Channel.SMS, locale, values).body
        assert "\n" not in body
        assert segments(body) <= (3 if values.role is Role.CREDITOR else 4)
        assert is_gsm(body) == (locale == "en")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_a_stranger_learns_no_debt_from_a_lock_screen_or_a_greeting(
    renderer: MessageRenderer, name: str, locale: str
) -> None:
    for values in samples(locale):
        push = renderer.render(name, Channel.PUSH, locale, values)
        greeting, statement = renderer.render(name, Channel.VOICE, locale, values).body.split("\n---\n")
        written_amount = renderer.render(name, Channel.EMAIL, locale, values).body
        amount = re.search(r"[$¥€]+[0-9.,]+[0-9]", written_amount)
        assert amount is not None
        for seen in (f"{push.subject}\n{push.body}", greeting):
            assert not any(private in seen for private in (amount.group(), values.product, "debt collector's"))
            assert "2026" not in seen
        assert amount.group() in statement
        assert values.name in greeting


def test_a_call_names_its_keys_and_says_number_and_code_character_by_character(renderer: MessageRenderer) -> None:
    greeting, statement = renderer.render("reminder_1", Channel.VOICE, "en", VALUES).body.split("\n---\n")
    assert "If you are Maria Garcia, press 1." in greeting
    assert "Or press 9, and we stop calling this number." in greeting
    for told in ("1, 2 0 2, 5 5 5, 0 1 0 0", "A B C D, 2 3 4 5", "person, press 1", "again, press 2", "calls, press 9"):
        assert told in statement


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.LETTER])
@pytest.mark.parametrize(
    ("locale", "lines"),
    [
        (
            "en",
            "Principal: $1,300.00\nInterest: $60.50\nFees: $20.00\n"
            "Payments and credits taken off: $100.00\nTotal owed: $1,280.50",
        ),
        ("zh-CN", "本金：¥1,300.00\n利息：¥60.50\n费用：¥20.00\n已付款及减免：¥100.00\n应付总额：¥1,280.50"),
    ],
)
def test_the_debt_is_itemised_where_there_is_room_and_the_items_are_known(
    renderer: MessageRenderer, channel: Channel, locale: str, lines: str
) -> None:
    known = samples(locale)[-1]
    assert lines in renderer.render("reminder_1", channel, locale, known).body
    unknown = renderer.render("reminder_1", channel, locale, replace(known, items=None)).body
    assert lines.splitlines()[0] not in unknown
    assert lines.splitlines()[-1] in unknown


def test_items_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(InvalidInput, match="message ABCD-2345: its items do not add up"):
        replace(samples("en")[-1], amount=Money(1, "USD"))


def test_a_letter_has_the_senders_block_the_persons_block_and_its_date_before_anything_else(
    renderer: MessageRenderer,
) -> None:
    letter = renderer.render("reminder_1", Channel.LETTER, "en", VALUES)
    blocks = letter.body.split("\n\n")
    assert blocks[0].splitlines() == ["Example Wallet", "1 Example Street", "Springfield, IL 62701"]
    assert blocks[1].splitlines() == ["Maria Garcia", "8 Sample Avenue, Apt 3", "Newark, NJ 07102"]
    assert blocks[2] == "October 31, 2026"
    assert letter.subject == "A friendly reminder about your wallet balance"


def test_a_legal_notice_says_that_nothing_is_decided(renderer: MessageRenderer) -> None:
    for name in ("legal_notice_1", "legal_notice_2"):
        for channel in CHANNELS:
            assert "othing is decided" in renderer.render(name, channel, "en", VALUES).body
            assert "尚未作出任何决定" in renderer.render(name, channel, "zh-CN", samples("zh-CN")[0]).body


REFUSED_VALUES = [
    ({"creditor": "Arrest Wallet"}, "US-CONTENT-ARREST"),
    ({"product": "final_notice"}, "US-VAL-4"),
    ({"name": "Maria, pay or we will sue you"}, "US-CONTENT-THREAT"),
    ({"name": "Maria, we will tell"}, None),
    ({"name": "老赖"}, "CN-CONTENT-ABUSE"),
    ({"creditor": "S.c.u.m Wallet"}, "US-CONTENT-ABUSE"),
    ({"role": Role.THIRD_PARTY, "sender": "County Court Police"}, "US-CONTENT-AUTH"),
]


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL, Channel.LETTER, Channel.VOICE])
@pytest.mark.parametrize(("changed", "rule"), REFUSED_VALUES)
def test_a_forbidden_word_in_a_value_stops_the_message_and_is_not_repeated(
    renderer: MessageRenderer, channel: Channel, changed: dict[str, Any], rule: str | None
) -> None:
    values = replace(VALUES, **changed)
    if rule is None:
        assert renderer.screened("reminder_1", channel, "en", values).body
        return
    with pytest.raises(MessageRefused) as caught:
        renderer.screened("reminder_1", channel, "en", values)
    told = str(caught.value)
    assert told.startswith(f"message en/reminder_1.{channel.value} ABCD-2345 breaks ")
    assert rule in told
    assert not any(str(value) in told for value in changed.values())


def test_the_same_wallet_is_refused_every_time_and_another_one_never(renderer: MessageRenderer) -> None:
    bad = replace(VALUES, creditor="Final Notice Wallet")
    for _ in range(2):
        with pytest.raises(MessageRefused):
            renderer.screened("reminder_1", Channel.SMS, "en", bad)
        assert renderer.screened("reminder_1", Channel.SMS, "en", VALUES).body


WORD = st.sampled_from(["Ana", "Scum", "O'Neill", "arrest", "Li", "de la", "idiot", "Warrick", "王", "骗子", "jail"])


@given(words=st.lists(WORD, min_size=1, max_size=4), channel=st.sampled_from(CHANNELS))
def test_looking_at_the_places_of_a_name_finds_what_looking_at_everything_finds(
    renderer: MessageRenderer, words: list[str], channel: Channel
) -> None:
    values = replace(VALUES, name=" ".join(words))
    whole = renderer.finished("reminder_1", channel, "en", values)
    forbidden = bool(list(forbidden_words(whole.whole)))
    try:
        renderer.screened("reminder_1", channel, "en", values)
    except MessageRefused:
        assert forbidden or any(list(missing_words(whole)))
    else:
        assert not forbidden


def test_a_name_loses_its_accents_before_its_bearer_loses_the_message(renderer: MessageRenderer) -> None:
    values = replace(VALUES, name="Zoë Łukasiewicz", role=Role.THIRD_PARTY, sender="Example Services")
    body = renderer.screened("reminder_1", Channel.SMS, "en", values).body
    assert "Hello Zoe Lukasiewicz," in body
    short = renderer.screened("reminder_1", Channel.EMAIL, "en", values).body
    assert "Zoë Łukasiewicz" in short


def test_an_sms_that_would_take_more_than_four_parts_is_refused_and_says_so_without_its_words(
    renderer: MessageRenderer,
) -> None:
    values = replace(VALUES, name="王小明" * 20)
    with pytest.raises(MessageRefused, match=r"en/reminder_1\.sms ABCD-2345 breaks HOUSE-SMS-1 and is not sent"):
        renderer.screened("reminder_1", Channel.SMS, "en", values)
    assert renderer.screened("reminder_1", Channel.EMAIL, "en", values).body


def test_every_person_of_the_example_book_can_be_told_everything(renderer: MessageRenderer) -> None:
    with (ROOT / "examples" / "overdue_accounts.csv").open(encoding="utf-8", newline="") as book:
        rows = list(csv.DictReader(book))
    for row in rows:
        amount = parse_money(row["principal"], row["currency"])
        values = replace(
            VALUES,
            name=row["full_name"],
            creditor=row["creditor"],
            product=row["product"],
            amount=amount,
            jurisdiction={"GB": "UK"}.get(row["country"], row["country"]),
        )
        for name in NAMES:
            assert renderer.screened(name, Channel.SMS, row["locale"], values).body


def test_an_offer_is_named_where_there_is_one(renderer: MessageRenderer) -> None:
    offered = renderer.render("installment_offer_1", Channel.SMS, "en", VALUES)
    assert "6 payments of at most $213.42 each" in offered.body
    plain = renderer.render("installment_offer_1", Channel.SMS, "en", replace(VALUES, instalments=None))
    assert "smaller payments" in plain.body


@pytest.mark.parametrize(
    ("locale", "hello", "on"),
    [
        ("en", "Hello", "September 30, 2026"),
        ("en-US", "Hello", "September 30, 2026"),
        ("en-GB", "Hello", "30 September 2026"),
        ("en_GB", "Hello", "30 September 2026"),
        ("zh-CN", "您好", "2026年9月30日"),
        ("zh-Hans-CN", "您好", "2026年9月30日"),
        ("zh", "您好", "2026年9月30日"),
        ("fr-FR", "Hello", "September 30, 2026"),
        ("", "Hello", "September 30, 2026"),
        ("../../etc", "Hello", "September 30, 2026"),
    ],
)
def test_a_person_reads_his_language_or_else_english(
    renderer: MessageRenderer, locale: str, hello: str, on: str
) -> None:
    body = renderer.render("reminder_1", Channel.SMS, locale, VALUES).body
    assert hello in body
    assert on in body


def test_a_template_nobody_asked_for_is_not_known(renderer: MessageRenderer) -> None:
    with pytest.raises(NotKnown, match=r"template holiday\.sms is not known"):
        renderer.render("holiday", Channel.SMS, "en", VALUES)


hostile = st.text(max_size=40) | st.sampled_from(
    [
        "{{ 7 * 7 }}",
        "{% raw %}",
        "A\nSubject: other",
        "\r\nBcc: x@y.test",
        "<b>x</b>",
        "a\u2028b",
        "{{ self.__class__ }}",
    ]
)


@given(name=hostile, product=hostile, minor=st.integers(0, 10**12), days=st.integers(0, 4000))
def test_values_are_words_and_nothing_else(
    renderer: MessageRenderer, name: str, product: str, minor: int, days: int
) -> None:
    values = replace(VALUES, name=name, product=product, amount=Money(minor, "EUR"), days_past_due=days)
    message = renderer.render("reminder_1", Channel.EMAIL, "en", values)
    usual = renderer.render("reminder_1", Channel.EMAIL, "en", VALUES)
    assert len(message.subject.splitlines()) <= 1
    assert len(message.body.splitlines()) == len(usual.body.splitlines())
    assert " ".join(name.split()) in message.body


def test_threads_share_one_renderer(renderer: MessageRenderer) -> None:
    def body(number: int) -> str:
        values = replace(VALUES, reference=f"AAAA-{number:04d}", amount=Money(number, "USD"))
        return renderer.render(NAMES[number % 10], CHANNELS[number % 2], ("en", "zh-CN")[number % 2], values).body

    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(body, range(400)))
    assert all(f"Ref: AAAA-{number:04d}" in text for number, text in enumerate(bodies))
    assert bodies == [body(number) for number in range(400)]


def test_a_message_is_rendered_in_a_fifth_of_a_millisecond(renderer: MessageRenderer) -> None:
    amounts = iter(range(10_000_000))

    def render() -> None:
        renderer.render("installment_offer_1", Channel.EMAIL, "en", replace(VALUES, amount=Money(next(amounts), "USD")))

    render()
    best = min(timeit.repeat(render, number=10, repeat=200)) / 10
    assert best < 0.0002, f"{best * 1e6:.0f} microseconds"


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.LETTER])
def test_looking_over_a_long_message_costs_less_than_half_of_searching_all_of_it(
    renderer: MessageRenderer, channel: Channel
) -> None:
    whole = renderer.finished("reminder_1", channel, "en", VALUES).whole
    renderer.screened("reminder_1", channel, "en", VALUES)
    looked_over = min(
        timeit.repeat(lambda: renderer.screened("reminder_1", channel, "en", VALUES), number=5, repeat=40)
    )
    searched = min(timeit.repeat(lambda: lint(whole), number=5, repeat=40))
    assert looked_over < searched / 2, f"{looked_over / searched:.2f} of it"


def test_every_missing_template_is_told(templates: Path) -> None:
    (templates / "zh-CN" / "reminder_2.sms.j2").unlink()
    (templates / "en" / "reminder_1.email.j2").unlink()
    assert problems_of(templates, *NAMES) == [
        "en/reminder_1.email.j2: reminder_1.email.j2 is missing",
        "zh-CN/reminder_2.sms.j2: reminder_2.sms.j2 is missing",
    ]


def test_a_directory_without_english_is_refused(tmp_path: Path) -> None:
    assert "has no directory en" in problems_of(tmp_path, "reminder_1")[0]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Hello", "Pay or be arrested", "en/reminder_1.sms.j2:1 US-CONTENT-ARREST: no one is arrested or charged"),
        ("Hello", "{{ nmae }}", "en/reminder_1.sms.j2: cannot be rendered: 'nmae' is undefined"),
        ("Hello", "{% if %}", "en/reminder_1.sms.j2:1 cannot be read: Expected an expression"),
        ("Hello", "{{ name.__class__.mro() }}", "en/reminder_1.sms.j2: cannot be rendered: access to attribute"),
        ("{{ amount }}", "some money", "en/reminder_1.sms.j2: does not say amount"),
        ("{{ due_on }}", "a while ago", "en/reminder_1.sms.j2: does not say due_on"),
        ("{{ opening }}", "We", "en/reminder_1.sms.j2: HOUSE-SENDER-1: the disclosure 'Example Services:' is missing"),
        ("Hello", "Hello " * 100, "en/reminder_1.sms.j2: takes 6 SMS parts; 4 at most"),
        ("Hello", "Hello!!", "en/reminder_1.sms.j2:1 HOUSE-TONE-1: two exclamation marks; say it calmly"),
        ("Hello", "PLEASE READ THIS", "en/reminder_1.sms.j2:1 HOUSE-TONE-1: a sentence in capitals"),
        ("Hello", "Hello 😀", "en/reminder_1.sms.j2:1 HOUSE-TONE-1: an emoji"),
        ('{% include "_footer.sms.j2" %}', "", "en/reminder_1.sms.j2: US-OPTOUT-1: must contain"),
        ('{% include "_footer.sms.j2" %}', "", "en/reminder_1.sms.j2: has no line `Ref: {{ reference }}`"),
        ("_footer.sms.j2", "_none.sms.j2", "en/reminder_1.sms.j2: _none.sms.j2 is missing"),
    ],
)
def test_a_template_that_fails_is_refused_with_its_name_and_reason(
    templates: Path, old: str, new: str, told: str
) -> None:
    path = templates / "en" / "reminder_1.sms.j2"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    problems = problems_of(templates, "reminder_1")
    assert any(problem.startswith(told) for problem in problems), problems


@pytest.mark.parametrize(
    ("channel", "old", "new", "told"),
    [
        ("push", "A short note about your account", "{{ amount }}", "says amount where a stranger may see or hear it"),
        ("push", "A short note about your account", "{{ product }}", "says product where a stranger may see"),
        (
            "voice",
            '{% include "_greeting.voice.j2" %}',
            "{{ sender }} {{ due_on }}",
            "says due_on where a stranger may",
        ),
        ("voice", "\n---\n", "\n", "is not a greeting and a statement with one line `---` between them"),
        ("voice", "{{ amount }}", "some money", "does not say amount"),
        ("letter", '{% include "_head.letter.j2" %}', "{{ sender }}", "does not begin with the sender's block and the"),
        ("letter", '{% include "_footer.letter.j2" %}', "Ref: {{ reference }}", "US-DISC-2: the disclosure 'This comm"),
        ("social_private", "{{ opening }}", "", "HOUSE-SENDER-1: the disclosure 'Example Services:' is missing"),
    ],
)
def test_what_a_channel_may_not_show_or_must_say_is_proved_at_start(
    templates: Path, channel: str, old: str, new: str, told: str
) -> None:
    path = templates / "en" / f"reminder_1.{channel}.j2"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    problems = problems_of(templates, "reminder_1")
    assert any(problem.startswith(f"en/reminder_1.{channel}.j2: {told}") for problem in problems), problems


def test_a_letter_needs_a_subject(templates: Path) -> None:
    path = templates / "en" / "reminder_1.email.j2"
    path.write_text(path.read_text(encoding="utf-8").removeprefix("Subject: "), encoding="utf-8")
    assert problems_of(templates, "reminder_1") == ["en/reminder_1.email.j2: does not begin with a line `Subject: ...`"]


def test_a_footers_fault_is_told_once_and_not_for_every_message(templates: Path) -> None:
    path = templates / "en" / "_footer.sms.j2"
    path.write_text("This is your final notice. " + path.read_text(encoding="utf-8"), encoding="utf-8")
    (problem,) = problems_of(templates, *NAMES)
    assert problem.startswith("en/_footer.sms.j2:1 US-VAL-4: ")


def test_values_need_every_word() -> None:
    with pytest.raises(TypeError):
        MessageValues(name="Maria", due_on=date(2026, 1, 1))  # type: ignore[call-arg]
    assert InstalmentOffer(count=2, each=Money(100, "USD")).count == 2


def test_a_product_is_called_what_borrowers_call_it_and_an_unknown_code_is_still_readable(
    renderer: MessageRenderer,
) -> None:
    known = replace(VALUES, product="wallet_credit")
    unknown = replace(VALUES, product="gold_card")
    assert "Wallet Credit balance" in renderer.render("reminder_1", Channel.SMS, "en", known).body
    assert "钱包信用付账单" in renderer.render("reminder_1", Channel.SMS, "zh-CN", known).body
    assert "gold card" in renderer.render("reminder_1", Channel.SMS, "en", unknown).body
