"""The command lines about messages: `templates`. What they do stands in `console/templates.py`."""

from pathlib import Path
from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands, as in `starter.py`

templates = typer.Typer(help="See every message as a person would get it, and look all of them over.")


@templates.command("preview", epilog=example("templates preview --out templates.html"))
def templates_preview(
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the page goes.")] = Path(".amicable/templates.html"),
    as_json: Json = False,
) -> int:
    """Write one page with every template on every channel, in every language, for every jurisdiction and role.

    The people, sums and codes on it are invented. With --json the messages go to standard output.
    """
    from console.templates import preview_templates

    return preview_templates(out, as_json=as_json)


@templates.command("check", epilog=example("templates check"))
def templates_check(as_json: Json = False) -> int:
    """Look every message over for forbidden words, disclosures and length.

    Ends with 1, and a line for each problem, when anything is to be corrected.
    """
    from console.templates import check_templates

    return check_templates(as_json=as_json)
