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


schedule = typer.Typer(help="The sweep that starts new delinquencies by itself: when it runs, and what it did.")
Note = Annotated[str, typer.Option(help="Why, for whoever looks at it next; no personal data.")]


@schedule.command("create", epilog=example('schedule create --cron "15 * * * *" --time-zone Asia/Shanghai'))
def schedule_create(
    *,
    every: Annotated[int | None, typer.Option(min=1, help="Every so many minutes; 60 if nothing is said.")] = None,
    cron: Annotated[str | None, typer.Option(help="Or by a cron line of five fields.")] = None,
    time_zone: Annotated[str, typer.Option(help="The zone of the cron line.")] = "UTC",
    page_size: Annotated[int, typer.Option(min=1, max=1000, help="Accounts to an activity.")] = 500,
    pace: Annotated[float, typer.Option(min=0.1, max=1000, help="Cases started a second at most.")] = 20.0,
    as_json: Json = False,
) -> int:
    """Let the sweep run by itself; given again, the same schedule gets these times.

    A run is skipped while the one before it still runs. A paused schedule stays paused.
    """
    from console.schedule import Times, create_schedule
    from workflows.sweep_messages import SweepRequest

    times = Times(every_minutes=60 if every is None and cron is None else every, cron=cron, zone=time_zone)
    return create_schedule(times, SweepRequest(page_size=page_size, starts_per_second=pace), as_json=as_json)


@schedule.command("show", epilog=example("schedule show"))
def schedule_show(as_json: Json = False) -> int:
    """Show the last runs with what each found and did, and when the next ones are."""
    from console.schedule import show_schedule

    return show_schedule(as_json=as_json)


@schedule.command("pause", epilog=example('schedule pause --note "the ledger feed is late"'))
def schedule_pause(note: Note = "", as_json: Json = False) -> int:
    """Let no sweep start until it is resumed; one that runs goes on."""
    from console.schedule import change_schedule

    return change_schedule("pause", note, as_json=as_json)


@schedule.command("resume", epilog=example("schedule resume"))
def schedule_resume(note: Note = "", as_json: Json = False) -> int:
    """Let sweeps start again."""
    from console.schedule import change_schedule

    return change_schedule("resume", note, as_json=as_json)


@schedule.command("trigger", epilog=example("schedule trigger"))
def schedule_trigger(as_json: Json = False) -> int:
    """Run one sweep now, unless one runs already; also while the schedule is paused."""
    from console.schedule import change_schedule

    return change_schedule("trigger", "", as_json=as_json)


@schedule.command("delete", epilog=example("schedule delete"))
def schedule_delete(as_json: Json = False) -> int:
    """Remove the schedule; running cases are not touched."""
    from console.schedule import change_schedule

    return change_schedule("delete", "", as_json=as_json)
