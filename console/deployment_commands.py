"""The command lines of `deployment`: moving the work to a new build. What they do stands in `console.deployment`.

It is imported when its command runs, as in `starter.py`.
"""

from typing import Annotated

import typer

from console.command_line import Json, example

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

deployment = typer.Typer(help="See the builds of the workers, and move the work to a new one (AMICABLE_VERSIONING).")

BuildId = Annotated[str, typer.Argument(metavar="BUILD", help="Its AMICABLE_BUILD_ID.")]


@deployment.command("show", epilog=example("deployment show"))
def deployment_show(as_json: Json = False) -> int:
    """Show every build with its share of the work, and how many workflows it ran last."""
    from console.deployment import show_builds

    return show_builds(as_json=as_json)


@deployment.command("ramp", epilog=example("deployment ramp 2026-12-01 --percent 10"))
def deployment_ramp(
    build_id: BuildId,
    *,
    percent: Annotated[float, typer.Option(min=0, max=100, help="Of the workflows; 0 takes it back.")],
    as_json: Json = False,
) -> int:
    """Give a new build a part of the workflows, while the current one keeps the rest."""
    from console.deployment import ramp

    return ramp(build_id, percent, as_json=as_json)


@deployment.command("promote", epilog=example("deployment promote 2026-12-01"))
def deployment_promote(build_id: BuildId, as_json: Json = False) -> int:
    """Make a build the current one: it gets every task, also of cases that began under another build."""
    from console.deployment import promote

    return promote(build_id, as_json=as_json)
