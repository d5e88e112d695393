"""`campaign report` as people and programs read it."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import Engine, update

from casedb import schema
from casedb.engine import writing
from tests.console.conftest import Run
from tests.domain.cases import GENTLE, STANDARD
from tests.support.experiment import DAY, STARTED, add_answer, add_complaint, add_experiment, add_words


@pytest.fixture
def over(sqlite_engine: Engine) -> Engine:
    """Forty people in each arm; four against twelve paid."""
    add_experiment(sqlite_engine, 40, paying={STANDARD.name: 4, GENTLE.name: 12})
    return sqlite_engine


def test_the_page_compares_with_intervals_and_says_what_cannot_be_said(
    run: Run, over: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMICABLE_MESSAGE_PRICES", "USD sms=0.0079")
    page = run("campaign", "report", "november", "--svg", str(tmp_path / "plot.svg"))
    assert page.code == 0
    for words in (
        "4: 10.0% (4.0% to 23.1%)",
        "12: 30.0% (18.1% to 45.4%)",
        "+20.0 (+2.3 to +36.6), p = 0.025",
        "wallet-gentle cures more people than wallet-standard, by 20.0 points; that is hardly chance",
        "people came into the arms by the weights (p = 1.000)",
        "64 people have an open case still",
        "USD 0.32  USD 0.0790  USD 0.0079 (USD 0.0079 to USD 0.0079)",
        "without action: no price set (AMICABLE_MESSAGE_PRICES)",
        "USD 1,200.66",
    ):
        assert words in page.out, words
    assert max(map(len, page.out.partition("people came")[0].splitlines())) <= 100
    drawn = ET.fromstring((tmp_path / "plot.svg").read_text())
    assert [each.text for each in drawn if each.tag.endswith("text")][1] == GENTLE.name


def test_a_program_gets_every_figure(run: Run, over: Engine) -> None:
    told = json.loads(run("campaign", "report", "november", "--detect", "5", "--json").out)
    assert (told["detect_points"], told["sample_ratio"]["mismatch"]) == (5.0, False)
    champion, challenger = told["arms"]
    assert (champion["people"], champion["cured"], challenger["cured"]) == (40, 4, 12)
    assert challenger["contacts_per_cure"]["value"] == pytest.approx(40 / 12)
    assert challenger["money"]["USD"]["total_minor"] == 120_066
    (compared,) = told["comparisons"]
    assert compared["cure"]["p"] == pytest.approx(0.0253, abs=1e-4)
    assert compared["money"]["USD"]["by"] == pytest.approx((120_066 - 40_006) / 40)


def report_of(run: Run) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Champion, challenger, and what was compared."""
    told = json.loads(run("campaign", "report", "november", "--json").out)
    (champion, challenger), (compared,) = told["arms"], told["comparisons"]
    return champion, challenger, compared


