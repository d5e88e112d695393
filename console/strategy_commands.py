"""The command lines of `strategy`. What they do stands in `console.strategy` and `console.strategy_move`.

They are imported when a command runs, as in `starter.py`.
"""

from pathlib import Path
from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

strategy = typer.Typer(help="See the versions of strategies that cases run under, and move cases from one to another.")

Reference = Annotated[str, typer.Argument(metavar="STRATEGY", help="NAME, or NAME@VERSION; without version: the file.")]


@strategy.command("list", epilog=example("strategy list"))
def strategy_list(as_json: Json = False) -> int:
    """List every version that is kept or in use, with its cases."""
    from console.strategy import list_strategies

    return list_strategies(as_json=as_json)


@strategy.command("show", epilog=example("strategy show wallet-standard@0123456789ab"))
def strategy_show(wanted: Reference, as_json: Json = False) -> int:
    """Show a version as its file was."""
    from console.strategy import show_strategy

    return show_strategy(wanted, as_json=as_json)


@strategy.command("diff", epilog=example("strategy diff wallet-standard@0123456789ab wallet-standard"))
def strategy_diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="NAME or NAME@VERSION.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="NAME or NAME@VERSION.")],
    as_json: Json = False,
) -> int:
    """Show what differs between two versions, line by line."""
    from console.strategy import diff_strategies

    return diff_strategies(before, after, as_json=as_json)


@strategy.command("keep", epilog=example("strategy keep old/wallet-standard.yaml"))
def strategy_keep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A strategy's file as it was, under its name.")],
    as_json: Json = False,
) -> int:
    """Keep a version that no worker ever had, for cases that run under it; nothing is switched."""
    from console.strategy import keep_file

    return keep_file(file, as_json=as_json)


@strategy.command("move", epilog=example("strategy move --from wallet-standard --to wallet-standard --preview"))
def strategy_move(
    account: Annotated[str | None, typer.Argument(metavar="[ACCOUNT]", help="An account's id, or a case's.")] = None,
    *,
    to: Annotated[str, typer.Option("--to", metavar="STRATEGY", help="NAME, or NAME@VERSION; else the file.")],
    campaign_id: Annotated[str | None, typer.Option("--campaign", help="Every open case of this campaign.")] = None,
    under: Annotated[
        str | None, typer.Option("--from", metavar="STRATEGY", help="Every open case under NAME or NAME@VERSION.")
    ] = None,
    by: Annotated[str, typer.Option(envvar="USER", help="Who moves them, for the record.")] = "console",
    reason: Annotated[str, typer.Option(help="Why, in a line; no personal data.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Only show what it would do, as without --yes.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
    as_json: Json = False,
) -> int:
    """Bring open cases to another strategy, or to another version of their own.

    Each goes on from where it is: what was sent is not sent again, and no mandatory notice is left out. A case for
    which that cannot be held, or with an agreement or legal step under way, is not moved, and it is said why.
    """
    from console.strategy_move import Wanted, move_cases

    wanted = Wanted(account=account, campaign_id=campaign_id, under=under, to=to, by=by, why=reason)
    return move_cases(wanted, preview=preview, confirmed=yes, as_json=as_json)
