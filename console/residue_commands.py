"""The command lines of `residue`. What they do stands in `console.residue`.

It is imported when its command runs, as in `starter.py`.
"""

from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

residue = typer.Typer(help="Decide about interest and fees that are left once the principal is paid.")

AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id, such as LW-0001.")]
By = Annotated[str, typer.Option(help="Who decides, for the record.")]
Note = Annotated[str, typer.Option(help="A line for the record; no personal data.")]


@residue.command("waive", epilog=example("residue waive LW-0001 --by dana"))
def residue_waive(account_id: AccountId, *, by: By, note: Note = "", as_json: Json = False) -> int:
    """Give up what is left: a waiver on the ledger, and the case closes as paid."""
    from console.residue import decide_residue

    return decide_residue(account_id, by, note, waive=True, as_json=as_json)


@residue.command("keep", epilog=example("residue keep LW-0001 --by dana"))
def residue_keep(account_id: AccountId, *, by: By, note: Note = "", as_json: Json = False) -> int:
    """Go on asking for what is left; the decision is on record for as long as the case is open."""
    from console.residue import decide_residue

    return decide_residue(account_id, by, note, waive=False, as_json=as_json)