def test_a_text_costs_as_much_as_its_parts(run: Run, over: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    unpriced, _, nothing = report_of(run)
    assert (unpriced["cost_micros"], unpriced["cost"], unpriced["sms_parts"]) == (None, None, None)
    assert (unpriced["messages"], unpriced["actions"], nothing["cost"]) == ({"sms": 40}, 320, None)
    page = run("campaign", "report", "november").out
    assert "no price set (AMICABLE_MESSAGE_PRICES)" in page
    assert "Cost per person" not in page
    monkeypatch.setenv("AMICABLE_MESSAGE_PRICES", "USD sms=0.0079")
    with writing(over) as connection:
        add_words(connection, f"A-{STANDARD.name}-0", "a" * 161, minutes=0)
        add_words(connection, f"A-{STANDARD.name}-1", "a" * 160, minutes=0)
    champion, challenger, _ = report_of(run)
    assert (champion["messages"], champion["sms_parts"], champion["cost_micros"]) == ({"sms": 40}, 41, 41 * 7_900)
    assert (challenger["sms_parts"], challenger["cost_micros"]) == (40, 40 * 7_900)
    assert "sms 40 in 41 parts" in run("campaign", "report", "november").out


def test_cost_is_compared_by_person_with_actions_and_answers_and_what_did_not_arrive(
    run: Run, over: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMICABLE_MESSAGE_PRICES", "USD sms=0.01 email=0.002 action=0.0001")
    with writing(over) as connection:
        for number in range(20):
            who = f"{GENTLE.name}-{number}"
            add_words(connection, f"A-{who}", "a text", minutes=0)
            moved = update(schema.touch).where(schema.touch.c.account_id == f"A-{who}")
            connection.execute(moved.values(channel="email", undelivered_by="sms"))
        who = f"{GENTLE.name}-39"
        add_answer(connection, f"A-{who}", f"P-{who}", "R-1", "a" * 161, at=STARTED + 2 * DAY)
    champion, challenger, compared = report_of(run)
    assert (champion["messages"], champion["actions"], champion["without_price"]) == ({"sms": 40}, 320, [])
    assert champion["cost_micros"] == 40 * 10_000 + 320 * 100
    assert (challenger["messages"], challenger["sms_parts"]) == ({"email": 20, "sms": 41}, 42)
    assert challenger["actions"] == 320 + 2, "an answer has a workflow with an activity"
    assert challenger["contacts"] == 40, "a person heard of us once, by whichever channel"
    assert challenger["cost_micros"] == 42 * 10_000 + 20 * 2_000 + 322 * 100
    cost = challenger["cost"]
    assert (cost["people"], cost["mean_micros"]) == (40, challenger["cost_micros"] / 40)
    assert cost["interval_micros"]["low"] < cost["mean_micros"] < cost["interval_micros"]["high"]
    assert compared["cost"]["by"] == pytest.approx((challenger["cost_micros"] - champion["cost_micros"]) / 40)
    page = run("campaign", "report", "november").out
    assert "Cost per person against wallet-standard" in page
    assert "USD +0.0015 (" in page
    assert "without" not in page
    assert max(map(len, page.partition("people came")[0].splitlines())) <= 100


def test_complaints_and_opt_outs_are_compared_by_people(run: Run, over: Engine) -> None:
    with writing(over) as connection:
        for number in range(30, 38):
            add_complaint(connection, f"P-{GENTLE.name}-{number}")
        add_complaint(connection, f"P-{STANDARD.name}-30")
    champion, challenger, compared = report_of(run)
    assert (champion["complained"], challenger["complained"]) == (1, 8)
    assert compared["complaints"]["by"] == pytest.approx(7 / 40)
    assert compared["complaints"]["interval"]["low"] > 0
    assert compared["complaints"]["p"] < 0.05
    assert (compared["opt_outs"]["by"], compared["opt_outs"]["p"]) == (0.0, 1.0)
    page = run("campaign", "report", "november").out
    assert "Complaints and opt-outs per 100 people against wallet-standard" in page
    assert "+17.5 (+3.4 to +32.4), p = 0.029" in page
    assert "+0.0 (-8.8 to +8.8), p = 1.000" in page


def test_few_people_are_called_few(run: Run, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMICABLE_MESSAGE_PRICES", "USD sms=0.0079")
    add_experiment(sqlite_engine, 3, paying={STANDARD.name: 1, GENTLE.name: 2})
    page = run("campaign", "report", "november").out
    assert "too few people to tell wallet-gentle from wallet-standard: a difference of 3.0 points" in page
    assert "too few people to tell whether they came into the arms by the weights" in page
    assert page.count("(too few people for an interval)") == 4, "money and cost of each arm"
    assert "too few people: it takes 30 in each arm" in page


def test_what_cannot_be_reported_is_told_in_one_line(run: Run, over: Engine, tmp_path: Path) -> None:
    for command, why in (
        (("nothing",), "campaign nothing is not known"),
        (("november", "--svg", str(tmp_path)), "cannot be written"),
        (("november", "--detect", "0"), "see python starter.py campaign report --help"),
    ):
        told = run("campaign", "report", *command)
        assert (told.code, why in told.err, told.err.count("\n")) == (2, True, 1), told.err


@pytest.mark.parametrize(
    ("split", "why"),
    [
        (["wallet-standard"], "is not STRATEGY=WEIGHT"),
        (["wallet-standard=50"], "2 to 10 arms"),
        (["wallet-standard=50", "wallet-standard=50"], "arms must differ"),
        (["wallet-standard=50", "wallet-kind=50"], "is not in config/strategies"),
        (["wallet-standard=50", "wallet-gentle=0"], "weight of wallet-gentle"),
    ],
)
def test_a_split_that_is_none_is_refused_before_anything_is_chosen(run: Run, split: list[str], why: str) -> None:
    told = run("campaign", "start", "--name", "x", *(part for each in split for part in ("--split", each)))
    assert (told.code, why in told.err) == (2, True), told.err
