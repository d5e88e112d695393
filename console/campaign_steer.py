"""`campaign pause|resume|abort`: orders to a campaign that runs, and to the cases of one whose enrolment is over."""

import asyncio

import typer
from temporalio.client import WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy

from casedb.campaign_totals import CampaignRecord, campaign_totals, require_campaign
from casedb.engine import reading
from console.campaign_start import UNASKED
from console.output import plain, say, write_json
from console.session import Session, answered, session, temporal
from domain.errors import IllegalTransition, InvalidInput
from domain.vocabulary import CampaignStatus, Clock
from workflows import priorities
from workflows.campaign import CampaignWorkflow
from workflows.campaign_messages import AbortOrder, CampaignStanding, SteeringOrder
from workflows.messages import CampaignRequest, campaign_workflow_id

CLOSED_PER_SECOND = 50.0
OVER = (CampaignStatus.FINISHED, CampaignStatus.ABORTED)


def pause_campaign(campaign_id: str, by: str, why: str, *, as_json: bool) -> int:
    """Hold the enrolment; cases that were started go on."""
    return _steer(campaign_id, CampaignWorkflow.pause, SteeringOrder(by=by, why=why), as_json=as_json)


def resume_campaign(campaign_id: str, by: str, why: str, *, as_json: bool) -> int:
    """Let the enrolment go on where it was."""
    return _steer(campaign_id, CampaignWorkflow.resume, SteeringOrder(by=by, why=why), as_json=as_json)


def abort_campaign(campaign_id: str, order: AbortOrder, *, confirmed: bool, as_json: bool) -> int:
    """End the enrolment; its open cases go on, or are withdrawn, also those of one that was over before."""
    with session() as opened:
        campaign = _required(opened, campaign_id)
        if campaign.status in OVER and not order.close_cases:
            raise IllegalTransition(f"campaign {campaign_id} is {campaign.status.value}: nobody is enrolled any more")
        if order.close_cases and not confirmed:
            _confirm(campaign)
        if campaign.status in OVER:
            standing = asyncio.run(_close_afterwards(opened, campaign, order))
        else:
            standing = asyncio.run(_ask(opened, campaign_id, CampaignWorkflow.abort, order))
        _tell(opened, standing, campaign_id, as_json=as_json)
    if not as_json:
        rest = "are being closed as withdrawn" if order.close_cases else "go on to their own end"
        say(f"its {campaign.open_cases:,} open cases {rest}: python starter.py campaign show {campaign_id}")
    return 0


def _confirm(campaign: CampaignRecord) -> None:
    if campaign.open_cases <= UNASKED:
        return
    question = (
        f"{campaign.open_cases:,} open cases will be withdrawn for good: no campaign and no sweep opens them again. "
        f"Type {campaign.campaign_id} to close them"
    )
    if typer.prompt(question, err=True, default="", show_default=False) != campaign.campaign_id:
        raise InvalidInput(f"campaign {campaign.campaign_id} was not aborted: type its id, or give --yes")


def _steer(campaign_id: str, update: object, order: SteeringOrder, *, as_json: bool) -> int:
    with session() as opened:
        campaign = _required(opened, campaign_id)
        if campaign.status in OVER:
            raise IllegalTransition(f"campaign {campaign_id} is {campaign.status.value}: nobody is enrolled any more")
        standing = asyncio.run(_ask(opened, campaign_id, update, order))
        _tell(opened, standing, campaign_id, as_json=as_json)
    return 0


def _required(opened: Session, campaign_id: str) -> CampaignRecord:
    with reading(opened.engine) as connection:
        campaign = require_campaign(connection, campaign_id)
    if campaign.clock is not Clock.REAL:
        raise InvalidInput(f"campaign {campaign_id} lives on a virtual clock: its rehearsal steers it")
    return campaign


async def _ask(
    opened: Session, campaign_id: str, update: object, order: SteeringOrder | AbortOrder
) -> CampaignStanding:
    client = await temporal(opened.settings)
    handle = client.get_workflow_handle_for(CampaignWorkflow.run, campaign_workflow_id(campaign_id))
    try:
        standing: CampaignStanding = await answered(
            handle.execute_update(update, order),  # type: ignore[call-overload]  # one of the three above
            f"campaign {campaign_id}",
        )
    except WorkflowUpdateFailedError as refusal:
        raise IllegalTransition(str(refusal.cause).removeprefix("IllegalTransition: ")) from None
    return standing


async def _close_afterwards(opened: Session, campaign: CampaignRecord, order: AbortOrder) -> CampaignStanding:
    """The enrolment's workflow has ended: another run of it closes the cases."""
    client = await temporal(opened.settings)
    request = CampaignRequest(
        campaign_id=campaign.campaign_id, strategy=campaign.strategy, starts_per_second=CLOSED_PER_SECOND, abort=order
    )
    started = client.start_workflow(
        CampaignWorkflow.run,
        request,
        id=campaign_workflow_id(campaign.campaign_id),
        task_queue=opened.settings.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        priority=priorities.of_campaign(campaign.campaign_id),
        static_summary=f"close the cases of {campaign.campaign_id}",
    )
    about = f"campaign {campaign.campaign_id}"
    handle = await answered(started, about)
    return await answered(handle.query(CampaignWorkflow.standing), about)


def _tell(opened: Session, standing: CampaignStanding, campaign_id: str, *, as_json: bool) -> None:
    """How the workflow stands, and how many members stand how: it counts a page only when that is done."""
    with reading(opened.engine) as connection:
        members = campaign_totals(connection, campaign_id).members_by_status
    if as_json:
        write_json({"campaign_id": campaign_id, "members": members, **plain(standing)})
    else:
        counts = ", ".join(f"{name} {number:,}" for name, number in sorted(members.items()))
        say(f"campaign {campaign_id} is {standing.status.value}: {counts}")
