"""Setting the scene: the database, the book moved to the rehearsal's date, the campaign, the people outside."""

import asyncio
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from temporalio.client import Client

from activities.enrolment import start_collection
from casedb import migrate
from casedb.book import BookReport, import_book, redate
from casedb.campaigns import NewCampaign, create_campaign, page_of_members
from casedb.engine import open_engine
from casedb.standing import PersonOnBook, read_people
from domain.calendar import local_date
from domain.eligibility import Exclusion
from domain.vocabulary import Clock
from rehearsal.roster import Roster, sandbox_borrower, sandbox_fault
from rehearsal.servers import PROJECT, TASK_QUEUE, Places
from rehearsal.world import World
from workflows.campaign import CampaignWorkflow
from workflows.messages import CampaignRequest, CampaignResult, CollectionRequest, campaign_workflow_id

CAMPAIGN = "rehearsal"
STRATEGY = "wallet-standard"
COURTEOUS = "wallet-gentle"
MOST_PEOPLE = 10_000
"""More than a rehearsal plays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a rehearsal starts from."""

    engine: Engine
    book: BookReport
    people: tuple[PersonOnBook, ...]


def set_scene(places: Places, book: Path, starts_at: datetime) -> Scene:
    """Migrate, import the book as of the evening before, and freeze the members of the campaign."""
    gather_strategies(places)
    migrate.upgrade(places.database_url)
    engine = open_engine(places.database_url)
    moved = places.directory / "book.csv"
    # In the Americas the day before still runs at midnight UTC; nothing may be due tomorrow there.
    redate(book, moved, start=starts_at.date() - timedelta(days=1))
    report = import_book(engine, moved, now=starts_at)
    create_campaign(
        engine,
        NewCampaign(
            campaign_id=CAMPAIGN,
            name=f"Rehearsal from {starts_at:%d %B %Y}",
            strategy=STRATEGY,
            started_by="rehearsal",
            clock=Clock.VIRTUAL,
            started_at=starts_at,
        ),
        # Who falls due later is reminded before; see `start_by_other_strategies`.
        also={Exclusion.NOT_OVERDUE},
    )
    return Scene(engine=engine, book=report, people=tuple(read_people(engine, CAMPAIGN)))


def gather_strategies(places: Places) -> None:
    """Ours beside those of the examples, as a lender would put them into a directory of his own."""
    places.strategies.mkdir(exist_ok=True)
    for directory in (PROJECT / "config" / "strategies", PROJECT / "examples" / "strategies"):
        for path in sorted(directory.glob("*.yaml")):
            shutil.copy(path, places.strategies)


async def populate(world: World, people: tuple[PersonOnBook, ...], roster: Roster, seed: int) -> None:
    """Let the people of the book exist in the sandbox, each with his script; and let lines fail."""
    by_id = {person.person_id: person for person in people}
    await world.enrol([sandbox_borrower(p, roster.borrowers.get(p.person_id, "never_answers"), seed) for p in people])
    for fault in roster.faults:
        told = sandbox_fault(fault, by_id[fault.person]) if fault.person in by_id else None
        if told is not None:
            await world.add_fault(told)


async def enrol(client: Client, starts_at: datetime) -> CampaignResult:
    """Run the campaign: every case is opened on its virtual clock, which has not begun to move."""
    return await client.execute_workflow(
        CampaignWorkflow.run,
        CampaignRequest(campaign_id=CAMPAIGN, strategy=STRATEGY, clock=Clock.VIRTUAL, opened_at=starts_at),
        id=campaign_workflow_id(CAMPAIGN),
        task_queue=TASK_QUEUE,
        execution_timeout=timedelta(minutes=5),
    )


async def start_by_other_strategies(client: Client, scene: Scene, roster: Roster, starts_at: datetime) -> int:
    """Start whoever is not collected by the campaign's strategy, before it enrols the others; how many there are.

    Who falls due soon is reminded before, by the strategy that does so, as a sweep would start it. All are looked at
    within the one campaign.
    """
    page = await asyncio.to_thread(page_of_members, scene.engine, CAMPAIGN, "", MOST_PEOPLE, starts_at)
    members = [each.pending for each in page]
    owners = {account.account_id: person.person_id for person in scene.people for account in person.accounts}
    started = 0
    for member in members:
        soon = member.due_on is not None and member.due_on >= local_date(starts_at, member.zone)
        strategy = COURTEOUS if soon else roster.strategy_of(owners[member.account_id])
        if strategy is None:
            continue
        request = CollectionRequest(
            account_id=member.account_id,
            strategy=strategy,
            campaign_id=CAMPAIGN,
            clock=Clock.VIRTUAL,
            opened_at=starts_at,
        )
        await start_collection(client, TASK_QUEUE, request, member, starts_at)
        started += 1
    return started


def default_start(now: datetime | None = None) -> datetime:
    """The next midnight UTC that is at least an hour away: a virtual clock cannot begin in the past."""
    soon = (now or datetime.now(UTC)) + timedelta(hours=1)
    return datetime(soon.year, soon.month, soon.day, tzinfo=UTC) + timedelta(days=1)


async def set_scene_aside(places: Places, book: Path, starts_at: datetime) -> Scene:
    """`set_scene` beside whatever else starts."""
    return await asyncio.to_thread(set_scene, places, book, starts_at)
