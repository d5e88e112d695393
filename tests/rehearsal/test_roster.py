"""The example's roster fits the example's book, and a wrong one is refused with its mistake."""

import csv
from itertools import chain
from pathlib import Path

import pytest

from casedb.standing import AccountOnBook, PersonOnBook
from config.roles import load_roles
from domain.authority import StaffRole
from domain.errors import ConfigurationError
from rehearsal.demo import BOOK, ROSTER
from rehearsal.roster import LineFault, load_roster, sandbox_borrower, sandbox_fault
from sandbox.borrowers import Borrower
from sandbox.faults import Fault

EXAMPLES = BOOK.parent / "strategies"

PERSON = PersonOnBook(
    person_id="P-1",
    full_name="Li Na",
    locale="zh-CN",
    jurisdiction="UK",
    zones=("Europe/London",),
    addresses=(("sms", "+447700900136"), ("email", "li.na@example.org")),
    accounts=(
        AccountOnBook(
            account_id="A-1",
            person_id="P-1",
            product="pay_later",
            currency="GBP",
            zone="Europe/London",
            balance_minor=100,
        ),
    ),
)


def test_the_examples_roster_names_only_people_of_the_book_and_scripts_of_the_sandbox() -> None:
    with BOOK.open(encoding="utf-8", newline="") as stream:
        people = {row["person_id"] for row in csv.DictReader(stream)}

    roster = load_roster(ROSTER)

    assert roster.borrowers.keys() | roster.approvers.keys() | {fault.person for fault in roster.faults} <= people
    assert {*chain(*roster.strategies.values()), *roster.desk.not_of} <= people
    assert roster.strategies.keys() <= {path.stem for path in EXAMPLES.glob("*.yaml")}
    authority = load_roles()
    for role, person in roster.desk.roles.items():
        assert StaffRole(role) in authority.people[person]
    assert (roster.strategy_of("P-1015"), roster.strategy_of("P-1001")) == ("wallet-bureau", None)
    for script in roster.borrowers.values():
        Borrower.model_validate(sandbox_borrower(PERSON, script, seed=1))


def test_a_person_of_the_book_becomes_a_borrower_who_reads_his_own_language() -> None:
    borrower = Borrower.model_validate(sandbox_borrower(PERSON, "never_answers", seed=3))

    assert (borrower.country, borrower.language, borrower.seed) == ("GB", "zh", 3)
    assert borrower.phones == ("+447700900136",)
    assert borrower.emails == ("li.na@example.org",)


def test_a_line_fails_where_the_person_is_reached_and_nowhere_else() -> None:
    fault = sandbox_fault(LineFault(person="P-1", channel="email", kind="answer_lost"), PERSON)

    assert fault is not None
    assert Fault.model_validate(fault).match == "li.na@example.org"


def test_a_country_that_the_sandbox_does_not_play_is_refused() -> None:
    abroad = PersonOnBook(
        person_id="P-2",
        full_name="Ada",
        locale="en",
        jurisdiction="FR",
        zones=("Europe/Paris",),
        addresses=(),
        accounts=(),
    )

    with pytest.raises(ConfigurationError, match="plays nobody of FR"):
        sandbox_borrower(abroad, "never_answers", seed=1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("approver: {says: perhaps}", "approver.says"),
        ("faults: [{person: P-1, channel: sms, kind: gremlins}]", r"faults\.0\.kind"),
        ("borowers: {}", "borowers"),
        ("borrowers:\n  P-1: never_answers\n  P-1: pays_after_first", "P-1 stands twice"),
        ("desk: {roles: [owner-1]}", r"desk\.roles"),
        ("borrowers: [", "cannot be read"),
    ],
)
def test_a_wrong_roster_names_its_mistake(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "roster.yaml"
    path.write_text(text)

    with pytest.raises(ConfigurationError, match=says):
        load_roster(path)
