"""The command lines of `campaign`. What they do stands in `console.campaign` and the modules beside it.

They are imported when their command runs, as in `starter.py`.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

campaign = typer.Typer(help="Preview, start and steer the collection of many accounts together.")

Strategy = Annotated[str, typer.Option("--strategy", help="A strategy of config/strategies.")]
Product = Annotated[list[str] | None, typer.Option(help="Only this product; may be given several times.")]
Segment = Annotated[list[str] | None, typer.Option(help="Only this segment of the lender's; several times.")]
Currency = Annotated[list[str] | None, typer.Option(help="Only this currency; several times.")]
Jurisdiction = Annotated[list[str] | None, typer.Option(help="Only people of this law, as US or CN; several times.")]
Dpd = Annotated[str, typer.Option(metavar="RANGE", help="Days past due: 30-60, 30-, -60 or 30.")]
Balance = Annotated[
    str, typer.Option(metavar="RANGE", help="What is owed, as 100-500, in major units; needs one --currency.")
]
Where = Annotated[
    str, typer.Option(metavar="CONDITION", help="As \"dpd >= 30 and not segment in ('staff')\"; see docs/campaigns.md.")
]
Ids = Annotated[
    Path | None, typer.Option("--ids", metavar="FILE", help="Only these accounts: an id to a line, or a CSV file.")
]
Split = Annotated[
    list[str] | None,
    typer.Option("--split", metavar="STRATEGY=WEIGHT", help="One arm of a split, the champion first; several times."),
]
Spread = Annotated[
    int, typer.Option("--spread", min=0, max=600, metavar="MINUTES", help="Spread each message over so long.")
]
Rate = Annotated[float, typer.Option(min=0.1, max=10_000, metavar="NUMBER", help="Cases started per second at most.")]


@campaign.command("preview", epilog=example("campaign preview --product pay_later --dpd 1-30"))
def campaign_preview(
    *,
    product: Product = None,
    segment: Segment = None,
    currency: Currency = None,
    jurisdiction: Jurisdiction = None,
    dpd: Dpd = "",
    balance: Balance = "",
    where: Where = "",
    ids: Ids = None,
    strategy: Strategy = "wallet-standard",
    split: Split = None,
    name: Annotated[str, typer.Option(help="Its name, if it is split: who is in which arm depends on it.")] = "",
    spread: Spread = 120,
    rate: Rate = 50.0,
    sample: Annotated[int, typer.Option(min=1, help="How many accounts to look ahead for.")] = 500,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A CSV file of every account, taken or left out and why.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Tell who would be enrolled, who not and why, what they would be sent and when, and what it costs.

    Nothing is sent and nothing is recorded. Counts and money are exact; messages, times and costs are of a sample that
    is the same each time, and exact where it holds everybody.
    """
    from console.asked_accounts import Asked
    from console.campaign_preview import PreviewRequest, preview_campaign

    asked = Asked(
        products=product or (),
        segments=segment or (),
        currencies=currency or (),
        jurisdictions=jurisdiction or (),
        dpd=dpd,
        balance=balance,
        where=where,
        ids=ids,
    )
    request = PreviewRequest(
        asked=asked,
        strategy=strategy,
        spread_minutes=spread,
        starts_per_second=rate,
        sample=sample,
        write=write,
        split=tuple(split or ()),
        name=name,
    )
    return preview_campaign(request, as_json=as_json)


@campaign.command("start", epilog=example("campaign start --name november --product pay_later --dpd 1-30"))
def campaign_start(
    *,
    name: Annotated[str, typer.Option(help="What people call it; its id is made from it.")],
    product: Product = None,
    segment: Segment = None,
    currency: Currency = None,
    jurisdiction: Jurisdiction = None,
    dpd: Dpd = "",
    balance: Balance = "",
    where: Where = "",
    ids: Ids = None,
    strategy: Strategy = "wallet-standard",
    split: Split = None,
    spread: Spread = 120,
    rate: Rate = 50.0,
    by: Annotated[str, typer.Option(envvar="USER", help="Who starts it, for the record.")] = "console",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, however many accounts there are.")] = False,
    as_json: Json = False,
) -> int:
    """Start collecting the accounts that a preview with the same filters counts; without a filter, all who owe.

    Its members are chosen now and stay. Asks for confirmation above 100 accounts. The same name again goes on with a
    start that was interrupted.
    """
    from console.asked_accounts import Asked
    from console.campaign_start import Wanted, start_campaign

    asked = Asked(
        products=product or (),
        segments=segment or (),
        currencies=currency or (),
        jurisdictions=jurisdiction or (),
        dpd=dpd,
        balance=balance,
        where=where,
        ids=ids,
    )
    wanted = Wanted(
        name=name,
        strategy=strategy,
        by=by,
        spread_minutes=spread,
        starts_per_second=rate,
        split=tuple(split or ()),
    )
    return start_campaign(wanted, asked, confirmed=yes, as_json=as_json)


