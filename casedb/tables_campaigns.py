"""The tables of campaigns: books of accounts that ops enrol together, and each account's way into them."""

from datetime import datetime

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from casedb.columns import instant, one_of
from domain.vocabulary import CampaignStatus, MemberStatus


class Campaign(SQLModel, table=True):
    """A book of accounts that ops enrolled together under one strategy."""

    __table_args__ = (one_of("status", CampaignStatus),)
    campaign_id: str = Field(primary_key=True)
    name: str
    strategy: str
    started_by: str
    started_at: datetime = instant()
    clock: str
    status: str
    selection: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Whom it was about, in words; empty: everybody who owes."""
    exclusions: dict[str, int] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False, server_default="{}")
    )
    """Who was asked for and left out when the members were chosen: how many, by reason."""
    spread_minutes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Over how much of the day the touches of its cases are spread."""
    changed_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Who paused, resumed or aborted it last, with the reason and when."""
    changed_why: str = Field(default="", sa_column_kwargs={"server_default": ""})
    changed_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)
    """When every member was looked at, or it was aborted."""


class CampaignMember(SQLModel, table=True):
    """One account of a campaign and how far its enrolment got."""

    __tablename__ = "campaign_member"
    __table_args__ = (
        one_of("status", MemberStatus),
        Index("campaign_member_status", "campaign_id", "status"),
        Index("campaign_member_account", "account_id"),
    )
    campaign_id: str = Field(foreign_key="campaign.campaign_id", primary_key=True)
    account_id: str = Field(foreign_key="account.account_id", primary_key=True)
    status: str = MemberStatus.PENDING.value
    why: str = ""
    """Why an excluded account was left out, or what its start failed of."""
    arm: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Of a split campaign (`campaign_arm`), since it was looked at; empty when there is nothing to split."""
    settled_at: datetime | None = instant(nullable=True)
    """When it was enrolled, left out, or failed."""
