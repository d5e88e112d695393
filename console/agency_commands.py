"""The command lines of `placement` and `remittance`. What they do stands in `console.placement`.

It is imported when its command runs, as in `starter.py`.
"""

from pathlib import Path
from typing import Annotated

import typer

from console.command_line import Json, example
from domain.placement.agency import FileForm
from domain.placement.life import RecallReason

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

placement = typer.Typer(help="Place accounts with agencies, exchange files with them, and take accounts back.")
remittance = typer.Typer(help="Compare what an agency hands over with what it took.")

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id, such as LW-0001.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A file that the agency sent.")]


@placement.command("add", epilog=example("placement add LW-0001 --agency northgate"))
def placement_add(
    account_id: Account,
    agency: Annotated[str, typer.Option(help="An agency of config/agencies.yaml.")],
    as_json: Json = False,
) -> int:
    """Put an account into an agency's next file by hand; escalation steps do it by themselves."""
    from console.placement import add_placement

    return add_placement(account_id, agency, as_json=as_json)


@placement.command("export", epilog=example("placement export --agency northgate --out outbox"))
def placement_export(
    agency: Annotated[str, typer.Option(help="An agency of config/agencies.yaml.")],
    form: Annotated[FileForm | None, typer.Option("--format", help="Its own form when not given.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where files go; the agency's drop folder if not given.")] = None,
    as_json: Json = False,
) -> int:
    """Write the files that the agency is due: placements, direct payments, disputes, recalls.

    Each record goes out once. What may not go out is kept back with its reason and looked at again next time.
    """
    from console.placement import export_files

    return export_files(agency, form, out, as_json=as_json)


@placement.command("import", epilog=example("placement import northgate-payments.txt"))
def placement_import(file: File, as_json: Json = False) -> int:
    """Take in what an agency tells: payments, objections, returns, deaths, disputes, addresses.

    A file whose trailer is wrong is refused whole. Bad lines go to FILE.errors with their reason, and the good ones
    take effect once: the same file again changes nothing. Ends with 1 when any line was bad.
    """
    from console.placement import import_file

    return import_file(file, as_json=as_json)


@placement.command("recall", epilog=example("placement recall LW-0001 --reason CLI"))
def placement_recall(
    account_id: Account,
    reason: Annotated[RecallReason, typer.Option(help="CLI leaves the agency time to object.")] = RecallReason.CREDITOR,
    as_json: Json = False,
) -> int:
    """Take an account back: told with the next file, final when the agency's time to object is over."""
    from console.placement import recall_account

    return recall_account(account_id, reason, as_json=as_json)


@placement.command("list", epilog=example("placement list --agency northgate"))
def placement_list(
    *,
    agency: Annotated[str | None, typer.Option(help="Only those of this agency.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: Json = False,
) -> int:
    """List the accounts that are with agencies."""
    from console.placement_show import list_placements

    return list_placements(agency, limit, everything=everything, as_json=as_json)


@placement.command("show", epilog=example("placement show LW-0001"))
def placement_show(account_id: Account, as_json: Json = False) -> int:
    """Show every placement of an account: its files, its payments, its recall."""
    from console.placement_show import show_placements

    return show_placements(account_id, as_json=as_json)


@remittance.command("reconcile", epilog=example("remittance reconcile harbour-remittance.csv"))
def remittance_reconcile(file: File, as_json: Json = False) -> int:
    """Compare a remittance with the ledger, line by line, and put on record what agrees.

    Ends with 1 when anything does not: a payment that we do not have, another amount or commission, one that was
    handed over before, or one that the agency took and no remittance has.
    """
    from console.remittance import reconcile_file

    return reconcile_file(file, as_json=as_json)
