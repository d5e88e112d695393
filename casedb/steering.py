"""Holding, resuming and aborting a campaign: the row that the enrolment looks at between two batches."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, bindparam, select, update

from casedb import schema
from casedb.engine import reading, writing
from casedb.prepared import Prepared
from domain.errors import NotKnown
from domain.vocabulary import CampaignStatus, MemberStatus

AT_ONCE = 2_000
"""Members that are left out in one transaction: nobody waits for it."""
_campaign, _member, _case = schema.campaign, schema.campaign_member, schema.case
_STATUS = Prepared(select(_campaign.c.status).where(_campaign.c.campaign_id == bindparam("campaign")))
_PENDING = (
    select(_member.c.account_id)
    .where(_member.c.campaign_id == bindparam("campaign"), _member.c.status == MemberStatus.PENDING.value)
    .limit(AT_ONCE)
)
_LEAVE_OUT = (
    update(_member)
    .where(_member.c.campaign_id == bindparam("campaign"), _member.c.account_id.in_(bindparam("ids", expanding=True)))
    .where(_member.c.status == MemberStatus.PENDING.value)
    .values(status=MemberStatus.EXCLUDED.value, why=bindparam("because"), settled_at=bindparam("at"))
)
_OPEN_CASES = Prepared(
    select(_case.c.case_id, _case.c.account_id)
    .where(
        _case.c.campaign_id == bindparam("campaign"),
        _case.c.closed_at.is_(None),
        _case.c.case_id > bindparam("after"),
    )
    .order_by(_case.c.case_id)
    .limit(bindparam("most"))
)


def is_running(engine: Engine, campaign_id: str) -> bool:
    """Whether the campaign starts cases at this moment."""
    with reading(engine) as connection:
        found = _STATUS.first(connection, {"campaign": campaign_id})
    return found is not None and found.status == CampaignStatus.RUNNING.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """What somebody decided about a campaign."""

    status: CampaignStatus
    by: str
    why: str
    at: datetime


def change_status(engine: Engine, campaign_id: str, steered: Steered) -> None:
    """Put it on record with who and why. An abort ends it, and stays. Raises NotKnown."""
    values = {
        "status": steered.status.value,
        "changed_by": steered.by,
        "changed_why": steered.why,
        "changed_at": steered.at,
    }
    if steered.status is CampaignStatus.ABORTED:
        values["finished_at"] = steered.at
    stays = _campaign.c.status != CampaignStatus.ABORTED.value
    with writing(engine) as connection:
        mine = _campaign.c.campaign_id == campaign_id
        if connection.execute(select(_campaign.c.status).where(mine)).first() is None:
            raise NotKnown(f"campaign {campaign_id} is not known")
        connection.execute(update(_campaign).where(mine, stays).values(**values))


def leave_out_pending(
    engine: Engine, campaign_id: str, why: str, now: datetime, on_batch: Callable[[int], None]
) -> int:
    """Every member that nobody looked at is left out; answers how many. Done again, it goes on."""
    done = 0
    while True:
        with writing(engine) as connection:
            ids = list(connection.execute(_PENDING, {"campaign": campaign_id}).scalars())
            if not ids:
                return done
            found = {"campaign": campaign_id, "ids": ids, "because": why, "at": now}
            done += connection.execute(_LEAVE_OUT, found).rowcount
        on_batch(done)


def open_cases(engine: Engine, campaign_id: str, after: str, limit: int) -> list[tuple[str, str]]:
    """Case and account of the campaign's next open cases."""
    with reading(engine) as connection:
        rows = _OPEN_CASES.all(connection, {"campaign": campaign_id, "after": after, "most": limit})
    return [(row.case_id, row.account_id) for row in rows]
