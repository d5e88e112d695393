"""Tables of a rehearsal for a terminal: the same ones while it runs and at its end."""

from collections.abc import Iterable, Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from casedb.standing import Totals
from domain.money import MINOR_UNIT_DIGITS
from domain.vocabulary import Stage
from rehearsal.summary import Invariant, Summary

OPEN_STAGES = tuple(stage for stage in Stage if stage is not Stage.CLOSED)
_BAR_WIDTH = 18
JUDGES = {
    "sandbox": "the sandbox",
    "both": "sandbox and records",
    "record": "plain records",
    "files": "files sent",
}


def plain(title: str, *columns: str) -> Table:
    """A table with a name and right-aligned numbers after the first column."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index == 0 else "right", no_wrap=True)
    return table


def words(name: str) -> str:
    """A stored name as people read it."""
    return name.replace("_", " ")


def money(amount_minor: int, currency: str) -> str:
    """An amount in major units."""
    digits = MINOR_UNIT_DIGITS.get(currency, 2)
    return f"{amount_minor / 10**digits:,.{digits}f}"


def accounts_table(totals: Totals) -> Table:
    """Where the accounts stand: open ones by stage, closed ones by how they ended."""
    table = Table(title="Accounts", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("stage or end", no_wrap=True)
    table.add_column("now", justify="right")
    table.add_column("", no_wrap=True)
    in_all = max(1, sum(totals.stages.values()))
    for stage in OPEN_STAGES:
        table.add_row(words(stage.value), *_bar(totals.stages.get(stage.value, 0), in_all, "yellow"))
    for reason, count in sorted(totals.closed.items()):
        colour = "green" if reason == "paid" else "blue"
        table.add_row(f"closed: {words(reason)}", *_bar(count, in_all, colour))
    return table


def _bar(count: int, in_all: int, colour: str) -> tuple[str, Text]:
    filled = round(_BAR_WIDTH * count / in_all)
    return str(count), Text("█" * max(filled, 1 if count else 0), style=colour)


def money_table(totals: Totals) -> Table:
    """Money per currency: what was owed when the cases opened, what came back."""
    table = plain("Money", "currency", "owed", "recovered", "share")
    for currency, opened in sorted(totals.opened_minor.items()):
        back = totals.recovered_minor.get(currency, 0)
        share = f"{back / opened:.0%}" if opened else "-"
        table.add_row(currency, money(opened, currency), Text(money(back, currency), style="green"), share)
    return table


def channels_table(totals: Totals) -> Table:
    """Messages that providers took."""
    table = plain("Messages", "channel", "sent")
    for channel, count in sorted(totals.channels.items()):
        table.add_row(words(channel), str(count))
    table.add_row("did not arrive", str(totals.again))
    table.add_row("answers", str(totals.answers))
    table.add_row("all", str(totals.sent))
    return table


def reached_table(totals: Totals) -> Table:
    """How many accounts heard of each stage."""
    table = plain("Stages spoken", "stage", "accounts")
    for stage in OPEN_STAGES:
        table.add_row(words(stage.value), str(totals.reached.get(stage.value, 0)))
    return table


def rules_table(totals: Totals) -> Table:
    """Contacts that the law did not let pass, by rule."""
    table = plain("Held back by the law", "rule", "put off", "refused")
    for rule in sorted({rule for _, rule in totals.stopped}):
        counts = (totals.stopped.get((decision, rule), 0) for decision in ("defer", "deny"))
        table.add_row(rule, *(str(count or "") for count in counts))
    return table


def counts_table(title: str, counts: Mapping[str, int], column: str, empty: str) -> Table:
    """Counts by name; a word when there are none."""
    table = plain(title, column, "count")
    for name, count in counts.items():
        table.add_row(words(name), str(count))
    if not counts:
        table.add_row(Text(empty, style="dim"), "")
    return table


def outside_table(totals: Totals) -> Table:
    """Steps to the outside world: how many stand, and how many were taken back."""
    table = plain("Steps to the outside world", "step", "stand", "taken back")
    for kind in sorted({kind for kind, _ in totals.outside}):
        counts = (totals.outside.get((kind, status), 0) for status in ("taken", "undone"))
        table.add_row(words(kind), *(str(count or "") for count in counts))
    if not totals.outside:
        table.add_row(Text("none was taken", style="dim"), "", "")
    return table


def invariants_table(invariants: Iterable[Invariant]) -> Table:
    """What must never happen, with a verdict each."""
    table = Table(title="Invariants", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("never seen", no_wrap=True)
    table.add_column("counted by", no_wrap=True)
    table.add_column("verdict")
    for invariant in invariants:
        verdict = Text("OK", style="bold green")
        if not invariant.holds:
            verdict = Text(f"BROKEN {invariant.broken}", style="bold red")
        table.add_row(words(invariant.name), JUDGES[invariant.judge], verdict)
    return table


def summary_page(summary: Summary) -> RenderableType:
    """Everything a rehearsal came to, on one page."""
    totals = summary.totals
    upper = Table.grid(padding=(0, 4))
    upper.add_row(
        Group(accounts_table(totals), outside_table(totals)), Group(money_table(totals), channels_table(totals))
    )
    middle = Table.grid(padding=(0, 4))
    middle.add_row(reached_table(totals), rules_table(totals))
    people = Group(
        counts_table("Legal escalation", totals.approvals, "request", "never asked"),
        counts_table("For people to settle", totals.tasks, "task", "nothing"),
    )
    lower = Table.grid(padding=(0, 4))
    lower.add_row(invariants_table(summary.invariants), people)
    return Group(
        Text(
            f"\n{summary.accounts} accounts of {summary.people} people, {summary.days} virtual days "
            f"in {summary.seconds:.0f} seconds\n",
            style="bold",
        ),
        upper,
        middle,
        lower,
    )
