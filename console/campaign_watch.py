"""`campaign watch`: a page that stays fresh while people are enrolled, or until the last case is closed.

Without a terminal it is a line for each change.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from rich.live import Live
from sqlalchemy import Engine

from casedb.campaign_progress import CampaignProgress, campaign_progress
from casedb.campaign_totals import STILL_OPEN
from casedb.engine import reading
from console.campaign import progress_as_json, progress_page
from console.output import say, screen, wall_time
from console.session import session
from domain.money import in_words
from domain.vocabulary import Stage


def watch_campaign(campaign_id: str, every: float, *, until_closed: bool, as_json: bool) -> int:
    """Look every so many seconds, until the enrolment or each case as well is over; ends at once where it is."""
    with session() as opened:
        looks = _looks(opened.engine, campaign_id, every, until_closed=until_closed)
        if as_json:
            for progress in looks:
                sys.stdout.write(json.dumps(progress_as_json(progress), ensure_ascii=False) + "\n")
                sys.stdout.flush()
        elif screen().is_terminal:
            _live(looks)
        else:
            _lines(looks)
    return 0


def _looks(engine: Engine, campaign_id: str, every: float, *, until_closed: bool) -> Iterator[CampaignProgress]:
    while True:
        with reading(engine) as connection:
            progress = campaign_progress(connection, campaign_id, datetime.now(UTC))
        yield progress
        if progress.is_closed if until_closed else progress.is_over:
            return
        time.sleep(every)


def _live(looks: Iterator[CampaignProgress]) -> None:
    with Live(console=screen(), auto_refresh=False, vertical_overflow="visible") as page:
        for progress in looks:
            page.update(progress_page(progress), refresh=True)


def _lines(looks: Iterator[CampaignProgress]) -> None:
    before = ""
    for progress in looks:
        now = _standing(progress)
        if now != before:
            left = f"; {progress.seconds_left} s left" if progress.seconds_left is not None else ""
            say(f"{wall_time(progress.at)} UTC {now}{left}")
        before = now


def _standing(progress: CampaignProgress) -> str:
    """What a line tells, and by whose change there is another one: members, cases, money and tasks, not messages."""
    campaign, totals = progress.campaign, progress.totals
    stages = {stage: number for stage, number in totals.cases_by_stage.items() if stage != Stage.CLOSED}
    outcomes = {why: number for why, number in totals.cases_by_outcome.items() if why != STILL_OPEN}
    parts = [
        f"{campaign.status.value}: {_counts(totals.members_by_status)}",
        f"{campaign.open_cases:,} cases open, {campaign.closed_cases:,} closed",
        _counts(stages),
        _counts(outcomes),
        ", ".join(
            f"{in_words(each.recovered_minor, each.currency)} recovered"
            for each in totals.money
            if each.recovered_minor
        ),
        f"waiting for people: {_counts(progress.open_tasks)}" if progress.open_tasks else "",
    ]
    return "; ".join(part for part in parts if part)


def _counts(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(numbers.items()))
