"""`campaign preview`: it tells who, what, when and how much, names nobody, and leaves no trace."""

import hashlib
import json
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from activities.previewing import Previewer
from activities.registry import create_adapters
from config.messages import MessageRenderer
from config.rules import load_rules
from console.asked_accounts import Asked
from console.campaign_preview import PreviewRequest, preview_campaign
from console.session import session
from domain.calendar import local_date
from domain.experiments.assignment import Arm, arm_of
from tests.casedb.books import SOUND, row, write_book
from tests.console.conftest import Run
from tests.domain.cases import GENTLE, STANDARD

DAY = 86_400


@pytest.fixture
def book(run: Run, tmp_path: Path) -> Path:
    """Four people who owe: one 5 days past due, one 40, one in CNY, one cents; days are those of where they live."""
    today = local_date(datetime.now(UTC), SOUND["time_zone"])

    def due(days: int) -> dict[str, str]:
        return {"as_of": today.isoformat(), "due_date": (today - timedelta(days=days)).isoformat()}

    rows = (
        row(**due(5), segment="prime"),
        row(**due(40), account_id="A-2", person_id="P-2", phone="+14045550103", email="b@example.com"),
        row(**due(5), account_id="A-3", person_id="P-3", currency="CNY", phone="+14045550104", email="c@example.com"),
        row(
            **due(5), account_id="A-4", person_id="P-4", principal="0.50", interest="0", fees="0", email="d@example.com"
        ),
    )
    assert run("import", str(write_book(tmp_path / "book.csv", *rows))).code == 0
    return tmp_path / "cases.db"


def digest(database: Path) -> str:
    return hashlib.sha256(database.read_bytes()).hexdigest()


def test_a_preview_counts_renders_and_reckons_and_records_nothing(run: Run, book: Path, tmp_path: Path) -> None:
    before = digest(book)
    told = json.loads(run("campaign", "preview", "--json", "--write", str(tmp_path / "who.csv")).out)
    assert (told["members"], told["excluded"]) == (3, {"immaterial": 1})
    assert told["owed_minor"] == {"USD": 21_500, "CNY": 10_750}
    assert told["excluded_minor"] == {"immaterial": {"USD": 50}}
    sample = told["sample"]
    assert sum(sample["first_send_times"].values()) == sample["accounts"] == 3
    assert {each["template"] for each in sample["first_messages"]} == {"reminder_2", "reminder_3"}
    assert all("Alex Example" in each["body"] and "Ref: " in each["body"] for each in sample["first_messages"])
    estimate = told["estimate"]
    assert sum(estimate["messages_if_nobody_pays"].values()) == 9 + 5 + 9
    assert estimate["billable_actions_if_nobody_pays"] == 3 * 4 + 2 * 23 + 3 * 3
    who = (tmp_path / "who.csv").read_text().splitlines()
    assert who[1] == "A-1,enrol,,"
    assert who[4].startswith("A-4,leave_out,immaterial,less than the USD 1.00")
    assert digest(book) == before


def test_the_page_names_nobody_and_fits_a_terminal(run: Run, book: Path) -> None:
    page = run("campaign", "preview").out
    for words in ("Campaign preview", "3 accounts that owe CNY 107.50, USD 215.00", "Left out", "Estimated cost"):
        assert words in page
    assert "about 67 billable actions" in page
    assert "about, to a person's decision, if nobody pays or answers" in page
    assert "Denise" not in page
    assert "+1404" not in page
    assert max(map(len, page.splitlines())) <= 100


