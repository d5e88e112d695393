"""The tables of strategies as they were: every version that a case may run under, and the arms of a campaign."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from casedb.columns import instant


class StrategyVersion(SQLModel, table=True):
    """A strategy's file as it was at one time: append-only, as cases run under it whatever became of the file.

    Triggers of its migration refuse UPDATE and DELETE.
    """

    __tablename__ = "strategy_version"
    name: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    """The first twelve hex digits of the SHA-256 of the document."""
    document: str
    kept_at: datetime = instant()
    """When a process first had it."""


class CampaignArm(SQLModel, table=True):
    """One strategy of a campaign that is split, in the version of its start."""

    __tablename__ = "campaign_arm"
    __table_args__ = (UniqueConstraint("campaign_id", "number"), CheckConstraint("weight > 0", name="weight_positive"))
    campaign_id: str = Field(foreign_key="campaign.campaign_id", primary_key=True)
    arm: str = Field(primary_key=True)
    number: int
    """In the order in which they were given; 1 is the champion, with which the others are compared."""
    strategy: str
    strategy_version: str
    weight: int
