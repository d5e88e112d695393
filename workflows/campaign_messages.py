"""What people say to a campaign that runs, and what it then has done: ids and counts only."""

from dataclasses import dataclass

from domain.errors import IllegalTransition
from domain.vocabulary import CampaignStatus

CHANGE_CAMPAIGN = "change_campaign"
LEAVE_OUT_REST = "leave_out_rest"
WITHDRAW_PAGE = "withdraw_page"


@dataclass(frozen=True, slots=True, kw_only=True)
class SteeringOrder:
    """Somebody holds a campaign, or lets it go on."""

    by: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortOrder:
    """Somebody ends a campaign before its time."""

    by: str
    why: str = ""
    close_cases: bool = False
    """Whether its open cases are withdrawn; else they go on to their own end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStanding:
    """Where a campaign stands: the answer to an order and to a query."""

    status: CampaignStatus
    enrolled: int
    excluded: int
    failed: int
    withdrawn: int
    """Open cases that were closed after an abort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignChange:
    """A campaign is held, goes on, or was aborted: for the record, and for the enrolment that runs."""

    campaign_id: str
    status: CampaignStatus
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestOfCampaign:
    """Those members of an aborted campaign that nobody looked at."""

    campaign_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawPage:
    """Close the next open cases of an aborted campaign, after one."""

    campaign_id: str
    by: str
    after: str
    limit: int
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnPage:
    """How many were told to close; no last case when there was none left."""

    last_case_id: str | None = None
    withdrawn: int


def admit_pause(campaign_id: str, status: CampaignStatus) -> None:
    """Raise IllegalTransition for a campaign that cannot be held."""
    if status is not CampaignStatus.RUNNING:
        raise IllegalTransition(f"campaign {campaign_id} is {status.value}: only one that runs can be paused")


def admit_resume(campaign_id: str, status: CampaignStatus) -> None:
    """Raise IllegalTransition for a campaign that is not held."""
    if status is not CampaignStatus.PAUSED:
        raise IllegalTransition(f"campaign {campaign_id} is {status.value}: only one that is paused can be resumed")


def admit_abort(campaign_id: str, status: CampaignStatus) -> None:
    """Raise IllegalTransition for a campaign that was aborted before."""
    if status is CampaignStatus.ABORTED:
        raise IllegalTransition(f"campaign {campaign_id} is aborted already")


CAMPAIGN_PAYLOAD_TYPES: tuple[object, ...] = (
    SteeringOrder,
    AbortOrder,
    CampaignStanding,
    CampaignChange,
    RestOfCampaign,
    WithdrawPage,
    WithdrawnPage,
)
"""Types of a campaign's payloads beside those of `workflows.messages`."""
