"""The live view of a rehearsal: on a terminal a picture that changes in place, elsewhere a plain line now and then."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Self

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from casedb.standing import Totals, read_totals
from rehearsal.progress import Progress
from rehearsal.tables import accounts_table, channels_table, money, money_table

LOOK_EVERY_SECONDS = 0.5
LINE_EVERY_SECONDS = 5.0
NEWS_SHOWN = 12
WIDTH = 100


@dataclass(slots=True)
class View:
    """Shows a rehearsal while it plays."""

    console: Console
    engine: Engine
    campaign_id: str
    progress: Progress
    _live: Live | None = None
    _said_at: float = field(default_factory=time.monotonic)
    _began: float = field(default_factory=time.monotonic)

    def __enter__(self) -> Self:
        """Take over the terminal, if there is one."""
        if self.console.is_terminal:
            self._live = Live(console=self.console, auto_refresh=False, transient=True).__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()

    async def run(self) -> None:
        """Look and show until cancelled."""
        while True:
            totals = await asyncio.to_thread(read_totals, self.engine, self.campaign_id)
            if self._live is not None:
                self._live.update(self._picture(totals), refresh=True)
            elif time.monotonic() - self._said_at >= LINE_EVERY_SECONDS:
                self._said_at = time.monotonic()
                self.console.print(self._line(totals), highlight=False)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    def _line(self, totals: Totals) -> str:
        progress = self.progress
        back = ", ".join(f"{money(n, currency)} {currency}" for currency, n in sorted(totals.recovered_minor.items()))
        return (
            f"virtual day {progress.days:.0f} of {progress.days_in_all}: {progress.finished_count} of "
            f"{progress.people} people done, {totals.sent} messages, recovered {back or 'nothing yet'}"
        )

    def _picture(self, totals: Totals) -> RenderableType:
        body = Table.grid(padding=(0, 4))
        body.add_row(accounts_table(totals), Group(money_table(totals), channels_table(totals)))
        return Panel(
            Group(self._bar(), Text(), body, self._ticker()),
            title="[bold]Amicable rehearsal[/]",
            subtitle=f"{self.progress.starts_at:%d %b %Y} to {self.progress.ends_at:%d %b %Y}, virtual",
            box=box.ROUNDED,
            width=min(WIDTH, self.console.width),
            padding=(1, 2),
        )

    def _bar(self) -> RenderableType:
        progress = self.progress
        row = Table.grid(padding=(0, 2))
        row.add_row(
            ProgressBar(total=progress.days_in_all, completed=progress.days, width=44),
            f"day {progress.days:.0f} of {progress.days_in_all}",
            f"{progress.finished_count} of {progress.people} people",
            Text(f"{time.monotonic() - self._began:.0f} s", style="dim"),
        )
        return row

    def _ticker(self) -> RenderableType:
        """The latest news, and as many lines however little there is, so that nothing jumps."""
        shown = Table.grid(padding=(0, 2))
        latest = list(self.progress.news)[-NEWS_SHOWN:]
        for news in latest:
            shown.add_row(Text(f"{news.at:%d %b %H:%M}", style="dim"), Text(news.account_id, style="cyan"), news.text)
        for _ in range(NEWS_SHOWN - len(latest)):
            shown.add_row("", "", "")
        return shown
