"""`campaign list` and `campaign show`: what was enrolled together, and what came of it."""

from rich.console import Console

from casedb.campaign_totals import (
    CampaignRecord,
    CampaignTotals,
    campaign_totals,
    list_campaigns,
    require_campaign,
)
from casedb.engine import reading
from casedb.timeline import amount_in_words
from console.output import pairs, plain, say, screen, table, wall_time, write_json
from console.session import session


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
