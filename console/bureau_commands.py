"""The command lines of `furnishing`. What they do stands in `console.furnishing`.

It is imported when its command runs, as in `starter.py`.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

furnishing = typer.Typer(help="Tell the credit bureaus about accounts in Metro 2, and correct what was told.")

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id, such as LW-0001.")]


@furnishing.command("subjects", epilog=example("furnishing subjects subjects.csv"))
def furnishing_subjects(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: who owes on which account, and since when.")],
    as_json: Json = False,
) -> int:
    """Bring in what the bureaus match people by: names, births, addresses, dates of opening. Never numbers of people.

    Ends with 1 when any row was bad; the good ones are taken, and the same file again changes nothing.
    """
    from console.furnishing import import_subjects

    return import_subjects(file, as_json=as_json)


@furnishing.command(
    "notice", epilog=example("furnishing notice LW-0001 --sent-on 2026-10-01 --evidence letter-7 --by dana")
)
def furnishing_notice(
    account_id: Account,
    *,
    sent_on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day it went out.")],
    evidence: Annotated[str, typer.Option(help="Where it can be looked up; no personal data.")],
    by: Annotated[str, typer.Option(help="Who says so, for the record.")],
    as_json: Json = False,
) -> int:
    """Put on record that the person was told beforehand by a letter; the first time counts."""
    from console.furnishing import record_notice

    return record_notice(account_id, sent_on.date(), evidence, by, as_json=as_json)


@furnishing.command("disagree", epilog=example("furnishing disagree LW-0001"))
def furnishing_disagree(account_id: Account, as_json: Json = False) -> int:
    """Put on record that the consumer disagrees with how a dispute ended: the bureaus are told XC."""
    from console.furnishing import record_disagreement

    return record_disagreement(account_id, as_json=as_json)


@furnishing.command("export", epilog=example("furnishing export --month 2026-11 --out outbox"))
def furnishing_export(
    month: Annotated[datetime, typer.Option(formats=["%Y-%m"], help="As 2026-11.")],
    out: Annotated[Path, typer.Option(help="Where the file goes.")] = Path(".amicable/bureaus"),
    as_json: Json = False,
) -> int:
    """Write the Metro 2 file of a month: every furnished account once, and corrections.

    An account with a field that cannot be right is left out and named; ends with 1 when there is one.
    """
    from console.furnishing import export_file

    return export_file(month.date(), out, as_json=as_json)


@furnishing.command("check", epilog=example("furnishing check metro2-2026-11.txt"))
def furnishing_check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Metro 2 file, ours or another's.")],
    as_json: Json = False,
) -> int:
    """Check a Metro 2 file field by field: line, account, field, positions and reason. Ends with 1 if any is wrong."""
    from console.furnishing import check

    return check(file, as_json=as_json)


@furnishing.command("list", epilog=example("furnishing list --all"))
def furnishing_list(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: Json = False,
) -> int:
    """List the accounts that the bureaus hear of, with what they heard last."""
    from console.furnishing import list_furnishings

    return list_furnishings(limit, everything=everything, as_json=as_json)
