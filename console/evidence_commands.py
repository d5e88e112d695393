"""The command lines of `evidence`. What they do stands in `console/evidence.py`.

A module is imported when its command runs, as in `starter.py`.
"""

from pathlib import Path
from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

evidence = typer.Typer(help="Put a case's evidence into one archive, and prove that such an archive was not altered.")


@evidence.command("export", epilog=example("evidence export LW-0001 --out /secure/bundles"))
def evidence_export(
    wanted: Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account's id, or a case's.")],
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the archive is put.")] = Path(".amicable/evidence"),
    locale: Annotated[str, typer.Option(help="Language of the pages, as en or zh-CN; the person's if not given.")] = "",
    by: Annotated[str, typer.Option(envvar="USER", help="Who asks for it, for the record.")] = "console",
    as_json: Json = False,
) -> int:
    """Write everything on record about a case into one ZIP: pages for people, data for machines, hashes of both.

    It holds names, addresses and the words of messages: keep it as you keep a legal file. Its own hash is kept in
    the case database; tell it to whoever gets the file.
    """
    from console.evidence import export

    return export(wanted, out, locale, by, as_json=as_json)


@evidence.command("verify", epilog=example("evidence verify evidence-LW-0001-1-20270104T150000Z.zip"))
def evidence_verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An archive that `evidence export` made.")],
    *,
    against_database: Annotated[
        bool, typer.Option("--against-database", help="Also compare it with what the case database knows.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Prove from the archive alone that nothing in it was altered; ends with 1 and names the first thing that was."""
    from console.evidence import verify

    return verify(file, against_database=against_database, as_json=as_json)
