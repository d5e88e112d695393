"""`compliance check` and `compliance explain` as a person and a program run them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from casedb import schema
from casedb.engine import writing
from tests.casedb.people import add_account, add_person
from tests.console.conftest import Run
from tests.domain.compliance.acts import NOONS

GOLDEN = Path(__file__).parents[1] / "domain" / "compliance" / "golden_public.jsonl"


def case(case_id: str, *, expect: dict[str, Any] | None = None, **given: Any) -> str:
    """A line: a call to a person in New York on a Wednesday at noon, but for what is given."""
    facts = {
        "role": "third_party",
        "zones": [{"tz": "America/New_York", "basis": "address"}],
        "proposed_utc": NOONS["US"],
        "channel": "call",
        "recipient": "consumer",
        "purpose": "collect",
        "debt_ids": ["D1"],
        **given,
    }
    line: dict[str, Any] = {"id": case_id, "kind": "contact", "jurisdiction": "US", "given": facts}
    return json.dumps(line | ({"expect": expect} if expect else {}))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cases.jsonl"


def test_every_worked_case_matches(run: Run) -> None:
    ran = run("compliance", "check", "--cases", str(GOLDEN), "--expect")
    assert (ran.code, ran.out, ran.err) == (0, "208 matched, 0 mismatched\n", "")


def test_without_expectations_every_case_is_one_line(run: Run, file: Path) -> None:
    file.write_text(
        "\n".join(
            [
                case("noon"),
                "",
                case("night", proposed_utc="2026-06-03T03:00:00Z"),
                case("dead", flags={"deceased": True, "mood": "sad"}),
                case("words", channel="sms", history=[_wrote("the interest should stop")]),
            ]
        ),
        encoding="utf-8",
    )
    ran = run("compliance", "check", "--cases", str(file))
    assert (ran.code, ran.err) == (0, "")
    noon, night, dead, words = (json.loads(line) for line in ran.out.splitlines())
    assert noon == {
        "id": "noon",
        "decision": "allow",
        "until": None,
        "rule": "",
        "fired": [],
        "why": "no rule forbids it",
    }
    assert (night["decision"], night["until"], night["rule"]) == ("defer", "2026-06-03T12:00:00Z", "US-TIME-1")
    assert (night["fired"], night["override_allowed"]) == (["US-TIME-1"], False)
    assert (dead["decision"], dead["until"], dead["fired"]) == ("deny", None, ["US-DECEASED-1"])
    assert dead["ignored"] == ["mood"], "a flag that nobody knows is told, as no rule asked for it"
    assert (words["decision"], words["warn"]) == ("allow", ["HUMAN_REVIEW", "US-MEDIA-1", "US-TCPA-2"])


def _wrote(text: str) -> dict[str, Any]:
    entry = {"channel": "sms", "dir": "in", "outcome": "received", "debt_ids": ["D1"], "text": text}
    return entry | {"utc": "2026-06-01T15:00:00Z"}


def test_a_verdict_that_differs_is_told_and_ends_with_one(run: Run, file: Path) -> None:
    until = {"decision": "defer", "rule": "US-TIME-1", "until": "2026-06-03T12:00:00Z"}
    lines = [
        case("right", proposed_utc="2026-06-03T03:00:00Z", expect=until),
        case("late", proposed_utc="2026-06-03T03:00:00Z", expect=until | {"until": "2026-06-03T13:00:00Z"}),
        case("other", flags={"deceased": True}, expect={"decision": "deny", "rule": "US-BK-1"}),
        case("unwarned", expect={"decision": "allow", "rule": "US-TIME-1", "warn": ["US-FREQ-4"]}),
        "{",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    ran = run("compliance", "check", "--cases", str(file), "--expect")
    assert ran.code == 1, "a mismatch outranks a bad line"
    assert "late: until is 2026-06-03T12:00:00Z, not 2026-06-03T13:00:00Z" in ran.out
    assert "other: US-BK-1 did not fire, but US-DECEASED-1" in ran.out
    assert "unwarned: no warning US-FREQ-4" in ran.out
    assert ran.out.endswith("1 matched, 3 mismatched\n")
    assert ran.err.startswith("line 5: not a JSON object: ")
    in_json = run("compliance", "check", "--cases", str(file), "--expect", "--json")
    assert in_json.code == 1
    assert [bool(json.loads(line).get("mismatch")) for line in in_json.out.splitlines()] == [False, True, True, True]
    assert in_json.err.endswith("1 matched, 3 mismatched\n")


BAD = [
    ("[]", "the line: must be keys with values"),
    ('{"id": "x"}', "kind: is missing; jurisdiction: is missing; given: is missing"),
    (case("x", zones=[{"tz": "Mars/Base"}]), "given.zones.0.tz: time zone 'Mars/Base' is not an IANA name"),
    (case("x", proposed_utc="2026-06-03T12:00:00"), "given.proposed_utc: instant 2026-06-03T12:00:00 has no zone"),
    (case("x", channel="pigeon"), "given.channel: must be 'call', "),
    (case("x", flags={"deceased": "perhaps"}), "deceased: must be a valid boolean"),
    (case("x", address={"type": "cave"}), "type: must be 'landline_home', "),
]


@pytest.mark.parametrize(("line", "told"), BAD)
def test_a_line_that_is_no_case_is_told_by_number_and_the_others_still_run(
    run: Run, file: Path, line: str, told: str
) -> None:
    file.write_text(f"{line}\n{case('good')}\n", encoding="utf-8")
    ran = run("compliance", "check", "--cases", str(file))
    assert ran.code == 2
    assert ran.err.startswith("line 1: ")
    assert told in ran.err
    assert json.loads(ran.out)["id"] == "good"


def test_a_file_that_is_not_there_is_one_sentence(run: Run, tmp_path: Path) -> None:
    ran = run("compliance", "check", "--cases", str(tmp_path / "none.jsonl"))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith("none.jsonl cannot be read: No such file or directory\n")


def test_a_line_that_is_no_text_is_one_sentence_and_the_others_run(run: Run, file: Path) -> None:
    file.write_bytes(b"\xff\xfe\n" + case("good").encode())
    ran = run("compliance", "check", "--cases", str(file))
    assert ran.code == 2
    assert ran.err == "line 1: it is no UTF-8 text\n"
    assert json.loads(ran.out)["id"] == "good"


def test_the_mark_that_some_editors_put_first_is_no_part_of_the_first_line(run: Run, file: Path) -> None:
    file.write_text(case("good"), encoding="utf-8-sig")
    ran = run("compliance", "check", "--cases", str(file))
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["id"] == "good"


def test_a_deferral_without_a_stated_instant_asserts_none(run: Run, file: Path) -> None:
    """What a case does not state, it does not ask for (regulation rules, section 2)."""
    expect = {"decision": "defer", "rule": "US-TIME-1"}
    file.write_text(case("night", proposed_utc="2026-06-03T03:00:00Z", expect=expect), encoding="utf-8")
    ran = run("compliance", "check", "--cases", str(file), "--expect")
    assert (ran.code, ran.out) == (0, "1 matched, 0 mismatched\n")


@pytest.fixture
def account(sqlite_engine: Engine) -> Engine:
    """An account of a person with a number for texts and none for letters."""
    with writing(sqlite_engine) as connection:
        add_person(connection, "p", phone="+15550100")
        add_account(connection, "a", "p", balance_minor=100)
    return sqlite_engine


def _sent(engine: Engine, *instants: datetime) -> None:
    with writing(engine) as connection:
        connection.execute(
            insert(schema.case).values(
                case_id="a-1",
                account_id="a",
                person_id="p",
                strategy="wallet-standard",
                strategy_version="1",
                stage="reminder",
                opened_at=instants[0],
                opening_balance_minor=100,
                decisions=0,
            )
        )
        for number, at in enumerate(instants):
            connection.execute(
                insert(schema.touch).values(
                    touch_id=f"t-{number}",
                    case_id="a-1",
                    touch_key=f"reminder/{number}",
                    account_id="a",
                    person_id="p",
                    channel="sms",
                    contact_point_id="p:sms:1",
                    reference=f"r-{number}",
                    template="reminder_1",
                    status="sent",
                    at=at,
                    attempted_at=at,
                    provider="twilio",
                    delivery="none",
                    balance_minor=100,
                    code="",
                )
            )


def test_explain_says_yes_with_the_versions_it_went_by(run: Run, account: Engine) -> None:
    ran = run("compliance", "explain", "a", "--at", NOONS["US"], "--channel", "sms", "--json")
    assert ran.code == 0
    told = json.loads(ran.out)
    (answer,) = told["answers"]
    assert (answer["decision"], answer["fired"], answer["contact_point_id"]) == ("allow", [], "p:sms:1")
    assert answer["profile"].startswith("US@")
    assert answer["tzdata"]
    assert (told["account_id"], told["at"]) == ("a", "2026-06-03T16:00:00+00:00")


def test_explain_tells_every_rule_that_fired_and_the_one_that_decided(run: Run, account: Engine) -> None:
    noon = datetime.fromisoformat(NOONS["US"])
    _sent(account, *(noon - timedelta(days=days) for days in (1, 2, 3)))
    told = json.loads(run("compliance", "explain", "a", "--at", "2026-06-03T03:00:00Z", "--json").out)
    (answer,) = told["answers"]
    assert (answer["decision"], answer["rule"]) == ("defer", "HOUSE-CAP-1")
    assert answer["until"] == "2026-06-07T12:00:00+00:00", "a week from the first, and then the morning"
    assert {each["rule"] for each in answer["fired"]} == {"US-TIME-1", "HOUSE-CAP-1"}
    hours = next(each for each in answer["fired"] if each["rule"] == "US-TIME-1")
    assert (hours["effect"], hours["class"]) == ("defer", "hard")
    assert "12 CFR 1006.6(b)(1)(i)" in hours["citation"]
    shown = run("compliance", "explain", "a", "--at", "2026-06-03T03:00:00Z")
    assert "no, not before 2026-06-07 08:00" in shown.out
    assert "US-TIME-1" in shown.out


def test_explain_answers_for_a_channel_without_an_address(run: Run, account: Engine) -> None:
    shown = run("compliance", "explain", "a", "--at", "2026-06-03T03:00:00Z", "--channel", "letter")
    assert shown.code == 0
    assert "none that can be used for letter" in shown.out
    assert "the law allows it, but there is no address" in shown.out
    assert "no rule forbids it" in shown.out


def test_explain_calls_nobody_with_a_recorded_voice_without_a_permission(run: Run, account: Engine) -> None:
    told = json.loads(run("compliance", "explain", "a", "--at", NOONS["US"], "--channel", "voice", "--json").out)
    assert (told["answers"][0]["decision"], told["answers"][0]["rule"]) == ("deny", "US-TCPA-1")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nobody",), "account nobody is not in the case database"),
        (("a", "--at", "noon"), "--at 'noon' is not an instant with a zone"),
        (("a", "--at", "2026-06-03T12:00"), "is not an instant with a zone, such as 2026-06-03T15:00Z"),
    ],
)
def test_explain_refuses_in_one_sentence(run: Run, account: Engine, arguments: tuple[str, ...], told: str) -> None:
    ran = run("compliance", "explain", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


@pytest.mark.parametrize("command", ["check", "explain"])
def test_help_has_an_example(run: Run, command: str) -> None:
    assert f"Example: python starter.py compliance {command}" in run("compliance", command, "--help").out
