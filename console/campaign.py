"""`campaign list` and `campaign show`: what was enrolled together, how far it is, and what came of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.text import Text

from casedb.campaign_progress import CampaignProgress, campaign_progress
from casedb.campaign_totals import CampaignRecord, count_campaigns, list_campaigns
from casedb.engine import reading
from console.output import pairs, plain, say, screen, table, wall_time, write_json
from console.session import session
from console.splitting import arms_in_words
from domain.eligibility import Exclusion
from domain.money import in_words

BAR_WIDTH = 40
MOST_LISTED = 50


def show_campaigns(*, as_json: bool) -> int:
    """Every campaign, the newest first; a page for a person holds some, and says how many more there are."""
    with session() as opened, reading(opened.engine) as connection:
        campaigns = list_campaigns(connection, None if as_json else MOST_LISTED)
        more = count_campaigns(connection) - len(campaigns)
    if as_json:
        write_json(campaigns)
    elif not campaigns:
        say("no campaign yet: python starter.py campaign preview, then campaign start --name NAME")
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
        if more > 0:
            say(f"and {more:,} more, older: python starter.py campaign list --json has all of them")
    return 0


def show_campaign(campaign_id: str, *, as_json: bool) -> int:
    """One campaign: members, cases, money, messages, troubles."""
    with session() as opened, reading(opened.engine) as connection:
        progress = campaign_progress(connection, campaign_id, datetime.now(UTC))
    if as_json:
        write_json(progress_as_json(progress))
    else:
        screen().print(progress_page(progress))
    return 0


def progress_as_json(progress: CampaignProgress) -> dict[str, Any]:
    """One document: the campaign, its totals, and how fast it goes."""
    found: dict[str, Any] = plain(progress.campaign) | plain(progress.totals)
    return found | {
        "at": plain(progress.at),
        "seen": progress.seen,
        "pending": progress.pending,
        "per_second": progress.per_second,
        "seconds_left": progress.seconds_left,
        "troubles": plain(progress.troubles),
        "more_troubles": progress.more_troubles,
        "open_tasks": progress.open_tasks,
        "is_closed": progress.is_closed,
        "arms": plain(progress.arms),
    }


def progress_page(progress: CampaignProgress) -> Group:
    """The same for a person."""
    totals = progress.totals
    parts: list[Any] = [_head(progress)]
    columns = ("currency", "opened with", "recovered", "still owed")
    money = [
        (
            each.currency,
            in_words(each.opened_minor, each.currency),
            in_words(each.recovered_minor, each.currency),
            in_words(each.owed_minor, each.currency),
        )
        for each in totals.money
    ]
    messages = [(channel, _listed(statuses)) for channel, statuses in totals.messages_by_channel.items()]
    parts += ["", table("Money", columns, money, right=columns[1:])]
    parts += ["", table("Messages", ("channel", "by status"), messages or [("none", "")])]
    parts += _what_is_wrong(progress)
    return Group(*(Text(part) if isinstance(part, str) else part for part in parts))


def _what_is_wrong(progress: CampaignProgress) -> list[Any]:
    """Who was not enrolled, and what waits for people; nothing where all is well."""
    parts: list[Any] = []
    if progress.troubles:
        rows = [(f"{each.members:,}", each.status.value, each.why) for each in progress.troubles]
        parts += ["", table("Not enrolled", ("members", "as", "why"), rows, right=("members",))]
    if progress.more_troubles:
        parts.append(f"and {progress.more_troubles:,} more reasons, each of as many members or fewer")
    if progress.open_tasks:
        tasks = [(kind, f"{number:,}") for kind, number in progress.open_tasks.items()]
        parts += ["", table("Waiting for people", ("task", "how many"), tasks, right=("how many",))]
        campaign_id, kind = progress.campaign.campaign_id, next(iter(progress.open_tasks))
        parts.append(f"whose: python starter.py case list --campaign {campaign_id} --task {kind}")
    return parts


def _head(progress: CampaignProgress) -> Group:
    campaign, totals = progress.campaign, progress.totals
    rows = [
        ("name", campaign.name),
        ("asked for", campaign.selection or "everybody who owed"),
        ("strategy", arms_in_words(progress.arms) if progress.arms else campaign.strategy),
        ("started", f"{wall_time(campaign.started_at)} UTC by {campaign.started_by}"),
        ("enrolment", _state(campaign)),
        ("members", _listed(totals.members_by_status)),
        ("left out", _listed({Exclusion(reason).words: count for reason, count in campaign.exclusions.items()})),
        ("cases by stage", _listed(totals.cases_by_stage)),
        ("by outcome", _listed(totals.cases_by_outcome)),
        ("progress", _pace(progress)),
    ]
    bar = ProgressBar(total=max(1, campaign.members), completed=progress.seen, width=BAR_WIDTH)
    return Group(pairs(f"Campaign {campaign.campaign_id}", rows), bar)


def _state(campaign: CampaignRecord) -> str:
    state = f"{campaign.status.value}, {campaign.clock.value} clock"
    if campaign.changed_at is not None:
        why = f" ({campaign.changed_why})" if campaign.changed_why else ""
        state += f"; last steered {wall_time(campaign.changed_at)} UTC by {campaign.changed_by}{why}"
    return state


def _pace(progress: CampaignProgress) -> str:
    done = f"{progress.seen:,} of {progress.campaign.members:,} members"
    if progress.is_over or not progress.pending:
        return done
    if progress.seconds_left is None:
        waits = "held" if progress.campaign.status.value == "paused" else "nobody is enrolled now: do workers keep up?"
        return f"{done}; {waits}"
    return f"{done}, {progress.per_second:g} a second, {timedelta(seconds=progress.seconds_left)} left"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counts.items()) or "none"
