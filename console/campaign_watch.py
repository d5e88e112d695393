"""`campaign watch`: a page that stays fresh until the enrolment is over; without a terminal a line for each change."""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from rich.live import Live
from sqlalchemy import Engine

from casedb.campaign_progress import CampaignProgress, campaign_progress
from casedb.engine import reading
from console.campaign import progress_as_json, progress_page
from console.output import say, screen, wall_time
from console.session import session


def watch_campaign(campaign_id: str, every: float, *, as_json: bool) -> int:
    """Look every so many seconds, until it is finished or aborted; ends at once where it is."""
    with session() as opened:
        looks = _looks(opened.engine, campaign_id, every)
        if as_json:
            for progress in looks:
                sys.stdout.write(json.dumps(progress_as_json(progress), ensure_ascii=False) + "\n")
                sys.stdout.flush()
        elif screen().is_terminal:
            _live(looks)
        else:
            _lines(looks)
    return 0


def _looks(engine: Engine, campaign_id: str, every: float) -> Iterator[CampaignProgress]:
    while True:
        with reading(engine) as connection:
            progress = campaign_progress(connection, campaign_id, datetime.now(UTC))
        yield progress
        if progress.is_over:
            return
        time.sleep(every)


def _live(looks: Iterator[CampaignProgress]) -> None:
    with Live(console=screen(), auto_refresh=False, vertical_overflow="visible") as page:
        for progress in looks:
            page.update(progress_page(progress), refresh=True)


def _lines(looks: Iterator[CampaignProgress]) -> None:
    before: tuple[object, ...] = ()
    for progress in looks:
        now = (progress.campaign.status, progress.pending, progress.campaign.closed_cases)
        if now != before:
            say(_line(progress))
        before = now


def _line(progress: CampaignProgress) -> str:
    campaign, members = progress.campaign, progress.totals.members_by_status
    counts = ", ".join(f"{name} {number:,}" for name, number in sorted(members.items()))
    left = f", {progress.seconds_left} s left" if progress.seconds_left is not None else ""
    cases = f"{campaign.open_cases:,} cases open, {campaign.closed_cases:,} closed"
    return f"{wall_time(progress.at)} UTC {campaign.status.value}: {counts}; {cases}{left}"
