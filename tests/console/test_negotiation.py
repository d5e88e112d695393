"""`promise`, `plan` and `relief` as people and programs run them; wrong input is one line and exit code 2."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from casedb import agreements, schema
from casedb.engine import reading, writing
from casedb.ledger import Entry, find_account, post
from domain.agreements import PlanState, PromiseState
from domain.case import CaseState
from domain.events import Instalment
from domain.vocabulary import LedgerKind
from tests.casedb.debts import add_case
from tests.casedb.people import NOW, add_account, add_person
from tests.console.conftest import Ran, Run
from tests.domain.cases import a_case

SOON = (datetime.now(UTC).date() + timedelta(days=10)).isoformat()


@pytest.fixture
def owing(sqlite_engine: Engine) -> Engine:
    """100 dollars owed, 10 of them fees."""
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
        add_case(connection, person_id="P-1")
        for kind, amount in ((LedgerKind.CHARGE, 9_000), (LedgerKind.FEE, 1_000)):
            standing = find_account(connection, "A-1", lock=True)
            assert standing is not None
            entry = Entry(entry_id=kind.value, kind=kind, amount_minor=amount, at=NOW)
            post(connection, standing, entry, recorded_at=NOW)
    return sqlite_engine


def refused(ran: Ran) -> str:
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran
    return ran.err.strip()


def test_the_plans_on_offer_sum_to_the_debt_and_avoid_weekends_and_holidays(run: Run, owing: Engine) -> None:
    told = json.loads(run("plan", "options", "A-1", "--json").out)
    assert [each["count"] for each in told["options"]] == [2, 3, 4, 5, 6]
    for option in told["options"]:
        assert option["total_minor"] == 10_000
        days = [date.fromisoformat(each["due_on"]) for each in option["instalments"]]
        assert all(day.isoweekday() < 6 and (day.month, day.day) not in {(1, 1), (7, 4), (12, 25)} for day in days)
    page = run("plan", "options", "A-1").out
    assert "A-1, which owes USD 100.00" in page
    assert max(map(len, page.splitlines())) <= 100


def test_relief_within_the_limit_stands_and_above_it_waits_for_another_person(run: Run, owing: Engine) -> None:
    propose = ("relief", "propose", "A-1", "--kind", "settlement", "--amount", "70.00", "--until", SOON)
    waiting = run(*propose, "--by", "lead-1")
    assert waiting.code == 0
    assert "is above the limit of lead-1: another person must approve it" in waiting.out
    alone = json.loads(run(*propose, "--by", "owner-1", "--json").out)
    assert (alone["relief_id"], alone["status"], alone["residual"]) == ("A-1-r2", "offered", "waived_when_settled")
    listed = json.loads(run("relief", "list", "--status", "proposed", "--json").out)
    assert [each["relief_id"] for each in listed] == ["A-1-r1"]
    [asked] = json.loads(run("approvals", "list", "--json").out)["approvals"]
    assert (asked["approval_id"], asked["about"], asked["status"]) == ("A-1-r1", "settlement", "requested")


def test_a_second_person_approves_in_the_one_list_of_approvals(run: Run, owing: Engine) -> None:
    run("relief", "propose", "A-1", "--kind", "settlement", "--amount", "70.00", "--until", SOON, "--by", "lead-1")
    approve = ("approvals", "approve", "A-1-r1", "--reason", "seen")
    assert "another person must" in refused(run(*approve, "--by", "lead-1"))
    assert "above the limit of agent-1 as well" in refused(run(*approve, "--by", "agent-1"))
    assert "it is offered now" in run(*approve, "--by", "owner-1").out
    assert "there is nothing to decide" in refused(run(*approve, "--by", "lead-2"))
    assert "settlement" in run("relief", "show", "A-1-r1").out


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--kind", "settlement", "--amount", "40.00", "--until", SOON), "between USD 50.00 and USD 99.99"),
        (("--kind", "settlement", "--amount", "70.00", "--until", "2020-01-01"), "must be paid between"),
        (("--kind", "settlement", "--until", SOON), "--amount is missing"),
        (("--kind", "fee_waiver", "--amount", "10.01"), "USD 10.00 of fees are owed"),
        (("--kind", "interest_waiver", "--amount", "1.00"), "USD 0.00 of interest are owed"),
        (("--kind", "deferral", "--until", "2020-01-01"), "a deferral must end between"),
        (("--kind", "deferral", "--amount", "5.00", "--until", SOON), "is not for a deferral"),
        (("--kind", "fee_waiver", "--amount", "a lot"), "is not a number"),
    ],
)
def test_relief_that_the_strategy_does_not_know_is_refused_in_a_line(
    run: Run, owing: Engine, given: tuple[str, ...], says: str
) -> None:
    assert says in refused(run("relief", "propose", "A-1", *given, "--by", "owner-1"))
    with reading(owing) as connection:
        assert connection.execute(select(schema.relief)).all() == []


def test_who_is_not_among_our_people_proposes_nothing(run: Run, owing: Engine) -> None:
    given = ("relief", "propose", "A-1", "--kind", "fee_waiver", "--amount", "1.00", "--by", "somebody")
    assert "not among the people" in refused(run(*given))


@pytest.mark.parametrize(
    "command",
    [
        ("promise", "make", "A-1", "--amount", "50.00", "--on", SOON),
        ("plan", "accept", "A-1", "--instalments", "3"),
        ("relief", "propose", "A-1", "--kind", "fee_waiver", "--amount", "1.00", "--by", "owner-1"),
    ],
)
def test_without_a_server_one_line_says_so(run: Run, owing: Engine, command: tuple[str, ...]) -> None:
    assert "127.0.0.1:1" in refused(run(*command))


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("plan", "accept", "A-1", "--instalments", "9"), "from 2 to 6 instalments are on offer"),
        (("plan", "options", "A-9"), "no account or case A-9"),
        (("promise", "make", "A-1", "--amount", "x", "--on", SOON), "is not a number"),
        (("promise", "make", "A-1", "--amount", "1.00", "--on", "soon"), "soon"),
        (("relief", "show", "nothing"), "relief nothing is not known"),
        (("relief", "accept", "nothing", "--by", "owner-1"), "relief nothing is not known"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(run: Run, owing: Engine, command: tuple[str, ...], says: str) -> None:
    assert says in refused(run(*command))


def of_the_case(**changes: object) -> CaseState:
    return a_case(case_id="A-1-1", account_id="A-1", **changes)


def test_promises_and_plans_are_listed_with_their_judgement(run: Run, owing: Engine) -> None:
    day = date(2026, 12, 1)
    promise = PromiseState(promise_id="p", amount_minor=5_000, due_on=day, made_at=NOW, baseline_minor=10_000)
    instalments = tuple(Instalment(due_on=day + timedelta(days=30 * n), amount_minor=5_000) for n in range(2))
    plan = PlanState(plan_id="pl", instalments=instalments, accepted_at=NOW, baseline_minor=10_000)
    for case in (of_the_case(promise=promise), of_the_case(plan=plan)):
        with writing(owing) as connection:
            agreements.record(connection, case, [], NOW)
    [listed] = json.loads(run("promise", "list", "A-1", "--json").out)
    assert (listed["agreed_as"], listed["judgement"], listed["amount_minor"]) == ("promise:p", "replaced", 5_000)
    page = run("plan", "list").out
    for words in ("pl", "USD 100.00", "2026-12-01 to 2026-12-31 (2)", "open"):
        assert words in " ".join(page.split())
    assert json.loads(run("plan", "list", "A-2", "--json").out) == []


@pytest.mark.parametrize("group", ["promise", "plan", "relief"])
def test_every_command_has_help_with_an_example(run: Run, group: str) -> None:
    from console import negotiation_commands

    for command in getattr(negotiation_commands, group).registered_commands:
        page = run(group, command.name or "", "--help").out
        assert f"Example: python starter.py {group} {command.name}" in " ".join(page.split())
        assert "--json" in page
