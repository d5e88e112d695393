"""What workflows and activities say to each other: one input and one result per activity, ids and amounts only."""

from dataclasses import dataclass
from datetime import datetime

from domain.case import CaseState
from domain.events import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRenewed,
    Event,
    Outcome,
    PlanAccepted,
    PromiseMade,
)
from domain.requests import ApprovalDecision, PlanRequest, PromiseRequest
from domain.step import NextStep
from domain.vocabulary import Clock, CloseReason
from workflows.campaign_messages import AbortOrder

OPEN_CASE = "open_case"
PLAN = "plan"
CONTACT = "contact"
REQUEST_APPROVAL = "request_approval"
ESCALATE = "escalate"
CLOSE_CASE = "close_case"
TAKE_STEP = "take_step"
UNDO_STEP = "undo_step"
ANSWER_REPLY = "answer_reply"
ENROL_PAGE = "enrol_page"
FINISH_CAMPAIGN = "finish_campaign"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRequest:
    """Answer what a person wrote."""

    reply_id: str
    now: datetime | None = None
    """The reply's instant on a virtual clock; None: the wall clock."""


def answer_workflow_id(reply_id: str) -> str:
    """One workflow for each reply."""
    return f"reply/{reply_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What continue-as-new takes along."""

    case: CaseState
    step: NextStep
    inbox: tuple[Event, ...]
    now: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRequest:
    """Collect one overdue account."""

    account_id: str
    strategy: str
    campaign_id: str | None = None
    clock: Clock = Clock.REAL
    opened_at: datetime | None = None
    """The instant a rehearsal starts from; on the real clock it is absent."""
    carried: Carried | None = None
    renew_after_events: int = 1000
    """A stage border in a history longer than this starts a new run; tests lower it."""
    strategy_version: str | None = None
    """The version that a new case starts with; None: the newest that its worker has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionResult:
    """How it ended; without a case nothing was overdue."""

    case_id: str | None = None
    close_reason: CloseReason | None = None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """Open the case of an account, or find the one that is open."""

    account_id: str
    strategy: str
    campaign_id: str | None = None
    now: datetime | None = None
    """The case's instant on a virtual clock; None: the wall clock."""
    strategy_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The case and its first step; no case when nothing is overdue."""

    case: CaseState | None = None
    step: NextStep | None = None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInput:
    """Think again, because of something."""

    case: CaseState
    because: str
    now: datetime | None = None
    due_at: datetime | None = None
    """When the step that was waited for was due; the activity's "now" is not before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRequest:
    """Do what the step says, if it still should be done."""

    case: CaseState
    step: NextStep
    now: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """What happened, as a fact (or nothing did), and what is next."""

    event: Outcome | None = None
    """A small union: reading it tries every member, and a workflow reads one after every step."""
    next: NextStep
    owed_again: bool = False
    """Of an end that was on record before: something is overdue since, which is another case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """What a query answers: the case as the workflow knows it."""

    case: CaseState | None = None
    step: NextStep | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRequest:
    """Enrol the members of a campaign, page by page."""

    campaign_id: str
    strategy: str
    clock: Clock = Clock.REAL
    opened_at: datetime | None = None
    page_size: int = 500
    pages_per_run: int = 20
    pause_seconds: float = 0.0
    """Between two pages; a pace within them is `starts_per_second`."""
    starts_per_second: float = 0.0
    """0: as fast as the server takes them."""
    after: str = ""
    """The last account enrolled: where the next page begins."""
    enrolled: int = 0
    excluded: int = 0
    failed: int = 0
    paused: bool = False
    abort: AbortOrder | None = None
    """A campaign whose enrolment is over is aborted by a run that begins with this."""
    abort_on_record: bool = False
    given_up: bool = False
    """Of an aborted one: the members that nobody looked at are left out."""
    withdrawn_after: str = ""
    """The last case that was told to close."""
    withdrawn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignResult:
    """How many were enrolled and how many left out."""

    enrolled: int
    excluded: int
    failed: int = 0
    """Whose start Temporal refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolPage:
    """Enrol the next accounts after one."""

    campaign_id: str
    strategy: str
    clock: Clock
    opened_at: datetime | None = None
    after: str
    limit: int
    starts_per_second: float = 0.0
    """0: as fast as the server takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledPage:
    """What became of a page; no last account when there was none left."""

    last_account_id: str | None = None
    enrolled: int
    excluded: int
    failed: int = 0
    held: bool = False
    """The campaign does not run any more: the page ended where it was."""

    @property
    def seen(self) -> int:
        """How many members it looked at."""
        return self.enrolled + self.excluded + self.failed


def collection_workflow_id(account_id: str) -> str:
    """The one workflow id an account can have."""
    return f"collection/{account_id}"


def campaign_workflow_id(campaign_id: str) -> str:
    """The one workflow id a campaign can have."""
    return f"campaign/{campaign_id}"


PAYLOAD_TYPES: tuple[object, ...] = (
    CollectionRequest,
    CollectionResult,
    OpenRequest,
    Opened,
    PlanInput,
    StepRequest,
    StepOutcome,
    NextStep,
    CaseView,
    Event,
    PromiseRequest,
    PromiseMade,
    PlanRequest,
    PlanAccepted,
    ApprovalDecision,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRenewed,
    ApprovalGranted | ApprovalRefused | ApprovalRenewed,
    CampaignRequest,
    CampaignResult,
    EnrolPage,
    EnrolledPage,
    AnswerRequest,
    str,
)
"""Every type that a payload is read as; a worker builds their readers before its first task."""
