"""`campaign start`: members are chosen and stored, somebody who sees the number says yes, and the workflow begins."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn
from temporalio.common import WorkflowIDConflictPolicy

from activities.kept_strategies import keep_strategies
from casedb.arms import find_arms
from casedb.campaign_totals import CampaignRecord, find_campaign
from casedb.campaigns import NewCampaign, begin_campaign, drop_campaign, freeze_members
from casedb.campaigns import Progress as OnPage
from casedb.engine import reading
from casedb.selecting import SelectionTotals
from config.rules import load_rules
from console.asked_accounts import Asked
from console.output import plain, say, screen, write_json
from console.planner import planner_of
from console.session import Session, answered, session, temporal
from console.splitting import arms_in_words, read_split
from domain.errors import InvalidInput
from domain.experiments.assignment import Arm
from domain.money import in_words
from domain.strategy import Strategy
from domain.vocabulary import CampaignStatus, Clock
from workflows import priorities
from workflows.campaign import CampaignWorkflow
from workflows.messages import CampaignRequest, campaign_workflow_id

UNASKED = 100
"""Members up to which a campaign starts without a typed confirmation."""
PAGE_SECONDS = 10
"""About how long a page takes at the campaign's pace: so long at most a contact waits for its slot."""
LEAST_PAGE, MOST_PAGE = 50, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a campaign is called and how it goes."""

    name: str
    strategy: str
    by: str
    spread_minutes: int
    starts_per_second: float
    split: tuple[str, ...] = ()
    """`STRATEGY=WEIGHT`, the champion first; none: every case by `strategy`."""


def start_campaign(wanted: Wanted, asked: Asked, *, confirmed: bool, as_json: bool) -> int:
    """Create the campaign and start its workflow; the same name again resumes one that was interrupted."""
    campaign_id = slug(wanted.name)
    with session() as opened:
        arms, strategies = read_split(planner_of(opened, load_rules(opened.settings)), wanted.strategy, wanted.split)
        wanted = replace(wanted, strategy=arms[0].strategy)
        known = _resumable(opened, campaign_id, wanted, arms)
        try:
            if known is None:
                keep_strategies(opened.engine, strategies, datetime.now(UTC))
                totals = _prepare(opened, campaign_id, wanted, asked, arms=arms, strategies=strategies, quiet=as_json)
                if not confirmed:
                    _confirm(campaign_id, totals)
            members = known.members if known is not None else totals.members
            asyncio.run(_start(opened, campaign_id, wanted, members))
        finally:
            # Nothing is left of a campaign that nobody confirmed, or that no server took.
            drop_campaign(opened.engine, campaign_id)
    workflow_id = campaign_workflow_id(campaign_id)
    if as_json:
        told = {"campaign_id": campaign_id, "workflow_id": workflow_id}
        write_json(told | {"members": members, "resumed": known is not None, "arms": plain(arms)})
    else:
        verb = "goes on" if known else "started"
        say(f"campaign {campaign_id} {verb}: {members:,} accounts by {arms_in_words(arms)}, workflow {workflow_id}")
        say(f"see how it goes: python starter.py campaign watch {campaign_id}")
    return 0


def slug(name: str) -> str:
    """The id of a campaign of that name: small letters, digits and hyphens. Raises InvalidInput."""
    made = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not made:
        raise InvalidInput(f"--name {name!r} makes no id: use some letters a-z or digits")
    return made


def _resumable(opened: Session, campaign_id: str, wanted: Wanted, arms: Sequence[Arm]) -> CampaignRecord | None:
    """The campaign of this id if its enrolment is not over; a started workflow is found, not started again."""
    with reading(opened.engine) as connection:
        known = find_campaign(connection, campaign_id)
        frozen = find_arms(connection, campaign_id)
    if known is None or known.status is CampaignStatus.PREPARING:
        return None
    goes_on = known.status is CampaignStatus.RUNNING
    another = known.strategy != wanted.strategy or (frozen and _shares(frozen) != _shares(arms))
    if not goes_on or another or known.clock is not Clock.REAL:
        by = arms_in_words(frozen) if frozen else known.strategy
        paused = f"campaign resume {campaign_id}, or " if known.status is CampaignStatus.PAUSED else ""
        raise InvalidInput(
            f"campaign {campaign_id} exists already ({by}, {known.status.value}): {paused}choose another --name"
        )
    return known


def _shares(arms: Sequence[Arm]) -> list[tuple[str, int]]:
    """An interrupted start goes on in the versions that it began with, so these are not compared."""
    return [(arm.name, arm.weight) for arm in arms]


def _prepare(
    opened: Session,
    campaign_id: str,
    wanted: Wanted,
    asked: Asked,
    *,
    arms: tuple[Arm, ...],
    strategies: Sequence[Strategy],
    quiet: bool,
) -> SelectionTotals:
    """Choose the members and store them; what is confirmed then is what was stored."""
    new = NewCampaign(
        campaign_id=campaign_id,
        name=wanted.name,
        strategy=wanted.strategy,
        started_by=wanted.by,
        clock=Clock.REAL,
        started_at=datetime.now(UTC),
        spread_minutes=wanted.spread_minutes,
        arms=arms,
    )
    selection = asked.selection()
    with counting("choosing", shown=not quiet) as on_page:
        return freeze_members(opened.engine, new, selection, strategies, on_page=on_page)


def _confirm(campaign_id: str, totals: SelectionTotals) -> None:
    if totals.members <= UNASKED:
        return
    owed = ", ".join(in_words(amount, currency) for currency, amount in sorted(totals.members_minor.items()))
    question = f"{totals.members:,} accounts will be contacted, which owe {owed}. Type {campaign_id} to start"
    if typer.prompt(question, err=True, default="", show_default=False) != campaign_id:
        raise InvalidInput(f"campaign {campaign_id} was not started: type its id, or give --yes")


@contextmanager
def counting(verb: str, *, shown: bool) -> Iterator[OnPage | None]:
    """How many accounts were looked at so far, on the terminal's error output."""
    console = screen(stderr=True)
    if not (shown and console.is_terminal):
        yield None
        return
    columns = (SpinnerColumn(), TextColumn(verb), TextColumn("{task.fields[seen]} accounts"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(verb, total=None, seen="0")

        def moved(totals: SelectionTotals) -> None:
            progress.update(task, seen=f"{totals.members + sum(totals.exclusions.values()):,}")

        yield moved


async def _start(opened: Session, campaign_id: str, wanted: Wanted, members: int) -> None:
    client = await temporal(opened.settings)
    begin_campaign(opened.engine, campaign_id)
    page_size = max(LEAST_PAGE, min(MOST_PAGE, int(wanted.starts_per_second * PAGE_SECONDS)))
    started = client.start_workflow(
        CampaignWorkflow.run,
        CampaignRequest(
            campaign_id=campaign_id,
            strategy=wanted.strategy,
            page_size=page_size,
            starts_per_second=wanted.starts_per_second,
        ),
        id=campaign_workflow_id(campaign_id),
        task_queue=opened.settings.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        priority=priorities.of_campaign(campaign_id),
        static_summary=f"enrol {members} accounts by {wanted.strategy}",
    )
    await answered(started, f"campaign {campaign_id}")
