"""The command lines of `inbox`. What they do stands in `console.inbox`.

It is imported when its command runs, as in `starter.py`.
"""

from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

inbox = typer.Typer(help="See outside facts that wait, and try one again now.")

EventId = Annotated[str, typer.Argument(metavar="FACT", help="Its id, as inbox list shows it.")]


@inbox.command("list", epilog=example("inbox list --limit 20"))
def inbox_list(limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50, as_json: Json = False) -> int:
    """List facts that are parked or whose case was not told, the oldest first."""
    from console.inbox import show_inbox

    return show_inbox(limit, as_json=as_json)


@inbox.command("show", epilog=example("inbox show pay-77"))
def inbox_show(event_id: EventId, as_json: Json = False) -> int:
    """Show one fact: where it came from and what became of it."""
    from console.inbox import show_fact

    return show_fact(event_id, as_json=as_json)


@inbox.command("retry", epilog=example("inbox retry pay-77"))
def inbox_retry(event_id: EventId, as_json: Json = False) -> int:
    """Wake a parked fact if its account is known by now, and tell its cases; the same command again is safe."""
    from console.inbox import retry_fact

    return retry_fact(event_id, as_json=as_json)
