"""The command lines of `keys`. What they do stands in `console.keys`.

It is imported when its command runs, as in `starter.py`.
"""

from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

keys = typer.Typer(help="Make and see the keys that encrypt what Temporal stores.")


@keys.command("new", epilog=example("keys new --id 2026-11"))
def keys_new(
    key_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="What it is called; today's date when not given.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Make a key for AMICABLE_PAYLOAD_KEYS; nothing is stored, and nobody can make it again."""
    from console.keys import make_key

    return make_key(key_id, as_json=as_json)


@keys.command("list", epilog=example("keys list"))
def keys_list(as_json: Json = False) -> int:
    """Name the keys of the settings, and which of them encrypts; never a key itself."""
    from console.keys import list_keys

    return list_keys(as_json=as_json)