def test_each_time_that_a_first_message_is_put_off_costs_a_timer_and_a_contact_more(
    run: Run, book: Path, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    owes = {"as_of": today.isoformat(), "due_date": (today - timedelta(days=5)).isoformat()}
    hawaii = row(**owes, account_id="A-5", person_id="P-5", phone="+18085550105", email="e@example.com")
    assert run("import", str(write_book(tmp_path / "hawaii.csv", hawaii))).code == 0
    morning = datetime.combine(today, time(12), UTC)
    with session() as opened:
        settings, rules = opened.settings, load_rules(opened.settings)
        renderer = MessageRenderer(settings.templates_dir, rules.template_names)
        previewer = Previewer.of(settings, opened.engine, rules, renderer, create_adapters(settings))
        at_once, later = (previewer.first_contact(each, STANDARD, morning) for each in ("A-1", "A-5"))
    assert (at_once.times_put_off, at_once.actions) == (0, at_once.forecast.actions)
    assert (later.held_back_by, later.times_put_off) == ("US-TIME-2", 1)
    assert later.at is not None
    assert later.actions == at_once.actions + 2


def test_it_says_what_that_costs_where_prices_are_set_and_what_has_none(
    run: Run, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = run("campaign", "preview").out
    assert page.count("no price set (AMICABLE_MESSAGE_PRICES)") == 3
    assert "in all" not in page
    nothing = json.loads(run("campaign", "preview", "--json").out)["estimate"]["cost"]
    assert (nothing["currency"], nothing["whole_if_nobody_pays"]["micros"]) == (None, None)
    assert "action" in nothing["whole_if_nobody_pays"]["without_price"]

    monkeypatch.setenv("AMICABLE_MESSAGE_PRICES", "USD sms=0.01 action=0.0001")
    told = json.loads(run("campaign", "preview", "--json").out)
    estimate, cost = told["estimate"], told["estimate"]["cost"]
    texts, parts = estimate["first_messages"]["sms"], estimate["first_sms_parts"]
    assert parts == sum(each["sms_parts"] * each["count"] for each in told["sample"]["first_messages"]) > texts
    assert cost["first_messages"]["micros"] == parts * 10_000
    planned = round(estimate["messages_if_nobody_pays"]["sms"] * parts / texts)
    assert estimate["sms_parts_if_nobody_pays"] == planned
    assert cost["messages_if_nobody_pays"] == {"micros": planned * 10_000, "without_price": ["email"]}
    assert cost["actions_if_nobody_pays"]["micros"] == estimate["billable_actions_if_nobody_pays"] * 100
    whole = planned * 10_000 + estimate["billable_actions_if_nobody_pays"] * 100
    assert cost["whole_if_nobody_pays"] == {"micros": whole, "without_price": ["email"]}
    page = run("campaign", "preview").out
    assert f"USD {whole / 1_000_000:,.2f}, without email (no price)" in page
    assert f"in {planned:,} parts" in page
    assert max(map(len, page.splitlines())) <= 100


def test_filters_and_a_sample_narrow_it_down(run: Run, book: Path) -> None:
    def members(*filters: str) -> int:
        return int(json.loads(run("campaign", "preview", "--json", *filters).out)["members"])

    assert members("--segment", "prime") == 1
    assert members("--dpd", "30-") == 1
    assert members("--currency", "usd", "--balance", "-107.50") == 2
    assert members("--jurisdiction", "US", "--where", "not dpd = 40 and currency != 'CNY'") == 1
    told = json.loads(run("campaign", "preview", "--json", "--sample", "1").out)
    assert (told["members"], told["sample"]["accounts"], told["sample"]["each_stands_for"]) == (3, 1, 3.0)
    assert sum(told["estimate"]["first_messages"].values()) == 3


def test_a_pace_is_that_of_a_start_and_the_page_says_how_long_it_takes(run: Run, book: Path) -> None:
    usual = json.loads(run("campaign", "preview", "--json").out)
    assert (usual["starts_per_second"], usual["starting_seconds"]) == (50.0, 0.1)
    page = run("campaign", "preview", "--rate", "0.5").out
    assert "within two minutes at 0.5 a second" in page
    told = json.loads(run("campaign", "preview", "--json", "--rate", "0.1").out)
    assert (told["starts_per_second"], told["starting_seconds"]) == (0.1, 30.0)


def test_first_messages_are_reckoned_from_when_their_cases_start(
    run: Run, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = PreviewRequest(
        asked=Asked(), strategy=STANDARD.name, spread_minutes=0, starts_per_second=1 / DAY, sample=500, write=None
    )
    assert preview_campaign(slow, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    days = sorted(date.fromisoformat(when[:10]) for when in told["sample"]["first_send_times"])
    assert days[-1] - days[0] >= timedelta(days=2), "the third case starts two days after the first"
    assert preview_campaign(slow, as_json=False) == 0
    assert "over about 3 days at 1.15741e-05 a second; longer where workers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--dpd", "sixty"), "--dpd 'sixty' is no range"),
        (("--dpd", "60-30"), "goes backwards"),
        (("--balance", "10-20"), "name exactly one"),
        (("--where", "name = 'x'"), "no field of an account"),
        (("--ids", "nowhere.csv"), "cannot be read"),
        (("--strategy", "harsh"), "strategy 'harsh' is not in config/strategies"),
        (("--write", "no/such/place.csv"), "cannot be written"),
    ],
)
def test_what_cannot_be_understood_is_one_line(run: Run, arguments: tuple[str, ...], told: str) -> None:
    ran = run("campaign", "preview", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert told in ran.err


SPLIT = ("--split", "wallet-standard=50", "--split", "wallet-gentle=50")


def test_a_split_is_previewed_arm_by_arm_as_the_start_of_that_name_will_assign(
    run: Run, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMICABLE_MESSAGE_PRICES", "USD sms=0.01 action=0.0001")
    told = json.loads(run("campaign", "preview", "--json", "--name", "November!", *SPLIT).out)
    arms = tuple(
        Arm(name=each.name, strategy=each.name, version=each.version, weight=50) for each in (STANDARD, GENTLE)
    )
    expected = Counter(arm_of(f"P-{number}", arms, salt="november").name for number in (1, 2, 3))
    assert told["members_by_arm"] == {arm.name: expected[arm.name] for arm in arms}
    assert told["strategy"] == "wallet-standard 50%, wallet-gentle 50%"
    sides, whole = told["arms"], told["estimate"]
    assert [(each["arm"], each["members"], each["sample"]) for each in sides] == [
        (arm.name, expected[arm.name], expected[arm.name]) for arm in arms
    ]
    for figure in ("first_messages", "messages_if_nobody_pays"):
        assert sum((Counter(each["estimate"][figure]) for each in sides), Counter()) == Counter(whole[figure])
    spent = [each["estimate"]["cost"]["actions_if_nobody_pays"]["micros"] or 0 for each in sides]
    assert sum(spent) == whole["cost"]["actions_if_nobody_pays"]["micros"]
    for each in told["sample"]["first_messages"]:
        assert sum(each["by_arm"].values()) == each["count"]


def test_the_page_of_a_split_shows_its_arms_side_by_side(run: Run, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = run("campaign", "preview", "--name", "November!", *SPLIT).out
    table = page.partition("Arms\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in table.splitlines()] == ["arm", "wallet-standard", "wallet-gentle"]
    assert "cost in all" not in table
    assert "in en for US, 2 SMS parts: wallet-standard " in page
    assert max(map(len, page.splitlines())) <= 100
    monkeypatch.setenv("AMICABLE_MESSAGE_PRICES", "USD sms=0.01 email=0.001 action=0.0001")
    assert "cost in all" in run("campaign", "preview", *SPLIT).out
    assert "none of the sample is in it" in run("campaign", "preview", "--sample", "1", *SPLIT).out
    alone = run("campaign", "preview").out
    assert "Arms" not in alone
    assert "in en for US: 1 account\n" in alone
