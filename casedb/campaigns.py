"""Campaigns and their members: a book enrolled together, page by page in the order of account ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine, bindparam, func, insert, literal, select, update

from casedb import schema
from casedb.cases import GONE_FOR_GOOD
from casedb.engine import reading, writing
from casedb.people import SHIELDED_BY
from domain.errors import InvalidInput, NotKnown
from domain.vocabulary import CampaignStatus, Clock, MemberStatus

_campaign, _member, _account, _person = schema.campaign, schema.campaign_member, schema.account, schema.person
_PAGE = (
    select(
        _account.c.account_id,
        _account.c.zone,
        _account.c.balance_minor,
        _person.c.jurisdiction,
        _member.c.status,
        SHIELDED_BY.label("shielded_by"),
        func.min(schema.obligation.c.due_on).label("due_on"),
    )
    .join_from(_member, _account, _member.c.account_id == _account.c.account_id)
    .join(_person, _person.c.person_id == _account.c.person_id)
    .outerjoin(schema.obligation, schema.obligation.c.account_id == _account.c.account_id)
    .where(
        _member.c.campaign_id == bindparam("campaign"),
        _member.c.account_id > bindparam("after"),
    )
    .group_by(
        _account.c.account_id,
        _account.c.zone,
        _account.c.balance_minor,
        _person.c.jurisdiction,
        _person.c.restricted_at,
        _person.c.erased_at,
        _member.c.status,
    )
    .order_by(_account.c.account_id)
    .limit(bindparam("most"))
)
_OWING = (
    select(_account.c.account_id)
    .where(_account.c.balance_minor > 0)
    .where(
        ~select(schema.case.c.case_id)
        .where(schema.case.c.account_id == _account.c.account_id, schema.case.c.closed_at.is_(None))
        .exists()
    )
    .where(
        ~select(schema.case.c.case_id)
        .where(
            schema.case.c.account_id == _account.c.account_id,
            schema.case.c.close_reason.in_([reason.value for reason in GONE_FOR_GOOD]),
        )
        .exists()
    )
)
"""Accounts that a new campaign takes in: they owe, have no open case, and did not go to law or back to the lender."""
_MARK_MEMBER = (
    update(_member)
    .where(_member.c.campaign_id == bindparam("campaign"), _member.c.account_id == bindparam("account"))
    .values(status=bindparam("to_status"), why=bindparam("because"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMember:
    """An account of a campaign, with what its workflow starts with."""

    account_id: str
    zone: str
    balance_minor: int
    jurisdiction: str
    due_on: date | None
    """Of the oldest obligation: nothing can be overdue before."""
    shielded_by: str = ""
    """Why no case of its person is started; empty when one may be."""
    status: MemberStatus = MemberStatus.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What became of a member."""

    account_id: str
    status: MemberStatus
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """A campaign that ops start."""

    campaign_id: str
    name: str
    strategy: str
    started_by: str
    clock: Clock
    started_at: datetime


def count_owing(engine: Engine) -> int:
    """How many members a campaign would have if it was created now."""
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(_OWING.subquery())).scalar_one())


def create_campaign(engine: Engine, new: NewCampaign) -> int:
    """Create a campaign over every account that owes and has no open case; its members are frozen now.

    Answers how many members it has. Raises InvalidInput for an id that is taken or a selection that is empty.
    """
    with writing(engine) as connection:
        taken = connection.execute(select(_campaign.c.campaign_id).where(_campaign.c.campaign_id == new.campaign_id))
        if taken.first() is not None:
            raise InvalidInput(f"campaign {new.campaign_id} exists already: choose another name")
        connection.execute(
            insert(_campaign),
            {
                "campaign_id": new.campaign_id,
                "name": new.name,
                "strategy": new.strategy,
                "started_by": new.started_by,
                "started_at": new.started_at,
                "clock": new.clock.value,
                "status": CampaignStatus.RUNNING.value,
            },
        )
        source = _OWING.add_columns(literal(new.campaign_id), literal(MemberStatus.PENDING.value), literal(""))
        connection.execute(insert(_member).from_select(["account_id", "campaign_id", "status", "why"], source))
        members = connection.execute(select(func.count()).where(_member.c.campaign_id == new.campaign_id)).scalar_one()
        if members == 0:
            raise InvalidInput("no account owes anything without an open case: import a book first")
    return int(members)


def page_of_members(engine: Engine, campaign_id: str, after: str, limit: int) -> list[PendingMember]:
    """The next members in the order of their ids, whatever became of them: the same page every time it is asked for."""
    with reading(engine) as connection:
        rows = connection.execute(_PAGE, {"campaign": campaign_id, "after": after, "most": limit}).all()
    return [
        PendingMember(
            account_id=row.account_id,
            zone=row.zone,
            balance_minor=row.balance_minor,
            jurisdiction=row.jurisdiction,
            due_on=row.due_on,
            shielded_by=row.shielded_by,
            status=MemberStatus(row.status),
        )
        for row in rows
    ]


def mark_members(engine: Engine, campaign_id: str, enrolments: Sequence[Enrolment]) -> None:
    """Record what became of a page of members; twice is once."""
    if not enrolments:
        return
    rows = [
        {
            "campaign": campaign_id,
            "account": each.account_id,
            "to_status": each.status.value,
            "because": each.why,
        }
        for each in enrolments
    ]
    with writing(engine) as connection:
        connection.execute(_MARK_MEMBER, rows)


def finish_campaign(engine: Engine, campaign_id: str) -> None:
    """Every member was looked at."""
    with writing(engine) as connection:
        _known(connection, campaign_id)
        connection.execute(
            update(_campaign).where(_campaign.c.campaign_id == campaign_id).values(status=CampaignStatus.FINISHED.value)
        )


def _known(connection: Connection, campaign_id: str) -> None:
    found = connection.execute(select(_campaign.c.campaign_id).where(_campaign.c.campaign_id == campaign_id))
    if found.first() is None:
        raise NotKnown(f"campaign {campaign_id} is not known")
