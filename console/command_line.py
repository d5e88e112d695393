"""What every command line of the console shares: the program's name, the switch for JSON, the example in its help."""

from typing import Annotated

import typer

PROGRAM = "python starter.py"

Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")]


def example(line: str) -> str:
    """The last line of a command's help."""
    return f"Example: {PROGRAM} {line}"
