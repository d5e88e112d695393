"""The command lines of `inbox`. What they do stands in `console.inbox`.

It is imported when its command runs, as in `starter.py`.
"""

from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

inbox = typer.Typer(help="See outside facts that wait, try one again now, and say whose it is.")

EventId = Annotated[str, typer.Argument(metavar="FACT", help="Its id, as inbox list shows it.")]
By = Annotated[str, typer.Option(help="Who decided, for the record.")]


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


@inbox.command("assign", epilog=example("inbox assign stripe:pi_1:succeeded LW-0001 --by dana"))
def inbox_assign(
    event_id: EventId,
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whose it is.")],
    *,
    by: By,
    as_json: Json = False,
) -> int:
    """Say which account a parked fact is about; it takes effect, with all that waits for the same payment."""
    from console.inbox import assign_fact

    return assign_fact(event_id, account_id, by, as_json=as_json)


@inbox.command("dismiss", epilog=example('inbox dismiss stripe:pi_1:succeeded --by dana --note "a shop sale"'))
def inbox_dismiss(
    event_id: EventId,
    *,
    by: By,
    note: Annotated[str, typer.Option(help="A line for the record; no personal data.")] = "",
    as_json: Json = False,
) -> int:
    """Say that a parked fact is about none of our accounts; it stays on record, moves nothing and waits no longer."""
    from console.inbox import dismiss_fact

    return dismiss_fact(event_id, by, note, as_json=as_json)
