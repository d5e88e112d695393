"""Every message says who, what, how to pay, whom to ask and how to stop it; none may start that does not."""

import shutil
import timeit
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lints import lint
from config.messages import CHANNELS, InstalmentOffer, MessageRenderer, MessageValues
from config.proofs import samples
from config.segments import is_gsm, segments
from config.strategies import load_strategies
from domain.errors import ConfigurationError, NotKnown
from domain.money import Money
from domain.vocabulary import Channel
from tests.config.conftest import CONFIG

TEMPLATES = CONFIG / "templates"
NAMES = (
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


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_a_message_says_everything_it_must(renderer: MessageRenderer, name: str, channel: Channel, locale: str) -> None:
    for values in samples(locale):
        message = renderer.render(name, channel, locale, values)
        told = [values.name, values.creditor, values.product, values.pay_url, values.help_phone]
        assert all(text in message.body for text in told)
        assert f"Ref: {values.reference}" in message.body
        assert ("Reply STOP" if channel is Channel.SMS else "reply with STOP") in message.body or "退订" in message.body
        assert bool(message.subject) == (channel is Channel.EMAIL)
        assert (values.help_email in message.body) == (channel is Channel.EMAIL)
        assert lint(f"{message.subject}\n{message.body}") == []
        assert "  " not in message.body
        assert "{" not in message.subject + message.body
        if channel is Channel.SMS:
            assert "\n" not in message.body
            assert segments(message.body) <= 3
            assert is_gsm(message.body) == (locale == "en")


def test_a_legal_notice_says_that_nothing_is_decided(renderer: MessageRenderer) -> None:
    for name in ("legal_notice_1", "legal_notice_2"):
        for channel in CHANNELS:
            assert "othing is decided" in renderer.render(name, channel, "en", VALUES).body
            assert "尚未作出任何决定" in renderer.render(name, channel, "zh-CN", samples("zh-CN")[0]).body


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
    with pytest.raises(NotKnown, match=r"template reminder_1\.push is not known"):
        renderer.render("reminder_1", Channel.PUSH, "en", VALUES)


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
    best = min(timeit.repeat(render, number=100, repeat=20)) / 100
    assert best < 0.0002, f"{best * 1e6:.0f} microseconds"


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
        ("{{ creditor }}", "We", "en/reminder_1.sms.j2: does not say creditor"),
        ("Hello", "Hello " * 100, "en/reminder_1.sms.j2: takes 6 SMS parts; 4 at most"),
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
