"""How far the enrolment of a campaign has come, how fast it is, and what went wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from casedb import schema
from casedb.arms import find_arms
from casedb.campaign_totals import CampaignRecord, CampaignTotals, campaign_totals, require_campaign
from domain.experiments.assignment import Arm
from domain.vocabulary import CampaignStatus, MemberStatus

_member = schema.campaign_member
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
    unhappy = [MemberStatus.EXCLUDED.value, MemberStatus.FAILED.value]
    reasons = connection.execute(
        select(_member.c.status, _member.c.why, func.count().label("members"))
        .where(mine, _member.c.status.in_(unhappy))
        .group_by(_member.c.status, _member.c.why)
        .order_by(func.count().desc(), _member.c.why)
        .limit(MOST_REASONS)
    )
    return CampaignProgress(
        at=now,
        campaign=campaign,
        totals=totals,
        pending=totals.members_by_status.get(MemberStatus.PENDING.value, 0),
        per_second=round(settled / seconds, 2) if seconds > 0 else 0.0,
        troubles=tuple(Trouble(status=MemberStatus(row.status), why=row.why, members=row.members) for row in reasons),
        arms=find_arms(connection, campaign_id),
    )
