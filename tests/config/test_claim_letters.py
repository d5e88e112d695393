"""The letter before action and its withdrawal: word by word, in every language and for every country."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from config.claim_letters import (
    CLAIM_LETTERS_DIR,
    NEXT_PAGE,
    ClaimLetters,
    ClaimValues,
    DemandValues,
    WrittenLetter,
    load_claim_letters,
)
from config.speaking import Speaker
from domain.compliance.vocabulary import Role
from domain.errors import ConfigurationError
from domain.itemisation import Itemisation
from domain.money import Money
from tests.config.conftest import CONFIG

TEMPLATES = CONFIG / "templates"
GOLDEN = Path(__file__).parent / "claim_letters"
SPEAKER = Speaker(
    jurisdiction="US",
    role=Role.CREDITOR,
    creditor="Lantern Wallet",
    sender="Lantern Wallet",
    collector="",
    pay_url="https://pay.wallet.example",
    help_phone="+1 202-555-0100",
    help_email="help@wallet.example",
)


@pytest.fixture(scope="module")
def letters() -> ClaimLetters:
    return load_claim_letters(TEMPLATES)


def values(jurisdiction: str = "US", name: str = "Maria Garcia") -> ClaimValues:
    return ClaimValues(
        name=name,
        address=("8 Sample Avenue, Apt 3", "Newark, NJ 07102"),
        speaker=replace(SPEAKER, jurisdiction=jurisdiction),
        sender_address=("1 Example Street", "Springfield, IL 62701"),
        product="pay_later",
        account_id="LW-0001",
        reference="ABCD-2345",
        written_on=date(2026, 11, 21),
    )


def demand(currency: str = "USD") -> DemandValues:
    parts = {"principal": 130_000, "interest": 6_050, "fees": 2_000, "payments": 10_000}
    items = Itemisation(**{name: Money(amount, currency) for name, amount in parts.items()})
    return DemandValues(items=items, due_on=date(2026, 9, 30), reply_days=30, reply_by=date(2026, 12, 21))


def whole(letter: WrittenLetter) -> str:
    enclosed = "".join(f"Enclosed: {each}\n" for each in letter.enclosures)
    return f"{letter.subject}\n\n{letter.body}\n{enclosed}"


CASES = {
    "us.en": ("en-US", "US", "USD"),
    "uk.en": ("en-GB", "UK", "GBP"),
    "cn.zh-CN": ("zh-CN", "CN", "CNY"),
    "sg.en": ("en", "SG", "SGD"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_letter_says_word_by_word_what_was_signed(letters: ClaimLetters, case: str) -> None:
    locale, country, currency = CASES[case]
    name = "王小明" if country == "CN" else "Maria Garcia"
    letter = letters.demand(locale, values(country, name), demand(currency), (country,))
    assert whole(letter) == (GOLDEN / f"letter.{case}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", ["us.en", "cn.zh-CN"])
def test_the_withdrawal_says_word_by_word_what_was_signed(letters: ClaimLetters, case: str) -> None:
    locale, country, _ = CASES[case]
    letter = letters.withdrawal(locale, values(country), letter_on=date(2026, 10, 1), letter_reference="EFGH-6789")
    assert whole(letter) == (GOLDEN / f"withdrawal.{case}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
@pytest.mark.parametrize("country", ["UK", "US", "CN", "XX"])
def test_every_letter_itemises_gives_a_time_to_reply_and_has_a_form_on_its_own_page(
    letters: ClaimLetters, locale: str, country: str
) -> None:
    letter = letters.demand(locale, values(country), demand(), (country,))
    told, _, form = letter.body.partition(f"\n\n{NEXT_PAGE}\n\n")
    for amount in ("1,300.00", "60.50", "20.00", "100.00", "1,280.50"):
        assert amount in told
    assert "30" in told
    assert form.count("[  ]") == 7
    assert "{" not in whole(letter)
    assert bool(letter.enclosures) is (country == "UK")


def test_an_agency_says_for_whom_it_writes_and_declares_it(letters: ClaimLetters) -> None:
    speaker = replace(SPEAKER, role=Role.THIRD_PARTY, sender="Example Services")
    letter = letters.demand("en", replace(values(), speaker=speaker), demand(), ("US",))
    assert "We are attempting to collect a debt" in letter.body
    assert {"identity", "US-DISC-1", "US-DISC-2"} <= letter.declared


def test_a_value_is_neither_a_place_nor_a_line_of_its_own(letters: ClaimLetters) -> None:
    letter = letters.demand("en", values(name="Maria {amount}\n\nGarcia"), demand(), ("US",))
    assert "Dear Maria {amount} Garcia," in letter.body


@pytest.mark.parametrize(
    ("was", "now", "problem"),
    [
        ("{reply_by}", "{reply_until}", "en.yaml:"),
        ("    any:\n", "    XX:\n", "must have any"),
        ("signature:", "signed:", "signature: is missing"),
    ],
)
def test_a_file_that_could_not_be_written_out_is_refused_with_its_place(
    tmp_path: Path, was: str, now: str, problem: str
) -> None:
    directory = Path(copytree(CLAIM_LETTERS_DIR, tmp_path / "letters"))
    path = directory / "en.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(was, now), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=problem):
        load_claim_letters(TEMPLATES, directory)
