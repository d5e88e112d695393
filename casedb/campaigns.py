"""Campaigns and their members: chosen once, frozen, and then walked page by page in the order of account ids."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update

from casedb import schema
from casedb.arms import drop_arms, store_arms
from casedb.candidates import read_candidates
from casedb.engine import reading, writing
from casedb.prepared import Prepared
from casedb.selecting import Chosen, Selection, SelectionTotals, choose
from domain.eligibility import Exclusion
from domain.errors import InvalidInput, NotKnown
from domain.experiments.assignment import Arm, arm_of
from domain.selection import Candidate
from domain.strategy import Strategy
from domain.vocabulary import CampaignStatus, Clock, MemberStatus

_campaign, _member, _case = schema.campaign, schema.campaign_member, schema.case
_PAGE = Prepared(
    select(
        _member.c.account_id,
        _member.c.status,
        _member.c.arm,
        select(_case.c.case_id)
        .where(_case.c.account_id == _member.c.account_id, _case.c.campaign_id == _member.c.campaign_id)
        .exists()
        .label("has_case_here"),
    )
    .where(_member.c.campaign_id == bindparam("campaign"), _member.c.account_id > bindparam("after"))
    .order_by(_member.c.account_id)
    .limit(bindparam("most"))
)
_MARK_MEMBER = (
    update(_member)
    .where(_member.c.campaign_id == bindparam("campaign"), _member.c.account_id == bindparam("account"))
    .values(status=bindparam("to_status"), why=bindparam("because"), settled_at=bindparam("at"))
)
_TERMS = Prepared(
    select(_campaign.c.spread_minutes, _campaign.c.status).where(_campaign.c.campaign_id == bindparam("campaign"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMember:
    """An account with what its workflow starts with."""

    account_id: str
    zone: str
    balance_minor: int
    jurisdiction: str
    due_on: date | None
    """Of the oldest obligation: nothing can be overdue before."""
    shielded_by: str = ""
    """Why no case of its person is started; empty when one may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An account of a campaign as it stands now."""

    candidate: Candidate
    status: MemberStatus
    has_case_here: bool
    """The campaign has opened a case for it."""
    arm: str = ""
    """The arm of its person; empty where nothing is split or pinned."""

    @property
    def pending(self) -> PendingMember:
        """What its workflow starts with."""
        of = self.candidate
        return PendingMember(
            account_id=of.account_id,
            zone=of.zone,
            balance_minor=of.balance_minor,
            jurisdiction=of.jurisdiction,
            due_on=of.due_on,
            shielded_by=of.shielded_by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What became of a member."""

    account_id: str
    status: MemberStatus
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """A campaign that ops start."""

    campaign_id: str
    name: str
    strategy: str
    started_by: str
    clock: Clock
    started_at: datetime
    spread_minutes: int = 0
    arms: tuple[Arm, ...] = ()
    """Strategies in their versions, the champion first; one where nothing is split; none: the newest of each day."""


Progress = Callable[[SelectionTotals], None]


def create_campaign(
    engine: Engine, new: NewCampaign, selection: Selection | None = None, *, also: Collection[Exclusion] = ()
) -> int:
    """Choose the members by the account alone, and begin at once; answers how many there are. See `freeze_members`."""
    totals = freeze_members(engine, new, selection or Selection(), (), also=also)
    begin_campaign(engine, new.campaign_id)
    return totals.members


def freeze_members(
    engine: Engine,
    new: NewCampaign,
    selection: Selection,
    strategies: Sequence[Strategy],
    *,
    also: Collection[Exclusion] = (),
    on_page: Progress | None = None,
) -> SelectionTotals:
    """Choose the members and store them; nothing begins before `begin_campaign`, and `drop_campaign` takes it back.

    Interrupted, it is done anew by the next call. `also` are reasons that do not keep an account out here. Raises
    InvalidInput for an id that is taken, and for a selection that nobody is left of.
    """
    with writing(engine) as connection:
        _make_room(connection, new.campaign_id)
        connection.execute(insert(_campaign), _record(new, selection))
        store_arms(connection, new.campaign_id, new.arms)
    totals = SelectionTotals()
    walk = choose(engine, selection, strategies, new.started_at, campaign_id=new.campaign_id)
    for found in walk:
        page = [_tolerated(each, also) for each in found]
        for each in page:
            totals.add(each)
        _store(engine, new, page)
        if on_page is not None:
            on_page(totals)
    if not totals.members:
        drop_campaign(engine, new.campaign_id)
        raise InvalidInput(_nobody(totals))
    with writing(engine) as connection:
        mine = _campaign.c.campaign_id == new.campaign_id
        connection.execute(update(_campaign).where(mine).values(exclusions=totals.exclusions))
    return totals


def _make_room(connection: Connection, campaign_id: str) -> None:
    """What an interrupted start left behind is nobody's; everything else is somebody's."""
    status = connection.scalar(select(_campaign.c.status).where(_campaign.c.campaign_id == campaign_id))
    if status == CampaignStatus.PREPARING.value:
        _drop(connection, campaign_id)
    elif status is not None:
        raise InvalidInput(f"campaign {campaign_id} exists already: choose another name")


