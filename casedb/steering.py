"""Holding a campaign and letting it go on: the row that the enrolment looks at between two batches."""

from sqlalchemy import Engine, bindparam, select

from casedb import schema
from casedb.engine import reading
from casedb.prepared import Prepared
from domain.vocabulary import CampaignStatus

_campaign = schema.campaign
_STATUS = Prepared(select(_campaign.c.status).where(_campaign.c.campaign_id == bindparam("campaign")))


def is_running(engine: Engine, campaign_id: str) -> bool:
    """Whether the campaign starts cases at this moment."""
    with reading(engine) as connection:
        found = _STATUS.first(connection, {"campaign": campaign_id})
    return found is not None and found.status == CampaignStatus.RUNNING.value
