"""The command lines of `report` and `schedule`. What they do stands in `console.overdue` and `console.schedule`.

They are imported when their command runs, as in `starter.py`.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

report = typer.Typer(help="Lists for people who look at the whole book.")


class Bucket(StrEnum):
    """Days past due by their age; current is an account whose days a hold took off."""

    CURRENT = "current"
    TO_30 = "1-30"
    TO_60 = "31-60"
    TO_90 = "61-90"
    OVER_90 = "90+"


@report.command("overdue", epilog=example("report overdue --min-dpd 30 --csv overdue.csv"))
def report_overdue(
    *,
    bucket: Annotated[Bucket | None, typer.Option(help="Only accounts of this age in days.")] = None,
    min_dpd: Annotated[int, typer.Option(min=0, help="Only accounts at least so many days past due.")] = 0,
    strategy: Annotated[str | None, typer.Option(help="Only cases of this strategy.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all as CSV; - for standard output.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many the table shows at most.")] = 50,
    as_json: Json = False,
) -> int:
    """List the overdue accounts, longest first: what is owed, where each stands, what is next and why.

    Totals are of all accounts, however many the table shows. Ids only: no name and no address.
    """
    from casedb.overdue import Wanted
    from console.overdue import show_overdue

    wanted = Wanted(bucket=bucket.value if bucket else None, least_days=min_dpd, strategy=strategy)
    return show_overdue(wanted, limit, csv, as_json=as_json)