def _record(new: NewCampaign, selection: Selection) -> dict[str, object]:
    return {
        "campaign_id": new.campaign_id,
        "name": new.name,
        "strategy": new.strategy,
        "started_by": new.started_by,
        "started_at": new.started_at,
        "clock": new.clock.value,
        "status": CampaignStatus.PREPARING.value,
        "selection": selection.words,
        "exclusions": {},
        "spread_minutes": new.spread_minutes,
    }


def _tolerated(chosen: Chosen, also: Collection[Exclusion]) -> Chosen:
    excluded = chosen.excluded
    return replace(chosen, excluded=None) if excluded is not None and excluded.reason in also else chosen


def _store(engine: Engine, new: NewCampaign, page: Sequence[Chosen]) -> None:
    """Those who are taken, each in the arm of its person."""
    pending = {"campaign_id": new.campaign_id, "status": MemberStatus.PENDING.value, "why": ""}
    rows = [
        pending | {"account_id": each.account_id, "arm": _arm_name(new, each.candidate)}
        for each in page
        if each.excluded is None
    ]
    if rows:
        with writing(engine) as connection:
            connection.execute(insert(_member), rows)


def _arm_name(new: NewCampaign, candidate: Candidate | None) -> str:
    if not new.arms or candidate is None:
        return ""
    return arm_of(candidate.person_id, new.arms, salt=new.campaign_id).name


def _nobody(totals: SelectionTotals) -> str:
    if not totals.exclusions:
        return "no account is meant by this selection: import a book first, or ask for others"
    listed = ", ".join(f"{Exclusion(reason).words} {number:,}" for reason, number in totals.exclusions.items())
    return f"nobody can be enrolled, every account is left out: {listed}"


def begin_campaign(engine: Engine, campaign_id: str) -> None:
    """Let a prepared campaign run; one that runs already is left as it is."""
    with writing(engine) as connection:
        preparing = _campaign.c.status == CampaignStatus.PREPARING.value
        mine = _campaign.c.campaign_id == campaign_id
        connection.execute(update(_campaign).where(mine, preparing).values(status=CampaignStatus.RUNNING.value))


def drop_campaign(engine: Engine, campaign_id: str) -> None:
    """Forget a campaign that never began."""
    with writing(engine) as connection:
        status = connection.scalar(select(_campaign.c.status).where(_campaign.c.campaign_id == campaign_id))
        if status == CampaignStatus.PREPARING.value:
            _drop(connection, campaign_id)


def _drop(connection: Connection, campaign_id: str) -> None:
    connection.execute(delete(_member).where(_member.c.campaign_id == campaign_id))
    drop_arms(connection, campaign_id)
    connection.execute(delete(_campaign).where(_campaign.c.campaign_id == campaign_id))


def page_of_members(engine: Engine, campaign_id: str, after: str, limit: int, now: datetime) -> list[Member]:
    """The next members after an account, whatever became of them; as they stand now."""
    with reading(engine) as connection:
        rows = _PAGE.all(connection, {"campaign": campaign_id, "after": after, "most": limit})
        found = {
            each.candidate.account_id: each.candidate
            for each in read_candidates(connection, [row.account_id for row in rows], now, campaign_id=campaign_id)
        }
    return [
        Member(
            candidate=found[row.account_id],
            status=MemberStatus(row.status),
            has_case_here=bool(row.has_case_here),
            arm=row.arm,
        )
        for row in rows
    ]


def mark_members(engine: Engine, campaign_id: str, enrolments: Sequence[Enrolment], now: datetime) -> None:
    """Record what became of members; the same again changes nothing."""
    if not enrolments:
        return
    rows = [
        {
            "campaign": campaign_id,
            "account": each.account_id,
            "to_status": each.status.value,
            "because": each.why,
            "at": now,
        }
        for each in enrolments
    ]
    with writing(engine) as connection:
        connection.execute(_MARK_MEMBER, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignTerms:
    """What a case takes from its campaign."""

    spread_minutes: int = 0
    """Over how long the touches of its cases are spread."""
    aborted: bool = False


NO_CAMPAIGN = CampaignTerms()


def terms_of(connection: Connection, campaign_id: str | None) -> CampaignTerms:
    """What the campaign gives its cases; nothing without one, or when it is not known."""
    found = _TERMS.first(connection, {"campaign": campaign_id}) if campaign_id else None
    if found is None:
        return NO_CAMPAIGN
    return CampaignTerms(spread_minutes=found.spread_minutes, aborted=found.status == CampaignStatus.ABORTED.value)


def finish_campaign(engine: Engine, campaign_id: str, now: datetime | None = None) -> None:
    """Every member was looked at. Raises NotKnown."""
    with writing(engine) as connection:
        _known(connection, campaign_id)
        connection.execute(
            update(_campaign)
            .where(_campaign.c.campaign_id == campaign_id, _campaign.c.status != CampaignStatus.ABORTED.value)
            .values(status=CampaignStatus.FINISHED.value, finished_at=now)
        )


def _known(connection: Connection, campaign_id: str) -> None:
    found = connection.execute(select(_campaign.c.campaign_id).where(_campaign.c.campaign_id == campaign_id))
    if found.first() is None:
        raise NotKnown(f"campaign {campaign_id} is not known")
