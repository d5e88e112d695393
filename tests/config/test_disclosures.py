"""What the law makes a message say by jurisdiction, channel and role is there, in the language of the message."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from config.disclosures import load_duties, load_words, unspoken
from config.messages import MessageRenderer
from config.proofs import samples
from domain.compliance.vocabulary import Role
from domain.errors import ConfigurationError
from domain.vocabulary import Channel
from tests.config.conftest import CONFIG

TEMPLATES = CONFIG / "templates"
COLLECTORS = [role for role in Role if role is not Role.CREDITOR]
WITH_ROOM = (Channel.SMS, Channel.EMAIL, Channel.VOICE, Channel.LETTER, Channel.SOCIAL_PRIVATE)


@pytest.fixture(scope="module")
def renderer() -> MessageRenderer:
    return MessageRenderer(TEMPLATES, ["reminder_1"])


def told(
    renderer: MessageRenderer, jurisdiction: str, channel: Channel, role: Role = Role.CREDITOR, locale: str = "en"
) -> str:
    """The whole of a message by that sender; the collector is called Example Services."""
    values = replace(samples(locale)[0], jurisdiction=jurisdiction, role=role)
    if role is not Role.CREDITOR:
        values = replace(values, sender="Example Services")
    message = renderer.screened("reminder_1", channel, locale, values)
    return f"{message.subject}\n{message.body}"


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("role", COLLECTORS)
@pytest.mark.parametrize("jurisdiction", ["US", "US-MA", "US-NYC"])
def test_a_debt_collector_in_the_united_states_says_that_he_is_one(
    renderer: MessageRenderer, jurisdiction: str, role: Role, channel: Channel
) -> None:
    english = told(renderer, jurisdiction, channel, role)
    assert "This communication is from a debt collector." in english
    assert "attempting to collect a debt, and any information obtained will be used for that purpose" in english
    assert "收债机构" in told(renderer, jurisdiction, channel, role, "zh-CN")


@pytest.mark.parametrize("channel", list(Channel))
def test_a_creditor_is_no_debt_collector_and_nobody_is_one_elsewhere(
    renderer: MessageRenderer, channel: Channel
) -> None:
    assert "debt collector" not in told(renderer, "US", channel)
    assert "debt collector" not in told(renderer, "UK", channel, Role.THIRD_PARTY)


@pytest.mark.parametrize("channel", WITH_ROOM)
@pytest.mark.parametrize("role", COLLECTORS)
@pytest.mark.parametrize("jurisdiction", ["US", "UK", "IN", "SG", "DE", "CN"])
def test_whoever_writes_for_a_creditor_or_in_his_place_names_both(
    renderer: MessageRenderer, jurisdiction: str, role: Role, channel: Channel
) -> None:
    text = told(renderer, jurisdiction, channel, role)
    assert "Example Services" in text
    assert "Example Wallet" in text


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
@pytest.mark.parametrize("channel", list(Channel))
def test_china_reads_institution_relation_and_telephone_and_hears_of_the_recording(
    renderer: MessageRenderer, channel: Channel, locale: str
) -> None:
    text = told(renderer, "CN", channel, locale=locale)
    phone = samples(locale)[0].help_phone
    assert samples(locale)[0].creditor in text
    if channel is not Channel.PUSH:
        assert ("is the creditor" if locale == "en" else "为债权人") in text
    if channel is Channel.VOICE:
        assert text.index("recorded" if locale == "en" else "录音") < text.index("---")
    else:
        assert phone in text
    if channel is Channel.SMS:
        assert text.strip().startswith(("【", "["))


def test_a_collector_is_named_by_his_number_where_there_is_one(renderer: MessageRenderer) -> None:
    values = replace(samples("zh-CN")[0], collector="A017")
    assert "经办人A017" in renderer.screened("reminder_1", Channel.SMS, "zh-CN", values).body
    assert "系统自动发送" in renderer.screened("reminder_1", Channel.SMS, "zh-CN", samples("zh-CN")[0]).body


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_the_united_kingdom_reads_where_debt_advice_is_free(renderer: MessageRenderer, locale: str) -> None:
    for channel in (Channel.SMS, Channel.SOCIAL_PRIVATE, Channel.EMAIL, Channel.LETTER):
        assert "moneyhelper.org.uk" in told(renderer, "UK", channel, locale=locale)
        assert "moneyhelper" not in told(renderer, "US", channel, locale=locale)
    assert "0800 138 7777" in told(renderer, "UK", Channel.LETTER, locale=locale)
    assert "financial-ombudsman.org.uk" in told(renderer, "UK", Channel.EMAIL, locale=locale)


@pytest.mark.parametrize("country", ["EU", "DE", "FR"])
def test_the_european_union_reads_a_contact_point(renderer: MessageRenderer, country: str) -> None:
    for channel in (Channel.SMS, Channel.EMAIL, Channel.LETTER, Channel.SOCIAL_PRIVATE):
        assert "Contact point" in told(renderer, country, channel)


def test_india_reads_who_the_agent_is(renderer: MessageRenderer) -> None:
    assert "Recovery agent: Example Services" in told(renderer, "IN", Channel.SMS, Role.THIRD_PARTY)
    assert "Recovery agent" not in told(renderer, "IN", Channel.SMS)


def test_every_duty_cites_its_law_and_has_words_in_every_language_for_every_channel() -> None:
    duties = load_duties(TEMPLATES)
    assert {duty.rule for duty in duties.all} >= {"US-DISC-1", "US-DISC-2", "CN-ID-1", "CN-SMS-1", "UK-CLEAR-1"}
    for locale in ("en", "zh-CN"):
        assert list(unspoken(duties, load_words(TEMPLATES / locale), locale)) == []


def test_each_different_set_of_disclosures_has_one_jurisdiction_and_role() -> None:
    duties = load_duties(TEMPLATES)
    variants = list(duties.variants(Channel.EMAIL))
    assert ("", Role.CREDITOR) in variants
    assert ("US", Role.THIRD_PARTY) in variants
    assert len(variants) == len(set(variants))
    assert {where for where, _ in variants} <= {"", *duties.codes}


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("en", "  US-DISC-2:\n    any: This communication is from a debt collector.\n", "", "US-DISC-2 has no words"),
        (
            "zh-CN",
            '  assignee: "{{ sender }}为现债权人，债权由{{ creditor }}转让"\n',
            "",
            "words for the role assignee",
        ),
        ("en", "words:\n", "words:\n  US-DISC-9:\n    any: x\n", "US-DISC-9 is not a rule of ../disclosures.yaml"),
        (
            "en",
            "This call may be recorded.",
            "'{{ name }}, this may be recorded.'",
            "CN-ID-2 for voice cannot be rendered",
        ),
        ("en", "This call may be recorded.", "Pay or be arrested.", "US-CONTENT-ARREST"),
        ("", "place: greeting", "place: nowhere", "disclosures.yaml:37 rules.CN-ID-2.place"),
        ("", "roles: [third_party, ", "roles: [lawyer, ", "rules.HOUSE-RELATION-1.roles[0]"),
    ],
)
def test_a_disclosure_that_is_missing_or_wrong_is_refused_at_start(
    templates: Path, file: str, old: str, new: str, says: str
) -> None:
    path = templates / file / "disclosures.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        MessageRenderer(templates, ["reminder_1"])
    assert says in str(caught.value)


@pytest.mark.parametrize("locale", ["", "en"])
def test_without_its_file_nothing_starts(templates: Path, locale: str) -> None:
    (templates / locale / "disclosures.yaml").unlink()
    with pytest.raises(ConfigurationError, match=r"disclosures\.yaml: is missing"):
        MessageRenderer(templates, ["reminder_1"])


def test_a_template_that_leaves_a_disclosure_out_is_refused(templates: Path) -> None:
    path = templates / "en" / "_footer.email.j2"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{% for line in closing %}{{ line }}\n{% endfor %}", ""), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        MessageRenderer(templates, ["reminder_1"])
    assert "en/reminder_1.email.j2: US-DISC-2: the disclosure 'This communication" in str(caught.value)
    assert "en/reminder_1.email.j2: UK-CLEAR-1: the disclosure" in str(caught.value)
