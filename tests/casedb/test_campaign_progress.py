"""How far a campaign is: its pace and the time left, what went wrong, what waits for people, when all of it is over."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from casedb import schema
from casedb.campaign_progress import MOST_REASONS, CampaignProgress, Trouble, campaign_progress
from casedb.campaign_totals import count_campaigns, list_campaigns
from casedb.campaigns import NewCampaign, create_campaign
from casedb.engine import reading, writing
from domain.vocabulary import Clock, MemberStatus, TaskKind
from tests.casedb.debts import add_case, add_debt
from tests.casedb.people import NOW

STARTED = NOW - timedelta(hours=1)


def campaign(engine: Engine, campaign_id: str, accounts: int) -> None:
    for number in range(accounts):
        add_debt(engine, f"{campaign_id}-{number:02}", due={(NOW - timedelta(days=9)).date(): 10_000})
    new = NewCampaign(
        campaign_id=campaign_id, name="A", strategy="wallet-standard", started_by="ops", clock=Clock.REAL,
        started_at=STARTED,
    )  # fmt: skip
    assert create_campaign(engine, new) == accounts


def change(engine: Engine, **values: Any) -> None:
    with writing(engine) as connection:
        connection.execute(update(schema.campaign).values(**values))


def settle(engine: Engine, account_id: str, status: str = "enrolled", why: str = "", *, seconds_ago: int = 10) -> None:
    member, at = schema.campaign_member, NOW - timedelta(seconds=seconds_ago)
    with writing(engine) as connection:
        mine = update(member).where(member.c.account_id == account_id)
        connection.execute(mine.values(status=status, why=why, settled_at=at))


def progress(engine: Engine, campaign_id: str = "c") -> CampaignProgress:
    with reading(engine) as connection:
        return campaign_progress(connection, campaign_id, NOW)


def test_the_pace_is_that_of_the_last_minute_and_tells_the_time_left(any_engine: Engine) -> None:
    campaign(any_engine, "c", 10)
    assert (progress(any_engine).per_second, progress(any_engine).seconds_left) == (0.0, None), "nobody is at work"
    settle(any_engine, "c-00", seconds_ago=61)
    for number in range(1, 4):
        settle(any_engine, f"c-{number:02}")
    found = progress(any_engine)
    assert (found.seen, found.pending) == (4, 6)
    assert found.per_second == 3 / 60
    assert found.seconds_left == 6 / (3 / 60)
    for status in ("paused", "aborted"):
        change(any_engine, status=status)
        assert (progress(any_engine).per_second, progress(any_engine).seconds_left) == (3 / 60, None), status


def test_a_campaign_that_just_began_has_the_pace_of_its_own_seconds(any_engine: Engine) -> None:
    campaign(any_engine, "c", 4)
    change(any_engine, started_at=NOW - timedelta(seconds=2))
    settle(any_engine, "c-00", seconds_ago=1)
    assert (progress(any_engine).per_second, progress(any_engine).seconds_left) == (0.5, 6)


def test_reasons_are_told_by_how_many_they_met_and_those_that_are_not_shown_are_counted(any_engine: Engine) -> None:
    campaign(any_engine, "c", MOST_REASONS + 5)
    for number in range(2):
        settle(any_engine, f"c-{number:02}", "excluded", "nothing is owed any more")
    settle(any_engine, "c-02", "failed", "WorkflowId is too long")
    assert progress(any_engine).troubles == (
        Trouble(status=MemberStatus.EXCLUDED, why="nothing is owed any more", members=2),
        Trouble(status=MemberStatus.FAILED, why="WorkflowId is too long", members=1),
    )
    assert progress(any_engine).more_troubles == 0
    for number in range(3, MOST_REASONS + 5):
        settle(any_engine, f"c-{number:02}", "failed", f"reason {number}")
    found = progress(any_engine)
    assert (found.troubles[0].members, len(found.troubles), found.more_troubles) == (2, MOST_REASONS, 4)


def test_open_tasks_of_its_cases_are_counted_by_kind_and_those_of_others_are_not(any_engine: Engine) -> None:
    campaign(any_engine, "c", 3)
    campaign(any_engine, "other", 1)
    tasks = [
        ("c-00", TaskKind.CONTACT_FAILING, None),
        ("c-01", TaskKind.CONTACT_FAILING, None),
        ("c-01", TaskKind.STUCK_CASE, None),
        ("c-02", TaskKind.UNKNOWN_OUTCOME, NOW),
        ("other-00", TaskKind.CALLBACK, None),
    ]
    with writing(any_engine) as connection:
        for account_id in ("c-00", "c-01", "c-02", "other-00"):
            add_case(connection, account_id, campaign_id=account_id.split("-")[0])
        for account_id, kind, done_at in tasks:
            values = {"case_id": f"{account_id}-1", "kind": kind.value, "key": "k", "owner": "ops", "why": "because"}
            connection.execute(insert(schema.human_task), values | {"raised_at": NOW, "done_at": done_at})
    assert progress(any_engine).open_tasks == {"contact_failing": 2, "stuck_case": 1}


@pytest.mark.parametrize("status", ["finished", "aborted"])
def test_it_is_closed_when_its_enrolment_and_each_of_its_cases_are(any_engine: Engine, status: str) -> None:
    campaign(any_engine, "c", 2)
    for number in range(2):
        settle(any_engine, f"c-{number:02}")
    change(any_engine, status=status)
    assert (progress(any_engine).is_over, progress(any_engine).is_closed) == (True, False), "no case is open yet"
    with writing(any_engine) as connection:
        for number in range(2):
            add_case(connection, f"c-{number:02}", campaign_id="c")
    assert not progress(any_engine).is_closed
    with writing(any_engine) as connection:
        connection.execute(update(schema.case).values(stage="closed", closed_at=NOW, close_reason="paid"))
    assert progress(any_engine).is_closed
    change(any_engine, status="running")
    assert not progress(any_engine).is_closed


def test_an_aborted_campaign_that_enrolled_nobody_is_closed(any_engine: Engine) -> None:
    campaign(any_engine, "c", 1)
    settle(any_engine, "c-00", "excluded", "the campaign was aborted by dana")
    change(any_engine, status="aborted")
    assert progress(any_engine).is_closed


def test_a_list_may_be_cut_and_is_counted_whole(any_engine: Engine) -> None:
    for name in ("c", "d", "e"):
        campaign(any_engine, name, 1)
    with reading(any_engine) as connection:
        assert len(list_campaigns(connection, 2)) == 2
        assert len(list_campaigns(connection)) == count_campaigns(connection) == 3
