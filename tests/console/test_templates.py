"""`templates`: every message on one page that needs nothing else, and a check that a build can stand on."""

import json
import re
import shutil
from pathlib import Path

import pytest

from config.messages import CHANNELS, MessageRenderer
from console.templates import all_previews, sample
from domain.compliance.vocabulary import Role
from domain.vocabulary import Channel
from tests.config.conftest import CONFIG
from tests.console.conftest import Run

TEMPLATES = CONFIG / "templates"


@pytest.fixture(scope="module")
def renderer() -> MessageRenderer:
    return MessageRenderer(TEMPLATES, ["reminder_1"])


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that a test may spoil, and that the commands read."""
    copied = Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))
    monkeypatch.setenv("AMICABLE_TEMPLATES_DIR", str(copied))
    return copied


def spoil(path: Path, old: str, new: str) -> None:
    """Replace words that are there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_channel_language_jurisdiction_and_role_is_looked_at_and_nothing_is_wrong(
    renderer: MessageRenderer,
) -> None:
    previews = list(all_previews(renderer))
    seen = {(each.channel, each.locale, each.jurisdiction, each.role) for each in previews}
    assert len(seen) == len(previews) == len(CHANNELS) * 2 * 6 * len(Role)
    assert {each.jurisdiction for each in previews} == {"CN", "EU", "IN", "UK", "US", ""}
    assert [(each.where, each.broken) for each in previews if each.broken] == []


def test_a_sample_owes_in_the_currency_of_the_place_and_a_creditor_writes_himself() -> None:
    indian = sample("en", "IN", Role.THIRD_PARTY)
    assert indian.items is not None
    assert {indian.amount.currency, indian.items.fees.currency} == {"INR"}
    assert indian.sender == "Example Services"
    assert sample("en", "UK", Role.CREDITOR).sender == ""


def test_the_page_holds_every_message_and_asks_nobody_for_anything(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "made" / "page.html"
    ran = run("templates", "preview", "--out", str(out))
    assert (ran.code, ran.err) == (0, "")
    assert "5,040 messages of 14 templates are on one page" in ran.out
    html = out.read_text(encoding="utf-8")
    assert not re.search(r"<(?:link|img|iframe)|src=|@import|url\(", html)
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data = json.loads(found.group(1))
    assert len(data["shown"]) == 5040
    assert [stage["stage"] for stage in data["stages"]] == [
        "reminder",
        "follow_up",
        "installment_offer",
        "legal_escalation",
        "agreements",
    ]
    assert sum(len(stage["templates"]) for stage in data["stages"]) == 14
    card = data["cards"][data["shown"]["en|sms|reminder_1|US|third_party"]]
    assert card["size"][0] == "GSM-7"
    assert card["size"][2] <= 4
    rules = [data["lines"][number][0] for number in card["owed"]]
    assert rules == ["HOUSE-SENDER-1", "HOUSE-RELATION-1", "US-DISC-1", "US-DISC-2"]
    voice = data["cards"][data["shown"]["zh-CN|voice|reminder_1|CN|creditor"]]
    assert len(voice["parts"]) == 2


def test_as_json_each_message_is_one_object(run: Run) -> None:
    messages = json.loads(run("templates", "preview", "--json").out)
    assert len(messages) == 5040
    sms = next(each for each in messages if each["channel"] == "sms" and each["locale"] == "zh-CN")
    assert sms["sms"]["encoding"] == "UCS-2"
    assert {each["channel"] for each in messages} == {channel.value for channel in Channel}


def test_a_page_that_cannot_be_written_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = run("templates", "preview", "--out", str(tmp_path / "file" / "page.html"))
    assert (ran.code, ran.out) == (2, "")
    assert "cannot be written" in ran.err


def test_a_check_of_what_we_ship_finds_nothing(run: Run) -> None:
    ran = run("templates", "check")
    assert (ran.code, ran.out) == (0, "5,040 messages looked over, 0 problems\n")


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("en/reminder_1.sms.j2", "Hello", "Pay or be arrested", "en/reminder_1.sms.j2:1 US-CONTENT-ARREST"),
        ("en/reminder_1.email.j2", "{{ name }}", "{{ nmae }}", "'nmae' is undefined"),
        ("zh-CN/disclosures.yaml", "本信息来自收债机构。", "尽快全额付清，立即还清。", "CN-CONTENT-DEADLINE"),
        ("en/disclosures.yaml", "This communication is from a debt collector.", "x " * 300, "SMS parts; 4 at most"),
    ],
)
def test_a_check_tells_each_problem_on_a_line_and_ends_with_one(
    run: Run, templates: Path, file: str, old: str, new: str, says: str
) -> None:
    spoil(templates / file, old, new)
    ran = run("templates", "check")
    assert ran.code == 1
    assert any(says in line for line in ran.out.splitlines()), ran.out
    as_json = run("templates", "check", "--json")
    assert as_json.code == 1
    assert any(says in problem for problem in json.loads(as_json.out)["problems"])
