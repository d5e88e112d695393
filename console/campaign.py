"""`campaign start` and `campaign show`: a book enrolled together, and what came of it."""

import asyncio
import re
from datetime import UTC, datetime

import typer
from rich.console import Console
from temporalio.common import WorkflowIDConflictPolicy

from activities.planning import Planner
from casedb.campaign_totals import (
    CampaignRecord,
    CampaignTotals,
    campaign_totals,
    find_campaign,
    list_campaigns,
    require_campaign,
)
from casedb.campaigns import NewCampaign, count_owing, create_campaign
from casedb.engine import reading
from casedb.timeline import amount_in_words
from config.rules import load_rules
from console.output import pairs, plain, say, screen, table, wall_time, write_json
from console.session import Session, answered, session, temporal
from domain.errors import InvalidInput
from domain.vocabulary import CampaignStatus, Clock
from workflows.campaign import CampaignWorkflow
from workflows.messages import CampaignRequest, campaign_workflow_id

UNASKED = 100
"""Members up to which a campaign starts without a typed confirmation."""


def start_campaign(name: str, strategy: str, by: str, *, confirmed: bool, as_json: bool) -> int:
    """Create the campaign and start its workflow; the same name again resumes one that was interrupted."""
    campaign_id = slug(name)
    with session() as opened:
        Planner(load_rules(opened.settings).strategies, frozenset()).strategy(strategy)
        known = _resumable(opened, campaign_id, strategy)
        if known is None and not confirmed:
            _confirm(campaign_id, count_owing(opened.engine))
        new = NewCampaign(
            campaign_id=campaign_id,
            name=name,
            strategy=strategy,
            started_by=by,
            clock=Clock.REAL,
            started_at=datetime.now(UTC),
        )
        members = asyncio.run(_start(opened, new, known))
    workflow_id = campaign_workflow_id(campaign_id)
    if as_json:
        write_json({"campaign_id": campaign_id, "workflow_id": workflow_id, "members": members, "resumed": bool(known)})
    else:
        verb = "goes on" if known else "started"
        say(f"campaign {campaign_id} {verb}: {members:,} accounts by {strategy}, workflow {workflow_id}")
        say(f"see how it goes: python starter.py campaign show {campaign_id}")
    return 0


def slug(name: str) -> str:
    """The id of a campaign of that name: small letters, digits and hyphens. Raises InvalidInput."""
    made = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not made:
        raise InvalidInput(f"--name {name!r} makes no id: use some letters a-z or digits")
    return made


def _resumable(opened: Session, campaign_id: str, strategy: str) -> CampaignRecord | None:
    """The campaign of this id if its enrolment is not finished; a started workflow is found, not started again."""
    with reading(opened.engine) as connection:
        known = find_campaign(connection, campaign_id)
    if known is None:
        return None
    if known.status is CampaignStatus.FINISHED or known.strategy != strategy or known.clock is not Clock.REAL:
        raise InvalidInput(
            f"campaign {campaign_id} exists already ({known.strategy}, {known.status.value}): choose another --name"
        )
    return known


def _confirm(campaign_id: str, members: int) -> None:
    if members <= UNASKED:
        return
    question = f"{members:,} accounts will be contacted. Type {campaign_id} to start"
    if typer.prompt(question, err=True, default="", show_default=False) != campaign_id:
        raise InvalidInput(f"campaign {campaign_id} was not started: type its id, or give --yes")


async def _start(opened: Session, new: NewCampaign, known: CampaignRecord | None) -> int:
    """Nothing is created when no server answers."""
    client = await temporal(opened.settings)
    if known is None:
        members = await asyncio.to_thread(create_campaign, opened.engine, new)
    else:
        members = known.members
    started = client.start_workflow(
        CampaignWorkflow.run,
        CampaignRequest(campaign_id=new.campaign_id, strategy=new.strategy),
        id=campaign_workflow_id(new.campaign_id),
        task_queue=opened.settings.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"enrol {members} accounts by {new.strategy}",
    )
    await answered(started, f"campaign {new.campaign_id}")
    return members


def show_campaigns(*, as_json: bool) -> int:
    """Every campaign, the newest first."""
    with session() as opened, reading(opened.engine) as connection:
        campaigns = list_campaigns(connection)
    if as_json:
        write_json(campaigns)
    elif not campaigns:
        say("no campaign yet: python starter.py campaign start --name NAME")
    else:
        columns = ("campaign", "strategy", "status", "members", "open", "closed", "started (UTC)")
        rows = [
            (
                each.campaign_id,
                each.strategy,
                each.status.value,
                f"{each.members:,}",
                f"{each.open_cases:,}",
                f"{each.closed_cases:,}",
                wall_time(each.started_at),
            )
            for each in campaigns
        ]
        screen().print(table("Campaigns", columns, rows, right=("members", "open", "closed")))
    return 0


def show_campaign(campaign_id: str, *, as_json: bool) -> int:
    """One campaign: members, cases, money, messages."""
    with session() as opened, reading(opened.engine) as connection:
        campaign = require_campaign(connection, campaign_id)
        totals = campaign_totals(connection, campaign_id)
    if as_json:
        write_json(plain(campaign) | plain(totals))
    else:
        _show(screen(), campaign, totals)
    return 0


def _show(out: Console, campaign: CampaignRecord, totals: CampaignTotals) -> None:
    out.print(
        pairs(
            f"Campaign {campaign.campaign_id}",
            [
                ("name", campaign.name),
                ("strategy", campaign.strategy),
                ("enrolment", f"{campaign.status.value}, {campaign.clock.value} clock"),
                ("started", f"{wall_time(campaign.started_at)} UTC by {campaign.started_by}"),
                ("members", _listed(totals.members_by_status)),
                ("cases by stage", _listed(totals.cases_by_stage)),
                ("by outcome", _listed(totals.cases_by_outcome)),
            ],
        )
    )
    out.print()
    money = [
        (
            each.currency,
            amount_in_words(each.opened_minor, each.currency),
            amount_in_words(each.recovered_minor, each.currency),
            amount_in_words(each.owed_minor, each.currency),
        )
        for each in totals.money
    ]
    out.print(
        table(
            "Money",
            ("currency", "opened with", "recovered", "still owed"),
            money,
            right=("opened with", "recovered", "still owed"),
        )
    )
    out.print()
    messages = [(channel, _listed(statuses)) for channel, statuses in totals.messages_by_channel.items()]
    out.print(table("Messages", ("channel", "by status"), messages or [("none", "")]))


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counts.items()) or "none"
