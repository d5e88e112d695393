"""The command lines about replies: `replies`. What they do stands in `console/replies.py`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands, as in `starter.py`

replies = typer.Typer(help="See what people's own words are read as.")


@replies.command("check", epilog=example("replies check phrases.tsv --today 2026-11-18"))
def replies_check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Text, locale, intents, amount, day; parted by tabs.")],
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day that relative dates count from.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Show what the rules of config/replies make of a file of phrases, one to a line.

    Only the text is needed. With intents (such as `stop,paid`, or `unclear`) each line is a test: precision and
    recall of every intent are shown, and it ends with 1 when a line is read otherwise than it says.
    """
    from console.replies import check_phrases

    return check_phrases(file, today.date() if today else None, as_json=as_json)


@replies.command("show", epilog=example("replies show 12"))
def replies_show(
    wanted: Annotated[str, typer.Argument(metavar="TASK|REPLY", help="The number of a task, or the reply's id.")],
    as_json: Json = False,
) -> int:
    """Show one reply in the person's own words, and what was made of it.

    What it prints is personal data: it stands nowhere else, and is gone when the person is erased.
    """
    from console.reply_show import show_reply

    return show_reply(wanted, as_json=as_json)
