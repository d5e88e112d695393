"""Campaigns: who is a member is decided once, and pages are the same however often they are asked for."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from casedb import schema
from casedb.campaigns import (
    Enrolment,
    NewCampaign,
    create_campaign,
    finish_campaign,
    mark_members,
    page_of_members,
)
from casedb.engine import reading, writing
from domain.errors import InvalidInput, NotKnown
from domain.vocabulary import Clock, MemberStatus
from tests.casedb.debts import add_case as a_case
from tests.casedb.debts import add_debt
from tests.casedb.people import NOW

LONG_AGO = date(2026, 10, 1)


def new(campaign_id: str = "c-1") -> NewCampaign:
    return NewCampaign(
        campaign_id=campaign_id,
        name="A",
        strategy="wallet-standard",
        started_by="ops",
        clock=Clock.REAL,
        started_at=NOW,
    )


def owing(engine: Engine, *accounts: str, **more: Any) -> None:
    for account in accounts:
        add_debt(engine, account, **({"due": {LONG_AGO: 10_000}} | more))


def add_case(engine: Engine, account: str, reason: str | None = None) -> None:
    closed = {"stage": "closed", "closed_at": NOW, "close_reason": reason} if reason else {}
    with writing(engine) as connection:
        a_case(connection, account, **closed)


def members(engine: Engine) -> Sequence[str]:
    with reading(engine) as connection:
        member = schema.campaign_member
        return connection.execute(select(member.c.account_id).order_by(member.c.account_id)).scalars().all()


def test_members_are_frozen_when_the_campaign_is_created(any_engine: Engine) -> None:
    owing(any_engine, "a", "b")
    assert create_campaign(any_engine, new()) == 2
    owing(any_engine, "c")
    with writing(any_engine) as connection:
        connection.execute(update(schema.account).where(schema.account.c.account_id == "a").values(balance_minor=0))
    assert members(any_engine) == ["a", "b"]


def test_accounts_with_an_open_case_or_that_went_elsewhere_are_no_members(any_engine: Engine) -> None:
    owing(any_engine, "free", "open", "paid", "law", "back")
    add_case(any_engine, "open")
    add_case(any_engine, "paid", "paid")
    add_case(any_engine, "law", "legal_referral")
    add_case(any_engine, "back", "withdrawn")
    create_campaign(any_engine, new())
    assert members(any_engine) == ["free", "paid"]


def test_a_taken_name_and_an_empty_selection_are_refused_and_leave_nothing(any_engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="no account is meant"):
        create_campaign(any_engine, new())
    owing(any_engine, "a")
    create_campaign(any_engine, new())
    with pytest.raises(InvalidInput, match="exists already"):
        create_campaign(any_engine, new())
    assert members(any_engine) == ["a"]


def test_a_page_is_the_same_before_and_after_its_members_were_enrolled(any_engine: Engine) -> None:
    owing(any_engine, "a", "b", "c")
    create_campaign(any_engine, new())
    before = page_of_members(any_engine, "c-1", "", 2, NOW)
    mark_members(
        any_engine,
        "c-1",
        [
            Enrolment(account_id="a", status=MemberStatus.ENROLLED),
            Enrolment(account_id="b", status=MemberStatus.EXCLUDED, why="nothing is owed"),
        ],
        NOW,
    )
    after = page_of_members(any_engine, "c-1", "", 2, NOW)
    assert [each.candidate.account_id for each in before] == [each.candidate.account_id for each in after] == ["a", "b"]
    assert [each.status.value for each in after] == ["enrolled", "excluded"]
    assert [each.candidate.account_id for each in page_of_members(any_engine, "c-1", "b", 2, NOW)] == ["c"]


def test_an_unknown_campaign_has_no_members_and_cannot_be_finished(any_engine: Engine) -> None:
    assert page_of_members(any_engine, "no-such", "", 10, NOW) == []
    mark_members(any_engine, "no-such", [], NOW)
    with pytest.raises(NotKnown):
        finish_campaign(any_engine, "no-such")