@campaign.command("list", epilog=example("campaign list"))
def campaign_list(as_json: Json = False) -> int:
    """List the campaigns, the newest first."""
    from console.campaign import show_campaigns

    return show_campaigns(as_json=as_json)


@campaign.command("show", epilog=example("campaign show november"))
def campaign_show(
    campaign_id: Annotated[str | None, typer.Argument(metavar="[CAMPAIGN]", help="Its id; all when not given.")] = None,
    as_json: Json = False,
) -> int:
    """Show a campaign: members, cases, money, messages, troubles, open tasks; without one, list them."""
    from console.campaign import show_campaign, show_campaigns

    return show_campaigns(as_json=as_json) if campaign_id is None else show_campaign(campaign_id, as_json=as_json)


CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its id, as campaign list shows it.")]
By = Annotated[str, typer.Option(envvar="USER", help="Who decides, for the record.")]
Why = Annotated[str, typer.Option("--reason", help="Why, for the record; no personal data.")]


@campaign.command("watch", epilog=example("campaign watch november"))
def campaign_watch(
    campaign_id: CampaignId,
    every: Annotated[float, typer.Option(min=0.2, max=3_600, metavar="SECONDS", help="How often to look.")] = 2.0,
    *,
    until_closed: Annotated[
        bool, typer.Option("--until-closed", help="Go on until the last of its cases is closed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line for each look.")] = False,
) -> int:
    """Watch a campaign's enrolment until it is over: progress, pace, cases, money, troubles, what waits for people.

    Without a terminal it writes a line whenever members, cases, money or tasks changed.
    """
    from console.campaign_watch import watch_campaign

    return watch_campaign(campaign_id, every, until_closed=until_closed, as_json=as_json)


@campaign.command("pause", epilog=example("campaign pause november --reason 'texts look wrong'"))
def campaign_pause(campaign_id: CampaignId, by: By = "console", why: Why = "", as_json: Json = False) -> int:
    """Start no case more until it is resumed. Cases that were started go on: switch set campaign stops their contacts.

    Accounts that wait are not started by a sweep meanwhile.
    """
    from console.campaign_steer import pause_campaign

    return pause_campaign(campaign_id, by, why, as_json=as_json)


@campaign.command("resume", epilog=example("campaign resume november"))
def campaign_resume(campaign_id: CampaignId, by: By = "console", why: Why = "", as_json: Json = False) -> int:
    """Let a paused campaign go on where it was."""
    from console.campaign_steer import resume_campaign

    return resume_campaign(campaign_id, by, why, as_json=as_json)


class Cases(StrEnum):
    """What becomes of the open cases of an aborted campaign."""

    FINISH = "finish"
    CLOSE = "close"


@campaign.command("abort", epilog=example("campaign abort november --cases finish --reason 'wrong book'"))
def campaign_abort(
    campaign_id: CampaignId,
    cases: Annotated[Cases, typer.Option(help="finish: open cases go on. close: they are withdrawn for good.")],
    by: By = "console",
    why: Why = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, however many cases there are.")] = False,
    as_json: Json = False,
) -> int:
    """End the enrolment for good, and say what becomes of the cases that are open.

    Works on a campaign whose enrolment is over as well, to close its cases. Asks above 100 cases to close.
    """
    from console.campaign_steer import abort_campaign
    from workflows.campaign_messages import AbortOrder

    order = AbortOrder(by=by, why=why, close_cases=cases is Cases.CLOSE)
    return abort_campaign(campaign_id, order, confirmed=yes, as_json=as_json)


@campaign.command("report", epilog=example("campaign report november --svg november.svg"))
def campaign_report(
    campaign_id: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its id.")],
    detect: Annotated[
        float, typer.Option(min=0.1, max=50, metavar="POINTS", help="A difference of cure rates that would matter.")
    ] = 3.0,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the differences into this file.")] = None,
    as_json: Json = False,
) -> int:
    """Compare the arms of a campaign by people: cures, money, cost, complaints, with intervals.

    Each arm is compared with the one that was given first. Says plainly when there are too few people to tell, and when
    people did not come into the arms by the weights.
    """
    from console.campaign_report import report_campaign

    return report_campaign(campaign_id, detect_points=detect, svg=svg, as_json=as_json)
