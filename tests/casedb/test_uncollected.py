"""Who may not be contacted is not collected, whoever asks for it; each says why."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, insert, update

from activities.enrolment import _enrolment
from casedb.campaigns import NewCampaign, create_campaign, page_of_members
from casedb.engine import open_engine, reading, writing
from casedb.people import shielded_by
from casedb.schema import obligation, person
from casedb.sweep import Candidate, page_of_book
from casedb.uncollected import Uncollected, find_uncollected
from domain.eligibility import Exclusion
from domain.vocabulary import Clock, MemberStatus
from tests.casedb.people import add_account, add_person

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
DUE = date(2026, 11, 1)


@pytest.fixture
def book(any_database: str) -> Iterator[Engine]:
    """Three people who owe alike: anybody, one who is restricted and one who was erased."""
    engine = open_engine(any_database)
    with writing(engine) as connection:
        for number in (1, 2, 3):
            add_person(connection, f"P-{number}")
            add_account(connection, f"A-{number}", f"P-{number}", balance_minor=5_000)
            owed = {"obligation_id": f"O-{number}", "account_id": f"A-{number}", "due_on": DUE, "amount_minor": 5_000}
            connection.execute(insert(obligation), owed)
        connection.execute(update(person).where(person.c.person_id == "P-2").values(restricted_at=NOW))
        connection.execute(update(person).where(person.c.person_id == "P-3").values(erased_at=NOW))
    yield engine
    engine.dispose()


REASONS = {"A-1": "", "A-2": "the person is restricted", "A-3": "the person was erased"}


def test_an_event_starts_nobody_who_is_restricted_or_erased(book: Engine) -> None:
    def found(connection, account_id: str) -> Uncollected:
        uncollected = find_uncollected(connection, account_id, NOW)
        assert uncollected is not None
        return uncollected

    with reading(book) as connection:
        each = {account_id: found(connection, account_id) for account_id in REASONS}
        assert {account_id: one.overdue for account_id, one in each.items()} == {
            "A-1": True,
            "A-2": False,
            "A-3": False,
        }
        assert {account_id: one.shielded_by for account_id, one in each.items()} == REASONS
        assert [shielded_by(connection, f"P-{n}") for n in (1, 2, 3)] == list(REASONS.values())
        assert shielded_by(connection, "nobody") == ""


def test_a_sweep_sees_whom_it_must_leave_alone_on_whatever_page(book: Engine) -> None:
    first = page_of_book(book, "", 2, NOW)
    rows = [*first, *page_of_book(book, first[-1].member.account_id, 2, NOW)]
    assert {row.member.account_id: row.shielded for row in rows if isinstance(row, Candidate)} == {
        "A-1": False,
        "A-2": True,
        "A-3": True,
    }


def test_a_campaign_leaves_them_out_with_the_reason(book: Engine) -> None:
    new = NewCampaign(
        campaign_id="c", name="c", strategy="wallet-standard", started_by="ops", clock=Clock.REAL, started_at=NOW
    )
    create_campaign(book, new, also={Exclusion.SHIELDED})
    made = [_enrolment(member) for member in page_of_members(book, "c", "", 10, NOW)]
    assert {each.account_id: each.why for each in made} == REASONS
    assert [each.status for each in made] == [MemberStatus.ENROLLED, MemberStatus.EXCLUDED, MemberStatus.EXCLUDED]
