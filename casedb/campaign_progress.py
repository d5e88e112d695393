"""How far a campaign has come, how fast it is, what went wrong, and what waits for people."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from casedb import schema
from casedb.arms import find_arms
from casedb.campaign_totals import CampaignRecord, CampaignTotals, campaign_totals, require_campaign
from domain.experiments.assignment import Arm
from domain.vocabulary import CampaignStatus, MemberStatus

_member, _case, _task = schema.campaign_member, schema.case, schema.human_task
LOOKED_BACK = timedelta(minutes=1)
"""The pace is that of the last minute: a pause or a server that was away is soon forgotten."""
MOST_REASONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why members were left out at their turn, or their start failed: one reason, and how many."""

    status: MemberStatus
    why: str
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignProgress:
    """A campaign at one moment."""

    at: datetime
    campaign: CampaignRecord
    totals: CampaignTotals
    pending: int
    per_second: float
    """Members looked at, over the last minute."""
    troubles: tuple[Trouble, ...]
    """The most frequent reasons."""
    more_troubles: int
    """How many reasons more there are."""
    open_tasks: dict[str, int]
    """What waits for people in its cases: how many tasks, by kind."""
    arms: tuple[Arm, ...] = ()
    """The strategies in the versions of the start, the champion first."""

    @property
    def seen(self) -> int:
        """How many members were looked at."""
        return self.campaign.members - self.pending

    @property
    def is_over(self) -> bool:
        """Whether the enrolment has ended."""
        return self.campaign.status in (CampaignStatus.FINISHED, CampaignStatus.ABORTED)

    @property
    def is_closed(self) -> bool:
        """Whether every case of it has ended as well; one that was enrolled just now may not be open yet."""
        if not self.is_over or self.campaign.open_cases:
            return False
        return self.campaign.closed_cases > 0 or not self.totals.members_by_status.get(MemberStatus.ENROLLED.value)

    @property
    def seconds_left(self) -> int | None:
        """How long the rest takes at this pace; None when it is held, over, or nobody is at work."""
        if self.campaign.status is not CampaignStatus.RUNNING or self.per_second <= 0:
            return None
        return round(self.pending / self.per_second)


def campaign_progress(connection: Connection, campaign_id: str, now: datetime) -> CampaignProgress:
    """Where the campaign stands. Raises NotKnown."""
    campaign = require_campaign(connection, campaign_id)
    totals = campaign_totals(connection, campaign_id)
    mine = _member.c.campaign_id == campaign_id
    since = max(campaign.started_at, now - LOOKED_BACK)
    settled = connection.scalar(select(func.count()).where(mine, _member.c.settled_at > since)) or 0
    seconds = (now - since).total_seconds()
    troubles, more_troubles = _troubles(connection, campaign_id)
    return CampaignProgress(
        at=now,
        campaign=campaign,
        totals=totals,
        pending=totals.members_by_status.get(MemberStatus.PENDING.value, 0),
        per_second=round(settled / seconds, 2) if seconds > 0 else 0.0,
        troubles=troubles,
        more_troubles=more_troubles,
        open_tasks=_open_tasks(connection, campaign_id),
        arms=find_arms(connection, campaign_id),
    )


def _troubles(connection: Connection, campaign_id: str) -> tuple[tuple[Trouble, ...], int]:
    """The most frequent reasons, and how many there are beside them."""
    unhappy = [MemberStatus.EXCLUDED.value, MemberStatus.FAILED.value]
    members = func.count().label("members")
    reasons = (
        select(_member.c.status, _member.c.why, members)
        .where(_member.c.campaign_id == campaign_id, _member.c.status.in_(unhappy))
        .group_by(_member.c.status, _member.c.why)
    )
    rows = connection.execute(reasons.order_by(members.desc(), _member.c.why).limit(MOST_REASONS)).all()
    shown = tuple(Trouble(status=MemberStatus(row.status), why=row.why, members=row.members) for row in rows)
    if len(shown) < MOST_REASONS:
        return shown, 0
    return shown, (connection.scalar(select(func.count()).select_from(reasons.subquery())) or 0) - len(shown)


def _open_tasks(connection: Connection, campaign_id: str) -> dict[str, int]:
    """Counted from the campaign's cases, whose index is there; tasks without a case belong to no campaign."""
    number = func.count().label("number")
    rows = connection.execute(
        select(_task.c.kind, number)
        .join_from(_case, _task, _task.c.case_id == _case.c.case_id)
        .where(_case.c.campaign_id == campaign_id, _task.c.done_at.is_(None))
        .group_by(_task.c.kind)
        .order_by(number.desc(), _task.c.kind)
    )
    return {row.kind: row.number for row in rows}
